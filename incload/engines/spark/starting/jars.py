"""The jar that teaches Spark Iceberg: named by the user, brought by a package, or fetched by Spark itself."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "INCLOAD_SPARK_JARS"
"""The variable that names jars, separated by commas."""
PACKAGE, FITTING = "snowpark-connect-deps-iceberg", "1.0.2"
"""The package that brings a whole jar, in the one version that does: in others, classes that it needs are left out."""
COORDINATE = "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.10.2"
"""What Spark fetches where nothing else is there."""
_RUNTIME = re.compile(r"iceberg-spark-runtime-(?P<spark>[\d.]+)_(?P<scala>\d+\.\d+)-.*\.jar")
_SPARK, _SCALA = "3.5", "2.12"


class Jars(NamedTuple):
    """What Spark is started with.

    Attributes:
        files: Jars on this machine.
        fetched: The coordinate of a jar that Spark fetches, where no file is known.
    """

    files: tuple[str, ...]
    fetched: str = ""


def find_jars(environ: Mapping[str, str]) -> Jars:
    """Return the jars: those of the variable, the package's, or what Spark is to fetch.

    Raises:
        Refused: For jars that are not there or for another Spark or Scala, and for a package that brings half a jar.
    """
    if named := environ.get(VARIABLE, "").strip():
        return Jars(_checked([each.strip() for each in named.split(",") if each.strip()]))
    brought = find_spec(PACKAGE.replace("-", "_"))
    if brought is None or not brought.submodule_search_locations:
        return Jars((), COORDINATE)
    found = _installed()
    if found != FITTING:
        raise Refused(
            f"the package {PACKAGE} {found} brings no whole jar: install version {FITTING} with "
            f"`pip install 'incload[spark]'`, or name a jar in {VARIABLE}."
        )
    folder = Path(brought.submodule_search_locations[0])
    fitting = [str(each) for each in sorted(folder.rglob("*.jar")) if _fits(each.name)]
    if not fitting:
        raise Refused(f"the package {PACKAGE} holds no jar for Spark {_SPARK}: name one in {VARIABLE}.")
    return Jars((fitting[0],))


def _installed() -> str:
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "of an unknown version"


def _fits(name: str) -> bool:
    found = _RUNTIME.fullmatch(name)
    return found is not None and (found["spark"], found["scala"]) == (_SPARK, _SCALA)


def _checked(files: list[str]) -> tuple[str, ...]:
    """Return the files; refuse those that are not there, that do not fit, and a list without Iceberg."""
    for each in files:
        if not Path(each).is_file():
            raise Refused(f"{VARIABLE} names {each!r}, and there is no such file: correct the path.")
    runtimes = [found for each in files if (found := _RUNTIME.fullmatch(Path(each).name))]
    for found in runtimes:
        if found["scala"] != _SCALA:
            raise Refused(
                f"{VARIABLE} names {found[0]!r}, which is for Scala {found['scala']}, and the Spark of pyspark is "
                f"built with Scala {_SCALA}: name the jar of iceberg-spark-runtime-{_SPARK}_{_SCALA}."
            )
        if found["spark"] != _SPARK:
            raise Refused(
                f"{VARIABLE} names {found[0]!r}, which is for Spark {found['spark']} and not {_SPARK}: name the jar of "
                f"iceberg-spark-runtime-{_SPARK}_{_SCALA}."
            )
    if len(runtimes) != 1:
        what = "several" if runtimes else "none"
        raise Refused(
            f"{VARIABLE} names {what} of the jars iceberg-spark-runtime-{_SPARK}_{_SCALA}-*.jar: name one of them."
        )
    return tuple(files)
