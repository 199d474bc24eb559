# The registration and edit form.
form-required-hint = Only fields with a star are needed.
form-identity = Who
form-given = Given or only name
form-given-hint = A single name is a whole name.
form-family = Family name
form-prefix = Title
form-birth = Date of birth
form-birth-hint = Day first, as usual: 14/7/1961, 14 Jul 1961, or the year alone.
form-age = or age in years
form-sex = Sex
form-nik = NIK
form-nik-hint = National id, 16 digits. Leave blank if there is none.
form-guardian = Guardian
form-guardian-name = Guardian’s name
form-guardian-phone = Guardian’s phone
form-contact = Contact
form-phone = Phone
form-address = Street and number
form-city = City or regency
form-province = Province
form-postal = Postal code
birth-understood = { $date } ({ $age })

register-save = Register
register-saved = Registered
edit-saved = Saved

duplicates-title = Already registered?
duplicates-none = Nobody similar so far.
duplicates-text = Check these first. Open one if it is the same person.
