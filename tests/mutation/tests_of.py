"""Which modules are mutated, and which quick tests are to notice it: the one place where that is written.

A module's own tests come first, the tests of the folder named in the table after them. To kill a mutant takes one of
them, to survive takes them all: so a folder's list holds what sees most of it, the likeliest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MUTATED = (
    "strategies",
    "incload/loading",
    "incload/auditing",
    "incload/engines/digests/forms.py",
    "incload/history/lag.py",
    "incload/history/lag_profile.py",
    "incload/history/breaks.py",
    "incload/history/cursor_model.py",
    "incload/history/recorded",
    "incload/harness/replays",
)
"""Files, and folders with all that is in them."""

_MODEL = (
    "tests/history/test_history.py",
    "tests/history/test_lag_profile.py",
    "tests/harness/falsify",
    "tests/harness/trials",
    "tests/harness/replays",
    "tests/history/synthetic/test_scenarios.py",
)
TESTS: dict[str, tuple[str, ...]] = {
    # the longest name that a module's path begins with decides
    "strategies/": (
        "tests/test_strategy_needs.py",
        "tests/test_contract.py",
        "tests/loading/writing/test_write_rules.py",
        "tests/loading/test_sync.py",
        "tests/harness/trials",
        "tests/harness/falsify",
        "tests/history/test_lag_profile.py",
        "tests/loading/state",
        "tests/loading/test_cursor_check.py",
        "tests/loading/test_guards.py",
        "tests/loading/test_interleavings.py",
        "tests/commands/test_load_guards.py",
    ),
    "incload/loading/": (
        "tests/loading/test_sync.py",
        "tests/loading/writing",
        "tests/loading",
        "tests/engines",
        "tests/api",
        "tests/commands",
    ),
    "incload/loading/state/": (
        "tests/loading/state",
        "tests/loading/test_sync.py",
        "tests/commands/test_state.py",
        "tests/hard/test_garbage_state.py",
        "tests/loading",
        "tests/engines",
    ),
    "incload/loading/capture.py": (
        "tests/commands/test_capture.py",
        "tests/engines/postgres/changes/test_capture_ddl.py",
    ),
    "incload/auditing/": (
        "tests/auditing",
        "tests/engines/test_canonical.py",
        "tests/harness/trials/test_trial.py",
        "tests/commands/test_audit.py",
        "tests/api/test_audit_switches.py",
    ),
    "incload/engines/digests/": ("tests/auditing", "tests/engines/test_canonical.py", "tests/commands/test_audit.py"),
    "incload/history/": _MODEL,
    "incload/history/breaks.py": (*_MODEL, "tests/advice"),
    "incload/history/recorded/": ("tests/history/recorded", "tests/harness/replays", "tests/commands"),
    "incload/history/recorded/observed.py": ("tests/watching", "tests/history/recorded"),
    "incload/harness/replays/table_profile.py": (
        "tests/commands/test_profile.py",
        "tests/commands/test_one_reader.py",
        "tests/api/tables/test_advise.py",
    ),
    "incload/harness/replays/": (
        "tests/harness/replays",
        "tests/commands/test_replay.py",
        "tests/commands/test_profile.py",
        "tests/commands/test_one_reader.py",
    ),
}


def modules(root: Path) -> list[str]:
    """Return the modules that are mutated, by path, in the order of their names."""
    found = [
        path
        for name in MUTATED
        for path in ([root / name] if name.endswith(".py") else (root / name).rglob("*.py"))
        if path.name != "__init__.py"
    ]
    return sorted(path.relative_to(root).as_posix() for path in found)


def quick_tests(root: Path, module: str) -> tuple[str, ...]:
    """Return the test files that are to notice a mutant of a module, in the order in which to ask them."""
    return tuple(dict.fromkeys(_tests(root, module)))


def _tests(root: Path, module: str) -> Iterator[str]:
    folder, _, name = module.removeprefix("incload/").rpartition("/")
    own = f"tests/{folder}/test_{name}"
    if (root / own).exists():
        yield own
    beginning = max((each for each in TESTS if module.startswith(each)), key=len, default="")
    for each in TESTS.get(beginning, ()):
        if each.endswith(".py"):
            yield each
        else:
            yield from (path.relative_to(root).as_posix() for path in sorted((root / each).rglob("test_*.py")))
