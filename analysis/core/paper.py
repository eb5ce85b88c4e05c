"""A questionnaire as a sheet of paper: numbered questions, boxes to tick, where to go next.

Plain data for `templates/analysis/report/paper.html`. Numbers run through the whole sheet; what
nobody sees on a screen (calculations, system values) is not printed. Pictures stand with their
words; of a recording paper can only say that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from surveys.core import media
from surveys.core.conditions import Words, chain, numbers, parts, source
from surveys.core.definition import Definition, Group, Media, Node, Question, Repeat
from surveys.core.expressions import references
from surveys.core.expressions.parser import Ast
from surveys.core.skips import Skips

_OUTPUT = re.compile("\u2983.*?\u2984")
_GRID_LEAST, _GRID_COLUMNS, _GRID_LETTERS = 3, 8, 40
_ON_SCREEN = frozenset({"image", "audio", "signature", "geopoint"})
_KINDS = {"select_multiple": "可选多项", "rank": "在方框里填 1、2、3……排出先后"}


@dataclass
class Option:
    code: str
    label: str
    jump: str = ""
    picture: str = ""  # an address, here and below


@dataclass
class Asked:
    """One question. ``blank`` names the kind of space to write in, "" when there are options."""

    number: int
    label: str
    hint: str = ""
    guidance: str = ""
    condition: str = ""
    marks: str = ""
    options: list[Option] = field(default_factory=list)
    blank: str = ""
    unit: str = ""
    picture: str = ""
    recorded: bool = False

    @property
    def pictured(self) -> bool:
        """Whether an option has a picture."""
        return any(option.picture for option in self.options)


@dataclass
class Grid:
    """Questions with the same options, one a row."""

    columns: list[str]
    rows: list[Asked]
    condition: str = ""  # of all rows


@dataclass
class Note:
    text: str
    condition: str = ""
    picture: str = ""


@dataclass
class Elsewhere:
    """A question that stands on the contact card."""

    number: int
    condition: str = ""


Block = Asked | Grid | Note | Elsewhere


@dataclass
class Part:
    """A top-level section. A sealed one has sheets of its own, and so has the contact card."""

    title: str
    condition: str = ""
    picture: str = ""
    number: int = 0  # among the titled parts
    sealed: bool = False
    interviewer: bool = False
    repeated: bool = False
    contact: bool = False
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Sheet:
    title: str
    version: str
    questions: int
    parts: list[Part]
    computed: list[tuple[str, str]]
    recorded: bool = False  # some question can be heard on a screen


def sheet(definition: Definition, pictures: Mapping[str, str] | None = None) -> Sheet:
    """The whole questionnaire as paper shows it; ``pictures``: file name -> address."""
    return _Sheet(definition, pictures or {}).made()


class _Sheet:
    def __init__(self, definition: Definition, pictures: Mapping[str, str]) -> None:
        self.definition, self.pictures = definition, pictures
        self.order = [q for q in definition.questions() if q.visible and q.kind != "note"]
        self.numbers = numbers(definition)
        self.words = Words(definition, self._name)
        self.skips = Skips(definition, self.order)

    def _name(self, path: str) -> str | None:
        return f"第 {self.numbers[path]} 题" if path in self.numbers else None

    def made(self) -> Sheet:
        found = list(_merged(self._parts()))
        for number, part in enumerate((p for p in found if p.title), 1):
            part.number = number
        vault = [q for q in self.order if "vault" in q.properties]
        if vault:
            found.append(Part("", contact=True, blocks=list(self._blocks(vault, apart=True))))
        for part in found:
            part.blocks = _in_runs(part.blocks)
        return Sheet(
            self.definition.title, self.definition.version, len(self.order), found,
            list(self._computed()), any("audio" in q.media for q in self.order),
        )  # fmt: skip

    def _parts(self) -> Iterator[Part]:
        for node in self.definition.children:
            if isinstance(node, Group):
                yield Part(
                    self._text(node.label) or "（无标题的部分）",
                    self._condition(node),
                    self._picture(node.media),
                    sealed=node.properties.get("sealed") == "yes",
                    interviewer=node.properties.get("show") == "interviewer",
                    repeated=isinstance(node, Repeat),
                    blocks=list(self._blocks(node.children)),
                )
            elif node.visible:
                yield Part("", interviewer=node.properties.get("show") == "interviewer",
                           blocks=list(self._blocks((node,))))  # fmt: skip

    def _blocks(self, nodes: Sequence[Node], *, apart: bool = False) -> Iterator[Block]:
        """Questions in order; neighbours with the same options share a grid.

        What belongs in the vault stands on the card that is handed in apart from the answers.
        """
        waiting: list[Question] = []
        for node in nodes:
            if waiting and getattr(node, "list_name", "") not in {q.list_name for q in waiting}:
                yield from self._row(waiting)
                waiting = []
            if isinstance(node, Group):
                yield from self._inner(node)
            elif node.kind == "note":
                yield Note(self._text(node.label), self._condition(node), self._picture(node.media))
            elif "vault" in node.properties and not apart:
                yield Elsewhere(self.numbers[node.path], self._condition(node))
            elif node.visible and node.list_name:
                waiting.append(node)
            elif node.visible:
                yield self._asked(node)
        yield from self._row(waiting)

    def _inner(self, group: Group) -> Iterator[Block]:
        """A group inside a part: its heading, then its questions."""
        title = self._text(group.label)
        if isinstance(group, Repeat):
            title += "（每人填一份，不够可复印本页）"
        picture = self._picture(group.media)
        if title or picture:
            yield Note(title, self._condition(group), picture)
        yield from self._blocks(group.children)

    def _row(self, questions: list[Question]) -> Iterator[Block]:
        asked = [self._asked(q) for q in questions]
        if not _fits_grid(questions, asked):
            yield from asked
            return
        conditions = {row.condition for row in asked}
        shared = conditions.pop() if len(conditions) == 1 else ""
        if shared:
            asked = [replace(row, condition="") for row in asked]
        asked = [replace(r, condition=r.condition and for_whom(r.condition)) for r in asked]
        yield Grid([o.label for o in asked[0].options], asked, shared)

    def _asked(self, question: Question) -> Asked:
        options = self._options(question) if question.choices else _scale(question)
        return Asked(
            self.numbers[question.path],
            self._text(question.label) or question.name,
            self._text(question.hint),
            self._text(question.guidance),
            self._condition(question),
            self._marks(question),
            options,
            "" if options else _blank(question),
            _limits(question),
            self._picture(question.media),
            "audio" in question.media,
        )

    def _options(self, question: Question) -> list[Option]:
        jumps = self.skips.jumps(self.numbers[question.path] - 1)
        codes = [c.name for c in question.choices]
        if not all(code.isdigit() for code in codes):
            codes = [str(n) for n in range(1, len(codes) + 1)]
        return [
            Option(code, self._text(choice.label) or choice.name,
                   self._jump(question, jumps, choice.name), self._picture(choice.media))
            for code, choice in zip(codes, question.choices, strict=True)
        ]  # fmt: skip

    def _jump(self, question: Question, jumps: Mapping[str, Question | None], name: str) -> str:
        if name not in jumps:
            return ""
        target, part = jumps[name], chain(self.definition, question.path)[0]
        sealed = part.properties.get("sealed") == "yes"
        if sealed and not (target and target.path.startswith(part.path + "/")):
            return "这一部分到此结束"  # the rest is not in the envelope
        return f"跳至第 {self.numbers[target.path]} 题" if target else "到此结束"

    def _marks(self, question: Question) -> str:
        said, hint = [], self._text(question.hint)
        most = _most(question)
        if most and "最多" not in hint:
            said = [f"最多选 {most} 项"]
        elif question.kind in _KINDS and "多选" not in hint and "最多" not in hint:
            said = [_KINDS[question.kind]]
        if question.choice_filter is not None:
            said.append("只在有关的选项里选")
        return "，".join(said)

    def _condition(self, node: Node) -> str:
        """Who answers, beyond what the heading of the part says already."""
        top, *inner = chain(self.definition, node.path)
        said = _parts_of(top)
        if not inner:
            return self.words.say(top.relevant, top.path) if top.relevant else ""
        found = [(p, n.path) for n in inner for p in _parts_of(n) if p not in said]
        return self.words.all_of(found)

    def _text(self, texts: Mapping[str, str]) -> str:
        return _OUTPUT.sub("＿＿＿", self.words.wording(texts))

    def _picture(self, files: Media) -> str:
        language = self.definition.default_language
        return self.pictures.get(media.chosen(files, "image", language, language), "")

    def _computed(self) -> Iterator[tuple[str, str]]:
        """The calculations that conditions speak of, and what they are made from."""
        for question in self.definition.questions():
            if question.kind == "calculate" and question.calculate and self._spoken_of(question):
                read = references(question.calculate.ast, question.path)
                found = sorted({self.numbers[p] for p in read if p in self.numbers})
                from_where = f"由{ranges(found)}算出" if found else "由系统算出"
                formula = source(question.calculate.ast)
                short = f"：{formula}" if len(formula) <= _GRID_LETTERS * 3 else ""
                yield question.name, from_where + short

    def _spoken_of(self, question: Question) -> bool:
        name = self.words.name(question.path)
        return any(name in self._condition(node) for node in self.definition.nodes())


def _merged(parts_: Iterator[Part]) -> Iterator[Part]:
    """Questions outside any group join the untitled part before them."""
    last: Part | None = None
    for part in parts_:
        if last and not part.title and not last.title and part.interviewer == last.interviewer:
            last.blocks += part.blocks
        else:
            if last:
                yield last
            last = part
    if last:
        yield last


def _fits_grid(questions: list[Question], asked: list[Asked]) -> bool:
    """At least three in a row, few short options; where to go on is said at the next question."""
    if len(questions) < _GRID_LEAST or questions[0].kind != "select_one":
        return False
    if any(q.choice_filter for q in questions) or any(a.picture or a.pictured for a in asked):
        return False
    labels = [option.label for option in asked[0].options]
    return len(labels) <= _GRID_COLUMNS and sum(map(len, labels)) <= _GRID_LETTERS


def _parts_of(node: Node) -> list[Ast]:
    return list(parts(node.relevant.ast, "and")) if node.relevant is not None else []


def _in_runs(blocks: list[Block]) -> list[Block]:
    """Neighbours with the same condition say it once, with the numbers it holds for."""
    found: list[Block] = []
    for (_, condition), group in groupby(blocks, key=lambda b: (type(b) is Elsewhere, b.condition)):
        run = list(group)
        held = [n for block in run for n in _numbers_of(block)]
        if isinstance(run[0], Elsewhere):
            run = [Note(f"{ranges(held)}写在最后的联系卡上。", condition)]
        if condition:
            asked = f"{ranges(held)}：" if len(held) > 1 else ""
            first, *others = run
            run = [replace(first, condition=f"{asked}{for_whom(condition)}")]
            run += [replace(block, condition="") for block in others]
        found += run
    return found


def for_whom(condition: str) -> str:
    gap = " " if condition[-1:].isascii() else ""
    return f"{condition}{gap}的人答"


def _numbers_of(block: Block) -> list[int]:
    if isinstance(block, Grid):
        return [row.number for row in block.rows]
    return [] if isinstance(block, Note) else [block.number]


def _scale(question: Question) -> list[Option]:
    if question.kind == "acknowledge":
        return [Option("", "知道了")]
    if question.kind != "range":
        return []
    limits = question.parameters
    start, end = int(limits.get("start", 0)), int(limits.get("end", 10))
    return [Option("", str(n)) for n in range(start, end + 1, max(int(limits.get("step", 1)), 1))]


def _blank(question: Question) -> str:
    if question.kind in _ON_SCREEN:
        return "device"
    if question.kind == "text":
        return "lines" if {"multiline", "w3"} & set(question.appearance.split()) else "line"
    return {"date": "date", "time": "time"}.get(question.kind, "number")


def _tests(question: Question) -> Iterator[tuple[str, Any, float]]:
    """(sign, what is measured, number) of every limit in the constraint."""
    ast = question.constraint.ast if question.constraint else ["num", 0]
    for part in parts(ast, "and"):
        if part[0] == "op" and part[1] in ("<=", ">=") and part[3][0] == "num":
            yield part[1], part[2], part[3][1]


_SELF = ["path", ".", [[".", []]]]


def _most(question: Question) -> int:
    counted = ["call", "count-selected", [_SELF]]
    found = [n for sign, what, n in _tests(question) if sign == "<=" and what == counted]
    return int(min(found)) if found and question.kind == "select_multiple" else 0


def _limits(question: Question) -> str:
    """``0—24`` for a number with plain limits."""
    if question.kind not in ("integer", "decimal"):
        return ""
    found = {sign: n for sign, what, n in _tests(question) if what == _SELF}
    low, high = found.get(">="), found.get("<=")
    return f"{low:g}—{high:g}" if low is not None and high is not None else ""


def ranges(numbers: list[int]) -> str:
    """``第 1、3—5 题``"""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = (f"{r[0]}—{r[-1]}" if len(r) > 2 else "、".join(map(str, r)) for r in runs)
    return f"第 {'、'.join(said)} 题"
