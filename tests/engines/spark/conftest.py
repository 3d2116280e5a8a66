"""What the tests of Iceberg share: one Spark for all of them, or the reason why there is none."""

from __future__ import annotations

import gc
import os
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from incload.engines.spark.starting.jars import find_jars
from incload.engines.spark.starting.java import java_home
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator


def missing() -> str:
    """Return why there is no Spark; empty where there is one."""
    if find_spec("pyspark") is None:
        return "n/a: pyspark is not installed (pip install 'incload[spark]')"
    try:
        java_home(os.environ)
        return "" if find_jars(os.environ).files else "n/a: no jar of Iceberg is installed, and tests fetch none"
    except Refused as error:
        return f"n/a: {error}"


@pytest.fixture
def spark() -> Iterator[None]:
    """Have Spark and all that it needs, or skip with the reason; it is started by the first load of all tests.

    The driver leaves connections to be closed when they are collected, which is done here, where it is let pass.
    """
    if reason := missing():
        pytest.skip(reason)
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
