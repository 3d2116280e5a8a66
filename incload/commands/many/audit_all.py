"""`incload audit --all`: compare the copies of a config with their sources."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, cast

from incload.commands.options.config import names_in
from incload.commands.output.files import check_output
from incload.commands.output.github import annotation
from incload.errors import Refused, on_one_line
from incload.terminal.progress import Progress

if TYPE_CHECKING:
    import argparse

    from incload.api.many.audit_all import AuditAllOptions, ManyAudits, TableAudit


def run(options: argparse.Namespace) -> int:
    """Audit the tables, and print a line for each and what is wrong with those that are."""
    from incload.api.config.read import read_config
    from incload.api.many.audit_all import AuditAllOptions, run_audits

    if options.format == "csv" or options.rename or options.repair:
        said = "--format csv" if options.format == "csv" else "--rename" if options.rename else "--repair"
        raise Refused(f"{said} is for the audit of one table: name a source and its copy.")
    if options.output:
        check_output(options.output)
    config, names = read_config(options.config), names_in(options)
    given = {name: value for name, value in vars(options).items() if name in AuditAllOptions.__annotations__}
    with Progress("tables audited", len(config.chosen(names))) as progress:
        found = run_audits(config, cast("AuditAllOptions", given | {"tables": names}), progress.step)
    text = _FORMS[options.format](found)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return found.exit_code


def _json(found: ManyAudits) -> str:
    return json.dumps(found.to_dict(), indent=2, ensure_ascii=False, default=str) + "\n"


def _text(found: ManyAudits) -> str:
    names = [on_one_line(each.table) for each in found.tables]
    width = max(map(len, names))
    lines = [f"{name:<{width}}  {_verdict(each)}" for name, each in zip(names, found.tables, strict=True)]
    wrong = [
        f"\n{on_one_line(each.table)}\n{_page(each, 'text')}" for each in found.tables if each.result and each.exit_code
    ]
    return "\n".join([*lines, *wrong]).rstrip() + "\n"


def _markdown(found: ManyAudits) -> str:
    return "\n".join(f"## {on_one_line(each.table)}\n\n{_page(each, 'markdown')}" for each in found.tables)


def _github(found: ManyAudits) -> str:
    from incload.report.audit.pages import github

    return "".join(
        github(each.result.to_dict(), each.table)
        if each.result
        else annotation("error", f"incload audit of {each.table}", str(each.error))
        for each in found.tables
    )


def _page(each: TableAudit, form: str) -> str:
    from incload.report.audit.pages import rendered

    if each.result:
        return rendered(each.result.to_dict(), form)
    return f"Refused: {each.error}\n"


def _verdict(each: TableAudit) -> str:
    from incload.report.audit.pages import headline

    return headline(each.result.to_dict()) if each.result else f"Refused: {each.error}"


_FORMS = {"text": _text, "json": _json, "markdown": _markdown, "github": _github}
