"""Lookups: `pulldata` that finds nothing leaves an empty value nobody notices in the field."""

from __future__ import annotations

from collections.abc import Iterator

from ..definition import Definition, Question
from ..problems import Problem
from .walk import Ast, target, warning

_GUARDS = ("coalesce", "if")  # the author has thought of the empty value


def lookups(definition: Definition) -> Iterator[Problem]:
    for question in definition.questions():
        if question.calculate is not None:
            for call in _bare(question.calculate.ast):
                name = call[2][0][1] if call[2][0][0] == "str" else ""
                if not _always_finds(definition, call, question.path, name):
                    yield warning("pulldata_may_miss", question, "calculation", name=name)
                    break


def _bare(ast: Ast) -> Iterator[Ast]:
    """Calls of `pulldata` that no default stands behind."""
    if ast[:2] == ["call", "pulldata"]:
        yield ast
    elif ast[:1] != ["call"] or ast[1] not in _GUARDS:
        for part in ast:
            if isinstance(part, list):
                yield from _bare(part)


def _always_finds(definition: Definition, call: Ast, context: str, name: str) -> bool:
    """The value is the answer to a question all of whose options stand in the list."""
    _, _, key, value = call[2]
    path = target(value, context)
    asked = next((q for q in definition.questions() if q.path == path), None)
    if key[0] != "str" or not isinstance(asked, Question) or asked.kind != "select_one":
        return False
    listed = definition.lists.get(name, ())
    keys = {c.name if key[1] == "name" else c.extra.get(key[1]) for c in listed}
    return bool(asked.choices) and {choice.name for choice in asked.choices} <= keys
