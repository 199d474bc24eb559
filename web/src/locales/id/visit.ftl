# Kata-kata tempat ini: kunjungan.

visit-title = Kunjungan
visit-title-on = Kunjungan { $date }
visit-new = Kunjungan baru
visit-resume = Lanjutkan draf
visit-resumed = Draf Anda terbuka kembali. Tidak ada yang hilang.
visit-opening = Membuka kunjungan…
visit-subjective = Subjektif
visit-subjective-hint = Alasan datang, dengan kata-kata pasien; riwayat
visit-objective = Objektif
visit-objective-hint = Temuan pemeriksaan
visit-assessment = Asesmen
visit-assessment-hint = Penilaian Anda
visit-plan = Rencana
visit-plan-hint = Tindakan: obat, pemeriksaan, anjuran
visit-vitals = Tanda vital
visit-vitals-hint = Enter untuk pindah ke kolom berikutnya
visit-unit-toggle = Satuan { $name }: { $unit }. Ganti
visit-bmi-empty = berat dan tinggi memberi IMT
visit-pain-hint = 0 sampai 10

visit-flag-low = Rendah
visit-flag-high = Tinggi
visit-flag-critical-low = Sangat rendah
visit-flag-critical-high = Sangat tinggi
visit-implausible = { $value }: apakah benar?
visit-confirm = Ya, benar
visit-confirmed = Nilai tidak lazim, sudah dipastikan

visit-diagnoses = Diagnosis
visit-diagnosis-find = Cari diagnosis (kode atau kata ICD-10, bahasa Inggris)
visit-diagnosis-none = Tidak ada yang cocok di ICD-10. Enter menyimpan kata-kata Anda sendiri.
visit-diagnosis-as-typed = Simpan “{ $text }” tanpa kode
visit-diagnosis-count = { $count } cocok
visit-diagnosis-remove = Hapus { $title }
visit-diagnosis-uncoded = tanpa kode
visit-diagnosis-problem = Masuk daftar masalah
visit-follow-up = Kontrol pada
visit-follow-up-in-days = dalam { $count } hari
visit-follow-up-none = Tanpa kontrol
visit-follow-up-clear = Hapus tanggal

visit-saved = Tersimpan di perangkat ini { $time }
visit-saving = Menyimpan…
visit-untouched = Belum ada yang diketik
visit-save-failed = Belum tersimpan: { $why }
visit-save-retry = Coba lagi
visit-discard = Buang
visit-leave = Simpan & keluar
visit-review = Periksa & tanda tangani
visit-review-key = Ctrl+Enter

visit-ask-leave = Keluar dari kunjungan ini?
visit-ask-leave-text = Draf tetap tersegel di perangkat ini dan hanya Anda yang dapat membukanya.
visit-ask-discard = Buang draf ini?
visit-ask-discard-text = Yang sudah diketik dihapus dari perangkat ini.
visit-return = Kembali ke kunjungan
visit-discarded = Draf dibuang
visit-undo = Urungkan
visit-undone = Draf dipulihkan

visit-review-title = Periksa dan tanda tangani
visit-review-who = Anda menandatangani untuk
visit-review-two-ids = Periksa kedua identitas
visit-review-nothing = tidak dicatat
visit-review-change = Kembali menulis
visit-sign = Tanda tangani
visit-signing = Menandatangani…
visit-signed = Kunjungan ditandatangani { $time }
visit-sign-note = Catatan yang sudah ditandatangani tidak berubah lagi. Catatan dapat diberi adendum.
visit-fields-first = Mohon periksa dulu kolom berikut:
visit-open-failed = Kunjungan tidak dapat dibuka.

# Yang salah pada isian
vital-not-a-number = Bukan angka
vital-unit-unknown = Satuan ini tidak sesuai
vital-negative = Tidak boleh di bawah nol
vital-implausible = Nilai tidak lazim, belum dipastikan
vital-pressure-incomplete = Tekanan yang lain belum diisi
vital-diastolic-above-systolic = Diastolik tidak di bawah sistolik
visit-empty = Belum ada yang ditulis
diagnosis-empty = Diagnosis ini tanpa kata
follow-up-in-past = Tanggal kontrol sudah lewat
follow-up-unreadable = Tanggal kontrol tidak terbaca
addendum-empty = Adendum tanpa kata
allergy-substance-required = Tuliskan penyebab reaksi
choice-unknown = Pilihan ini tidak dikenal
