"""What a PostgreSQL source can keep for strategies: a log by triggers, the server's own, numbers of transactions.

What must stay true: nothing that is installed makes an application's write fail, and all of it can be taken away.
"""
