"""A copy is put right: the rows that an audit has found wrong, and no others, in one transaction of the copy.

`keys` names rows by the keys that an audit has found, `writing` reads them again and writes them, `account` says what
became of each. What must stay true: the source is only read, nothing is written beside the rows that are named, and a
repair that fails leaves the copy as it was.
"""
