# The first page after unlocking.
greet-morning = Good morning, { $name }
greet-noon = Good day, { $name }
greet-afternoon = Good afternoon, { $name }
greet-evening = Good evening, { $name }
today-count = { $count ->
    [0] No patients yet
    [one] { $count } patient in this clinic
   *[other] { $count } patients in this clinic
}
today-import-left = An import was interrupted. None of it is seen until it is finished.
today-import-open = Finish or undo
today-recent = Seen lately
today-no-patients = Nobody is registered yet. Register the first patient, or bring records over from another system.
today-none-seen = Nobody was seen on this device yet. Find a patient to open the chart.
today-drafts = My unsigned notes
today-no-drafts = All your notes are signed.
today-draft-saved = Draft saved { $time }
today-conflicts = Conflicts
today-no-conflicts = No conflicts between tablets.
today-conflict-count = { $count ->
    [one] { $count } value was changed on two tablets and waits for a decision.
   *[other] { $count } values were changed on two tablets and wait for a decision.
}
today-settle = Settle
today-tablets = Tablets
today-alone = This is the clinic’s only device.
today-none-connected = None connected just now
register-patient = Register a patient
