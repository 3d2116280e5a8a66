"""The pages of a replay or a profile, rendered from its records alone."""
