"""The scenarios of loaders: their sources live honestly, or nearly so, and their syncs or memories come to grief.

What happens to a loader is data, a condition of the scenario, that whoever runs it carries out.
"""

from __future__ import annotations

from functools import partial

from incload.assumptions import Assumption
from incload.history.clocks import crowd_edges
from incload.history.datasets import STARTED
from incload.history.flaws import end_on_old_rows, insert_and_delete, take_back
from incload.history.honest import MINUTE, SECOND
from incload.history.recipes import UPDATES, Condition, Scenario, life

ACCIDENTS = (
    Scenario(
        id="missed_syncs",
        sentence="Seven syncs in a row do not run, so that the next one has forty minutes to make up for.",
        causes=("C45",),
        threads=("dbt-labs/dbt-core#15518", "dbt-labs/dbt-core#11129"),
        breaks=UPDATES,
        build=life(),
        conditions=tuple(Condition("skip_sync", sync) for sync in range(2, 9)),
    ),
    Scenario(
        id="insert_and_delete_between_syncs",
        sentence="Rows come and go between two syncs, so that no sync ever has a chance to see them.",
        causes=("C32",),
        threads=("microsoft/Dynamics-365-FastTrack-Implementation-Assets#118",),
        breaks=UPDATES,
        build=life(partial(insert_and_delete, numbers=(0, 2, 5, 7))),
        conditions=tuple(Condition("skip_sync", sync) for sync in (1, 3, 6, 8)),
    ),
    Scenario(
        id="log_expired",
        sentence="Three syncs in a row do not run, and meanwhile somebody clears up the change log of the source.",
        causes=("C49",),
        threads=("airbytehq/airbyte#30545", "airbytehq/airbyte#35304", "airbytehq/airbyte#46571"),
        breaks=UPDATES | {Assumption.LOG_KEPT},
        build=life(),
        conditions=(*(Condition("skip_sync", sync) for sync in range(4, 7)), Condition("cut_log", 7)),
    ),
    Scenario(
        id="watermark_truncated",
        sentence="The memory keeps whole minutes, cut off, of stamps that count microseconds.",
        causes=("C06",),
        threads=("growthbook/growthbook#6777", "slingdata-io/sling-cli#471", "airbytehq/airbyte#76309"),
        breaks=UPDATES | {Assumption.READ_ONCE},
        build=life(),
        conditions=(Condition("truncate_memory", unit=MINUTE),),
    ),
    Scenario(
        id="watermark_rounded_up",
        sentence="The memory keeps whole minutes, rounded up, and rows change in the rest of the minute.",
        causes=("C07",),
        threads=("airbytehq/airbyte#9915", "airbytehq/airbyte#84400"),
        breaks=UPDATES | {Assumption.MEMORY_NOT_AHEAD},
        build=life(partial(crowd_edges, edge=30 * SECOND), started=STARTED + 30 * SECOND),
        conditions=(Condition("round_up_memory", unit=MINUTE),),
    ),
    Scenario(
        id="memory_lost",
        sentence="The memory is lost, the target stays, and the next sync starts from nothing.",
        causes=("C41",),
        threads=("rocky-data/rocky#1179",),
        breaks=UPDATES | {Assumption.READ_ONCE},
        build=life(),
        conditions=(Condition("lose_memory", 6),),
    ),
    Scenario(
        id="memory_rolled_back",
        sentence="The memory falls back by two syncs, and what the source changed since is undone when it does.",
        causes=("C43",),
        threads=("PostHog/posthog#101811", "PostHog/posthog#97524"),
        breaks=UPDATES
        | {
            Assumption.READ_ONCE,
            Assumption.MEMORY_KEPT,
            Assumption.NO_HARD_DELETES,
            Assumption.CURSOR_MOVES_ON_UPDATE,
        },
        build=life(partial(take_back, first=4, last=6)),
        conditions=(Condition("roll_back_memory", 7, to=4),),
    ),
    Scenario(
        id="crash_between_rows_and_memory",
        sentence="The loader commits its memory before its rows, dies in between, and runs again.",
        causes=("C39",),
        threads=("ClickHouse/ClickHouse#114930", "drt-hub/drt#1074", "airbytehq/airbyte#12821"),
        breaks=UPDATES | {Assumption.ATOMIC_COMMIT},
        build=life(),
        conditions=(Condition("crash_after_memory", 5),),
    ),
    Scenario(
        id="crash_after_rows",
        sentence="The loader commits its rows before its memory, dies in between, and runs again.",
        causes=("C40",),
        threads=("dlt-hub/dlt#4052",),
        breaks=UPDATES | {Assumption.READ_ONCE},
        build=life(),
        conditions=(Condition("crash_after_rows", 5),),
    ),
    Scenario(
        id="partial_read",
        sentence="Two syncs are answered without the last three tenths of the rows, and nothing says so.",
        causes=("C50",),
        threads=("Destrayon/Connapse#384", "faucet-hq/faucet-stream#484", "drush-ops/drush#4751"),
        breaks=UPDATES | {Assumption.COMPLETE_READ},
        build=life(end_on_old_rows),
        conditions=(Condition("partial_read", 4, share=0.3), Condition("partial_read", 8, share=0.3)),
        guarded=True,
    ),
)
