"""The Java that Spark runs on: found, or refused in one sentence that says which one it needs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FITTING = (17, 11)
"""The versions on which both Spark 3.5 and Iceberg 1.10 run."""
_INSTALLED = ("/usr/lib/jvm/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home")
"""Where systems put them."""
_VERSION = re.compile(r'version "(?:1\.)?(\d+)|JAVA_VERSION="(?:1\.)?(\d+)')
_SECONDS = 20
_INSTALL = "install Java 17, such as the package openjdk-17-jre-headless, or name its folder in JAVA_HOME"


def java_home(environ: Mapping[str, str], installed: tuple[str, ...] = _INSTALLED) -> Path:
    """Return the folder of a Java that Spark can run on.

    The one that JAVA_HOME names is taken and no other; else the first that fits: the one on the PATH, or one where the
    system installs them.

    Raises:
        Refused: Where there is none, or only others.
    """
    if home := environ.get("JAVA_HOME"):
        return _named(Path(home))
    others = list[str]()
    for each in _candidates(environ, installed):
        version = _version(each)
        if version in FITTING:
            return each
        others.append(f"{str(each)!r} is {f'Java {version}' if version else 'no Java that runs'}")
    if not others:
        raise Refused(f"Spark runs on Java, and there is none: {_INSTALL}.")
    raise Refused(f"Spark 3.5 runs on Java 11 or 17, and {', '.join(dict.fromkeys(others))}: {_INSTALL}.")


def _named(home: Path) -> Path:
    version = _version(home) if (home / "bin" / "java").exists() else None
    if version in FITTING:
        return home
    found = f"is Java {version}" if version else "has no bin/java that runs"
    raise Refused(f"Spark 3.5 runs on Java 11 or 17, and JAVA_HOME {str(home)!r} {found}: {_INSTALL}.")


def _candidates(environ: Mapping[str, str], installed: tuple[str, ...]) -> Iterator[Path]:
    """Yield the folders that may be a Java, the one on the PATH first."""
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path:
        yield Path(on_path).resolve().parent.parent
    for pattern in installed:
        root, _, rest = pattern.partition("*")
        yield from (each for each in sorted(Path(root).glob(f"*{rest}")) if (each / "bin" / "java").exists())


def _version(home: Path) -> int | None:
    """Return the version of a Java, as its folder says it or as it says itself; None where it does not run."""
    release = home / "release"
    said = release.read_text(encoding="utf-8", errors="replace") if release.is_file() else ""
    found = _VERSION.search(said) or _VERSION.search(_asked(home / "bin" / "java"))
    return int(found[1] or found[2]) if found else None


def _asked(java: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the Java that the user has
            [str(java), "-version"], capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stderr + done.stdout
