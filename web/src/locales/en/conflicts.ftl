# The words of this place: conflicts.

conflicts-title = Conflicts to settle
conflicts-lead = Two tablets changed the same field while apart. Both values are kept until somebody who knows chooses.
conflicts-none = Nothing to settle. Changes made on several tablets fit together.
conflicts-open-chart = Open chart
conflicts-by-clock = Later change shown
conflicts-mine = Written on this tablet
conflicts-theirs = Written on another tablet
conflicts-shown = Shown in the chart now
conflicts-removed = Removed
conflicts-by = { $name }, on { $device }, { $when }
conflicts-keep-mine = Keep this
conflicts-keep-theirs = Keep what { $name } wrote
conflicts-means = { $field } becomes “{ $value }” on every tablet.
conflicts-means-removed = { $field } becomes empty on every tablet.
conflicts-history = What is not kept stays in the history, with its author.
conflicts-settled = Settled, and saved on this device
conflicts-stakes-identity = This says who the patient is. Ask the patient or look at a card before you choose.
conflicts-stakes-safety = This matters for safety. Until it is settled, checks assume the more dangerous value.
conflicts-stakes-contact = The later change is shown already. Choose the other one only if it is right.
conflicts-stakes-other = Choose the value that is right.
