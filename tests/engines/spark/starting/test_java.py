"""Which Java Spark is started on, and in which words none or another is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.engines.spark.starting.java import java_home
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


def make_java(folder: Path, version: str = "", *, says: str = "") -> Path:
    """Make a folder that looks like a Java: one that its release file describes, or that says what it is."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    if version:
        (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n', encoding="utf-8")
    return folder


def test_the_java_that_is_named_is_taken(tmp_path: Path) -> None:
    """Whatever stands on the PATH."""
    named, other = make_java(tmp_path / "a", "17.0.9"), make_java(tmp_path / "b", "11.0.2")

    assert java_home({"JAVA_HOME": str(named), "PATH": str(other / "bin")}, ()) == named


def test_a_java_that_does_not_fit_is_passed_over_for_one_that_does(tmp_path: Path) -> None:
    """One on the PATH is too new, and one that the system has installed is right."""
    new, right = make_java(tmp_path / "path", "25.0.1"), make_java(tmp_path / "jvm" / "java-17", "17.0.1")

    assert java_home({"PATH": str(new / "bin")}, (f"{tmp_path}/jvm/*",)) == right


def test_a_java_without_a_description_is_asked(tmp_path: Path) -> None:
    """It says its version as Java does."""
    home = make_java(tmp_path / "a", says='openjdk version "11.0.2" 2019-01-15')

    assert java_home({"PATH": str(home / "bin")}, ()) == home


def test_no_java_is_refused(tmp_path: Path) -> None:
    """The sentence says what to install."""
    with pytest.raises(Refused, match=r"^Spark runs on Java, and there is none: install Java 17, .* in JAVA_HOME[.]$"):
        java_home({"PATH": str(tmp_path)}, ())


@pytest.mark.parametrize(
    ("version", "said"), [("25.0.1", "is Java 25"), ("1.8.0_392", "is Java 8"), ("", "is no Java that runs")]
)
def test_another_java_is_refused(tmp_path: Path, version: str, said: str) -> None:
    """The sentence says which one was found, on the PATH or by name."""
    home = make_java(tmp_path / "a", version)

    with pytest.raises(Refused, match=f"runs on Java 11 or 17, and '.*a' {said}: install Java 17"):
        java_home({"PATH": str(home / "bin")}, ())
    with pytest.raises(Refused, match=r"runs on Java 11 or 17, and JAVA_HOME '.*a' (is Java|has no bin/java)"):
        java_home({"JAVA_HOME": str(home)}, ())


def test_a_name_without_java_is_refused(tmp_path: Path) -> None:
    """Though there may be one elsewhere."""
    with pytest.raises(Refused, match=r"JAVA_HOME '.*' has no bin/java that runs: install Java 17"):
        java_home({"JAVA_HOME": str(tmp_path)}, ())
