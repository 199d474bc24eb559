# Finding a patient.
find-label = Name, date of birth, phone, NIK or record number
find-placeholder = Name, date of birth, phone, NIK…
find-hint = Parts of a name in any order. Arrow keys choose, Enter opens.
find-results = Patients found
find-nobody = Nobody fits that. Check the spelling, try fewer letters or the date of birth.
find-register = Register “{ $typed }”
