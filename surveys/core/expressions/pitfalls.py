"""What an expression may say that no engine can do, or that no engine does as its author thinks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .parser import Ast

_ORDER = frozenset({"<", "<=", ">", ">="})
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(T.*)?")


def bad_patterns(ast: Ast) -> Iterator[str]:
    """Literal patterns of ``regex(text, pattern)`` that are no regular expression."""
    for node in _nodes(ast):
        if node[:2] == ["call", "regex"] and len(node[2]) == 2 and node[2][1][0] == "str":
            pattern = node[2][1][1]
            try:
                re.compile(pattern, re.ASCII)
            except (re.error, OverflowError, RecursionError):
                yield pattern


def dates_as_text(ast: Ast) -> Iterator[str]:
    """Texts that look like a date and are compared by size: a text is never before or after."""
    for node in _nodes(ast):
        if node[0] == "op" and node[1] in _ORDER:
            for side in node[2:]:
                if side[0] == "str" and _DATE.fullmatch(side[1]):
                    yield side[1]


def _nodes(ast: Ast) -> Iterator[Ast]:
    """The node and all below it; the parser has bounded their depth."""
    if ast and isinstance(ast[0], str):
        yield ast
    for part in ast:
        if isinstance(part, list):
            yield from _nodes(part)
