"""Digests that every engine computes alike, and what is compared by them: forms of values, rows, blocks of rows.

`canonical` is the text of a value and the contract of what digests rows, which each engine's folder fulfils; `in_sql`
is what engines that do so in SQL share; `forms` puts two columns side by side; `blocks` finds where two tables differ.
What must stay true: two engines that hold the same value give the same digest, nothing is equal by accident, and memory
follows neither tables nor differences.
"""
