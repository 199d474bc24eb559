# Formulir pendaftaran dan perubahan data.
form-required-hint = Hanya isian bertanda bintang yang wajib.
form-identity = Siapa
form-given = Nama depan atau satu-satunya
form-given-hint = Satu nama sudah nama lengkap.
form-family = Nama belakang
form-prefix = Sapaan
form-birth = Tanggal lahir
form-birth-hint = Hari lebih dulu: 14/7/1961, 14 Jul 1961, atau tahunnya saja.
form-age = atau umur dalam tahun
form-sex = Jenis kelamin
form-nik = NIK
form-nik-hint = Nomor induk kependudukan, 16 angka. Kosongkan bila tidak ada.
form-guardian = Wali
form-guardian-name = Nama wali
form-guardian-phone = Telepon wali
form-contact = Kontak
form-phone = Telepon
form-address = Jalan dan nomor
form-city = Kota atau kabupaten
form-province = Provinsi
form-postal = Kode pos
birth-understood = { $date } ({ $age })

register-save = Daftarkan
register-saved = Terdaftar
edit-saved = Tersimpan

duplicates-title = Sudah terdaftar?
duplicates-none = Sejauh ini tidak ada yang mirip.
duplicates-text = Periksa ini dulu. Buka salah satu bila orangnya sama.
