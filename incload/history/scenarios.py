"""The scenarios: records that turn a dataset into a history with one known flaw, one line of meaning each.

A scenario's id is permanent, and so is its recipe: what it builds is a function of rows and seed, the same for every
engine, and a recipe that has to build something else gets a new id. What happens to the loader rather than to the
source (a missed sync, a lost memory) is a condition of the scenario: data that the lab carries out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.errors import unknown
from incload.history.datasets import ORDERS, Dataset
from incload.history.flaws import Flaw, arrive_late, delete_rows, honest, tie_with_watermark, update_without_touch

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.history.history import History


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that happens to the loader at one sync; the base load is sync 0, the one after tick 1 is sync 1.

    Attributes:
        kind: `skip_sync` (the sync does not run), `lose_memory`, `roll_back_memory` (to what it was after sync `to`),
            `partial_read` (the source answers without the last share of its rows), ... before or at the sync.
        sync: Which sync; None for every one.
        to: For a rollback, the sync whose memory comes back.
        share: For a partial read, the share of rows that is missing, 0 to 1.
        unit: For a memory that is cut off or rounded up, to whole units of how many microseconds.
    """

    kind: str
    sync: int | None = None
    to: int = 0
    share: float = 0.0
    unit: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A recipe for a history with one known flaw.

    Attributes:
        id: Permanent, `[a-z0-9_]+`.
        sentence: What happens, in one sentence for the report.
        causes: Ids of the failure catalogue's causes that it reproduces.
        threads: Public threads in which the cause was seen, as `owner/repository#number`.
        breaks: The assumptions that it breaks.
        build: From rows and seed to the history.
        conditions: What happens to the loader.
    """

    id: str
    sentence: str
    causes: tuple[str, ...]
    threads: tuple[str, ...]
    breaks: frozenset[Assumption]
    build: Callable[[int, int], History]
    conditions: tuple[Condition, ...] = ()


def life(*flaws: Flaw, dataset: Dataset = ORDERS, ticks: int = 10) -> Callable[[int, int], History]:
    """Return a recipe: an honest life of a dataset, bent by each of the flaws in turn."""

    def build(rows: int, seed: int) -> History:
        plan = honest(dataset, rows, seed, ticks)
        for bend in flaws:
            bend(plan)
        return plan.freeze()

    return build


_UPDATES = frozenset({Assumption.INSERT_ONLY})
"""What the honest updates of every life break."""

SCENARIOS = (
    Scenario(
        id="clean",
        sentence="New rows and updates arrive in the order of their stamps, and no two stamps are equal.",
        causes=(),
        threads=(),
        breaks=_UPDATES,
        build=life(),
    ),
    Scenario(
        id="late_arrivals",
        sentence="New rows and updates arrive with stamps one to nine minutes older than the newest one read before.",
        causes=("C22",),
        threads=("meltano/squared#677", "fivetran/dbt_jira#117", "fivetran/dbt_jira#118"),
        breaks=_UPDATES | {Assumption.LAG_WITHIN},
        build=life(arrive_late),
    ),
    Scenario(
        id="duplicate_timestamps",
        sentence="New rows carry exactly the newest stamp that was read before, under larger keys.",
        causes=("C01",),
        threads=("airbytehq/airbyte#14732", "airbytehq/airbyte#44402"),
        breaks=_UPDATES | {Assumption.UNIQUE_CURSOR},
        build=life(tie_with_watermark),
    ),
    Scenario(
        id="duplicate_timestamps_smaller_id",
        sentence="New rows carry exactly the newest stamp that was read before, under smaller keys.",
        causes=("C01",),
        threads=("airbytehq/airbyte#14732", "airbytehq/airbyte#44402"),
        breaks=_UPDATES | {Assumption.UNIQUE_CURSOR, Assumption.TIES_IN_KEY_ORDER, Assumption.KEYS_IN_COMMIT_ORDER},
        build=life(partial(tie_with_watermark, smaller_keys=True)),
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
        breaks=_UPDATES | {Assumption.NO_HARD_DELETES},
        build=life(delete_rows),
    ),
    Scenario(
        id="updates_without_touch",
        sentence="Rows stamped more than eight days ago change, and their stamps stay as they were.",
        causes=("C27",),
        threads=("trusted/iron_trail#25", "rails/rails#51455"),
        breaks=_UPDATES | {Assumption.CURSOR_MOVES_ON_UPDATE},
        build=life(update_without_touch),
    ),
)


def scenario(name: str) -> Scenario:
    """Return the scenario of that id; refuse an unknown one."""
    for known in SCENARIOS:
        if known.id == name:
            return known
    raise unknown("scenario", name, (known.id for known in SCENARIOS))
