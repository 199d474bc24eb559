# The first screen.
language = Language
welcome-title = A clinic’s records, on its own tablets
welcome-lead = Lucerna works with the network cable pulled out. What you write stays on your clinic’s devices, sealed, and travels only between them.
welcome-create = Create a clinic
welcome-create-text = Start here on the first tablet.
welcome-creating = Creating the clinic…
welcome-join = Join a clinic
welcome-join-text = Pair this device with a tablet that your clinic already uses.
welcome-demo = Open the demo clinic
welcome-demo-text = About fifty invented patients, to look around.
welcome-promise = No account, no server that reads along. The connection point sees sealed data only.
demo-preparing = Preparing the demo clinic
demo-progress = { $done } of { $total } patients

clinic-name = Name of the clinic
your-name = Your name
device-name = Name of this device
device-name-hint = So that others know which tablet it is.
device-ipad = iPad
device-iphone = iPhone
device-android-tablet = Android tablet
device-android-phone = Android phone
device-windows = Windows computer
device-mac = Mac
device-computer = Computer
field-required = Please fill this in.

passphrase = Passphrase
passphrase-hint = At least { $count } characters. Four unrelated words are easy to keep in mind and hard to guess.
passphrase-again = Passphrase once more
passphrase-too-short = Use at least { $count } characters.
passphrase-differs = The two do not match.
passphrase-no-reset = Nobody can reset this passphrase, not even us. Keep it somewhere safe.
strength-too-short = Too short
strength-weak = Easy to guess: add another word or two
strength-fair = Reasonable: one more word would make it strong
strength-strong = Strong

join-how = On a tablet of your clinic, open Devices and choose “Pair a tablet”. Type the twelve digits it shows.
join-code = Pairing code
join-code-short = The code has twelve digits.
join-scan = Scan the QR code instead
join-camera-app = Or point this device’s camera app at the QR code and open the link.
join-invited = The invitation from the QR code has been read.
join-calling = Finding the other tablet…
join-calling-text = Keep both devices awake and near each other.
join-compare-text = The other tablet shows six digits too. If they are the same, its owner lets this device in.
scan-label = Picture from the camera
scan-refused = The camera cannot be used. Type the digits instead.

pair-compare = Compare these digits
