"""When a question is asked, in words: wordings for paths and options, plain connectives.

What has no plain words stays as the formula was written.
"""

from __future__ import annotations

from typing import Any

from surveys.core.definition import Definition, Group, Question
from surveys.core.expressions.parser import references

_SIGNS = {"<": "小于", "<=": "不大于", ">": "大于", ">=": "不小于", "=": "等于", "!=": "不等于"}
_LENGTH = 20


class _NoWords(Exception):
    """This part of a formula has no plain words here."""


def condition(definition: Definition, question: Question) -> str:
    """The conditions of the groups around a question and its own, outermost first."""
    around = [n for n in definition.nodes() if question.path.startswith(n.path + "/")]
    questions = {q.path: q for q in definition.questions()}
    found = []
    nodes: list[Group | Question] = [*(n for n in around if isinstance(n, Group)), question]
    for node in nodes:
        if node.relevant is not None:
            try:
                found.append(_words(node.relevant.ast, node.path, questions))
            except _NoWords:
                found.append(" ".join(node.relevant.source.split()))
    return "；并且".join(dict.fromkeys(found)) or "都问"


def _words(ast: Any, here: str, questions: dict[str, Question]) -> str:
    kind = ast[0]
    if kind == "op" and ast[1] in ("and", "or"):
        left, right = (_side(side, ast[1], here, questions) for side in ast[2:])
        return f"{left}，{'并且' if ast[1] == 'and' else '或者'}{right}"
    if kind == "op" and ast[1] in _SIGNS:
        return _comparison(ast[1], ast[2], ast[3], here, questions)
    if kind == "call" and ast[1] == "not":
        return f"不满足（{_words(ast[2][0], here, questions)}）"
    if kind == "call" and ast[1] == "selected":
        return _selected(ast[2][0], ast[2][1], here, questions)
    raise _NoWords


def _side(ast: Any, outer: str, here: str, questions: dict[str, Question]) -> str:
    """One side of a connective, in brackets when it is joined by the other one."""
    said = _words(ast, here, questions)
    other = ast[0] == "op" and ast[1] in ("and", "or") and ast[1] != outer
    return f"（{said}）" if other else said


def _selected(first: Any, second: Any, here: str, questions: dict[str, Question]) -> str:
    """An option among her choices, or her choice among the options of a written list."""
    if second[0] == "str":
        asked = _question(first, here, questions)
        return f"{_name(asked)}选了{_option(asked, second[1])}"
    if first[0] != "str":
        raise _NoWords
    asked = _question(second, here, questions)
    return f"{_name(asked)}选了{'或'.join(_option(asked, name) for name in first[1].split())}"


def _comparison(sign: str, left: Any, right: Any, here: str, questions: dict[str, Question]) -> str:
    if right[0] not in ("str", "num"):
        raise _NoWords
    value = f"{right[1]:g}" if right[0] == "num" else right[1]
    if left[:2] == ["call", "count-selected"]:
        return f"{_name(_question(left[2][0], here, questions))}选的个数{_SIGNS[sign]}{value}"
    asked = _question(left, here, questions)
    if value == "" and sign in ("=", "!="):
        return f"{_name(asked)}{'没有填' if sign == '=' else '填了'}"
    if asked.choices and sign in ("=", "!="):
        return f"{_name(asked)}{'选了' if sign == '=' else '没有选'}{_option(asked, value)}"
    return f"{_name(asked)}{_SIGNS[sign]}{value}"


def _question(ast: Any, here: str, questions: dict[str, Question]) -> Question:
    found = [questions[path] for path in references(ast, here) if path in questions]
    if ast[0] != "path" or len(found) != 1:
        raise _NoWords
    return found[0]


def _name(question: Question) -> str:
    label = question.label.get("") or next(iter(question.label.values()), "")
    short = label if len(label) <= _LENGTH else label[:_LENGTH] + "…"
    return f"{question.name}“{short}”" if short else question.name


def _option(question: Question, name: str) -> str:
    labels = (c.label for c in question.choices if c.name == name)
    label = next(labels, {})
    return f"“{label.get('') or next(iter(label.values()), name)}”"
