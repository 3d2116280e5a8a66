"""The scenarios of other loaders: what harms one that pages, writes text, goes by a clock, or runs in several steps.

For incload's own strategies most of these histories are clean by construction, so that the comparison of all scenarios
leaves them out; they run where they are named, as the group `loaders`, and for the loaders of `bench/wild`.
"""

from __future__ import annotations

from functools import partial

from incload.assumptions import Assumption
from incload.history.faults.between_queries import ChangeDuringSync, DieBetween, SecondRun
from incload.history.faults.loader_clock import FastClock, LocalZone
from incload.history.synthetic import timestamp_flaws
from incload.history.synthetic.clean import HOUR, MINUTE, SECOND
from incload.history.synthetic.datasets import STARTED
from incload.history.synthetic.reading import flaws
from incload.history.synthetic.row_flaws import delete_rows, drop_updates, insert_and_delete
from incload.history.synthetic.scenario import UPDATES, Scenario, life
from incload.history.synthetic.timestamp_flaws import crowd_edges

_MILLISECOND = SECOND // 1_000

READING = (
    Scenario(
        id="batch_timestamps",
        sentence="Rows only ever come, twelve of each tick in one batch that shares one new timestamp.",
        causes=("C02", "C05"),
        threads=("openbkn-ai/bkn-foundry#1354", "dlt-hub/dlt#2580", "dlt-hub/dlt#4030"),
        breaks=frozenset(),
        build=life(drop_updates, flaws.insert_batches),
    ),
    Scenario(
        id="ties_alone",
        sentence="Some syncs find nothing but one new row that has exactly the newest timestamp read before.",
        causes=("C04",),
        threads=("airbytehq/airbyte#70257",),
        breaks=UPDATES | {Assumption.UNIQUE_CURSOR},
        build=life(flaws.tie_alone),
    ),
    Scenario(
        id="same_second",
        sentence="Syncs run within a second in which rows still change, and timestamps count microseconds.",
        causes=("C07", "C08"),
        threads=("airbytehq/airbyte#9157", "airbytehq/airbyte#84400", "airbytehq/airbyte#82705"),
        breaks=UPDATES,
        build=life(partial(crowd_edges, edge=200 * _MILLISECOND), started=STARTED + 750 * _MILLISECOND),
    ),
    Scenario(
        id="hour_gains_a_digit",
        sentence="The timestamps pass ten o'clock, so that the hour has two digits from then on.",
        causes=("C11",),
        threads=("drt-hub/drt#44",),
        breaks=UPDATES,
        build=life(started=STARTED + 9 * HOUR + 30 * MINUTE),
    ),
    Scenario(
        id="keys_pass_32_bits",
        sentence="Rows only ever come, and the fifth tick brings the first key above 2 to the power of 32.",
        causes=("C16",),
        threads=("PostHog/posthog#85687", "airbytehq/airbyte#5022"),
        breaks=frozenset(),
        build=flaws.MovedKeys(life(drop_updates), number=4, to=1 << 32),
    ),
    Scenario(
        id="starts_empty",
        sentence="The table is empty at the first sync, and from then on rows come and never change.",
        causes=("C15",),
        threads=("get-select/dbt-snowflake-monitoring#155", "apache/gobblin#1477"),
        breaks=frozenset(),
        build=life(drop_updates, flaws.start_empty),
    ),
    Scenario(
        id="replica_lags",
        sentence="The source is a replica that shows every change six minutes after its timestamp.",
        causes=("C20",),
        threads=("simstudioai/sim#4955", "triggerdotdev/trigger.dev#3910"),
        breaks=UPDATES,
        build=life(partial(flaws.show_later, by=6 * MINUTE)),
    ),
    Scenario(
        id="text_moves_between_columns",
        sentence="The end of one text becomes the beginning of the next column's text; the timestamp stays.",
        causes=("C38", "X04"),
        threads=("ScalefreeCOM/datavault4dbt#479", "Datavault-UK/automate-dv#5"),
        breaks=UPDATES | {Assumption.CURSOR_MOVES_ON_UPDATE},
        build=life(flaws.move_text),
    ),
    Scenario(
        id="null_becomes_empty",
        sentence="Some nulls become empty texts; the timestamp stays.",
        causes=("C38",),
        threads=("ScalefreeCOM/datavault4dbt#479", "MrPowers/mack#121"),
        breaks=UPDATES | {Assumption.CURSOR_MOVES_ON_UPDATE},
        build=life(flaws.empty_nulls),
    ),
    Scenario(
        id="clock_stepped_back",
        sentence="The source's clock is fast by ninety seconds, and is put right between two syncs.",
        causes=("X07",),
        threads=(),
        breaks=UPDATES | {Assumption.LAG_WITHIN},
        build=life(
            partial(crowd_edges, edge=60 * SECOND),
            partial(timestamp_flaws.fall_back, fold=STARTED + 25 * MINUTE, by=90 * SECOND),
        ),
    ),
    Scenario(
        id="leap_second",
        sentence="A sync runs at a leap second, which the source's clock counts twice.",
        causes=("X08",),
        threads=(),
        breaks=UPDATES | {Assumption.LAG_WITHIN},
        build=life(
            partial(crowd_edges, edge=SECOND // 2),
            partial(timestamp_flaws.fall_back, fold=STARTED + 25 * MINUTE, by=SECOND),
        ),
    ),
    Scenario(
        id="changes_during_sync",
        sentence="The source changes while a sync runs, between two of its queries; rows it has read change again.",
        causes=("C19", "C24", "C36"),
        threads=("airbytehq/airbyte#85918", "airbytehq/airbyte#21500", "estuary/connectors#53"),
        breaks=UPDATES | {Assumption.ONE_SNAPSHOT},
        build=life(flaws.change_again),
        faults=(ChangeDuringSync(0), ChangeDuringSync(4), ChangeDuringSync(7)),
    ),
    Scenario(
        id="deleted_during_sync",
        sentence="Rows are deleted, some of them while a sync that has read them still runs, between its queries.",
        causes=("C32",),
        threads=("microsoft/Dynamics-365-FastTrack-Implementation-Assets#118",),
        breaks=UPDATES | {Assumption.ONE_SNAPSHOT, Assumption.NO_HARD_DELETES},
        build=life(delete_rows, partial(insert_and_delete, numbers=(3, 6))),
        faults=(ChangeDuringSync(4), ChangeDuringSync(7)),
    ),
    Scenario(
        id="dies_between_steps",
        sentence="Rows only ever come, and the loader dies after its first step, or its second, and runs again.",
        causes=("C25", "C39", "C40", "C48", "X06"),
        threads=("airbytehq/airbyte#24808", "dlt-hub/dlt#4052", "bruin-data/bruin#2396"),
        breaks=frozenset({Assumption.RUN_COMPLETES}),
        build=life(drop_updates),
        faults=(DieBetween(2), DieBetween(3), DieBetween(5), DieBetween(6, step=2), DieBetween(8), DieBetween(9)),
    ),
    Scenario(
        id="two_runs_at_once",
        sentence="Rows only ever come, and three times a second sync runs while the first one does.",
        causes=("C44",),
        threads=("SQLMesh/sqlmesh#3866", "dlt-hub/dlt#2687"),
        breaks=frozenset({Assumption.ONE_WRITER}),
        build=life(drop_updates),
        faults=(SecondRun(3), SecondRun(5), SecondRun(8)),
    ),
    Scenario(
        id="loader_clock_fast",
        sentence="The clock of the loader's machine is two minutes ahead of the source's.",
        causes=("C14",),
        threads=("rocky-data/rocky#708", "dbt-labs/dbt-core#2737"),
        breaks=UPDATES | {Assumption.CLOCKS_AGREE},
        build=life(),
        faults=(FastClock(),),
    ),
    Scenario(
        id="loader_in_local_zone",
        sentence="The loader's session has a time zone two hours east of UTC.",
        causes=("C09",),
        threads=("airbytehq/airbyte#83800", "datazip-inc/olake#867", "bruin-data/ingestr#1078"),
        breaks=UPDATES | {Assumption.UTC_SESSION},
        build=life(),
        faults=(LocalZone(),),
    ),
)
