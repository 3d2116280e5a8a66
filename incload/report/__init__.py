"""The report: outcomes to and from CSV, and everything that is rendered from that CSV alone, without a rerun."""
