"""Compiler: AST -> closures over a Context. The tree is walked once; evaluation only calls.

Follows JavaRosa: blank reads as NaN, dates compare as days, an absolute path into the own repeat
means this instance. A budget of steps bounds hostile expressions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from . import functions
from .values import EvaluationProblem, to_boolean, to_number, to_string

Evaluator = Callable[["Context"], Any]
BUDGET = 2_000_000


@dataclass(slots=True)
class Context:
    """What an expression sees: its node, the document, lists by id, clock, chance."""

    node: Any
    root: Any
    lists: dict[str, Any]
    now: datetime
    random: Any
    origin: Any = None
    position: int = 1
    size: int = 1
    labels: Callable[[str, Any], str] | None = None
    budget: list[int] | None = None

    def spend(self, steps: int) -> None:
        if self.budget is not None:
            self.budget[0] -= steps
            if self.budget[0] < 0:
                raise EvaluationProblem("too_many_steps")

    def at(self, node: Any, position: int, size: int) -> Context:
        return replace(self, node=node, position=position, size=size)


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
    "mod": lambda a, b: math.nan if b == 0 or math.isnan(b) else math.fmod(a, b),
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _equal(a: Any, b: Any) -> bool:
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
    base, steps = ast[1], ast[2]
    compiled = [(name, [compile_ast(p) for p in predicates]) for name, predicates in steps]
    if base == "/":
        return lambda c: _walk(c, [c.root], compiled[1:], True) if compiled else [c.root]
    if base == ".":
        return lambda c: _walk(c, [c.node], compiled, False)
    start = compile_ast(base)
    return lambda c: _walk(c, start(c), compiled, False)


def _walk(context: Context, nodes: list[Any], steps: list[Any], absolute: bool) -> list[Any]:
    last, sideways = len(steps) - 1, False
    for index, (name, predicates) in enumerate(steps):
        sideways = sideways or name not in (".", "..")
        nodes = _step(nodes, name)
        context.spend(len(nodes) + 1)
        if absolute and not predicates and index < last and len(nodes) > 1:
            nodes = _own_instance(context.origin or context.node, nodes)
        for predicate in predicates:
            nodes = _filter(context, nodes, predicate)
    return [n for n in nodes if n.relevant] if sideways and nodes and nodes[0].generic else nodes


def _step(nodes: list[Any], name: str) -> list[Any]:
    if name == ".":
        return nodes
    if name == "..":
        return list({id(n.parent): n.parent for n in nodes if n.parent is not None}.values())
    if name == "*":
        return [child for node in nodes for child in node.children]
    if len(nodes) == 1:
        return list(nodes[0].named(name))
    return [child for node in nodes for child in node.named(name)]


def _own_instance(node: Any, nodes: list[Any]) -> list[Any]:
    """Inside a repeat, an absolute path through it means the instance one stands in."""
    ancestors = set()
    while node is not None:
        ancestors.add(id(node))
        node = node.parent
    own = [n for n in nodes if id(n) in ancestors]
    return own or nodes


def _filter(context: Context, nodes: list[Any], predicate: Evaluator) -> list[Any]:
    kept, size = [], len(nodes)
    inner = context if context.origin is not None else replace(context, origin=context.node)
    for position, node in enumerate(nodes, start=1):
        value = predicate(inner.at(node, position, size))
        numeric = isinstance(value, float | int) and not isinstance(value, bool)
        if position == value if numeric else to_boolean(value):
            kept.append(node)
    return kept
