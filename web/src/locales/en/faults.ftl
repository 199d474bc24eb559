# Why something was not done: one message for each fault of the engine.
fault-wrong-passphrase = That passphrase is not right.
fault-too-soon = Too many tries. Please wait before the next one.
fault-locked = The clinic is locked. Unlock it to go on.
fault-not-found = This is not here any more.
fault-fields = Some fields need your attention.
fault-not-allowed = Your role may not do this.
fault-storage-full = This device has no space left. Free some space, then try again; nothing was lost.
fault-storage = This device’s storage failed. Nothing was half saved. ({ $detail })
fault-newer-app = This clinic was opened here with a newer version of Lucerna. Nothing was changed. Connect to the network and reload, so that this tablet gets that version too.
fault-damaged = Stored data could not be opened. ({ $detail })
fault-cancelled = Stopped. Nothing was changed.
fault-another-tab = Lucerna is open in another tab or window.
fault-bad-pairing-code = The code is wrong or has expired. Ask for a new one.
fault-offline = The connection point cannot be reached just now.
fault-refused = This could not be done. ({ $detail })
