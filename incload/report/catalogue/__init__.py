"""The catalogue of causes: how incremental loads go wrong, with what shows each, as data, a page and small pictures.

What must stay true: the ids are permanent, and a test runs what every entry says.
"""
