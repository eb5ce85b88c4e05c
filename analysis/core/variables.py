"""What a questionnaire offers to be tabulated, and the 0/1 columns behind it.

A variable is a question of the main part (single, multiple, ranking, number), one of the four need
axes over all domains, or a fact of the sample (township, age class, special group). Which column is
which comes from the questionnaire's own marks. Sealed answers, contacts, texts and what the system
filled in are not offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.core import crossing, needs, tabulate
from analysis.core.ages import AGES
from analysis.core.cuts import ROLES, Official
from analysis.core.design import Floats
from analysis.core.export.plan import NUMBERS, OPEN
from analysis.core.spec import AREA
from surveys.core.cells import either
from surveys.core.definition import Definition, Node, Question

NEED, AGE, GROUP = "需求（各领域）", "@age", "@group:"
AXES = {"@need": "需要帮助", "@urgency": "需要且紧急", "@hope": "需要且盼妇联帮办",
        "@joint": "需急盼三项均达到"}  # fmt: skip
FACTS, ASKED = "样本与群体", "问卷题目"
TOP = 3
Classes = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Variable:
    """key: ``@...`` for what is derived, else the question's name (``name#top`` its first three).

    kind: single (its classes part those who answered), multiple (each class yes or no), number.
    classes: (value, wording); scores: the options' scores where all have one (a scale).
    open: no answer of class L4 is needed. part: its heading in a list of choices, for a
    question that of its part of the questionnaire.
    background: says who she is, so that women can be told apart by it. gate: see ``name``.
    """

    key: str
    label: str
    kind: str
    classes: Classes
    open: bool
    part: str = ASKED
    scores: tuple[float, ...] = ()
    background: bool = False
    gate: str = ""

    @property
    def splits(self) -> bool:
        """Whether it can stand in the head of a table."""
        return self.kind != "number"

    @property
    def name(self) -> str:
        """What the disclosure gate calls it: what the figures call it, where they have it."""
        return self.gate or self.key

    def attribute(self, value: str) -> tuple[str, str]:
        """The condition "has this value"."""
        if self.key in AXES:
            return crossing.domain(value), either(crossing.REACHED[self.key[1:]])
        if self.key.startswith(GROUP):
            return self.name, {"1": crossing.IN, "0": crossing.OUT}[value]
        return (self.name, value) if self.kind == "single" else (f"{self.name}={value}", "1")

    def answered(self, value: str) -> tuple[str, str]:
        """The condition "gave an answer", in the attribute that this value belongs to."""
        if self.key in AXES:
            return crossing.domain(value), either(crossing.ANSWERED[self.key[1:]])
        if self.kind == "single":
            return self.name, either(self.attribute(known)[1] for known, _ in self.classes)
        return f"{self.name}={value}", "1" if self.kind == "number" else either(("0", "1"))

    @property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """Attributes of a question and all their values, no answer being one."""
        if self.kind == "single":
            return {self.name: (*(value for value, _ in self.classes), crossing.REST)}
        return {f"{self.name}={value}": ("1", "0", crossing.MISSING) for value, _ in self.classes}


def offered(definition: Definition, townships: Mapping[str, str]) -> dict[str, Variable]:
    """Key -> variable, in the order they are shown; ``townships``: code -> name."""
    found = [*_axes(definition), *_facts(definition, townships), *_questions(definition)]
    return {variable.key: variable for variable in found}


def _axes(definition: Definition) -> list[Variable]:
    plan = needs.plan(definition)
    names = [i.column for d in plan.domains for i in (d.need, d.urgency, d.hope) if i]
    classes = tuple((domain.code, domain.label) for domain in plan.domains)
    is_open = _open(definition, names)
    return [
        Variable(axis, words, "multiple", classes, is_open, NEED)
        for axis, words in AXES.items()
        if classes
    ]


def _facts(definition: Definition, townships: Mapping[str, str]) -> list[Variable]:
    birth = needs.role_column(definition, "birth_year")
    ages = tuple((value, label) for value, label, *_ in AGES)
    yes = (("1", "是"), ("0", "不是"))
    return [
        _fact(AREA, "township", "乡镇（街道）", tuple(townships.items()), True),
        *([_fact(AGE, "birth_year", "年龄", ages, _open(definition, [birth]))] if birth else []),
        *(_fact(f"{GROUP}{group.code}", crossing.group(group.code), group.label, yes,
                _open(definition, [c.partition(":")[0] for c in group.columns]))
          for group in needs.plan(definition).groups),
    ]  # fmt: skip


def _fact(key: str, gate: str, label: str, classes: Classes, is_open: bool) -> Variable:
    return Variable(key, label, "single", classes, is_open, FACTS, background=True, gate=gate)


def _questions(definition: Definition) -> list[Variable]:
    sealed = tabulate.sealed_paths(definition)
    inside = {
        q.path for r in definition.nodes() if isinstance(r, tabulate.Repeat)
        for q in tabulate.questions_in(r)
    }  # fmt: skip
    out: list[Variable] = []
    for question, headings in _under_headings(definition):
        own = question.properties
        private = question.path in sealed | inside or "vault" in own or "system" in own
        if private or own.get("consent") or not question.visible:
            continue
        part, *within = headings or ("",)
        out += [replace(v, part=part or ASKED) for v in _of(definition, question, within)]
    return out


def _under_headings(definition: Definition) -> Iterator[tuple[Question, tuple[str, ...]]]:
    """Every question with the headings it stands under, outermost first."""

    def walk(
        nodes: Iterable[Node], above: tuple[str, ...]
    ) -> Iterator[tuple[Question, tuple[str, ...]]]:
        for node in nodes:
            if isinstance(node, Question):
                yield node, above
            else:
                own = needs.wording(node.label, definition.default_language)
                yield from walk(node.children, (*above, own))

    return walk(definition.children, ())


def _of(definition: Definition, question: Question, within: Sequence[str]) -> list[Variable]:
    language, kind = definition.default_language, question.kind
    label = _said_whole(needs.wording(question.label, language) or question.name, within)
    is_open = question.properties.get("class", "") in OPEN
    options = [c for c in question.choices if not c.missing]
    classes = tuple((c.name, needs.wording(c.label, language)) for c in options)
    if kind == "select_one" and len(options) > 1:
        scores = tuple(c.score for c in options if c.score is not None)
        scale = scores if len(scores) == len(options) > 2 else ()
        role = question.properties.get("role", "")
        return [Variable(question.name, label, "single", classes, is_open, scores=scale,
                         background=bool(role), gate=_known_as(question))]  # fmt: skip
    if kind == "select_multiple" and options:
        return [Variable(question.name, label, "multiple", classes, is_open)]
    if kind == "rank" and options:
        return [
            Variable(question.name, f"{label}（排第一）", "single", classes, is_open),
            Variable(
                f"{question.name}#top", f"{label}（排进前{TOP}）", "multiple", classes, is_open
            ),
        ]
    if kind in NUMBERS:
        return [Variable(question.name, label, "number", (("", "平均"),), is_open)]
    return []


def _known_as(question: Question) -> str:
    """What the figures call a question that they cut by or count; "" for all others."""
    role, axis = (question.properties.get(name, "") for name in ("role", "axis"))
    if axis in needs.FIRSTS:
        return crossing.first(axis)
    return role if role in dict(ROLES) else ""


def _said_whole(label: str, within: Sequence[str]) -> str:
    """The wording after that of its block, without which “形式” says nothing."""
    for heading in reversed([one for one in within if one]):
        label = f"{heading}{label}" if heading[-1] in "？：" else f"{heading}：{label}"
    return label


def _open(definition: Definition, names: list[str]) -> bool:
    classes = {q.name: q.properties.get("class", "") for q in definition.questions()}
    return all(classes[name] in OPEN for name in names)


def items(variable: Variable, official: Official) -> Floats:
    """(n, classes) of 1, 0 and NaN (no answer); the values themselves for a number."""
    if variable.key.startswith("@"):
        return _derived(variable, official)
    columns = official.columns
    name, _, top = variable.key.partition("#")
    if variable.kind == "number":
        return columns.numbers[name][:, None]
    if variable.kind == "multiple" and not top:
        return np.stack([columns.numbers[f"{name}:{value}"] for value, _ in variable.classes], 1)
    texts = columns.texts[name]
    listed = {value for value, _ in variable.classes}  # other words take no place
    named = [[word for word in str(text).split() if word in listed] for text in texts]
    if top:
        hits = [[value in some[:TOP] for value, _ in variable.classes] for some in named]
        blank = np.array([not some for some in named])
        return np.where(blank[:, None], np.nan, np.array(hits, dtype=float))
    return _one_of(np.array([some[0] if some else "" for some in named], dtype=object), variable)


def _derived(variable: Variable, official: Official) -> Floats:
    plan, key = needs.plan(official.definition), variable.key
    if key in AXES:
        return needs.indicators(plan, official.columns).axis(key.removeprefix("@"))
    if key == AREA:
        return _one_of(official.columns.keys["township"], variable)
    if key == AGE:
        birth = needs.role_column(official.definition, "birth_year")
        age = official.year - official.columns.numbers[str(birth)]
        bands = [(age >= low) & (age <= high) for *_, low, high in AGES]
        known = np.any(bands, axis=0)
        return np.where(known[:, None], np.stack(bands, axis=1), np.nan)
    member = needs.group_masks(plan, official.columns)[key.removeprefix(GROUP)]
    return np.stack([member, 1 - member], axis=1)


def _one_of(values: np.ndarray, variable: Variable) -> Floats:
    hits = np.stack([values == value for value, _ in variable.classes], axis=1).astype(float)
    return np.where(hits.any(axis=1, keepdims=True), hits, np.nan)
