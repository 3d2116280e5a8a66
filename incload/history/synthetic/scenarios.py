"""The scenarios: records that turn a dataset into a history with one known flaw, one line of meaning each.

A scenario's id is permanent, and so is its recipe: what it builds is a function of rows and seed, the same for every
engine, and a recipe that has to build something else gets a new id. Here are the flaws of sources; what happens to the
loader is in incload.history.synthetic.loader_scenarios.
"""

from __future__ import annotations

import copyreg
from functools import partial
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.errors import unknown
from incload.history.synthetic import row_flaws, timestamp_flaws
from incload.history.synthetic.clean import DAY, HOUR, MINUTE, SECOND
from incload.history.synthetic.datasets import STARTED
from incload.history.synthetic.loader_scenarios import ACCIDENTS
from incload.history.synthetic.reading.scenarios import READING
from incload.history.synthetic.scenario import UPDATES, Scenario, composed, life

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EVERY_SCENARIO", "SCENARIOS", "Scenario", "life", "scenario"]

_SUMMER_TIME_ENDS = STARTED - 67 * DAY + 3 * HOUR
"""2025-10-26 03:00 by the wall clocks of central Europe, when they are put back to 02:00."""

SCENARIOS = (
    Scenario(
        id="clean",
        sentence="New rows and updates arrive in the order of their timestamps, and no two timestamps are equal.",
        causes=(),
        threads=(),
        breaks=UPDATES,
        build=life(),
    ),
    Scenario(
        id="late_arrivals",
        sentence="New rows and updates arrive with timestamps one to nine minutes older than the newest read before.",
        causes=("C22",),
        threads=("meltano/squared#677", "fivetran/dbt_jira#117", "fivetran/dbt_jira#118"),
        breaks=UPDATES | {Assumption.LAG_WITHIN},
        build=life(timestamp_flaws.arrive_late),
    ),
    Scenario(
        id="late_beyond_window",
        sentence="Most late rows are minutes behind the newest timestamp read before, and some are hours behind it.",
        causes=("C22",),
        threads=("meltano/squared#677", "dbt-labs/dbt-core#11242"),
        breaks=UPDATES | {Assumption.LAG_WITHIN},
        build=life(partial(timestamp_flaws.arrive_late, tail=12 * HOUR)),
    ),
    Scenario(
        id="late_commit",
        sentence="Transactions take their timestamps and keys when they write, and commit five to ten minutes later.",
        causes=("C17",),
        threads=("confluentinc/kafka-connect-jdbc#172", "airbytehq/airbyte#9668", "dlt-hub/dlt#2269"),
        breaks=UPDATES | {Assumption.LAG_WITHIN, Assumption.KEYS_IN_COMMIT_ORDER},
        build=life(timestamp_flaws.commit_late),
    ),
    Scenario(
        id="backdated_bulk",
        sentence="An import brings new rows and eight times as many updates, all days before the newest row.",
        causes=("C23",),
        threads=("PostHog/posthog#64417", "drt-hub/drt#759"),
        breaks=UPDATES | {Assumption.LAG_WITHIN},
        build=life(timestamp_flaws.backdate_in_bulk),
    ),
    Scenario(
        id="clock_skew",
        sentence="Of four servers that write the table, one has a clock seven minutes slow and another two minutes.",
        causes=("X01", "C21"),
        threads=("vscarpenter/gsd-task-manager#358", "heapwolf/level-replicator#4"),
        breaks=UPDATES | {Assumption.LAG_WITHIN},
        build=life(timestamp_flaws.skew_clocks),
    ),
    Scenario(
        id="dst_fold",
        sentence="Timestamps are local time, and at the end of summer time the clock repeats an hour.",
        causes=("C10",),
        threads=("erikdarlingdata/PerformanceMonitor#3778",),
        breaks=UPDATES | {Assumption.LAG_WITHIN},
        build=life(
            partial(timestamp_flaws.fall_back, fold=_SUMMER_TIME_ENDS),
            every=HOUR,
            started=_SUMMER_TIME_ENDS - 3 * HOUR - 30 * MINUTE,
        ),
    ),
    Scenario(
        id="out_of_order_versions",
        sentence="An older version of a row arrives after a newer one and is valid, with its timestamp, from then on.",
        causes=("C35",),
        threads=("apache/hudi#2221", "apache/hudi#5934"),
        breaks=UPDATES | {Assumption.LAG_WITHIN, Assumption.VERSIONS_IN_ORDER},
        build=life(timestamp_flaws.bring_older_version),
    ),
    Scenario(
        id="duplicate_timestamps",
        sentence="New rows carry exactly the newest timestamp that was read before, under larger keys.",
        causes=("C01",),
        threads=("airbytehq/airbyte#14732", "airbytehq/airbyte#44402"),
        breaks=UPDATES | {Assumption.UNIQUE_CURSOR},
        build=life(timestamp_flaws.tie_with_watermark),
    ),
    Scenario(
        id="duplicate_timestamps_smaller_id",
        sentence="New rows carry exactly the newest timestamp that was read before, under smaller keys.",
        causes=("C01",),
        threads=("airbytehq/airbyte#14732", "airbytehq/airbyte#44402"),
        breaks=UPDATES | {Assumption.UNIQUE_CURSOR, Assumption.TIES_IN_KEY_ORDER, Assumption.KEYS_IN_COMMIT_ORDER},
        build=life(partial(timestamp_flaws.tie_with_watermark, smaller_keys=True)),
    ),
    Scenario(
        id="coarse_timestamps",
        sentence="Timestamps are whole minutes, and syncs run in the middle of a minute in which rows still change.",
        causes=("C01",),
        threads=("airbytehq/airbyte#14732",),
        breaks=UPDATES | {Assumption.UNIQUE_CURSOR, Assumption.TIES_IN_KEY_ORDER},
        build=life(
            partial(timestamp_flaws.crowd_edges, edge=30 * SECOND),
            partial(timestamp_flaws.coarsen, unit=MINUTE),
            started=STARTED + 30 * SECOND,
        ),
    ),
    Scenario(
        id="coarse_timestamps_seconds",
        sentence="Timestamps are whole seconds, and syncs run in the middle of a second in which rows still change.",
        causes=("C01",),
        threads=("airbytehq/airbyte#14732",),
        breaks=UPDATES | {Assumption.UNIQUE_CURSOR, Assumption.TIES_IN_KEY_ORDER},
        build=life(
            partial(timestamp_flaws.crowd_edges, edge=SECOND // 2),
            partial(timestamp_flaws.coarsen, unit=SECOND),
            started=STARTED + SECOND // 2,
        ),
    ),
    Scenario(
        id="coarse_timestamps_days",
        sentence="Timestamps are whole days, and rows still change with the same timestamp after the sync at noon.",
        causes=("C01",),
        threads=("airbytehq/airbyte#44402",),
        breaks=UPDATES | {Assumption.UNIQUE_CURSOR, Assumption.TIES_IN_KEY_ORDER},
        build=life(
            partial(timestamp_flaws.crowd_edges, edge=12 * HOUR),
            partial(timestamp_flaws.coarsen, unit=DAY),
            every=DAY,
            started=STARTED + 12 * HOUR,
        ),
    ),
    Scenario(
        id="future_timestamp",
        sentence="One row has a timestamp two years ahead of the clock, and changes go on as before.",
        causes=("C13",),
        threads=("dbt-labs/segment#71", "growthbook/growthbook#6777"),
        breaks=UPDATES | {Assumption.CURSOR_NOT_IN_FUTURE},
        build=life(timestamp_flaws.timestamp_in_future),
    ),
    Scenario(
        id="null_cursor",
        sentence="Rows are inserted without a timestamp, and only some of them get one with a later update.",
        causes=("C29",),
        threads=("airbytehq/airbyte#16567", "airbytehq/airbyte#19889", "dlt-hub/dlt#1576"),
        breaks=UPDATES | {Assumption.CURSOR_PRESENT},
        build=life(timestamp_flaws.leave_null),
    ),
    Scenario(
        id="touched_without_change",
        sentence="Each tick raises the timestamps of four rows in ten and changes nothing else about them.",
        causes=("C28",),
        threads=("metabase/metabase#44946",),
        breaks=UPDATES,
        build=life(timestamp_flaws.touch),
    ),
    Scenario(
        id="updates_without_touch",
        sentence="Rows with timestamps more than eight days old change, and their timestamps stay as they were.",
        causes=("C27",),
        threads=("trusted/iron_trail#25", "rails/rails#51455"),
        breaks=UPDATES | {Assumption.CURSOR_MOVES_ON_UPDATE},
        build=life(row_flaws.update_without_touch),
    ),
    Scenario(
        id="soft_deletes",
        sentence="Rows are marked as deleted instead of deleted, and every other one keeps its old timestamp.",
        causes=("X03",),
        threads=(),
        breaks=UPDATES | {Assumption.CURSOR_MOVES_ON_UPDATE},
        build=life(row_flaws.flag_deleted),
    ),
    Scenario(
        id="hard_deletes",
        sentence="Rows disappear from the source and leave nothing behind that a query could find.",
        causes=("C30",),
        threads=(
            "airbytehq/airbyte#10140",
            "slingdata-io/sling-cli#333",
            "dataform-co/dataform#1758",
            "microsoft/dbt-fabric#361",
        ),
        breaks=UPDATES | {Assumption.NO_HARD_DELETES},
        build=life(row_flaws.delete_rows),
    ),
    Scenario(
        id="delete_and_reinsert",
        sentence="Rows disappear, and a tick later their keys are back with other content and new timestamps.",
        causes=("C31",),
        threads=("dbt-labs/dbt-core#11269",),
        breaks=UPDATES | {Assumption.NO_HARD_DELETES, Assumption.KEYS_IN_COMMIT_ORDER},
        build=life(row_flaws.delete_and_bring_back),
    ),
    Scenario(
        id="key_change",
        sentence="Rows get new keys and new timestamps, and nothing is left under their old keys.",
        causes=("C33",),
        threads=("estuary/connectors#2185",),
        breaks=UPDATES | {Assumption.NO_HARD_DELETES},
        build=life(row_flaws.change_keys),
    ),
    Scenario(
        id="inserts_only",
        sentence="Rows only ever come, with new timestamps and larger keys; nothing is updated or deleted.",
        causes=(),
        threads=(),
        breaks=frozenset(),
        build=life(row_flaws.drop_updates),
    ),
    Scenario(
        id="id_order_is_not_commit_order",
        sentence="Rows only ever come, with new timestamps, but some under keys smaller than those read before.",
        causes=("C18",),
        threads=("confluentinc/kafka-connect-jdbc#914", "confluentinc/kafka-connect-jdbc#1015"),
        breaks=frozenset({Assumption.KEYS_IN_COMMIT_ORDER}),
        build=life(row_flaws.drop_updates, row_flaws.commit_out_of_key_order),
    ),
    Scenario(
        id="truncate_and_reload",
        sentence="The table is emptied and filled again with the same rows, under small new keys, with new timestamps.",
        causes=("X05",),
        threads=(),
        breaks=UPDATES | {Assumption.NO_HARD_DELETES, Assumption.KEYS_IN_COMMIT_ORDER},
        build=life(row_flaws.truncate_and_reload),
    ),
    Scenario(
        id="memory_ahead_of_source",
        sentence="The source is restored from a backup fifteen minutes old, with its timestamps, and goes on.",
        causes=("C42",),
        threads=("ClickHouse/ClickHouse#114930",),
        breaks=UPDATES | {Assumption.NO_HARD_DELETES, Assumption.LAG_WITHIN, Assumption.VERSIONS_IN_ORDER},
        build=life(row_flaws.restore_backup),
    ),
    Scenario(
        id="schema_drift",
        sentence="A column appears with a value for every row, later an integer column turns real; no timestamp moves.",
        causes=("C37",),
        threads=("dbt-labs/dbt-core#5210", "dbt-labs/dbt-core#1132", "databricks/dbt-databricks#567"),
        breaks=UPDATES | {Assumption.FIXED_SCHEMA, Assumption.CURSOR_MOVES_ON_UPDATE},
        build=life(row_flaws.drift_schema),
    ),
    *ACCIDENTS,
)
"""What every strategy is compared on."""

EVERY_SCENARIO = (*SCENARIOS, *READING)
"""These, and those that only other loaders have to fear."""


def scenario(name: str) -> Scenario:
    """Return the scenario of that id, or of several with `+` between them as one; refuse an unknown one."""
    if "+" in name:
        return composed([scenario(part) for part in name.split("+")])
    for known in EVERY_SCENARIO:
        if known.id == name:
            return known
    raise unknown("scenario", name, (known.id for known in EVERY_SCENARIO))


def _by_id(known: Scenario) -> tuple[Callable[[str], Scenario], tuple[str]]:
    """Send a scenario to another process by its id: what builds the history cannot be taken along."""
    return scenario, (known.id,)


copyreg.pickle(Scenario, _by_id)
