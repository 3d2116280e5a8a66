"""The one Spark of this process: started when a table is first opened, and ended with the process.

Java, the jar and pyspark are looked for in this order of cost, so that what is missing is said at once. What Spark and
its launcher print goes into a file of the folder that lasts as long as Spark does. A session that the program has
opened itself is used as it is, if it knows Iceberg.
"""

from __future__ import annotations

import atexit
import os
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from incload.engines.spark.failures import failed, speaking
from incload.engines.spark.starting.jars import find_jars
from incload.engines.spark.starting.java import java_home
from incload.engines.temporary.dirs import Scratch
from incload.errors import Refused, masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from incload.engines.spark.endpoint import Lake
    from incload.engines.spark.starting.jars import Jars

EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
_OPTIONS = "spark.driver.extraJavaOptions"
_LOG = "spark.log"
_SILENT = "rootLogger.level = off\n"
_USUAL = {
    "spark.app.name": "incload",
    "spark.driver.memory": "1g",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.extensions": EXTENSIONS,
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""What a session begins with, unless the URL says otherwise."""
_HERE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
"""What is said besides where Spark runs in this process: it asks no name service."""
AT_THE_START = frozenset({"spark.sql.catalogImplementation", "spark.sql.extensions", "spark.sql.warehouse.dir"})
"""Settings named like those of a session that Spark takes at its start alone."""


class Running(NamedTuple):
    """The Spark of this process.

    Attributes:
        spark: The session from which others are made.
        master: Where it runs.
        scratch: The folder that goes with it; None for a session that the program has opened.
        settings: The settings with which it was started.
    """

    spark: Any
    master: str
    scratch: Scratch | None
    settings: Mapping[str, str]


_RUNNING: list[Running] = []


def spark_for(lake: Lake) -> Any:  # noqa: ANN401 - pyspark's own type, which is not imported for its name
    """Return the session from which those of this process are made; start Spark if it does not run.

    Raises:
        Refused: Without pyspark, Java or the jar, and for another master or other settings than those of the Spark that
            runs already.
    """
    _refuse_unpinned()
    if _RUNNING and not _lives(_RUNNING[0]):
        stop()
    if not _RUNNING:
        _RUNNING.append(_given() or _started(lake))
    running = _RUNNING[0]
    if running.scratch and running.master != lake.master:
        raise Refused(
            f"this process has a Spark at {running.master} already, and cannot have another at {lake.master}: load in "
            "another process."
        )
    if running.scratch:
        _refuse_other(running.settings, lake.spark)
    return running.spark


def _refuse_unpinned() -> None:
    """Refuse a pyspark that runs each call in any thread of Java: what is said of a commit is kept by thread."""
    if os.environ.get("PYSPARK_PIN_THREAD", "true").lower() != "true":
        raise Refused(
            "the variable PYSPARK_PIN_THREAD keeps pyspark from pinning threads, and the state of a load would be "
            "lost: unset it, or set it to true."
        )


def _refuse_other(started: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Refuse settings that a Spark takes at its start alone and that are not those with which it was started."""
    for name, value in wanted.items():
        is_fixed = name in AT_THE_START or not name.startswith("spark.sql.")
        if is_fixed and started.get(name) != value:
            raise Refused(
                f"the Spark of this process runs without the setting {name} of the URL, which it takes at its start "
                "alone: write it in the first URL of the process, or load in another process."
            )


def stop() -> None:
    """End the Spark that was started here, with its process and its folder."""
    while _RUNNING:
        running = _RUNNING.pop()
        if running.scratch is None:
            continue
        with suppress(Exception):  # it may be dead already
            running.spark.stop()
        _end_process()
        running.scratch.remove()


def _end_process() -> None:
    """End the process of Java that pyspark leaves for a session to come, and what it remembers of one that has died."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    gateway: Any = SparkContext._gateway  # noqa: SLF001 - there is no other way to it
    SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None  # noqa: SLF001 - as above
    SparkSession._instantiatedSession = None  # noqa: SLF001 - as above
    if gateway is None:
        return
    with suppress(Exception):
        gateway.shutdown()
    if process := getattr(gateway, "proc", None):
        process.stdin.close()
        process.wait(timeout=20)


def _lives(running: Running) -> bool:
    """Return whether the process of Java answers."""
    try:
        return running.spark.sparkContext._jsc is not None and not running.spark._jsc.sc().isStopped()  # noqa: SLF001 - as above
    except Exception:  # noqa: BLE001 - whatever it raises, it does not answer
        return False


def _given() -> Running | None:
    """Return the session that the program has opened; None without one."""
    if find_spec("pyspark") is None:
        raise Refused(
            "the engine iceberg needs the package pyspark, which is not installed: "
            "install it with `pip install 'incload[spark]'`."
        )
    from pyspark.sql import SparkSession

    spark: Any = SparkSession.getActiveSession()
    if spark is None:
        return None
    if EXTENSIONS not in (spark.conf.get("spark.sql.extensions", "") or ""):
        raise Refused(
            f"this process has a Spark session without Iceberg: open it with {EXTENSIONS} among its "
            "spark.sql.extensions and with the jar of Iceberg, or load in another process."
        )
    return Running(spark, spark.sparkContext.master, None, {})


def _started(lake: Lake) -> Running:
    jars, home = find_jars(os.environ), java_home(os.environ)
    scratch = Scratch()
    try:
        spark = _launched(_settings(lake, jars, scratch.folder), home, scratch.folder)
    except BaseException:
        _end_process()
        scratch.remove()
        raise
    atexit.register(stop)
    return Running(spark, lake.master, scratch, {**_USUAL, **_usual_of(lake), **lake.spark})


def _usual_of(lake: Lake) -> Mapping[str, str]:
    """Return what is said besides for the master of a URL."""
    return _HERE if lake.master.startswith("local") else {}


def _settings(lake: Lake, jars: Jars, folder: Path) -> dict[str, str]:
    """Return the settings of the session: those of the URL over the usual ones."""
    log4j = folder / "log4j2.properties"
    log4j.write_text(_SILENT, encoding="utf-8")
    found = {
        **_USUAL,
        **_usual_of(lake),
        "spark.local.dir": str(folder / "local"),
        "spark.master": lake.master,
        "spark.sql.warehouse.dir": str(folder / "tables"),
        **lake.spark,
    }
    options = f"{lake.spark.get(_OPTIONS, '')} -Dlog4j2.configurationFile={log4j}"
    found[_OPTIONS] = options.strip()
    if jars.fetched:
        return found | {"spark.jars.packages": jars.fetched}
    return found | {"spark.jars": ",".join(jars.files)}


def _launched(settings: Mapping[str, str], home: Path, folder: Path) -> Any:  # noqa: ANN401 - as in `spark_for`
    """Start the process of Java and a session in it; refuse in the words that were printed."""
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    conf = SparkConf(loadDefaults=False).setAll(list(settings.items()))
    log = folder / _LOG
    with log.open("wb") as printed, _java(home):
        try:
            gateway = launch_gateway(conf, {"stdout": printed, "stderr": printed})
        except (PySparkException, RuntimeError, OSError) as error:
            raise Refused(f"Spark did not start: {_why(log) or failed(error)}") from error
    try:
        with speaking():
            return SparkSession(SparkContext(gateway=gateway, conf=conf))
    except Exception as error:
        raise Refused(f"Spark did not start: {failed(error)}.") from error


@contextmanager
def _java(home: Path) -> Iterator[None]:
    """Have the launcher take a Java for the time of a block."""
    before = os.environ.get("JAVA_HOME")
    os.environ["JAVA_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["JAVA_HOME"]
        else:
            os.environ["JAVA_HOME"] = before


def _why(log: Path) -> str:
    """Return what was printed that says why; empty for nothing."""
    lines = [each.strip() for each in log.read_text(encoding="utf-8", errors="replace").splitlines() if each.strip()]
    if any("unresolved dependency" in each.lower() or "Server access error" in each for each in lines):
        return "the jar of Iceberg could not be fetched: install it with `pip install 'incload[spark]'`."
    said = [each for each in lines if "Exception" in each or "Error" in each or "error" in each]
    return f"{masked((said or lines)[0])[:300].rstrip('.')}." if lines else ""
