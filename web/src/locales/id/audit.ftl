# Kata-kata tempat ini: log akses.

audit-title = Log akses
audit-lead = Setiap tampilan, perubahan, ekspor, dan masuk di perangkat ini. Tiap catatan disegel ke catatan sebelumnya, sehingga catatan yang hilang atau diubah akan terlihat.
audit-none = Belum ada catatan.
audit-when = Kapan
audit-who = Siapa
audit-what = Apa
audit-patient = Pasien
audit-where = Perangkat
audit-more = Tampilkan lagi
audit-verify = Periksa log
audit-verify-hint = Menelusuri seluruh rantai serta memeriksa setiap sambungan dan tanda tangan.
audit-verifying = Memeriksa setiap catatan…
audit-verify-again = Periksa lagi
audit-whole = Log utuh: semua { $count } catatan terverifikasi.
audit-broken = Log rusak pada catatan { $at } dari { $count }. Catatan sejak itu tidak dapat dipercaya. Beri tahu pemilik, dan biarkan perangkat ini apa adanya.
audit-nothing-to-check = Belum diperiksa: tidak ada catatan untuk diperiksa.
audit-could-not-run = Belum diperiksa: { $why }

# Yang dilakukan
audit-created-clinic = Membuat klinik
audit-unlocked = Masuk
audit-locked = Mengunci
audit-failed-sign-in = Gagal masuk
audit-opened-chart = Membuka rekam medis
audit-opened-resource = Membaca catatan
audit-registered = Mendaftarkan pasien
audit-edited = Mengubah data
audit-signed-visit = Menandatangani kunjungan
audit-added-addendum = Menandatangani adendum
audit-recorded-allergy = Mencatat alergi
audit-marked-error = Menandai salah catat
audit-imported = Mengimpor catatan
audit-exported-patient = Mengekspor pasien
audit-exported-clinic = Mengekspor klinik
audit-paired-device = Menerima perangkat
audit-joined-clinic = Bergabung dengan klinik
audit-settled-conflict = Menyelesaikan bentrokan
audit-received = Menerima perubahan dari tablet lain
