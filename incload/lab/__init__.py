"""The lab: where a history meets a strategy, and a stranger looks what went wrong."""
