# Devices and sync.
devices-list = Devices of this clinic
device-this = This device
device-connected = connected
device-seen = last seen { $time }
device-never-seen = not seen yet

sync-now = Sync
sync-point = Connection point
sync-connected-now = Tablets connected
sync-not-yet-shared = Changes not yet on another device
sync-last = Everything shared
sync-grey = Working without a connection is normal here. Tablets catch up by themselves when they meet.
sync-again = Try again now
sync-quarantined = { $count ->
    [one] { $count } change from another device could not be accepted and was set aside.
   *[other] { $count } changes from another device could not be accepted and were set aside.
}
relay-off = not needed now
relay-connecting = connecting…
relay-online = reached
relay-offline = not reached
path-direct = directly, device to device
path-relay = through the connection point, sealed
peer-left = { $receive } to receive, { $send } to send

pair-title = A new tablet
pair-text = The other device joins this clinic in under a minute: no account, no e-mail.
pair-owner-only = Only an owner can let a new tablet in.
pair-qr = QR code with the invitation
pair-step-open = Open Lucerna on the new tablet, or point its camera at this code.
pair-step-scan = Choose “Join a clinic” and give a name and a passphrase there.
pair-step-compare = Compare six digits, then let it in here.
pair-or-type = No camera? Type these digits there:
pair-expires = Good for { $left } more, once.
pair-asked = “{ $device }” of { $name } asks to join.
pair-compare-text = Does it show the same six digits? If not, refuse.
pair-role = Role
pair-accept = Same digits: let it in
pair-refuse = Refuse
pair-admitting = Letting { $device } in…
pair-done = { $device } has joined the clinic. Records are on their way.
pair-opening = Reaching the connection point…
pair-opening-slow = No answer yet. Pairing needs the network for a minute: check the Wi-Fi of this device.
