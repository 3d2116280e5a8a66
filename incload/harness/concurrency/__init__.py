"""Concurrency: strategies beside processes that write to the source while a load runs."""
