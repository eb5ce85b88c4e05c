"""Compiler: AST -> closures over a Context. The tree is walked once; evaluation only calls.

Follows JavaRosa: blank reads as NaN, dates compare as days, an absolute path into the own repeat
means this instance, what is not relevant is not there.
A budget of steps bounds hostile expressions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from . import functions
from .values import ZONE, EvaluationProblem, to_boolean, to_number, to_string, unpack

Evaluator = Callable[["Context"], Any]
BUDGET = 2_000_000
_SPECIAL = frozenset({".", "..", "*"})


@dataclass(slots=True)
class Env:
    """What all expressions of one interview share: document, lists by id, clock, chance."""

    root: Any
    lists: dict[str, Any]
    now: datetime
    random: Any
    label: Callable[[Any, str, str], str]  # (node, path of a select, choice) -> its label
    wording: Callable[[str], str]  # key of a translated text -> the text
    zone: tzinfo = ZONE
    steps: int = BUDGET

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise EvaluationProblem("too_many_steps")


@dataclass(slots=True)
class Context:
    """Where an expression stands: its node, and inside a predicate where it came from."""

    env: Env
    node: Any
    origin: Any = None
    position: int = 1
    size: int = 1


def compile_ast(ast: list[Any]) -> Evaluator:
    """A closure for the AST. EvaluationProblem names an unknown function."""
    kind = ast[0]
    if kind in ("num", "str"):
        constant = ast[1]
        return lambda context: constant
    if kind == "neg":
        inner = compile_ast(ast[1])
        return lambda context: -to_number(inner(context))
    if kind == "op":
        return _operator(ast[1], compile_ast(ast[2]), compile_ast(ast[3]))
    if kind == "call":
        return _call(ast[1], ast[2])
    return _path(ast)


def _operator(symbol: str, left: Evaluator, right: Evaluator) -> Evaluator:
    if symbol == "and":
        return lambda c: to_boolean(left(c)) and to_boolean(right(c))
    if symbol == "or":
        return lambda c: to_boolean(left(c)) or to_boolean(right(c))
    if symbol == "=":
        return lambda c: _equal(left(c), right(c))
    if symbol == "!=":
        return lambda c: not _equal(left(c), right(c))
    if symbol == "|":
        return lambda c: [*left(c), *right(c)]
    work = _NUMERIC[symbol]
    return lambda c: work(to_number(left(c)), to_number(right(c)))


def _divide(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)
    return a / b


_NUMERIC: dict[str, Callable[[float, float], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": _divide,
    "mod": lambda a, b: math.nan if b == 0 or math.isinf(a) else math.fmod(a, b),
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _equal(a: Any, b: Any) -> bool:
    a, b = unpack(a), unpack(b)
    if type(a) is type(b) is str:
        return a == b
    if isinstance(a, bool) or isinstance(b, bool):
        return to_boolean(a) == to_boolean(b)
    if isinstance(a, float | int) or isinstance(b, float | int):
        return to_number(a) == to_number(b)
    return to_string(a) == to_string(b)


def _call(name: str, arguments: list[Any]) -> Evaluator:
    function = functions.FUNCTIONS.get(name)
    if function is None:
        raise EvaluationProblem(f"unknown_function:{name}")
    low, high = functions.ARITY[name]
    if not low <= len(arguments) <= high:
        raise EvaluationProblem(f"wrong_arguments:{name}")
    compiled = tuple(compile_ast(argument) for argument in arguments)
    return lambda context: function(context, *compiled)


def _path(ast: list[Any]) -> Evaluator:
    base = ast[1]
    steps = [_Step(name, [_Predicate(p) for p in predicates]) for name, predicates in ast[2]]
    if base == "/":
        names = tuple(step.name for step in steps[1:])
        plain = not (_SPECIAL & set(names)) and not any(step.predicates for step in steps)
        return (
            _straight(names, steps) if plain else lambda c: _walk(c, [c.env.root], steps[1:], True)
        )
    if base == ".":
        return lambda c: _walk(c, [c.node], steps, False)
    start = compile_ast(base)
    return lambda c: _walk(c, start(c), steps, False)


def _straight(names: tuple[str, ...], steps: list[_Step]) -> Evaluator:
    """The usual path: names from the root down to one node. Where twins stand, the general walk."""

    def run(context: Context) -> Any:
        env = context.env
        env.spend(len(names))
        node = env.root
        for name in names:
            found = node.index.get(name)
            if not found:
                return []
            if len(found) > 1:
                return _walk(context, [env.root], steps[1:], True)
            node = found[0]
        return [node] if node.relevant else []

    return run


class _Predicate:
    """A condition in brackets. ``column = value`` with a value that does not depend on the item
    is looked up in an index of the list instead of being asked of every item."""

    def __init__(self, ast: list[Any]) -> None:
        self.run = compile_ast(ast)
        self.column, value = _looked_up(ast)
        self.key = compile_ast(value) if self.column else None

    def keep(self, context: Context, nodes: list[Any], name: str) -> list[Any]:
        origin = context.origin if context.origin is not None else context.node
        if self.key is not None and nodes and not nodes[0].generic:
            value, parent = self.key(Context(context.env, nodes[0], origin)), nodes[0].parent
            value = unpack(value)
            if parent is not None and nodes is parent.named(name) and isinstance(value, str):
                return list(parent.keyed(name, self.column).get(value, ()))
        context.env.spend(len(nodes))
        return self._each(context.env, nodes, origin)

    def _each(self, env: Env, nodes: list[Any], origin: Any) -> list[Any]:
        kept, size = [], len(nodes)
        for position, node in enumerate(nodes, start=1):
            value = self.run(Context(env, node, origin, position, size))
            numeric = isinstance(value, float | int) and not isinstance(value, bool)
            if position == value if numeric else to_boolean(value):
                kept.append(node)
        return kept


@dataclass(slots=True)
class _Step:
    name: str
    predicates: list[_Predicate]


def _looked_up(ast: list[Any]) -> tuple[str, Any]:
    """The column and the value of a condition that an index answers; "" where none does."""
    if ast[:2] == ["op", "="]:
        for column, value in ((ast[2], ast[3]), (ast[3], ast[2])):
            if _is_column(column) and _is_steady(value):
                return column[2][0][0], value
    return "", None


def lookups(ast: Any) -> Iterator[tuple[str, str, str]]:
    """(list, element, column) of every index that an expression will ask for."""
    if not isinstance(ast, list):
        return
    if ast[:1] == ["path"] and ast[1][:2] == ["call", "instance"] and ast[1][2][0][0] == "str":
        for name, predicates in ast[2][1:2]:
            column = _looked_up(predicates[0])[0] if predicates else ""
            if column:
                yield ast[1][2][0][1], name, column
    for part in ast:
        yield from lookups(part)


def _is_column(ast: list[Any]) -> bool:
    simple = ast[0] == "path" and ast[1] == "." and len(ast[2]) == 1 and not ast[2][0][1]
    return simple and ast[2][0][0] not in (".", "..", "*")


def _is_steady(ast: list[Any]) -> bool:
    """The value is the same for every item: a text, an absolute path, a path from current()."""
    absolute = ast[0] == "path" and (ast[1] == "/" or ast[1] == ["call", "current", []])
    return ast[0] == "str" or absolute


def _walk(context: Context, nodes: list[Any], steps: list[_Step], absolute: bool) -> list[Any]:
    last = len(steps) - 1
    for index, step in enumerate(steps):
        nodes = _step(nodes, step.name)
        context.env.spend(1)
        if absolute and not step.predicates and index < last and len(nodes) > 1:
            nodes = _own_instance(context.origin or context.node, nodes)
        for predicate in step.predicates:
            nodes = predicate.keep(context, nodes, step.name)
    return [n for n in nodes if n.relevant] if nodes and nodes[0].generic else nodes


def _step(nodes: list[Any], name: str) -> list[Any]:
    """The nodes one step on; never to be changed, as it may be a node's own list."""
    if name == ".":
        return nodes
    if name == "..":
        return list({id(n.parent): n.parent for n in nodes if n.parent is not None}.values())
    if name == "*":
        return [child for node in nodes for child in node.children]
    if len(nodes) == 1:
        return nodes[0].named(name)
    return [child for node in nodes for child in node.named(name)]


def _own_instance(node: Any, nodes: list[Any]) -> list[Any]:
    """Inside a repeat, an absolute path through it means the instance one stands in."""
    ancestors = set()
    while node is not None:
        ancestors.add(id(node))
        node = node.parent
    own = [n for n in nodes if id(n) in ancestors]
    return own or nodes
