"""Walks that several checks share: parents of a node, parts of an expression, texts to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..definition import Definition, Group, Node, Question
from ..expressions import references
from ..problems import Problem, Where

_OUTPUT = re.compile("\u2983.*?\u2984")
Ast = list[Any]


def warning(code: str, node: Node, part: str, **params: Any) -> Problem:
    return Problem(code, Where(path=node.path, part=part), params, "warning")


def error(code: str, node: Node, part: str, **params: Any) -> Problem:
    return Problem(code, Where(path=node.path, part=part), params)


def parents(definition: Definition) -> dict[str, tuple[Group, ...]]:
    """Path -> the groups around it, outermost first."""
    found: dict[str, tuple[Group, ...]] = {}
    stack: list[tuple[Node, tuple[Group, ...]]] = [(n, ()) for n in definition.children]
    while stack:
        node, around = stack.pop()
        found[node.path] = around
        if isinstance(node, Group):
            stack.extend((child, (*around, node)) for child in node.children)
    return found


def asked(definition: Definition) -> Iterator[tuple[Question, tuple[Group, ...]]]:
    """Questions that a respondent is asked, with the groups around them."""
    around = parents(definition)
    for question in definition.questions():
        staff = _for_staff(question) or any(map(_for_staff, around[question.path]))
        if question.visible and question.kind != "note" and not staff:
            yield question, around[question.path]


def _for_staff(node: Node) -> bool:
    return node.properties.get("show") == "interviewer"


def plain(text: str) -> str:
    """A wording as it is read aloud: no embedded values, no blanks, no remarks in brackets."""
    text = _OUTPUT.sub("", text)
    return re.sub(r"（[^）]*）|\([^)]*\)|\s", "", text)


def parts(ast: Ast) -> Iterator[Ast]:
    """The node and all below it; the parser has bounded their depth."""
    if ast and isinstance(ast[0], str):
        yield ast
    for part in ast:
        if isinstance(part, list):
            yield from parts(part)


def target(ast: Ast, context: str) -> str:
    """The one node that a plain path means; "" for everything else."""
    if ast[0] != "path" or any(predicates for _, predicates in ast[2]):
        return ""
    return next(references(ast, context), "")
