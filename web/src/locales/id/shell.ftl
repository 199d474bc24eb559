# Bingkai di sekeliling setiap halaman.
title-today = Hari ini
title-find = Cari pasien
title-register = Daftarkan pasien
title-edit = Ubah data pasien
title-chart = Rekam medis
title-visit = Kunjungan
title-exchange = Impor dan ekspor
title-conflicts = Konflik
title-audit = Catatan akses
title-devices = Perangkat dan sinkronisasi
title-settings = Pengaturan
title-security = Keamanan
title-welcome = Selamat datang
title-lock = Terkunci

leave-title = Tinggalkan tanpa menyimpan?
leave-text = Yang Anda ketik di halaman ini belum disimpan dan akan hilang.
leave-go = Tinggalkan dan buang
leave-stay = Tetap di sini

rail-label = Bagian
rail-today = Hari ini
rail-find = Pasien
rail-conflicts = Konflik
rail-exchange = Tukar data
rail-devices = Perangkat
rail-settings = Pengaturan

skip-to-page = Langsung ke isi halaman
shell-find = Cari pasien
shell-find-keys = Tekan / dari mana saja
shell-lock = Kunci
shell-menu = Menu
shell-signed-in = { $name }, { $role }
shell-this-device = Perangkat ini: { $name }
shell-shortcuts = Pintasan papan ketik

sync-alone = Hanya di perangkat ini
sync-offline = Luring
sync-connecting = Menghubungkan…
sync-connected = { $count } tablet terhubung
sync-exchanging = Bertukar data dengan { $count } tablet
sync-unshared = { $count } perubahan belum ada di perangkat lain
sync-all-shared = Semua sudah ada di perangkat lain juga
sync-as-of = per { $time }
sync-caught-up = Sudah sinkron: { $received } diterima, { $sent } dikirim.
sync-open = Status sinkronisasi: { $state }. Buka perangkat dan sinkronisasi

demo-banner = Klinik demo: semua orang di sini rekaan.
alone-warning = Rekam medis Anda hanya ada di perangkat ini. Pasangkan perangkat kedua agar tidak ada yang hilang bila perangkat ini rusak.
alone-pair = Pasangkan tablet
update-ready = Versi baru Lucerna sudah siap.
update-now = Pakai sekarang
install-hint = Pasang Lucerna di perangkat ini agar dapat dibuka tanpa jaringan dan datanya tetap disimpan peramban.
install-now = Pasang

idle-title = Masih di sana?
idle-text = Klinik akan terkunci dalam { $seconds } detik.
idle-stay = Tetap terbuka
idle-lock = Kunci sekarang

keys-find = Cari pasien
keys-visit = Kunjungan baru, di rekam medis
keys-go = Lalu satu huruf: pindah ke bagian lain
keys-places = t Hari ini · f Cari · c Konflik · x Impor/ekspor · y Perangkat · o Pengaturan
keys-sections = s Ringkasan · l Lini masa · p Masalah · a Alergi · m Obat · v Tanda vital · r Hasil · e Kunjungan · i Imunisasi · d Dokumen · u Catatan akses
keys-sign = Tanda tangani kunjungan
keys-close = Tutup, setelah bertanya
keys-lock = Kunci seketika
keys-help = Daftar ini

notices-label = Pemberitahuan
