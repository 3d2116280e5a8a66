"""The fixture of the examples, for a tree that is not installed; an installation has it by its pytest plugin."""

from incload.testing.plugin import incload_scenario

__all__ = ["incload_scenario"]
