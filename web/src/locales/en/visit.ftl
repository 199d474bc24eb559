# The words of this place: visit.

visit-title = Visit
visit-title-on = Visit { $date }
visit-new = New visit
visit-resume = Resume draft
visit-resumed = Your draft is open again. Nothing was lost.
visit-opening = Opening the visit…
visit-subjective = Subjective
visit-subjective-hint = Why today, in the patient’s own words; history
visit-objective = Objective
visit-objective-hint = What you find on examination
visit-assessment = Assessment
visit-assessment-hint = What you make of it
visit-plan = Plan
visit-plan-hint = What will be done: medicines, tests, advice
visit-vitals = Vital signs
visit-vitals-hint = Enter goes to the next field
visit-unit-toggle = Unit of { $name }: { $unit }. Change
visit-bmi-empty = weight and height give BMI
visit-pain-hint = 0 to 10

visit-flag-low = Low
visit-flag-high = High
visit-flag-critical-low = Very low
visit-flag-critical-high = Very high
visit-implausible = { $value }: is this right?
visit-confirm = Yes, it is right
visit-confirmed = Unusual value, confirmed

visit-diagnoses = Diagnoses
visit-diagnosis-find = Find a diagnosis (ICD-10 code or words)
visit-diagnosis-none = Nothing in ICD-10 matches. Enter keeps your own words.
visit-diagnosis-as-typed = Keep “{ $text }” without a code
visit-diagnosis-count = { $count ->
    [one] { $count } match
   *[other] { $count } matches
  }
visit-diagnosis-remove = Remove { $title }
visit-diagnosis-uncoded = no code
visit-diagnosis-problem = On problem list
visit-follow-up = Follow-up on
visit-follow-up-in-days = { $count ->
    [one] in { $count } day
   *[other] in { $count } days
  }
visit-follow-up-none = No follow-up
visit-follow-up-clear = Clear the date

visit-saved = Saved on this device { $time }
visit-saving = Saving…
visit-untouched = Nothing typed yet
visit-save-failed = Not saved: { $why }
visit-save-retry = Try again
visit-discard = Discard
visit-leave = Save & leave
visit-review = Review & sign
visit-review-key = Ctrl+Enter

visit-ask-leave = Leave this visit?
visit-ask-leave-text = The draft stays on this device, sealed, and only you can open it.
visit-ask-discard = Discard this draft?
visit-ask-discard-text = What was typed is deleted from this device.
visit-return = Return to the visit
visit-discarded = Draft discarded
visit-undo = Undo
visit-undone = Draft restored

visit-review-title = Review and sign
visit-review-who = You are signing for
visit-review-two-ids = Check both identifiers
visit-review-nothing = not recorded
visit-review-change = Back to writing
visit-sign = Sign
visit-signing = Signing…
visit-signed = Visit signed { $time }
visit-sign-note = A signed note does not change any more. It can be given addenda.
visit-fields-first = Please look at these fields first:
visit-open-failed = The visit could not be opened.

# What is wrong with a field
vital-not-a-number = Not a number
vital-unit-unknown = This unit does not fit
vital-negative = Cannot be below zero
vital-implausible = Unusual value, not confirmed
vital-pressure-incomplete = The other pressure is missing
vital-diastolic-above-systolic = Diastolic is not below systolic
visit-empty = Nothing has been written yet
diagnosis-empty = This diagnosis has no words
follow-up-in-past = The follow-up lies in the past
follow-up-unreadable = The follow-up date cannot be read
addendum-empty = The addendum has no words
allergy-substance-required = Write what the patient reacts to
choice-unknown = This choice is not known
