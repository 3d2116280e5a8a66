"""Makes an environment for each peer, `.peers/NAME`, with what its requirements pin: `make peers PEERS=dlt,dbt`.

A peer that cannot be installed is left with the reason in a file, and its trials are n/a with that reason. Requirements
in a file `requirements-PART.txt` go into an environment of their own, `.peers/NAME/PART`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent.parent / ".peers"
FAILED = "failed.txt"


def main(wanted: str) -> int:
    """Make the environments of the peers that are named, or of all; return how many names there are none of."""
    known = sorted(each.parent.name for each in HERE.glob("*/requirements.txt"))
    names = [each for each in wanted.replace(",", " ").split() if each] or known
    wrong = [each for each in names if each not in known]
    for each in wrong:
        sys.stdout.write(f"there is no peer {each!r}; there are {', '.join(known)}.\n")
    for each in names if not wrong else ():
        why = made(each)
        sys.stdout.write(f"{each}: {why or 'ready'}\n")
    return len(wrong)


def made(name: str) -> str:
    """Make the environments of a peer; return why that is not possible, or nothing."""
    folder = ENVIRONMENTS / name
    shutil.rmtree(folder, ignore_errors=True)
    for file in sorted((HERE / name).glob("requirements*.txt"), key=lambda each: len(each.name)):
        part = file.stem.partition("-")[2]
        why = _installed(folder / part if part else folder, file)
        if why:
            (folder / FAILED).write_text(why, encoding="utf-8")
            return why
    return ""


def _installed(folder: Path, requirements: Path) -> str:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    words = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r", str(requirements)]
    done = subprocess.run([str(python), *words], check=False, capture_output=True, text=True)
    if not done.returncode:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (errors or done.stderr.splitlines() or ["pip gave no reason"])[0].removeprefix("ERROR: ")


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
