"""The audit: compares two tables by key and content, trusts no loader, and says why rows are wrong.

`audit` compares rows that it is handed, for the harness. The other modules compare tables where they are: `tables`
puts their columns side by side, `wrong_rows` finds what differs in blocks of different digests, `causes` says why. What
must stay true: nothing here knows strategies, syncs or state, so that it cannot make the same mistake as a load, and no
side is written.
"""
