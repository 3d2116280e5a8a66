"""incload: load tables incrementally, and measure what each way of doing so gets wrong.

The package offers functions, each the command of its name: `load`, `audit`, `repair`, `advise`, `compare`, `replay`,
`profile`, `watch`, `state`, `init`; `load_all` and `audit_all` are those with `--all`. Two modules are public as well:
`strategy` (the contract of a strategy) and `registry` (what strategies there are). Everything else may change. What
must stay true: importing this package imports none of its dependencies, and no module of its own before a name is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incload.advice.result import Advice
    from incload.api.audit import AuditOptions, audit
    from incload.api.compare import CompareOptions, Comparison, compare
    from incload.api.load import LoadOptions, load
    from incload.api.many.audit_all import AuditAllOptions, ManyAudits, TableAudit, audit_all
    from incload.api.many.load_all import LoadAllOptions, load_all
    from incload.api.many.records import ManyLoads, TableLoad
    from incload.api.profile import Profile, ProfileOptions, profile
    from incload.api.replay import Replay, ReplayOptions, replay
    from incload.api.reports import read_report
    from incload.api.setup.init import InitOptions, init
    from incload.api.state import KeptState, state
    from incload.api.tables.advise import AdviseOptions, advise
    from incload.api.tables.repair import RepairOptions, repair
    from incload.api.tables.watch import WatchOptions, watch
    from incload.auditing.result import AuditResult
    from incload.errors import Refused, Unable
    from incload.loading.run import LoadSummary
    from incload.repairing.account import RepairResult

__version__ = "0.1.0"

__all__ = [
    "Advice",
    "AdviseOptions",
    "AuditAllOptions",
    "AuditOptions",
    "AuditResult",
    "CompareOptions",
    "Comparison",
    "InitOptions",
    "KeptState",
    "LoadAllOptions",
    "LoadOptions",
    "LoadSummary",
    "ManyAudits",
    "ManyLoads",
    "Profile",
    "ProfileOptions",
    "Refused",
    "RepairOptions",
    "RepairResult",
    "Replay",
    "ReplayOptions",
    "TableAudit",
    "TableLoad",
    "Unable",
    "WatchOptions",
    "__version__",
    "advise",
    "audit",
    "audit_all",
    "compare",
    "init",
    "load",
    "load_all",
    "profile",
    "read_report",
    "repair",
    "replay",
    "state",
    "watch",
]

_PLACES = {
    "advise": "incload.api.tables.advise",
    "watch": "incload.api.tables.watch",
    "WatchOptions": "incload.api.tables.watch",
    "Advice": "incload.advice.result",
    "AdviseOptions": "incload.api.tables.advise",
    "audit": "incload.api.audit",
    "AuditOptions": "incload.api.audit",
    "AuditResult": "incload.auditing.result",
    "compare": "incload.api.compare",
    "CompareOptions": "incload.api.compare",
    "Comparison": "incload.api.compare",
    "profile": "incload.api.profile",
    "Profile": "incload.api.profile",
    "ProfileOptions": "incload.api.profile",
    "repair": "incload.api.tables.repair",
    "RepairOptions": "incload.api.tables.repair",
    "RepairResult": "incload.repairing.account",
    "replay": "incload.api.replay",
    "Replay": "incload.api.replay",
    "ReplayOptions": "incload.api.replay",
    "read_report": "incload.api.reports",
    "state": "incload.api.state",
    "KeptState": "incload.api.state",
    "load": "incload.api.load",
    "LoadOptions": "incload.api.load",
    "LoadSummary": "incload.loading.run",
    "init": "incload.api.setup.init",
    "InitOptions": "incload.api.setup.init",
    "audit_all": "incload.api.many.audit_all",
    "AuditAllOptions": "incload.api.many.audit_all",
    "ManyAudits": "incload.api.many.audit_all",
    "TableAudit": "incload.api.many.audit_all",
    "load_all": "incload.api.many.load_all",
    "LoadAllOptions": "incload.api.many.load_all",
    "ManyLoads": "incload.api.many.records",
    "TableLoad": "incload.api.many.records",
    "Refused": "incload.errors",
    "Unable": "incload.errors",
}
"""The module in which each public name is defined."""


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _PLACES:
        raise AttributeError(f"module 'incload' has no attribute {name!r}")
    found: object = getattr(import_module(_PLACES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """List the public names, used or not."""
    return sorted({*globals(), *__all__})
