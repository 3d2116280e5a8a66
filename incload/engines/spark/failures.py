"""What Spark, Iceberg and the way to them say when something fails, brought into one sentence."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from incload.errors import masked

if TYPE_CHECKING:
    from collections.abc import Iterator


class SparkFailed(Exception):  # noqa: N818 - it reads as what has happened
    """What Spark could not do; the text is what it says of it, in one line.

    Attributes:
        conflict: Whether another writer came in between, so that it may be tried again.
    """

    conflict = False


_CONFLICTS = (
    "CommitFailedException",
    "CommitStateUnknownException",
    "Found conflicting files",
    "Found new conflicting",
    "Cannot fast-forward",
    "Table metadata refresh is required",
    "TableAlreadyExistsException",
    "TABLE_OR_VIEW_ALREADY_EXISTS",
)
_KNOWN = (
    (
        "No space left on device",
        "there is no room left where Spark keeps rows on their way: make room, or name another folder in TMPDIR",
    ),
    (
        "MERGE_CARDINALITY_VIOLATION",
        "a key stands in several rows that are to be written: name a key that distinguishes them",
    ),
    ("OutOfMemoryError", "Spark has run out of memory: give it more by spark.driver options, as docs/iceberg.md says"),
    *(
        (sign, "the catalog, or the server that keeps its files, does not answer: check catalog.uri, and that it runs")
        for sign in ("ConnectException", "HostConnectException", "SocketTimeoutException", "UnknownHostException")
    ),
    (
        "unresolved dependency",
        "Spark could not fetch the jar of Iceberg: install it with `pip install 'incload[spark]'`",
    ),
)
_MOST = 400
"""A sentence is no longer than this."""


@contextmanager
def speaking() -> Iterator[None]:
    """Turn what the driver raises within a block into `SparkFailed`."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException, ConnectionError, EOFError) as error:
        raise failed(error) from error


def failed(error: BaseException) -> SparkFailed:
    """Return what an error of the driver says."""
    text = whole_text(error)
    found = SparkFailed(_sentence(error, text))
    found.conflict = any(each in text for each in _CONFLICTS)
    return found


def whole_text(error: BaseException) -> str:
    """Return all that an error says, with the names of what has caused it."""
    exception: Any = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    parts = [str(error)]
    while exception is not None and len(parts) < 10:
        try:
            parts.append(str(exception.toString()))
            exception = exception.getCause()
        except Exception:  # noqa: BLE001 - the other process may be gone, and what was said is all there is
            break
    return "\n".join(parts)


def _sentence(error: BaseException, text: str) -> str:
    for sign, said in _KNOWN:
        if sign in text:
            return said
    if isinstance(error, ConnectionError | EOFError) or type(error).__name__ == "Py4JNetworkError":
        return "the Spark session has died, and the table is as its last snapshot has it: load again"
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    causes = [each for each in lines if re.match(r"(?:Caused by: )?[\w.$]+(?:Exception|Error): ", each)]
    coded = [each for each in lines if re.match(r"\[[A-Z0-9_.]+\] ", each)][:1]
    last = (causes or coded or lines or [type(error).__name__])[-1]
    said = re.sub(r"^(?:Caused by: )?(?:[\w.$]+(?:Exception|Error): )+", "", last)
    return masked(said)[:_MOST]
