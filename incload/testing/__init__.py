"""Test your own pipeline: histories with known flaws on real databases, your sync after each change, an audit after it.

```python
import incload.testing

@incload.testing.scenarios("core", loses={"hard_deletes"})
def test_my_sync(incload_scenario):
    incload_scenario.check(my_sync)
```

What must stay true: importing this package, or the pytest plugin in it, imports nothing heavy and reads no file; a
check that cannot run says so and never passes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incload.contenders.contender import SyncRequest
    from incload.testing.checking import ScenarioCheck, WrongCopy, check
    from incload.testing.decorator import scenarios
    from incload.testing.shape import Table

__all__ = ["ScenarioCheck", "SyncRequest", "Table", "WrongCopy", "check", "scenarios"]

_PLACES = {
    "ScenarioCheck": "incload.testing.checking",
    "SyncRequest": "incload.contenders.contender",
    "Table": "incload.testing.shape",
    "WrongCopy": "incload.testing.checking",
    "check": "incload.testing.checking",
    "scenarios": "incload.testing.decorator",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _PLACES:
        raise AttributeError(f"module 'incload.testing' has no attribute {name!r}")
    found: object = getattr(import_module(_PLACES[name]), name)
    globals()[name] = found
    return found
