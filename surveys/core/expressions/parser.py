"""Parser: XForms/XPath 1.0 expression text -> AST of plain lists, ready for JSON.

Nodes: ``["num", n]  ["str", s]  ["call", name, [args]]  ["op", symbol, left, right]  ["neg", x]``
``["path", base, [[name, [predicates]], ...]]`` with base "/" (absolute), "." (context) or a node.
Nodes are only ever added to the format, never redefined; FORMAT travels with every form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

FORMAT = 1
Ast = list[Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<num>\d+(?:\.\d*)?|\.\d+)|(?P<str>\"[^\"]*\"|'[^']*')"
    r"|(?P<sym>\.\.|//|::|!=|<=|>=|[()\[\],/.@|+\-*=<>])"
    r"|(?P<name>[^\W\d](?:[\w.\-]*[\w\-])?(?::[^\W\d](?:[\w.\-]*[\w\-])?)?))"
)
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
_WORDS = frozenset({"or", "and", "div", "mod"})
MAX_DEPTH = 60
MAX_LENGTH = 20_000


class SyntaxProblem(ValueError):
    """The text is not an expression; `at` is the character position."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(f"{reason} @{at}")
        self.reason, self.at = reason, at


def parse(source: str) -> Ast:
    """The AST of one expression. SyntaxProblem when it is not one."""
    if len(source) > MAX_LENGTH:
        raise SyntaxProblem("too_long", MAX_LENGTH)
    parser = _Parser(list(_tokens(source)), len(source))
    ast = parser.binary(0)
    parser.expect_end()
    return ast


def _tokens(source: str) -> Iterator[tuple[str, str, int]]:
    at, end = 0, len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if not found:
            raise SyntaxProblem("unexpected_character", at)
        kind = str(found.lastgroup)
        yield kind, found.group(kind), found.start(kind)
        at = found.end()


class _Parser:
    def __init__(self, tokens: list[tuple[str, str, int]], length: int) -> None:
        self.tokens, self.index, self.length, self.depth = tokens, 0, length, 0

    def peek(self, offset: int = 0) -> tuple[str, str]:
        position = self.index + offset
        return self.tokens[position][:2] if position < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.index += 1
        return token

    def fail(self, reason: str) -> SyntaxProblem:
        inside = self.index < len(self.tokens)
        return SyntaxProblem(reason, self.tokens[self.index][2] if inside else self.length)

    def expect(self, text: str) -> None:
        if self.peek()[1] != text or self.peek()[0] == "str":
            raise self.fail(f"expected_{text}")
        self.take()

    def expect_end(self) -> None:
        if self.peek()[0] != "end":
            raise self.fail("unexpected_text")

    def binary(self, level: int) -> Ast:
        if level == len(_LEVELS):
            return self.unary()
        self.depth += 1
        if self.depth > MAX_DEPTH * len(_LEVELS):
            raise self.fail("too_deep")
        left = self.binary(level + 1)
        while self.is_operator(_LEVELS[level]):
            left = ["op", self.take()[1], left, self.binary(level + 1)]
        self.depth -= 1
        return left

    def is_operator(self, symbols: tuple[str, ...]) -> bool:
        kind, text = self.peek()
        return text in symbols and (kind == "sym" or (kind == "name" and text in _WORDS))

    def unary(self) -> Ast:
        if self.peek() == ("sym", "-"):
            self.take()
            return ["neg", self.unary()]
        return self.union()

    def union(self) -> Ast:
        left = self.path()
        while self.peek() == ("sym", "|"):
            self.take()
            left = ["op", "|", left, self.path()]
        return left

    def path(self) -> Ast:
        kind, text = self.peek()
        if kind == "num":
            return ["num", float(self.take()[1])]
        if kind == "str":
            return ["str", self.take()[1][1:-1]]
        if (kind, text) == ("sym", "("):
            self.take()
            inner = self.binary(0)
            self.expect(")")
            return self.steps_after(inner)
        if kind == "name" and self.peek(1) == ("sym", "("):
            return self.steps_after(self.call())
        if (kind, text) in (("sym", "/"), ("sym", "//")):
            if text == "//":
                raise self.fail("double_slash")
            self.take()
            return ["path", "/", self.steps()]
        return ["path", ".", self.steps()]

    def call(self) -> Ast:
        name = self.take()[1]
        self.take()
        arguments = []
        while self.peek() != ("sym", ")"):
            arguments.append(self.binary(0))
            if self.peek() != ("sym", ")"):
                self.expect(",")
        self.take()
        return ["call", name, arguments]

    def steps_after(self, base: Ast) -> Ast:
        if self.peek() == ("sym", "["):
            return ["path", base, [[".", self.predicates()], *self.more_steps()]]
        more = self.more_steps()
        return ["path", base, more] if more else base

    def more_steps(self) -> list[Ast]:
        if self.peek() != ("sym", "/"):
            return []
        self.take()
        return self.steps()

    def steps(self) -> list[Ast]:
        steps = [self.step()]
        while self.peek() == ("sym", "/"):
            self.take()
            steps.append(self.step())
        return steps

    def step(self) -> Ast:
        kind, text = self.take()
        if (kind, text) == ("sym", "@"):
            text = "@" + self.take()[1]
        elif kind != "name" and text not in (".", "..", "*"):
            self.index -= 1
            raise self.fail("expected_value")
        return [text, self.predicates()]

    def predicates(self) -> list[Ast]:
        found = []
        while self.peek() == ("sym", "["):
            self.take()
            found.append(self.binary(0))
            self.expect("]")
        return found


def references(ast: Ast, context: str) -> Iterator[str]:
    """Absolute instance paths (no positions) the expression reads, seen from the node `context`."""
    kind = ast[0]
    if kind == "path":
        yield from _path_references(ast, context)
    elif kind == "call":
        for argument in ast[2]:
            yield from references(argument, context)
    elif kind in ("op", "neg"):
        for operand in ast[1:]:
            if isinstance(operand, list):
                yield from references(operand, context)


def _path_references(ast: Ast, context: str) -> Iterator[str]:
    base, steps = ast[1], ast[2]
    here: str | None = "" if base == "/" else context
    if isinstance(base, list):
        yield from references(base, context)
        here = context if base[:2] == ["call", "current"] else None
    for name, predicates in steps:
        here = _descend(here, name)
        for predicate in predicates:
            yield from references(predicate, here if here is not None else "\0")
    if here is not None and "\0" not in here:
        yield here


def _descend(here: str | None, name: str) -> str | None:
    if here is None or name == ".":
        return here
    return here.rpartition("/")[0] if name == ".." else f"{here}/{name}"
