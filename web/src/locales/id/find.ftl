# Mencari pasien.
find-label = Nama, tanggal lahir, telepon, NIK, atau nomor rekam medis
find-placeholder = Nama, tanggal lahir, telepon, NIK…
find-hint = Potongan nama dalam urutan apa pun.
find-keys = Tombol panah memilih, Enter membuka.
find-results = Pasien yang ditemukan
find-looking = Mencari nama yang mirip…
find-lacking = Pencarian sedang disiapkan kembali; { $count } pasien belum dapat ditemukan.
find-nobody = Tidak ada yang cocok. Periksa ejaan, coba huruf lebih sedikit atau tanggal lahir.
find-register = Daftarkan “{ $typed }”
