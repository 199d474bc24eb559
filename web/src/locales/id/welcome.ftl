# Layar pertama.
language = Bahasa
welcome-title = Rekam medis klinik, di tablet klinik sendiri
welcome-lead = Lucerna tetap bekerja walau kabel jaringan dicabut. Yang Anda tulis tinggal di perangkat klinik Anda, tersegel, dan hanya berpindah di antara perangkat itu.
welcome-create = Buat klinik
welcome-create-text = Mulai di sini pada tablet pertama.
welcome-creating = Membuat klinik…
welcome-join = Gabung ke klinik
welcome-join-text = Pasangkan perangkat ini dengan tablet yang sudah dipakai klinik Anda.
welcome-demo = Buka klinik demo
welcome-demo-text = Sekitar lima puluh pasien rekaan, untuk melihat-lihat.
welcome-promise = Tanpa akun, tanpa server yang ikut membaca. Titik penghubung hanya melihat data tersegel.
demo-preparing = Menyiapkan klinik demo
demo-progress = { $done } dari { $total } pasien

clinic-name = Nama klinik
your-name = Nama Anda
device-name = Nama perangkat ini
device-name-hint = Agar yang lain tahu tablet mana ini.
device-ipad = iPad
device-iphone = iPhone
device-android-tablet = Tablet Android
device-android-phone = Ponsel Android
device-windows = Komputer Windows
device-mac = Mac
device-computer = Komputer
field-required = Mohon diisi.

passphrase = Frasa sandi
passphrase-hint = Sedikitnya { $count } karakter. Empat kata yang tak berhubungan mudah diingat dan sulit ditebak.
passphrase-again = Frasa sandi sekali lagi
passphrase-too-short = Pakai sedikitnya { $count } karakter.
passphrase-differs = Keduanya tidak sama.
passphrase-no-reset = Tidak ada yang dapat mengatur ulang frasa sandi ini, kami pun tidak. Simpanlah di tempat aman.
strength-too-short = Terlalu pendek
strength-weak = Mudah ditebak: tambahkan satu atau dua kata
strength-fair = Cukup: satu kata lagi membuatnya kuat
strength-strong = Kuat

join-how = Di tablet klinik Anda, buka Perangkat lalu pilih “Pasangkan tablet”. Ketik dua belas angka yang ditampilkan.
join-code = Kode pemasangan
join-code-short = Kode terdiri atas dua belas angka.
join-scan = Pindai kode QR saja
join-camera-app = Atau arahkan aplikasi kamera perangkat ini ke kode QR lalu buka tautannya.
join-invited = Undangan dari kode QR sudah dibaca.
join-calling = Mencari tablet yang lain…
join-calling-text = Biarkan kedua perangkat menyala dan berdekatan.
join-compare-text = Tablet yang lain juga menampilkan enam angka. Bila sama, pemiliknya mengizinkan perangkat ini masuk.
scan-label = Gambar dari kamera
scan-refused = Kamera tidak dapat dipakai. Ketik saja angkanya.

pair-compare = Bandingkan angka ini
