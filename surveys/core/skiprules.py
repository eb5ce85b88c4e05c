"""Skip rules as people pick them (question, operator, answers) <-> the expressions of the form.

`expression` writes a rule; `parse_rule` reads one back and says None of everything the picker could
not show and write again with the same meaning: such an expression stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .expressions import SyntaxProblem, parse
from .expressions.parser import Ast

OPERATORS = {
    "any": "是这些回答中的任意一个",
    "none": "不是这些回答中的任何一个",
    "all": "这些回答都选了",
    "=": "等于",
    "!=": "不等于",
    ">": "大于",
    ">=": "大于或等于",
    "<": "小于",
    "<=": "小于或等于",
    "answered": "已经回答",
    "empty": "没有回答",
}
_PICKED = ("any", "none", "all")
_BARE = ("answered", "empty")
_ORDER = ("=", "!=", ">", ">=", "<", "<=")
_SEVERAL = frozenset({"select_multiple", "rank"})
_NUMBERS = frozenset({"integer", "decimal", "range", "calculate"})
_REFERENCE = re.compile(r"\$\{\s*([^\W\d][\w.\-]*)\s*\}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Subject:
    """A question a rule may ask about: its kind and the codes of its answers."""

    kind: str
    codes: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        if self.kind == "select_one":
            return ("any", "none", *_BARE, *_ORDER[2:])
        if self.kind in _SEVERAL:
            return (*_PICKED, *_BARE)
        return (*_ORDER, *_BARE)


@dataclass(frozen=True, slots=True)
class Condition:
    question: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """All of the conditions ("and") or any of them ("or")."""

    join: str
    conditions: tuple[Condition, ...]

    @property
    def meaning(self) -> tuple[str, list[tuple[str, str, frozenset[str]]]]:
        """Equal for two rules that say the same: answers have no order, one condition no join."""
        join = self.join if len(self.conditions) > 1 else "and"
        return join, [(c.question, c.operator, frozenset(c.values)) for c in self.conditions]


class Unfinished(ValueError):
    """A condition without the answers it compares with; the text says which question."""


def expression(rule: Rule, subjects: Mapping[str, Subject]) -> str:
    """The rule as an expression. Unfinished when a condition lacks its answers."""
    parts = [_written(c, subjects[c.question]) for c in rule.conditions if c.question in subjects]
    if len(parts) == 1:
        return parts[0][1:-1] if _wrapped(rule.conditions[0]) else parts[0]
    return f" {rule.join} ".join(parts)


def _wrapped(condition: Condition) -> bool:
    return condition.operator in ("any", "all") and len(condition.values) > 1


def _written(condition: Condition, subject: Subject) -> str:
    ref, operator, values = f"${{{condition.question}}}", condition.operator, condition.values
    if operator in _BARE:
        return f"{ref} {'!=' if operator == 'answered' else '='} ''"
    if not values or not values[0] or operator not in subject.operators:
        raise Unfinished(condition.question)
    if operator in _ORDER:
        return f"{ref} {operator} {_literal(values[0], subject, condition.question)}"
    tests = [
        f"selected({ref}, {_quoted(v)})" if subject.kind in _SEVERAL else f"{ref} = {_quoted(v)}"
        for v in values
    ]
    joined = (" and " if operator == "all" else " or ").join(tests)
    if operator == "none":
        return f"not({joined})"
    return f"({joined})" if len(tests) > 1 else joined


def _literal(value: str, subject: Subject, question: str) -> str:
    if subject.kind == "date":
        return f"date({_quoted(value)})"
    if subject.kind in _NUMBERS or subject.kind == "select_one":
        if _NUMBER.match(value):
            return value
        if subject.kind != "calculate":
            raise Unfinished(question)
    return _quoted(value)


def _quoted(value: str) -> str:
    """Quotes cannot be escaped in an expression: one that holds both kinds loses the double."""
    return f'"{value.replace(chr(34), "")}"' if "'" in value else f"'{value}'"


def parse_rule(source: str, subjects: Mapping[str, Subject]) -> Rule | None:
    """The rule an expression states, None when the picker cannot show it."""
    try:
        ast = parse(_REFERENCE.sub(r"/ref/\1", source))
        join = ast[1] if ast[0] == "op" and ast[1] in ("and", "or") else "and"
        terms = list(_terms(ast, join))
        found = [c for term in terms for c in _conditions(term, subjects)]
    except (SyntaxProblem, _NotShown):
        return None
    merged = _merged(found, join, subjects)
    return Rule("and" if len(merged) == 1 else join, tuple(merged))


class _NotShown(Exception):
    """Part of an expression that has no place in the picker."""


def _terms(ast: Ast, join: str) -> Iterator[Ast]:
    if ast[0] == "op" and ast[1] == join:
        yield from _terms(ast[2], join)
        yield from _terms(ast[3], join)
    else:
        yield ast


def _conditions(term: Ast, subjects: Mapping[str, Subject]) -> list[Condition]:
    """One condition of one term; a bracket of the other joining word must be about one question."""
    if term[0] == "op" and term[1] in ("and", "or"):
        inner = [_atom(part, subjects) for part in _terms(term, term[1])]
        merged = _merged(inner, term[1], subjects)
        if len(merged) != 1:
            raise _NotShown
        return merged
    if term[0] == "call" and term[1] == "not" and len(term[2]) == 1:
        inner = [_atom(part, subjects) for part in _terms(term[2][0], "or")]
        merged = _merged(inner, "or", subjects)
        if len(merged) != 1 or merged[0].operator != "any":
            raise _NotShown
        return [Condition(merged[0].question, "none", merged[0].values)]
    return [_atom(term, subjects)]


def _atom(ast: Ast, subjects: Mapping[str, Subject]) -> Condition:
    if ast[0] == "call" and ast[1] == "selected" and len(ast[2]) == 2:
        return _selected(ast[2][0], ast[2][1], subjects)
    if ast[0] != "op" or ast[1] not in _ORDER:
        raise _NotShown
    question = _question(ast[2], subjects)
    return _compared(question, subjects[question], ast[1], ast[3])


def _selected(first: Ast, second: Ast, subjects: Mapping[str, Subject]) -> Condition:
    """selected(question, 'code'), or selected('code code', question) for a single choice."""
    if first[0] == "str":
        question = _question(second, subjects)
        if subjects[question].kind != "select_one" or not first[1].split():
            raise _NotShown
        return Condition(question, "any", tuple(first[1].split()))
    question = _question(first, subjects)
    listed = subjects[question].kind in (*_SEVERAL, "select_one")
    if not listed or second[0] != "str" or not second[1]:
        raise _NotShown
    return Condition(question, "any", (second[1],))


def _question(ast: Ast, subjects: Mapping[str, Subject]) -> str:
    plain = ast[0] == "path" and ast[1] == "/" and [step[1] for step in ast[2]] == [[], []]
    if not plain or ast[2][0][0] != "ref" or ast[2][1][0] not in subjects:
        raise _NotShown
    return str(ast[2][1][0])


def _compared(question: str, subject: Subject, operator: str, right: Ast) -> Condition:
    if right == ["str", ""] and operator in ("=", "!="):
        return Condition(question, "empty" if operator == "=" else "answered")
    if right[0] == "call" and right[1] == "date" and subject.kind == "date":
        right = right[2][0] if right[2] else right
    elif subject.kind == "date" or (subject.kind in _NUMBERS and not _fits(subject, right)):
        raise _NotShown
    value = _value(right)
    if subject.kind == "select_one" and operator in ("=", "!="):
        if value not in subject.codes:
            raise _NotShown
        return Condition(question, "any" if operator == "=" else "none", (value,))
    if operator not in subject.operators or (subject.kind == "select_one" and right[0] != "num"):
        raise _NotShown
    if subject.kind not in (*_NUMBERS, "select_one", "date") and right[0] != "str":
        raise _NotShown
    return Condition(question, operator, (value,))


def _fits(subject: Subject, right: Ast) -> bool:
    """Numbers are written bare; a calculation may hold text too, if it does not look like one."""
    if right[0] == "str":
        return subject.kind == "calculate" and not _NUMBER.match(right[1])
    return right[0] in ("num", "neg")


def _value(ast: Ast) -> str:
    if ast[0] == "neg" and ast[1][0] == "num":
        return "-" + _value(ast[1])
    if ast[0] == "num":
        return str(int(ast[1])) if ast[1].is_integer() else str(ast[1])
    if ast[0] != "str":
        raise _NotShown
    return str(ast[1])


def _merged(
    conditions: list[Condition], join: str, subjects: Mapping[str, Subject]
) -> list[Condition]:
    """Neighbours about one question as one: any of its answers, or all of them."""
    found: list[Condition] = []
    for condition in conditions:
        before = found[-1] if found else None
        if before and _together(before, condition, join, subjects):
            operator = "any" if join == "or" else "all"
            values = (*before.values, *condition.values)
            found[-1] = Condition(condition.question, operator, values)
        else:
            found.append(condition)
    return found


def _together(
    before: Condition, condition: Condition, join: str, subjects: Mapping[str, Subject]
) -> bool:
    if before.question != condition.question:
        return False
    if join == "or":
        return before.operator == condition.operator == "any"
    if subjects[condition.question].kind not in _SEVERAL or len(condition.values) > 1:
        return False
    return condition.operator == "any" and (before.operator == "all" or len(before.values) == 1)
