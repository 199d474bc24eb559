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
damaged-text = Ada klinik di perangkat ini, tetapi basis datanya rusak. Tidak ada yang ditimpa.
damaged-step-reload = Tutup tab Lucerna lain lalu coba lagi.
damaged-step-other = Tablet Anda yang lain masih menyimpan rekam medis: tetaplah bekerja di sana.
damaged-step-keep = Jangan hapus data peramban ini sebelum ada yang memeriksanya.
damaged-detail = Rincian teknis

lost-title = Rekam medis klinik tidak ada lagi di peramban ini
lost-text = Simpanan Lucerna untuk klinik Anda di sini sudah hilang. Peramban boleh menghapus simpanan situs, untuk mengosongkan ruang atau bersama data penjelajahan.
lost-others = Tablet lain di klinik Anda masih menyimpannya, kecuali yang belum sempat sampai ke sana.
lost-try = Coba lagi dahulu. Bila rekam medis ternyata masih ada, klinik terbuka seperti biasa.
lost-join = Bila tidak, siapkan tablet ini kembali dan bergabunglah dari tablet lain: rekam medis datang dengan sendirinya.
lost-found = Bila tidak ada tablet lain, buat klinik dari awal lalu impor berkas hasil ekspor.
lost-still = Sudah diperiksa lagi: tetap tidak ada di sini.
lost-set-up = Siapkan tablet ini kembali
lost-set-up-title = Siapkan tablet ini kembali?
lost-set-up-text = Lucerna memeriksa sekali lagi. Bila rekam medis tetap tidak ada di sini, Lucerna mulai seperti di perangkat baru. Tidak ada yang dihapus: bila rekam medis ternyata masih ada, klinik itulah yang terbuka.
