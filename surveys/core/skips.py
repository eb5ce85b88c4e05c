"""Where an answer leads on paper: which later questions it rules out for certain.

Three-valued: with one answer known and all others not, a condition holds, fails, or is open. Only a
question whose condition fails for certain is jumped over; what is open is told at that question.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .conditions import chain, path_of
from .definition import Definition, Question, Repeat
from .expressions.parser import Ast
from .expressions.values import to_boolean, to_number, to_string

OPEN = object()  # what nobody can know yet
_MOST = 60  # how deep calculations may lean on each other


class Skips:
    """The jumps of one questionnaire, asked in a fixed order."""

    def __init__(self, definition: Definition, order: Sequence[Question]) -> None:
        self.order = order
        self.nodes = {node.path: node for node in definition.nodes()}
        self.around = {path: chain(definition, path) for path in self.nodes}

    def jumps(self, index: int) -> dict[str, Question | None]:
        """Option -> the question it leads to, where that is not the next one; None = the end."""
        question, rest = self.order[index], self.order[index + 1 :]
        found: dict[str, Question | None] = {}
        around = self.around[question.path]
        # inside a repeat an answer stands for one person, and does not lead out of it
        if question.kind != "select_one" or not rest or any(isinstance(n, Repeat) for n in around):
            return found
        for choice in question.choices:
            answered = _Answered(self, question.path, choice.name)
            target = next((q for q in rest if not answered.ruled_out(q.path)), None)
            if target is not rest[0]:
                found[choice.name] = target
        return found


class _Answered:
    """What follows from one answer alone."""

    def __init__(self, skips: Skips, path: str, value: str) -> None:
        self.known = {path: value}
        self.nodes, self.around = skips.nodes, skips.around
        self.decided: dict[str, bool] = {}

    def ruled_out(self, path: str) -> bool:
        """Whether the question cannot be asked after this answer."""
        if path not in self.decided:
            self.decided[path] = False  # a circle decides nothing
            self.decided[path] = any(
                node.relevant is not None and self._truth(node.relevant.ast, node.path) is False
                for node in self.around.get(path, ())
            )
        return self.decided[path]

    def _truth(self, ast: Ast, here: str, depth: int = 0) -> Any:
        value = self._value(ast, here, depth)
        return value if value is OPEN else to_boolean(value)

    def _value(self, ast: Ast, here: str, depth: int) -> Any:
        if depth > _MOST:
            return OPEN
        kind = ast[0]
        if kind in ("num", "str"):
            return ast[1]
        if kind == "path":
            path = path_of(ast, here)
            return OPEN if path is None else self._stored(path, depth + 1)
        if kind == "op":
            return self._operation(ast, here, depth + 1)
        return self._call(ast, here, depth + 1) if kind == "call" else OPEN

    def _stored(self, path: str, depth: int) -> Any:
        """An answer, a calculation, or nothing where the question is ruled out."""
        if path in self.known:
            return self.known[path]
        if self.ruled_out(path):
            return ""
        node = self.nodes.get(path)
        if isinstance(node, Question) and node.calculate is not None:
            return self._value(node.calculate.ast, path, depth)
        return OPEN

    def _operation(self, ast: Ast, here: str, depth: int) -> Any:
        symbol = ast[1]
        if symbol in ("and", "or"):
            settling = symbol == "or"
            found = [self._truth(part, here, depth) for part in ast[2:]]
            if settling in found:
                return settling
            return OPEN if OPEN in found else not settling
        left, right = (self._value(part, here, depth) for part in ast[2:])
        if left is OPEN or right is OPEN:
            return OPEN
        return _compared(symbol, left, right)

    def _call(self, ast: Ast, here: str, depth: int) -> Any:
        name, arguments = ast[1], ast[2]
        if name in ("true", "false"):
            return name == "true"
        if name == "if" and len(arguments) == 3:
            holds = self._truth(arguments[0], here, depth)
            return OPEN if holds is OPEN else self._value(arguments[1 if holds else 2], here, depth)
        values = [self._value(argument, here, depth) for argument in arguments]
        if OPEN in values:
            return OPEN
        if name == "not" and len(values) == 1:
            return not to_boolean(values[0])
        if name == "selected" and len(values) == 2:
            return to_string(values[1]) in to_string(values[0]).split()
        if name == "count-selected" and len(values) == 1:
            return float(len(to_string(values[0]).split()))
        if name == "number" and len(values) == 1:
            return to_number(values[0])
        return "".join(map(to_string, values)) if name == "concat" else OPEN


def _compared(symbol: str, left: Any, right: Any) -> Any:
    one, two = to_number(left), to_number(right)
    if symbol in ("=", "!="):
        texts = isinstance(left, str) and isinstance(right, str)
        equal = left == right if texts else one == two
        return equal == (symbol == "=")
    sizes = {">": one > two, "<": one < two, ">=": one >= two, "<=": one <= two}
    return sizes.get(symbol, OPEN)
