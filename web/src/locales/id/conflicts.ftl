# Kata-kata tempat ini: bentrokan.

conflicts-title = Bentrokan yang perlu diselesaikan
conflicts-lead = Dua tablet mengubah isian yang sama saat terpisah. Kedua nilai disimpan sampai orang yang tahu memilih.
conflicts-none = Tidak ada yang perlu diselesaikan. Perubahan di beberapa tablet saling cocok.
conflicts-open-chart = Buka rekam medis
conflicts-by-clock = Perubahan terakhir ditampilkan
conflicts-mine = Ditulis di tablet ini
conflicts-theirs = Ditulis di tablet lain
conflicts-shown = Tampil di rekam medis sekarang
conflicts-removed = Dihapus
conflicts-by = { $name }, di { $device }, { $when }
conflicts-keep-mine = Pakai yang ini
conflicts-keep-theirs = Pakai tulisan { $name }
conflicts-means = { $field } menjadi “{ $value }” di semua tablet.
conflicts-means-removed = { $field } menjadi kosong di semua tablet.
conflicts-history = Yang tidak dipakai tetap ada di riwayat, dengan penulisnya.
conflicts-settled = Selesai, dan tersimpan di perangkat ini
conflicts-stakes-identity = Ini menyatakan siapa pasien ini. Tanyakan pasien atau lihat kartunya sebelum memilih.
conflicts-stakes-safety = Ini penting bagi keselamatan. Sampai selesai, pemeriksaan memakai nilai yang lebih berbahaya.
conflicts-stakes-contact = Perubahan terakhir sudah ditampilkan. Pilih yang lain hanya bila itu yang benar.
conflicts-stakes-other = Pilih nilai yang benar.
