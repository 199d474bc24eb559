# Mengapa sesuatu tidak dilakukan: satu pesan untuk setiap kesalahan.
fault-wrong-passphrase = Frasa sandi itu tidak benar.
fault-too-soon = Terlalu banyak percobaan. Mohon tunggu sebelum mencoba lagi.
fault-locked = Klinik terkunci. Buka kuncinya untuk melanjutkan.
fault-not-found = Data ini sudah tidak ada di sini.
fault-fields = Beberapa isian perlu diperiksa.
fault-not-allowed = Peran Anda tidak boleh melakukan ini.
fault-storage-full = Perangkat ini kehabisan ruang. Kosongkan sebagian, lalu coba lagi; tidak ada yang hilang.
fault-storage = Penyimpanan perangkat ini gagal. Tidak ada yang tersimpan setengah. ({ $detail })
fault-newer-app = Klinik ini pernah dibuka di sini dengan versi Lucerna yang lebih baru. Tidak ada yang berubah. Sambungkan ke jaringan lalu muat ulang, agar tablet ini juga mendapat versi itu.
fault-damaged = Data tersimpan tidak dapat dibuka. ({ $detail })
fault-cancelled = Dihentikan. Tidak ada yang berubah.
fault-another-tab = Lucerna sedang terbuka di tab atau jendela lain.
fault-bad-pairing-code = Kode salah atau sudah kedaluwarsa. Mintalah kode baru.
fault-offline = Titik penghubung sedang tidak dapat dijangkau.
fault-refused = Ini tidak dapat dilakukan. ({ $detail })
