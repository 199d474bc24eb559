# The words of this place: exchange.

exchange-title = Import and export
import-title = Import FHIR
import-drop = Drop FHIR R4 files here
import-pick = Choose files
import-hint = Bundles (.json), Bulk Data (.ndjson), or zips of them, one or many. You see a preview first; nothing is written before you say so.
import-facts = { $files ->
    [one] { $files } file
   *[other] { $files } files
  }, { $new ->
    [one] { $new } new patient
   *[other] { $new } new patients
  }, { $known ->
    [one] { $known } already known
   *[other] { $known } already known
  }
import-blocked = These files have errors, so nothing can be imported. Nothing has changed. The errors are named below.
import-nothing-new = Everything in these files is already here.
import-sample = Among the new patients
import-types = What the files hold, by type
import-type = FHIR type
import-new = New
import-changed = Changed
import-same = Already here
import-issues = { $count ->
    [one] One remark
   *[other] { $count } remarks
  }
import-no-issues = No problems found
import-no-file-name = All files
import-more-issues = and { $count } more; the saved report has all of them
import-commit = { $count ->
    [one] Import one resource
   *[other] Import { $count } resources
  }
import-other-files = Choose other files
import-more-files = Import more
import-nothing-changed = Nothing was imported. The clinic’s records are as they were.
import-done = Import finished: { $count ->
    [one] one resource
   *[other] { $count } resources
  }
import-done-facts = Imported { $resources } resources of { $patients } patients in { $seconds } s. Saved on this device.
import-dropped = An import had not come to be written when the app was closed. Nothing of it was kept.
import-interrupted = An import was interrupted after { $done } of { $resources } resources ({ $patients } patients). None of it is seen by anybody until it is finished. The files are not needed again.
import-finish = Finish the import
import-undo = Undo it
import-save-report = Save the report
severity-fatal = Fatal
severity-error = Error
severity-warning = Warning
severity-information = Note

phase-reading = Reading files
phase-checking = Checking
phase-sealing = Sealing
phase-writing = Writing
phase-undoing = Undoing
phase-exporting = Exporting
phase-demo = Making the demo clinic
phase-indexing = Preparing the search
job-of = { $done } of { $total }
job-rate = { $rate } a second
job-left = { $seconds ->
    [one] one second left
   *[other] { $seconds } seconds left
  }
job-cancelling = Stopping…

export-title = Export FHIR
export-clinic = Export the whole clinic
export-clinic-text = Every record of this clinic as FHIR R4, one NDJSON file for each type, in one zip. It is made on this device; no server takes part.
export-ask = Export the whole clinic?
export-not-encrypted = The file is not encrypted. Whoever has it can read it. Keep it where only the right people can reach it, and delete it when it is no longer needed.
export-go = Export
export-done = Exported { $count } resources, { $size }.
export-keep-safe = The file is in this device’s downloads. It is not encrypted: move it to a safe place, and delete it when it is no longer needed.
export-no-file = The export gave no file.
