# Words used in every place.
app-name = Lucerna
save = Save
cancel = Cancel
close = Close
back = Back
next = Next
undo = Undo
retry = Try again
edit = Edit
remove = Remove
show = Show
hide = Hide
optional = optional
required = required
loading = Loading…
nothing-here = Nothing here yet.
unknown = unknown
yes = Yes
no = No
more = More
dismiss = Dismiss
showing-of = Showing { $shown } of { $total }
showing-of-more = Showing { $shown } of more than { $total }
chart-table = The same as a table
chart-date = Date
chart-value = Value
select-one = Choose one

sex-female = Female
sex-male = Male
sex-other = Other
sex-unknown = Unknown

role-owner = Owner
role-clinician = Clinician

born = born
born-unknown = date of birth unknown
deceased = deceased
no-name = Name not recorded
mrn = MRN
nik = NIK
no-id = no number
last-visit = last visit { $date }
no-visit = no visit yet

age-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
age-weeks = { $count ->
    [one] { $count } week
   *[other] { $count } weeks
}
age-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
age-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
}
age-at-death = died at { $age }
age-about-years = about { $count ->
    [one] { $count } year
   *[other] { $count } years
}

month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
