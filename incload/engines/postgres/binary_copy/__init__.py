"""PostgreSQL's binary COPY format, to Arrow and back: how rows leave the server, how they come in, and their types.

A row is a count of its fields and for each field its length, -1 for a null, and its bytes, numbers in network order.
What must stay true: rows, staging and state stay in one transaction of one connection, which a second driver could not
share; a value that a type cannot hold exactly is refused.
"""
