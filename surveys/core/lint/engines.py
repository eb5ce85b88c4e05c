"""Engines: expressions on which JavaRosa (ours follow it) and the browser engines part ways."""

from __future__ import annotations

from collections.abc import Iterator

from ..definition import Definition, Expression, Node, Question, Repeat
from ..expressions import references
from ..problems import Problem
from .walk import Ast, error, parts, warning

_PARTS = {
    "relevant": "relevant",
    "required": "required",
    "constraint": "constraint",
    "calculate": "calculation",
    "choice_filter": "choice_filter",
    "readonly": "readonly",
    "count": "repeat_count",
}
# take a whole node-set, or name the instance they mean
_MANY = frozenset({
    "sum", "count", "count-non-empty", "max", "min", "join", "concat", "indexed-repeat", "position",
    "randomize", "distance", "area",
})  # fmt: skip


def engines(definition: Definition) -> Iterator[Problem]:
    repeats = [n.path for n in definition.nodes() if isinstance(n, Repeat)]
    for node in definition.nodes():
        for name, part in _PARTS.items():
            expression: Expression | None = getattr(node, name, None)
            if expression is not None:
                yield from _judge(node, part, expression, repeats)


def _judge(node: Node, part: str, expression: Expression, repeats: list[str]) -> Iterator[Problem]:
    for ast in parts(expression.ast):
        if ast[:2] == ["call", "regex"] and ast[2][1:] and ast[2][1][0] == "str":
            pattern = ast[2][1][1]
            if not (pattern.startswith("^") and pattern.endswith("$")):
                yield warning("regex_unanchored", node, part, name=pattern)
        if ast[:2] == ["call", "boolean-from-string"]:
            yield warning("engine_differs", node, part, name="boolean-from-string")
        if ast[0] == "path" and any(p[0] == "num" for _, ps in ast[2] for p in ps):
            yield warning("position_in_brackets", node, part)
        if ast[:2] == ["call", "round"] and ast[2][0][0] == "neg":
            yield warning("engine_differs", node, part, name="round")
    inside = node.path if isinstance(node, Question) else node.path.rpartition("/")[0]
    for path in sorted(set(_single(expression.ast, node.path))):
        for repeat in repeats:
            if path.startswith(repeat + "/") and not f"{inside}/".startswith(repeat + "/"):
                name = path.rsplit("/", 1)[-1]
                yield error("repeat_read_outside", node, part, name=name)


def _single(ast: Ast, context: str) -> Iterator[str]:
    """Paths that are read as one value."""
    if ast[0] == "call":
        for argument in ast[2] if ast[1] not in _MANY else ():
            yield from _single(argument, context)
    elif ast[0] in ("op", "neg"):
        for operand in ast[1:]:
            if isinstance(operand, list):
                yield from _single(operand, context)
    elif ast[0] == "path" and ast[1] in ("/", ".") and not any(ps for _, ps in ast[2]):
        yield from references(ast, context)
