"""The names of the temporary tables of a sync, and of the column that only they and stored digests have."""

from __future__ import annotations

STAGE = "incload_incoming"
"""The temporary table that holds the rows of a sync between reading and writing."""

ARRIVED = "incload_arrived"
"""The temporary table of the keys and digests of a source in another engine."""

KNOWN = "incload_known"
"""The temporary table of digests whose rows are known already."""

GONE = "incload_gone"
"""The temporary table of the keys that left the source."""

LEFT = "incload_left"
"""The temporary table of the keys that a change log names and the source does not have."""

HELD = "incload_held"
"""The temporary table of the target's keys in blocks that differ from the source's."""

ONCE = "incload_once"
"""How the names of the temporary tables begin that hold the rows of another one, copies left out."""

DIFFERING = "incload_differing"
"""The temporary table of the keys whose digest differs from the remembered one, with the new digest."""

WANTED = "incload_wanted"
"""The temporary table of the keys that a repair speaks of, numbered."""

REPAIRED = "incload_repaired"
"""The temporary table of the source's rows of those keys."""

NUMBERED = "incload_numbered"
"""How the names of the temporary tables begin that hold some of those keys."""

KEPT = "incload_kept"
"""The temporary table of the rows that a repair writes."""

DIGEST = "incload_digest"
"""The name of the digest column, in the stage and in the table of remembered digests."""
