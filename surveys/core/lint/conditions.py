"""Conditions: what an ``and`` of comparisons leaves possible for each question it names.

A deliberately small analysis: intervals for numbers, sets of choices for selects. What it does not
understand it takes for possible, so that a contradiction it names is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..definition import Definition, Group, Node, Question
from .walk import Ast, target

_SWAPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_DEPTH = 6  # how far the conditions of conditions are followed
Terms = list[tuple[str, str, str]]  # (path, operator, value)


@dataclass(slots=True)
class Possible:
    """The answers to one question that all terms so far allow."""

    question: Question
    low: float = -math.inf
    high: float = math.inf
    holes: set[float] = field(default_factory=set)
    chosen: set[str] = field(default_factory=set)
    barred: set[str] = field(default_factory=set)

    def narrow(self, operator: str, value: str) -> None:
        if self.question.choices:
            if operator in ("=", "has"):
                self.chosen.add(value)
            elif operator in ("!=", "lacks"):
                self.barred.add(value)
        elif (number := _number(value)) is not None:
            self._limit(operator, number)

    def _limit(self, operator: str, number: float) -> None:
        step = 1.0 if self.question.kind == "integer" else 0.0
        whole = step and number == int(number)
        if operator in (">", ">=", "="):
            open_end = operator == ">"
            self.low = max(self.low, number + step if open_end and whole else _ceil(number, step))
            if open_end and not step:
                self.holes.add(number)
        if operator in ("<", "<=", "="):
            open_end = operator == "<"
            self.high = min(
                self.high, number - step if open_end and whole else _floor(number, step)
            )
            if open_end and not step:
                self.holes.add(number)
        if operator == "!=":
            self.holes.add(number)

    @property
    def empty(self) -> bool:
        if self.question.choices:
            names = {c.name for c in self.question.choices}
            single = self.question.kind == "select_one"
            clash = self.chosen & self.barred or (single and len(self.chosen) > 1)
            free = not single or names - self.barred
            return bool(clash) or bool(self.chosen - names) or not free
        return self.low > self.high or (self.low == self.high and self.low in self.holes)


def _ceil(number: float, step: float) -> float:
    return float(math.ceil(number)) if step else number


def _floor(number: float, step: float) -> float:
    return float(math.floor(number)) if step else number


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


class Conditions:
    def __init__(self, definition: Definition) -> None:
        self.questions = {q.path: q for q in definition.questions()}

    def contradict(self, node: Node, around: tuple[Group, ...]) -> bool:
        """Nobody can meet the node's condition together with those of its groups."""
        assert node.relevant is not None
        if _never(node.relevant.ast):
            return True
        terms: Terms = []
        for each in (*around, node):
            if each.relevant:
                terms += _terms(each.relevant.ast, each.path)
        return self._clash(self._with_answers(terms))

    def impossible(self, question: Question) -> bool:
        """No answer meets the question's own constraint."""
        assert question.constraint is not None
        ast = question.constraint.ast
        return _never(ast) or self._clash(_terms(ast, question.path))

    def unknown_choices(self, ast: Ast, context: str) -> Iterator[tuple[str, str]]:
        """(question, value) where a select is compared with a value it does not offer."""
        for path, _, value in _comparisons(ast, context):
            question = self.questions.get(path)
            plain = question is not None and question.choices and not question.choice_filter
            if question and plain and value and value not in {c.name for c in question.choices}:
                yield question.name, value

    def _with_answers(self, terms: Terms) -> Terms:
        """The terms, and what must hold of the questions they name for them to have an answer."""
        done: set[str] = set()
        for _ in range(_DEPTH):
            named = {path for path, operator, value in terms if _answered(operator, value)} - done
            if not named:
                break
            done |= named
            for path in sorted(named & self.questions.keys()):
                question = self.questions[path]
                for expression in (question.constraint, question.relevant):
                    terms = terms + (_terms(expression.ast, path) if expression else [])
        return terms

    def _clash(self, terms: Terms) -> bool:
        possible: dict[str, Possible] = {}
        for path, operator, value in terms:
            question = self.questions.get(path)
            if question is not None and question.kind != "calculate":
                possible.setdefault(path, Possible(question)).narrow(operator, value)
        # a filtered list may hold more than it shows; only what is named twice is judged
        return any(p.empty for p in possible.values() if not p.question.choice_filter)


def _answered(operator: str, value: str) -> bool:
    """The term cannot hold while the question is blank."""
    return operator not in ("!=", "lacks") and value != ""


def _never(ast: Ast) -> bool:
    """False whatever is answered."""
    if ast[:2] == ["op", "and"]:
        return _never(ast[2]) or _never(ast[3])
    if ast[:2] == ["op", "or"]:
        return _never(ast[2]) and _never(ast[3])
    if ast[0] == "op" and ast[1] in ("=", "!=") and ast[2][0] == ast[3][0] in ("num", "str"):
        return (ast[2] == ast[3]) != (ast[1] == "=")
    return ast == ["call", "false", []] or ast == ["num", 0.0]


def _terms(ast: Ast, context: str) -> Terms:
    """The comparisons that must all hold; parts that are not understood are left out."""
    if ast[:2] == ["op", "and"]:
        return _terms(ast[2], context) + _terms(ast[3], context)
    return [term for term in (_term(ast, context),) if term]


def _term(ast: Ast, context: str, negated: bool = False) -> tuple[str, str, str] | None:
    if ast[0] == "call" and ast[1] == "not" and len(ast[2]) == 1 and not negated:
        inner = _term(ast[2][0], context, negated=True)
        return inner if inner and inner[1] == "lacks" else None
    if ast[0] == "call" and ast[1] == "selected" and ast[2][1:] and ast[2][1][0] == "str":
        path = target(ast[2][0], context)
        return (path, "lacks" if negated else "has", ast[2][1][1]) if path else None
    if ast[0] != "op" or ast[1] not in _SWAPPED or negated:
        return None
    left, right = target(ast[2], context), target(ast[3], context)
    if left and not right and (value := _literal(ast[3])) is not None:
        return left, ast[1], value
    if right and not left and (value := _literal(ast[2])) is not None:
        return right, _SWAPPED[ast[1]], value
    return None


def _literal(ast: Ast) -> str | None:
    if ast[0] == "neg" and ast[1][0] == "num":
        return f"{-ast[1][1]:g}"
    if ast[0] == "num":
        return f"{ast[1]:.15g}"
    return str(ast[1]) if ast[0] == "str" else None


def _comparisons(ast: Ast, context: str) -> Iterator[tuple[str, str, str]]:
    """Every comparison with a fixed value for equality, wherever it stands."""
    if not isinstance(ast, list) or not ast:
        return
    if isinstance(ast[0], str):
        term = _term(ast, context)
        if term and term[1] in ("=", "!=", "has"):
            yield term
            return
    for part in ast:
        if isinstance(part, list):
            yield from _comparisons(part, context)
