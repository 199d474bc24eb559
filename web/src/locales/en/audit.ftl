# The words of this place: audit.

audit-title = Access log
audit-lead = Every view, change, export and sign-in on this device. Each entry is sealed to the one before it, so that a missing or altered entry shows.
audit-none = Nothing recorded yet.
audit-when = When
audit-who = Who
audit-what = What
audit-patient = Patient
audit-where = Device
audit-more = Show more
audit-verify = Check the log
audit-verify-hint = Walks the whole chain and checks every link and signature.
audit-verifying = Checking every entry…
audit-verify-again = Check again
audit-whole = The log is whole: all { $count } entries verify.
audit-broken = The log is broken at entry { $at } of { $count }. Entries from there on cannot be trusted. Tell the owner, and keep this device as it is.
audit-nothing-to-check = Not checked: there are no entries to check.
audit-could-not-run = Not checked: { $why }

# What was done
audit-created-clinic = Created the clinic
audit-unlocked = Signed in
audit-locked = Locked
audit-failed-sign-in = Failed sign-in
audit-opened-chart = Opened the chart
audit-opened-resource = Read a record
audit-registered = Registered the patient
audit-edited = Edited details
audit-signed-visit = Signed a visit
audit-added-addendum = Signed an addendum
audit-recorded-allergy = Recorded an allergy
audit-marked-error = Marked as entered in error
audit-imported = Imported records
audit-exported-patient = Exported the patient
audit-exported-clinic = Exported the clinic
audit-paired-device = Let a device in
audit-joined-clinic = Joined the clinic
audit-settled-conflict = Settled a conflict
audit-received = Received changes from another tablet
