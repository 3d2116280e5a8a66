"""The load: keeps one real table up to date, and knows nothing of histories, trials or reports."""
