# Apa yang mungkin salah pada isian, menurut aturan.
field-check = Mohon periksa isian ini.
name-required = Nama wajib diisi; satu nama saja cukup.
birth-or-age-required = Isi tanggal lahir atau umur.
nik-wrong-length = NIK terdiri atas 16 angka.
nik-no-such-province = Tidak ada provinsi dengan dua angka pertama NIK itu.
nik-no-date = Tanggal lahir dalam NIK itu tidak mungkin.
nik-no-serial = Empat angka terakhir NIK tidak pernah 0000.
same-nik = NIK sama
same-phone = telepon sama
same-birth-date = tanggal lahir sama
similar-name = nama mirip
