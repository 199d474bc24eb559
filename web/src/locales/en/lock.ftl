# The lock screen and its neighbours.
lock-who = Who is there?
lock-open = Unlock
lock-opening = Opening…
lock-idle = Locked because nobody used it for a while. Drafts are kept.
lock-other-tab = Opened in another tab.
lock-caps = Caps Lock is on.
lock-wait = { $seconds ->
    [one] That passphrase is not right. Try again in { $seconds } second.
   *[other] That passphrase is not right. Try again in { $seconds } seconds.
}
lock-demo = Demo clinic. Its passphrase is { $passphrase }
lock-remove = Remove this clinic from this device

remove-title = Remove the clinic from this device?
remove-text = Everything of { $clinic } on this device will be destroyed. If no other device has it, it is gone for good.
remove-go-on = Go on
remove-second-text = To be sure it is you: give a passphrase of this clinic. This cannot be undone.
remove-now = Destroy it here

other-tab-title = Lucerna is open in another tab
other-tab-text = One tab at a time holds the clinic, so that nothing is written twice. Use it here instead, and the other one locks.
other-tab-take = Use it here

damaged-title = The clinic’s data did not open
damaged-text = There is a clinic on this device, but its database is damaged. Nothing has been overwritten.
damaged-step-reload = Close other Lucerna tabs and try again.
damaged-step-other = Your other tablets still hold the records: keep working there.
damaged-step-keep = Do not clear this browser’s data until somebody has looked at it.
damaged-detail = Technical detail

lost-title = This browser no longer has the clinic’s records
lost-text = What Lucerna kept here for your clinic is gone. Browsers may clear what a site has stored, to make room or together with the browsing data.
lost-others = Your clinic’s other tablets still have the records, all but what had not yet reached them.
lost-try = First try again. If the records are here after all, the clinic opens as before.
lost-join = If not, set this tablet up again and join the clinic from another tablet: the records come over by themselves.
lost-found = If there is no other tablet, create the clinic anew and import an exported file.
lost-still = Looked again: still no records here.
lost-set-up = Set this tablet up again
lost-set-up-title = Set this tablet up again?
lost-set-up-text = Lucerna looks once more. If there are still no records here, it begins as on a new device. Nothing is deleted: should the records be here after all, the clinic opens instead.
