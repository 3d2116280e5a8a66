"""Performance: what loads cost at scale, by turns, beside a plain copy.

What must stay true: figures are ratios within one run; nothing is compared across machines.
"""
