# Halaman pertama setelah kunci dibuka.
greet-morning = Selamat pagi, { $name }
greet-noon = Selamat siang, { $name }
greet-afternoon = Selamat sore, { $name }
greet-evening = Selamat malam, { $name }
today-count = { $count ->
    [0] Belum ada pasien
   *[other] { $count } pasien di klinik ini
}
today-import-left = Sebuah impor terputus. Tidak ada yang terlihat sebelum selesai.
today-import-open = Selesaikan atau batalkan
today-recent = Baru-baru ini
today-no-patients = Belum ada yang terdaftar. Daftarkan pasien pertama, atau bawa rekam medis dari sistem lain.
today-none-seen = Belum ada yang dibuka di perangkat ini. Cari pasien untuk membuka rekam medisnya.
today-drafts = Catatan saya yang belum ditandatangani
today-no-drafts = Semua catatan Anda sudah ditandatangani.
today-draft-saved = Draf disimpan { $time }
today-conflicts = Konflik
today-no-conflicts = Tidak ada konflik antar-tablet.
today-conflict-count = { $count } nilai diubah di dua tablet dan menunggu keputusan.
today-settle = Selesaikan
today-tablets = Tablet
today-alone = Ini satu-satunya perangkat klinik.
today-none-connected = Saat ini tidak ada yang terhubung
register-patient = Daftarkan pasien
