"""Filed answers -> `Columns`: one row per response, one 0/1 column per option, kinds of missing.

Relevance is computed again with the version's own logic, since "not asked" and "left blank" are
different facts. Sealed answers never come here: their columns say SEALED.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from analysis.core.columns import Columns, Missing
from surveys.core.definition import SELECTS, Definition, Group, Question, Repeat
from surveys.core.interview import Interview
from surveys.core.tree import Branch

_KINDS = {
    "dont_know": Missing.DONT_KNOW,
    "refused": Missing.REFUSED,
    "not_applicable": Missing.NOT_APPLICABLE,
}
_NUMBERS = frozenset({"integer", "decimal", "range"})
_CALCULATED = frozenset({"calculate", "hidden"})  # a number or a text


@dataclass(frozen=True, slots=True)
class Filed:
    """One response: its answers by path, and the facts that identify row and design."""

    answers: Mapping[str, str]
    keys: Mapping[str, object] = field(default_factory=dict)


@dataclass
class _Table:
    """Columns being filled for questions of one level (the form, or one repeat)."""

    questions: list[Question]
    sealed: frozenset[str]
    rows: list[tuple[list[float], list[str], list[int]]] = field(default_factory=list)

    def add(self, leaves: Mapping[str, Branch]) -> None:
        cells = [self._cell(q, leaves.get(q.path)) for q in self.questions]
        numbers, texts, kinds = zip(*cells, strict=True) if cells else ((), (), ())
        self.rows.append((list(numbers), list(texts), list(kinds)))

    def _cell(self, question: Question, leaf: Branch | None) -> tuple[float, str, int]:
        if question.path in self.sealed:
            return np.nan, "", Missing.SEALED
        if leaf is None or not leaf.relevant:
            return np.nan, "", Missing.NOT_ASKED
        return cell(question, leaf.value)

    def columns(self, keys: Mapping[str, np.ndarray]) -> Columns:
        count = len(self.rows)
        numbers: dict[str, np.ndarray] = {}
        missing: dict[str, np.ndarray] = {}
        texts: dict[str, np.ndarray] = {}
        for index, question in enumerate(self.questions):
            name = question.name
            numbers[name] = np.array([row[0][index] for row in self.rows], dtype=float)
            texts[name] = np.array([row[1][index] for row in self.rows], dtype=object)
            missing[name] = np.array([row[2][index] for row in self.rows], dtype=np.int8)
            if question.kind in SELECTS:
                numbers.update(_options(question, texts[name], missing[name]))
        return Columns(count, numbers, missing, texts, dict(keys))


def cell(question: Question, value: str) -> tuple[float, str, int]:
    """(number, text, kind of missing) of what was answered to a question that was asked."""
    if not value:
        return np.nan, "", Missing.BLANK
    if question.kind in SELECTS:
        chosen = value.split()
        by_name = {c.name: c for c in question.choices}
        kinds = [by_name[n].missing for n in chosen if n in by_name and by_name[n].missing]
        if kinds:
            return np.nan, "", _KINDS.get(kinds[0], Missing.BLANK)
        score = by_name[chosen[0]].score if chosen[0] in by_name else None
        return (np.nan if score is None else score), value, Missing.PRESENT
    found = number(value) if question.kind in _NUMBERS | _CALCULATED else None
    if found is None and question.kind not in _NUMBERS:
        return np.nan, value, Missing.PRESENT
    if found is None or not math.isfinite(found):
        return np.nan, "", Missing.UNREADABLE
    return found, value, Missing.PRESENT


def number(value: str) -> float | None:
    """None for a text that is no number; Python alone would overlook underscores among digits."""
    try:
        return None if "_" in value else float(value)
    except ValueError:
        return None


def _options(
    question: Question, texts: np.ndarray, missing: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """0/1 per option, NaN where there is no substantive answer."""
    chosen = [set(str(text).split()) for text in texts]
    present = missing == Missing.PRESENT
    for choice in question.choices:
        if not choice.missing:
            hits = np.array([choice.name in names for names in chosen], dtype=float)
            yield f"{question.name}:{choice.name}", np.where(present, hits, np.nan)


def tabulate(definition: Definition, rows: Sequence[Filed], *, now: datetime) -> Columns:
    """Columns of all rows; repeats become child tables with ``parent_row`` and ``psu``."""
    repeats = [n for n in definition.nodes() if isinstance(n, Repeat)]
    inside = {q.path: r for r in repeats for q in questions_in(r)}
    sealed = sealed_paths(definition)
    main = _Table([q for q in definition.questions() if q.path not in inside], sealed)
    children = {r.path: _Table(list(questions_in(r)), sealed) for r in repeats}
    parents: dict[str, list[int]] = {r.path: [] for r in repeats}
    for index, row in enumerate(rows):
        interview = Interview(definition, row.answers, now=now)
        main.add({p: nodes[0] for p, nodes in interview.by_generic.items() if p not in inside})
        for path, table in children.items():
            for node in interview.by_generic.get(path, []):
                if node.relevant and any(leaf.value for leaf in node.leaves()):
                    table.add({leaf.generic: leaf for leaf in node.leaves()})
                    parents[path].append(index)
    found = main.columns(_keys(rows))
    tables = {path: _child(children[path], parents[path], found.keys) for path in children}
    named = {path.rsplit("/", 1)[-1]: table for path, table in tables.items()}
    return Columns(found.n, found.numbers, found.missing, found.texts, found.keys, named)


def sealed_paths(definition: Definition) -> frozenset[str]:
    return frozenset(
        q.path
        for section in definition.with_property("sealed", "yes")
        if isinstance(section, Group)
        for q in questions_in(section)
    )


def questions_in(group: Group) -> Iterator[Question]:
    """Every question of a group, those of its inner groups included."""
    for child in group.children:
        if isinstance(child, Question):
            yield child
        else:
            yield from questions_in(child)


def _keys(rows: Sequence[Filed]) -> dict[str, np.ndarray]:
    names = sorted({name for row in rows for name in row.keys})
    return {name: np.array([row.keys.get(name) for row in rows], dtype=object) for name in names}


def _child(table: _Table, parents: list[int], keys: Mapping[str, np.ndarray]) -> Columns:
    index = np.array(parents, dtype=int)
    own: dict[str, np.ndarray] = {"parent_row": index.astype(object)}
    if "psu" in keys:
        own["psu"] = keys["psu"][index]
    return table.columns(own)
