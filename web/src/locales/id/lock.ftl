# Layar kunci dan tetangganya.
lock-who = Siapa di sana?
lock-open = Buka kunci
lock-opening = Membuka…
lock-idle = Terkunci karena tidak dipakai beberapa saat. Draf tetap tersimpan.
lock-other-tab = Dibuka di tab lain.
lock-caps = Caps Lock aktif.
lock-wait = Frasa sandi itu tidak benar. Coba lagi dalam { $seconds } detik.
lock-demo = Klinik demo. Frasa sandinya { $passphrase }
lock-remove = Hapus klinik ini dari perangkat ini

remove-title = Hapus klinik dari perangkat ini?
remove-text = Semua data { $clinic } di perangkat ini akan dimusnahkan. Bila tidak ada di perangkat lain, data itu hilang selamanya.
remove-go-on = Lanjutkan
remove-second-text = Untuk memastikan ini Anda: masukkan frasa sandi klinik ini. Tindakan ini tidak dapat diurungkan.
remove-now = Musnahkan di sini

other-tab-title = Lucerna terbuka di tab lain
other-tab-text = Hanya satu tab yang memegang klinik, agar tidak ada yang tertulis dua kali. Pakai di sini, dan tab yang lain akan terkunci.
other-tab-take = Pakai di sini

damaged-title = Data klinik tidak dapat dibuka
damaged-text = Lucerna menemukan tanda adanya klinik di perangkat ini, tetapi basis datanya hilang atau rusak. Tidak ada yang ditimpa.
damaged-step-reload = Tutup tab Lucerna lain lalu coba lagi.
damaged-step-other = Tablet Anda yang lain masih menyimpan rekam medis: tetaplah bekerja di sana.
damaged-step-keep = Jangan hapus data peramban ini sebelum ada yang memeriksanya.
damaged-detail = Rincian teknis
