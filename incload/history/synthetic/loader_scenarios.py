"""The scenarios of loaders: their sources are clean, or nearly so, and their syncs or states fail.

What happens to a loader is a fault of the scenario, which knows what it does and what it breaks.
"""

from __future__ import annotations

from functools import partial

from incload.assumptions import Assumption
from incload.history.faults.coarse_state import RoundUpState, TruncateState
from incload.history.faults.crash import CrashAfterRows, CrashAfterState
from incload.history.faults.cut_log import CutLog
from incload.history.faults.lose_state import LoseState
from incload.history.faults.partial_read import PartialRead
from incload.history.faults.roll_back_state import RollBackState
from incload.history.faults.skip_sync import SkipSync
from incload.history.synthetic.clean import MINUTE, SECOND
from incload.history.synthetic.datasets import STARTED
from incload.history.synthetic.row_flaws import end_on_old_rows, insert_and_delete, take_back
from incload.history.synthetic.scenario import UPDATES, Scenario, life
from incload.history.synthetic.timestamp_flaws import crowd_edges

ACCIDENTS = (
    Scenario(
        id="missed_syncs",
        sentence="Seven syncs in a row do not run, so that the next one has forty minutes to make up for.",
        causes=("C45",),
        threads=("dbt-labs/dbt-core#15518", "dbt-labs/dbt-core#11129"),
        breaks=UPDATES,
        build=life(),
        faults=tuple(SkipSync(sync) for sync in range(2, 9)),
    ),
    Scenario(
        id="insert_and_delete_between_syncs",
        sentence="Rows come and go between two syncs, so that no sync ever has a chance to see them.",
        causes=("C32",),
        threads=("microsoft/Dynamics-365-FastTrack-Implementation-Assets#118",),
        breaks=UPDATES,
        build=life(partial(insert_and_delete, numbers=(0, 2, 5, 7))),
        faults=tuple(SkipSync(sync) for sync in (1, 3, 6, 8)),
    ),
    Scenario(
        id="log_expired",
        sentence="Three syncs in a row do not run, and meanwhile the change log of the source is cleared.",
        causes=("C49",),
        threads=("airbytehq/airbyte#30545", "airbytehq/airbyte#35304", "airbytehq/airbyte#46571"),
        breaks=UPDATES | {Assumption.LOG_KEPT},
        build=life(),
        faults=(*(SkipSync(sync) for sync in range(4, 7)), CutLog(7)),
    ),
    Scenario(
        id="watermark_truncated",
        sentence="The state keeps whole minutes, cut off, of timestamps that count microseconds.",
        causes=("C06",),
        threads=("growthbook/growthbook#6777", "slingdata-io/sling-cli#471", "airbytehq/airbyte#76309"),
        breaks=UPDATES | {Assumption.READ_ONCE},
        build=life(),
        faults=(TruncateState(unit=MINUTE),),
    ),
    Scenario(
        id="watermark_rounded_up",
        sentence="The state keeps whole minutes, rounded up, and rows change in the rest of the minute.",
        causes=("C07",),
        threads=("airbytehq/airbyte#9915", "airbytehq/airbyte#84400"),
        breaks=UPDATES | {Assumption.STATE_NOT_AHEAD},
        build=life(partial(crowd_edges, edge=30 * SECOND), started=STARTED + 30 * SECOND),
        faults=(RoundUpState(unit=MINUTE),),
    ),
    Scenario(
        id="memory_lost",
        sentence="The state is lost, the target stays, and the next sync starts from nothing.",
        causes=("C41",),
        threads=("rocky-data/rocky#1179",),
        breaks=UPDATES | {Assumption.READ_ONCE},
        build=life(),
        faults=(LoseState(6),),
    ),
    Scenario(
        id="memory_rolled_back",
        sentence="The state is rolled back by two syncs, and the source undoes its changes since then at that moment.",
        causes=("C43",),
        threads=("PostHog/posthog#101811", "PostHog/posthog#97524"),
        breaks=UPDATES
        | {
            Assumption.READ_ONCE,
            Assumption.STATE_KEPT,
            Assumption.NO_HARD_DELETES,
            Assumption.CURSOR_MOVES_ON_UPDATE,
        },
        build=life(partial(take_back, first=4, last=6)),
        faults=(RollBackState(7, to=4),),
    ),
    Scenario(
        id="crash_between_rows_and_memory",
        sentence="The loader commits its state before its rows, dies in between, and runs again.",
        causes=("C39",),
        threads=("ClickHouse/ClickHouse#114930", "drt-hub/drt#1074", "airbytehq/airbyte#12821"),
        breaks=UPDATES | {Assumption.ATOMIC_COMMIT},
        build=life(),
        faults=(CrashAfterState(5),),
    ),
    Scenario(
        id="crash_after_rows",
        sentence="The loader commits its rows before its state, dies in between, and runs again.",
        causes=("C40",),
        threads=("dlt-hub/dlt#4052",),
        breaks=UPDATES | {Assumption.READ_ONCE},
        build=life(),
        faults=(CrashAfterRows(5),),
    ),
    Scenario(
        id="partial_read",
        sentence="Two syncs are answered without the last three tenths of the rows, and nothing says so.",
        causes=("C50",),
        threads=("Destrayon/Connapse#384", "faucet-hq/faucet-stream#484", "drush-ops/drush#4751"),
        breaks=UPDATES | {Assumption.COMPLETE_READ},
        build=life(end_on_old_rows),
        faults=(PartialRead(4, share=0.3), PartialRead(8, share=0.3)),
        guarded=True,
    ),
)
