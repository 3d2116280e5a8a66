"""A table watched as it lives: looks at it, one after the other, written into a recording that is a history.

`look` finds what changed since the look before, `recording` keeps it, `watcher` looks again and again, `metrics` and
`report` say what was seen. What must stay true: the table is only read, values are kept only where they were asked for,
and a look is in the recording whole or not at all.
"""
