"""Conditions in words: an expression's AST as a Chinese sentence with the labels of the answers.

What has no plain wording is shown as the author wrote it, never guessed. `Words.name` says how a
question is called (by its label here, by its number on paper).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .definition import Definition, Expression, Group, Question
from .expressions.parser import Ast, references
from .expressions.values import number_text
from .paths import absolute

_SIZES = {">": "大于", "<": "小于", ">=": "不小于", "<=": "不大于"}
_MIRROR = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_NOT_CHOSEN = "没有选"
_OPPOSITE = {"=": "!=", "!=": "="}
_ARITHMETIC = {"+": "加", "-": "减", "*": "乘", "div": "除以"}
_OF_ONE = {
    "count-selected": "{}选中的项数",
    "string-length": "{}的字数",
    "count": "{}的个数",
    "sum": "{}之和",
    "number": "{}",
    "string": "{}",
    "int": "{}的整数部分",
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


def first_text(texts: object, fallback: str = "") -> str:
    """The wording of a text in its first language."""
    return next((t for t in dict(texts).values() if t), fallback)  # type: ignore[call-overload]


class Words:
    """Says conditions of one definition. ``name(path)`` overrides how a question is called."""

    def __init__(
        self, definition: Definition, name: Callable[[str], str | None] = lambda path: None
    ) -> None:
        self.nodes = {node.path: node for node in definition.nodes()}
        self.language = definition.default_language
        self.named = name

    def say(self, expression: Expression, context: str) -> str:
        return self._say(expression.ast, context)

    def all_of(self, found: list[tuple[Ast, str]]) -> str:
        """A conjunction gathered from several places: (member, the path it stands at)."""
        inside = "and" if len(found) > 1 else ""
        return "，并且".join(dict.fromkeys(self._say(ast, here, inside) for ast, here in found))

    def wording(self, texts: object, fallback: str = "") -> str:
        found = dict(texts)  # type: ignore[call-overload]
        return found.get(self.language) or first_text(texts, fallback)

    def name(self, path: str) -> str:
        """What a question is called in a sentence."""
        given = self.named(path)
        if given is not None:
            return given
        node = self.nodes.get(path)
        if node is None:
            return f"“{path.rpartition('/')[2]}”"
        label = self.wording(node.label)
        if label:
            return f"“{label}”"
        kind = "计算值" if isinstance(node, Question) else "部分"
        return f"{kind}“{node.name}”"

    def _reference(self, path: str) -> str:
        """A question by its name, a simple calculation by what is calculated."""
        node = self.nodes.get(path)
        formula = node.calculate if isinstance(node, Question) else None
        if formula is not None and _plain(formula.ast):
            return f"（{self._say(formula.ast, path)}）"
        return self.name(path)

    # -- one node of the tree ----------------------------------------------------------------

    def _say(self, ast: Ast, here: str, inside: str = "") -> str:
        kind = ast[0]
        if kind == "num":
            return number_text(ast[1])
        if kind == "str":
            return f"“{ast[1]}”" if ast[1] else "空"
        if kind == "neg":
            return f"负的{self._say(ast[1], here, 'neg')}"
        if kind == "path":
            path = path_of(ast, here)
            if path is None:
                return source(ast)
            return "这个回答" if path == here else self._reference(path)
        return (self._operator if kind == "op" else self._call)(ast, here, inside)

    def _operator(self, ast: Ast, here: str, inside: str) -> str:
        symbol, left, right = ast[1:]
        if symbol in ("and", "or"):
            joint = "，并且" if symbol == "and" else "，或者"
            members = self._members(ast, here)
            said = joint.join(self._say(member, here, symbol) for member in members)
            wrapped = inside and inside != symbol and len(members) > 1
            return f"（{said}）" if wrapped else said
        if symbol in ("=", "!="):
            return self._equality(ast, here, inside)
        if symbol in _SIZES:
            return self._size(symbol, left, right, here)
        if symbol in _ARITHMETIC:
            said = f"{self._say(left, here, symbol)}{_ARITHMETIC[symbol]}"
            said += self._say(right, here, symbol)
            return f"（{said}）" if inside else said
        return source(ast)

    def _members(self, ast: Ast, here: str) -> list[Ast]:
        """The parts of an and/or chain that say something of their own."""
        members = list(parts(ast, ast[1]))
        if ast[1] == "or":
            return members
        return [m for m in members if not self._implied(m, members, here)]

    def _implied(self, part: Ast, others: list[Ast], here: str) -> bool:
        """``x != ''`` beside a limit on x says nothing more: a blank is within no limits."""
        path = path_of(part[2], here) if part[:2] == ["op", "!="] else None
        if path is None or part[3] != ["str", ""]:
            return False
        limits = [o for o in others if o[0] == "op" and o[1] in _SIZES]
        read = {p for limit in limits for p in references(limit, here)}
        computed = [self.nodes[p] for p in read if p in self.nodes]
        for node in computed:
            if isinstance(node, Question) and node.calculate and _plain(node.calculate.ast):
                read |= set(references(node.calculate.ast, node.path))
        return path in read

    def _equality(self, ast: Ast, here: str, inside: str) -> str:
        symbol, left, right = ast[1:]
        if left[0] in ("num", "str") and right[0] not in ("num", "str"):
            left, right = right, left
        path, value = path_of(left, here), _literal(right)
        if path is not None and value is not None:
            computed = self._computed(path, value, symbol == "=", inside)
            return computed or self._answered(symbol, path, value, here)
        word = "等于" if symbol == "=" else "不等于"
        return f"{self._say(left, here, symbol)}{word}{self._say(right, here, symbol)}"

    def _answered(self, symbol: str, path: str, value: str, here: str) -> str:
        node, equal = self.nodes.get(path), symbol == "="
        name = "这个回答" if path == here else self.name(path)
        if value == "":
            return f"{name}{'没有回答' if equal else '已回答'}"
        if isinstance(node, Question) and node.choices:
            return f"{name}{'选' if equal else '没有选'}{self._either(node, [value])}"
        return f"{name}{'等于' if equal else '不等于'} {value}"

    def _computed(self, path: str, value: str, equal: bool, inside: str) -> str:
        """A calculation ``if(condition, a, b)`` compared with a or b is that condition."""
        node = self.nodes.get(path)
        formula = node.calculate if isinstance(node, Question) else None
        if formula is None or formula.ast[:2] != ["call", "if"] or len(formula.ast[2]) != 3:
            return ""
        condition, *outcomes = formula.ast[2]
        values = [_literal(outcome) for outcome in outcomes]
        if None in values or values[0] == values[1] or value not in values:
            return ""
        holds = (value == values[0]) == equal
        return (self._say if holds else self._denied)(condition, path, inside)

    def _size(self, symbol: str, left: Ast, right: Ast, here: str) -> str:
        if left[0] == "num":
            symbol, left, right = _MIRROR[symbol], right, left
        node = self.nodes.get(path_of(left, here) or "")
        if isinstance(node, Question) and node.choices and right[0] == "num":
            fitting = [c.name for c in node.choices if _fits(c.name, symbol, right[1])]
            if fitting:
                return f"{self.name(node.path)}选{self._either(node, fitting)}"
        return f"{self._say(left, here, symbol)}{_SIZES[symbol]} {self._say(right, here, symbol)}"

    def _call(self, ast: Ast, here: str, inside: str) -> str:
        name, arguments = ast[1], ast[2]
        if name in ("true", "false"):
            return "总是" if name == "true" else "从不"
        if name == "not" and len(arguments) == 1:
            return self._denied(arguments[0], here, inside)
        if name == "selected" and len(arguments) == 2:
            return self._selected(arguments, here, "选了")
        if name == "regex" and len(arguments) == 2:
            pattern = _literal(arguments[1]) or source(arguments[1])
            return f"{self._say(arguments[0], here)}符合格式 {pattern}"
        if name == "if" and len(arguments) == 3:
            said = [self._say(a, here, "if") for a in arguments]
            return f"（若{said[0]}，则{said[1]}，否则{said[2]}）"
        if name == "count-selected" and len(arguments) == 1:
            tally = self._tally(path_of(arguments[0], here))
            if tally:
                return tally
        if name in _OF_ONE and len(arguments) == 1:
            return _OF_ONE[name].format(self._say(arguments[0], here, name))
        if name in ("today", "now"):
            return "填答当天" if name == "today" else "填答时刻"
        if _is_year(ast):
            return "填答年份"
        return source(ast)

    def _tally(self, path: str | None) -> str:
        """How many of several questions got the same kind of answer.

        That is what ``concat(if(a, 'x ', ''), if(b, 'y ', ''), ...)`` collects for counting.
        """
        node = self.nodes.get(path or "")
        formula = node.calculate if isinstance(node, Question) else None
        if node is None or formula is None or formula.ast[:2] != ["call", "concat"]:
            return ""
        said = []
        for part in formula.ast[2]:
            read = list(references(part, node.path)) if part[:2] == ["call", "if"] else []
            if len(read) != 1:
                return ""
            name = self.name(read[0])
            said.append((name, self._say(part[2][0], node.path).removeprefix(name)))
        names = [name for name, _ in said]
        if len({rest for _, rest in said}) != 1:
            return ""
        span = f"{names[0]}至{names[-1]}" if len(names) > 3 else "、".join(names)
        return f"{span}里{said[0][1]}的题数"

    def _selected(self, arguments: list[Ast], here: str, verb: str) -> str:
        """``selected(question, 'x')``, or a list of values that the answer must be among."""
        path, value = path_of(arguments[0], here), _literal(arguments[1])
        values = [] if value is None else [value]
        if path is None and arguments[0][0] == "str":
            path, values = path_of(arguments[1], here), arguments[0][1].split()
        if path is None or not values:
            return source(["call", "selected", arguments])
        node = self.nodes.get(path)
        name = "这个回答" if path == here else self.name(path)
        if not isinstance(node, Question):
            return f"{name}{verb}“{'、'.join(values)}”"
        if verb != _NOT_CHOSEN:
            return f"{name}{verb}{self._either(node, values)}"
        return name + "，也".join(f"{verb}{self._either(node, [one])}" for one in values)

    def _denied(self, ast: Ast, here: str, inside: str = "") -> str:
        if ast[:2] == ["call", "selected"] and len(ast[2]) == 2:
            return self._selected(ast[2], here, _NOT_CHOSEN)
        if ast[:2] == ["call", "not"] and len(ast[2]) == 1:
            return self._say(ast[2][0], here, inside)
        if ast[0] == "op" and ast[1] in ("and", "or"):
            joint = "，或者" if ast[1] == "and" else "，并且"
            members = self._members(ast, here)
            said = joint.join(self._denied(member, here, "not") for member in members)
            return f"（{said}）" if inside and len(members) > 1 else said
        if ast[0] == "op" and ast[1] in ("=", "!="):
            return self._operator(["op", _OPPOSITE[ast[1]], *ast[2:]], here, inside)
        return f"并非（{self._say(ast, here)}）"

    def option(self, question: Question, value: str) -> str:
        """The label of one of its options."""
        label = next((self.wording(c.label) for c in question.choices if c.name == value), "")
        return label or value

    def _either(self, question: Question, values: list[str]) -> str:
        said = "、".join(f"“{self.option(question, value)}”" for value in values)
        return f"{said}之一" if len(values) > 1 else said


def numbers(definition: Definition) -> dict[str, int]:
    """Path -> number of all that is asked, as screens and paper count it; notes have none."""
    asked = (q for q in definition.questions() if q.visible and q.kind != "note")
    return {question.path: number for number, question in enumerate(asked, 1)}


def parts(ast: Ast, symbol: str) -> Iterator[Ast]:
    """The members of a chain of one operator, from left to right."""
    if ast[0] == "op" and ast[1] == symbol:
        yield from parts(ast[2], symbol)
        yield from parts(ast[3], symbol)
    else:
        yield ast


def path_of(ast: Ast, here: str) -> str | None:
    """The path a plain reference means; None for anything else."""
    if ast[0] != "path" or ast[1] not in ("/", ".") or any(p for _, p in ast[2]):
        return None
    steps = "/".join(name for name, _ in ast[2])
    return absolute(f"/{steps}" if ast[1] == "/" else steps, here)


def _is_year(ast: Ast) -> bool:
    return ast == ["call", "format-date", [["call", "today", []], ["str", "%Y"]]]


def _plain(ast: Ast) -> bool:
    """Arithmetic over answers that reads as a phrase."""
    if ast[0] == "op":
        return ast[1] in _ARITHMETIC and _plain(ast[2]) and _plain(ast[3])
    if ast[:2] == ["call", "number"]:
        return _plain(ast[2][0])
    return ast[0] in ("num", "path") or _is_year(ast)


def _literal(ast: Ast) -> str | None:
    if ast[0] == "num":
        return number_text(ast[1])
    return ast[1] if ast[0] == "str" else None


def _fits(name: str, symbol: str, limit: float) -> bool:
    try:
        return _COMPARE[symbol](float(name), limit)
    except ValueError:
        return False


def source(ast: Ast) -> str:
    """The expression as an author would write it, with the names of questions only."""
    kind = ast[0]
    if kind == "num":
        return number_text(ast[1])
    if kind == "str":
        return f"'{ast[1]}'"
    if kind == "neg":
        return f"-{source(ast[1])}"
    if kind == "op":
        return f"{source(ast[2])} {ast[1]} {source(ast[3])}"
    if kind == "call":
        return f"{ast[1]}({', '.join(source(a) for a in ast[2])})"
    return _path_source(ast)


def _path_source(ast: Ast) -> str:
    base, steps = ast[1], ast[2]
    said = [name + "".join(f"[{source(p)}]" for p in predicates) for name, predicates in steps]
    if isinstance(base, list):
        return "/".join([source(base), *said])
    if base == "/" or said[-1] not in (".", ".."):
        return f"${{{said[-1]}}}"
    return "/".join(said)


def chain(definition: Definition, path: str) -> list[Group | Question]:
    """The groups around a question and the question, outermost first."""
    steps = path.split("/")
    wanted = {"/".join(steps[: i + 1]) for i in range(1, len(steps))}
    return [node for node in definition.nodes() if node.path in wanted]
