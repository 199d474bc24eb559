# The frame round every page.
title-today = Today
title-find = Find a patient
title-register = Register a patient
title-edit = Edit a patient
title-chart = Chart
title-visit = Visit
title-exchange = Import and export
title-conflicts = Conflicts
title-audit = Access log
title-devices = Devices and sync
title-settings = Settings
title-security = Security
title-welcome = Welcome
title-lock = Locked

leave-title = Leave without saving?
leave-text = What you typed on this page has not been saved and would be lost.
leave-go = Leave and lose it
leave-stay = Stay here

rail-label = Places
rail-today = Today
rail-find = Patients
rail-conflicts = Conflicts
rail-exchange = Exchange
rail-devices = Devices
rail-settings = Settings

skip-to-page = Skip to the page
shell-find = Find a patient
shell-find-keys = Press / from anywhere
shell-lock = Lock
shell-menu = Menu
shell-signed-in = { $name }, { $role }
shell-this-device = This device: { $name }
shell-shortcuts = Keyboard shortcuts

sync-alone = On this device only
sync-offline = Offline
sync-connecting = Connecting…
sync-connected = { $count ->
    [one] { $count } tablet connected
   *[other] { $count } tablets connected
}
sync-exchanging = { $count ->
    [one] Exchanging with { $count } tablet
   *[other] Exchanging with { $count } tablets
}
sync-unshared = { $count ->
    [one] { $count } change not yet on another device
   *[other] { $count } changes not yet on another device
}
sync-all-shared = Everything is on another device too
sync-as-of = as of { $time }
sync-caught-up = Caught up: { $received } received, { $sent } sent.
sync-open = Sync state: { $state }. Open devices and sync

demo-banner = Demo clinic: all people are invented.
alone-warning = Your records are on this device only. Pair a second one, so that nothing is lost if this one breaks.
alone-pair = Pair a tablet
update-ready = A new version of Lucerna is ready.
update-now = Use it now
install-hint = Install Lucerna on this device, so that it opens without a network and the browser keeps its data.
install-now = Install

idle-title = Still there?
idle-text = { $seconds ->
    [one] The clinic locks in { $seconds } second.
   *[other] The clinic locks in { $seconds } seconds.
}
idle-stay = Stay unlocked
idle-lock = Lock now

keys-find = Find a patient
keys-visit = New visit, in a chart
keys-go = Then a letter: go to a place or a section of the chart
keys-places = t Today · f Find · c Conflicts · x Exchange · y Devices · o Settings
keys-sections = s Summary · l Timeline · p Problems · a Allergies · m Medications · v Vitals · r Results · e Encounters · i Immunizations · d Documents · u Access log
keys-sign = Sign the visit
keys-close = Close, after asking
keys-lock = Lock at once
keys-help = This list

notices-label = Notices
