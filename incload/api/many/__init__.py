"""The tables of a config, loaded, audited and looked at together.

What must stay true: what goes wrong with one table stops no other, two loads never write one place at the same time
where its engine takes one writer, and each table is loaded as `incload.load` loads it.
"""
