"""What other programs call: one module for each function that the package offers.

Each function takes plain values (URLs, names, numbers), does what the command of its name does, and returns a frozen
record. The commands are thin layers over these functions, so that both always agree. No function prints. What must stay
true: importing this package imports none of incload's dependencies.
"""
