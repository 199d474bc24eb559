# Finding a patient.
find-label = Name, date of birth, phone, NIK or record number
find-placeholder = Name, date of birth, phone, NIK…
find-hint = Parts of a name in any order.
find-keys = Arrow keys choose, Enter opens.
find-results = Patients found
find-looking = Looking for similar names…
find-lacking = The search is being prepared again; { $count ->
    [one] one patient cannot be found yet.
   *[other] { $count } patients cannot be found yet.
}
find-nobody = Nobody fits that. Check the spelling, try fewer letters or the date of birth.
find-register = Register “{ $typed }”
