# Kata yang dipakai di semua bagian.
app-name = Lucerna
save = Simpan
cancel = Batal
close = Tutup
back = Kembali
next = Lanjut
undo = Urungkan
retry = Coba lagi
edit = Ubah
remove = Hapus
show = Tampilkan
hide = Sembunyikan
optional = opsional
required = wajib
loading = Memuat…
nothing-here = Belum ada apa-apa di sini.
unknown = tidak diketahui
yes = Ya
no = Tidak
more = Lainnya
dismiss = Tutup
showing-of = Menampilkan { $shown } dari { $total }
showing-of-more = Menampilkan { $shown } dari lebih dari { $total }
chart-table = Dalam bentuk tabel
chart-date = Tanggal
chart-value = Nilai
select-one = Pilih salah satu

sex-female = Perempuan
sex-male = Laki-laki
sex-other = Lainnya
sex-unknown = Tidak diketahui

role-owner = Pemilik
role-clinician = Tenaga klinis

born = lahir
born-unknown = tanggal lahir tidak diketahui
deceased = meninggal
no-name = Nama belum dicatat
mrn = No. RM
nik = NIK
no-id = tanpa nomor
last-visit = kunjungan terakhir { $date }
no-visit = belum pernah berkunjung

age-days = { $count } hari
age-weeks = { $count } minggu
age-months = { $count } bulan
age-years = { $count } tahun
age-at-death = meninggal pada usia { $age }
age-about-years = sekitar { $count } tahun

month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = Mei
month-6 = Jun
month-7 = Jul
month-8 = Agu
month-9 = Sep
month-10 = Okt
month-11 = Nov
month-12 = Des
