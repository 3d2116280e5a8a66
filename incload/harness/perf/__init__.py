"""Performance: the cost of loads at scale, measured in turns with a plain copy.

What must stay true: figures are ratios within one run; nothing is compared across machines.
"""
