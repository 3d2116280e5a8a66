"""The harness: runs contenders on histories in throw-away databases, audits them and measures their cost.

`trials` fill the matrix, `replays` follow real histories, `concurrency` adds writers, `perf` measures, `falsify` looks
for counterexamples; `sandbox` holds the databases of all of them. What must stay true: what a load does is observed by
the audit and never taken from the load.
"""
