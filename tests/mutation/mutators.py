"""Makes mutants of a module: copies of its text that differ in one small thing, each of which some test should notice.

A mutant replaces one stretch of the text, so that its diff shows nothing else. What cannot change what a program does
is left alone: annotations, docstrings, imports, blocks for type checkers, and the pieces of f-strings, whose places
Python 3.11 does not say.
"""

from __future__ import annotations

import ast
import re
from copy import copy
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPARISONS: dict[type[ast.cmpop], tuple[tuple[str, type[ast.cmpop]], ...]] = {
    ast.Eq: (("comparison", ast.NotEq),),
    ast.NotEq: (("comparison", ast.Eq),),
    ast.Lt: (("boundary", ast.LtE), ("comparison", ast.GtE)),
    ast.LtE: (("boundary", ast.Lt), ("comparison", ast.Gt)),
    ast.Gt: (("boundary", ast.GtE), ("comparison", ast.LtE)),
    ast.GtE: (("boundary", ast.Gt), ("comparison", ast.Lt)),
    ast.In: (("comparison", ast.NotIn),),
    ast.NotIn: (("comparison", ast.In),),
    ast.Is: (("comparison", ast.IsNot),),
    ast.IsNot: (("comparison", ast.Is),),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
_WORD = re.compile(r"[a-z_]+")
"""A text that a program acts on, rather than one that a user reads."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a text.

    Attributes:
        operator: The kind of change.
        start, end: The stretch that is replaced, in bytes of UTF-8.
        text: What stands in its place.
    """

    operator: str
    start: int
    end: int
    text: str

    def applied(self, source: str) -> str:
        """Return the text with the change."""
        encoded = source.encode()
        return (encoded[: self.start] + self.text.encode() + encoded[self.end :]).decode()

    def diff(self, source: str, name: str) -> str:
        """Return the change as a diff without the lines around it."""
        lines = unified_diff(source.splitlines(), self.applied(source).splitlines(), name, name, lineterm="", n=0)
        return "\n".join(lines)


def candidates(source: str) -> list[Mutant]:
    """Return all changes of a module in the order of their places, some of which may be no Python or no change."""
    found = dict.fromkeys(_Finder(source).module())
    return sorted(found, key=lambda each: (each.start, each.end, each.operator, each.text))


def is_mutant(each: Mutant, source: str) -> bool:
    """Return whether a change leaves a text that is Python, and another program than it was."""
    return _parsed(each.applied(source)) not in {None, _parsed(source)}


def mutants(source: str) -> list[Mutant]:
    """Return all mutants of a module, in the order of their places."""
    return [each for each in candidates(source) if is_mutant(each, source)]


def _parsed(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None


class _Finder:
    """Finds the mutants of a text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts = [0]
        for line in source.encode().splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def module(self) -> Iterator[Mutant]:
        """Yield the mutants of the whole text."""
        yield from self._within(ast.parse(self._source))

    def _within(self, node: ast.AST) -> Iterator[Mutant]:
        """Yield the mutants of a node and of all that is in it."""
        yield from self._of(node)
        for child in _children(node):
            yield from self._within(child)

    def _of(self, node: ast.AST) -> Iterator[Mutant]:
        if isinstance(node, ast.stmt):
            yield from self._statement(node)
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
            yield from self._negated(node.test)
        if isinstance(node, ast.comprehension):
            for condition in node.ifs:
                yield from self._negated(condition)
        if isinstance(node, ast.expr):
            yield from self._expression(node)

    def _expression(self, node: ast.expr) -> Iterator[Mutant]:
        if isinstance(node, ast.Compare):
            yield from self._compare(node)
        elif isinstance(node, ast.BoolOp):
            other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
            yield self._swap("and-or", node, ast.BoolOp(other, node.values))
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield self._swap("dropped-not", node, node.operand)
        elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            yield self._swap("arithmetic", node, ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right))
        elif isinstance(node, ast.Constant):
            yield from self._constant(node)
        elif isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Slice):
            yield from self._slice(node)

    def _compare(self, node: ast.Compare) -> Iterator[Mutant]:
        for at, operator in enumerate(node.ops):
            for kind, other in _COMPARISONS[type(operator)]:
                ops = [*node.ops[:at], other(), *node.ops[at + 1 :]]
                yield self._swap(kind, node, ast.Compare(node.left, ops, node.comparators))

    def _constant(self, node: ast.Constant) -> Iterator[Mutant]:
        if isinstance(node.value, bool):
            yield self._swap("constant", node, ast.Constant(not node.value))
        elif isinstance(node.value, int | float):
            yield self._swap("constant", node, ast.Constant(node.value + 1))
        elif isinstance(node.value, str) and _WORD.fullmatch(node.value):
            yield self._swap("constant", node, ast.Constant(f"{node.value}_"))

    def _call(self, node: ast.Call) -> Iterator[Mutant]:
        if len(node.args) > 1 and not any(isinstance(each, ast.Starred) for each in node.args):
            swapped = [node.args[1], node.args[0], *node.args[2:]]
            yield self._swap("swapped-arguments", node, ast.Call(node.func, swapped, node.keywords))

    def _slice(self, node: ast.Slice) -> Iterator[Mutant]:
        for name in ("lower", "upper"):
            if getattr(node, name) is not None:
                bare = copy(node)
                setattr(bare, name, None)
                yield self._swap("slice", node, bare, enclosed=False)

    def _negated(self, condition: ast.expr) -> Iterator[Mutant]:
        if not isinstance(condition, ast.Compare | ast.UnaryOp):
            yield self._swap("negation", condition, ast.UnaryOp(ast.Not(), condition))

    def _statement(self, node: ast.stmt) -> Iterator[Mutant]:
        if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
            yield self._swap("return-none", node.value, ast.Constant(None))
        elif isinstance(node, ast.FunctionDef):
            yield from self._early(node)
        elif _removable(node):
            yield self._swap("removed-statement", node, ast.Pass(), enclosed=False)
        elif isinstance(node, ast.Continue | ast.Break):
            other = ast.Break() if isinstance(node, ast.Continue) else ast.Continue()
            yield self._swap("break-continue", node, other, enclosed=False)

    def _early(self, node: ast.FunctionDef) -> Iterator[Mutant]:
        """Return before a function has done anything."""
        body = [each for each in node.body if not _is_docstring(each)]
        if body and not isinstance(body[0], ast.Return | ast.Raise) and not _is_ellipsis(body[0]):
            start = self._place(body[0].lineno, body[0].col_offset)
            yield Mutant("early-return", start, start, "return None\n" + " " * body[0].col_offset)

    def _swap(self, kind: str, node: ast.expr | ast.stmt, other: ast.AST, *, enclosed: bool = True) -> Mutant:
        text = ast.unparse(ast.fix_missing_locations(other))
        end = self._place(node.end_lineno or 0, node.end_col_offset or 0)
        enclosed = enclosed and not isinstance(other, ast.Constant | ast.Call)
        return Mutant(kind, self._place(node.lineno, node.col_offset), end, f"({text})" if enclosed else text)

    def _place(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a program acts on in a node."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_idle(child):
                yield child


def _is_idle(node: ast.AST) -> bool:
    """Return whether nothing in a node can be mutated to any effect."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    aliased = isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.BinOp) and _names_type(node)
    return aliased or _is_docstring(node) or isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom)


def _names_type(node: ast.Assign) -> bool:
    """Return whether an assignment names a type, as `Key = tuple[object, ...]` does."""
    (target, *others) = node.targets
    return not others and isinstance(target, ast.Name) and bool(re.fullmatch(r"_?([A-Z][a-z]+)+", target.id))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_ellipsis(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _removable(node: ast.stmt) -> bool:
    """Return whether a statement can go without a name going with it."""
    if isinstance(node, ast.Assign):
        return not any(isinstance(each, ast.Name | ast.Tuple) for each in node.targets)
    return isinstance(node, ast.AugAssign | ast.Raise | ast.Delete) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom)
    )
