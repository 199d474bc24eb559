# What may be wrong with a field, named by the rules.
field-check = Please check this field.
name-required = A name is needed; a single one is enough.
birth-or-age-required = Give a date of birth or an age.
nik-wrong-length = A NIK has 16 digits.
nik-no-such-province = No province has the NIK’s first two digits.
nik-no-date = The NIK’s date of birth cannot be.
nik-no-serial = The last four digits of a NIK are never 0000.
same-nik = same NIK
same-phone = same phone
same-birth-date = same date of birth
similar-name = similar name
