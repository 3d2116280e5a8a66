"""The peers that are known by name: the folders of `bench/peers`, each with an environment of its own in `.peers`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from incload.contenders.peers.files import Setting, contender, variants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from incload.contenders.command import CommandContender
    from incload.contenders.worker import WorkerContender

FILE = "peer.toml"
"""What the description of a peer is called."""
FAILED = "failed.txt"
"""Where `make peers` says why an environment could not be made."""
ROOT = Path(__file__).parents[3]
"""The checkout that holds recipes and environments; an installed package has none."""


def folders(root: Path = ROOT) -> Iterator[Path]:
    """Yield the folders of the peers, in the order of their names."""
    yield from sorted(each.parent for each in root.glob(f"bench/peers/*/{FILE}"))


def known(timeout: float, root: Path = ROOT) -> dict[str, tuple[CommandContender | WorkerContender, ...]]:
    """Return the contenders of each name: a variant is its own, and a folder stands for all of its variants."""
    found: dict[str, tuple[CommandContender | WorkerContender, ...]] = {}
    for folder in folders(root):
        file = folder / FILE
        described = variants(file, folder.name)
        made = [contender(file, name, said, _setting(folder, said, timeout, root)) for name, said in described.items()]
        found |= {each.id: (each,) for each in made}
        found[folder.name] = tuple(made)
    return found


def _setting(folder: Path, said: Mapping[str, object], timeout: float, root: Path) -> Setting:
    environment = root / ".peers" / folder.name
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    failed = environment / FAILED
    absent = ""
    if failed.exists():
        absent = f"{folder.name} could not be installed: {failed.read_text(encoding='utf-8').strip()}"
    elif not python.exists():
        absent = f"{folder.name} is not installed: run `make peers PEERS={folder.name}`."
    wanted = said.get("distributions", ())
    if not wanted:  # a description that needs nothing installed has no environment of its own
        return Setting(timeout)
    # An environment may have its libraries under two names.
    versions = dict.fromkeys(_versions(environment, wanted if isinstance(wanted, list) else ()))
    facts = {"versions": ", ".join(versions)}
    return Setting(timeout, str(python), environment, absent, facts)


def _versions(environment: Path, distributions: list[str] | tuple[()]) -> Iterator[str]:
    """Yield name and version of what is installed, from the names of the folders that say so."""
    for name in distributions:
        like = re.sub(r"[-_.]+", "_", name)
        for info in environment.glob(f"lib*/**/site-packages/{like}-*.dist-info"):
            yield f"{name} {info.name.removesuffix('.dist-info').rpartition('-')[2]}"
