"""Performance: what loads cost at scale, by turns, beside a plain copy.

Figures are ratios within one run; nothing is compared across machines.
"""
