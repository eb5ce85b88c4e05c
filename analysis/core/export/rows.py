"""Approved responses -> rows of the exported tables, identifying facts hidden where too few share
them. `Rows` is the only way from answers to a file.

A woman's weight is a multiple of the women of her household and tells her village, so it never
leaves: records that show the same facts share one weight, their mean. Where the number of women is
hidden, the mean is of all of that age class of whom it is hidden: a part of them that shows further
facts might be nearly alike. For the same reason neither stratum nor village leave.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from analysis.core.export.anonymity import GONE, Key, Verdict, judge
from analysis.core.export.cells import CACHED, MISSING, Cell, Code
from analysis.core.export.columns import Columns, Known, Route
from analysis.core.export.plan import HOUSEHOLD, Gate, Item, Plan, Table, Variable, check
from analysis.core.export.records import Answers, Draft, Frame, Record, Render, Row, same
from analysis.core.export.routes import Routes

_WEIGHT = 3  # its place among the columns of a drawn sample
_HIDDEN, _ABSENT = int(Code.HIDDEN), {int(c): w for c, w in MISSING.items()}


@dataclass(frozen=True)
class Fact:
    """One identifying fact: what it is found from, and what was found for answers met before."""

    of: Item | Gate
    path: str  # the one answer it is known by, "" when there are several
    find: Callable[[Answers], Hashable]
    known: dict[str | None, Hashable] = field(default_factory=dict)


class Rows:
    """The gate of record-level exports: what it does not yield is in no file."""

    def __init__(
        self, plan: Plan, frame: Frame, now: datetime, secret: bytes, render: Render = same
    ) -> None:
        check(plan)
        self.plan, self.frame, self.secret, self.render = plan, frame, secret, render
        self.repeats = plan.tables[1:]
        self.routes = Routes(plan, now)
        self.townships = frame.townships
        self.facts = self._facts()
        self.ages = [at for at, f in enumerate(self.facts) if isinstance(f.of, Item) and f.of.age]
        self.sizes = [at for at, fact in enumerate(self.facts) if _tells_size(plan, fact.of)]
        self.fact_paths = [f.path for f in self.facts]
        self.fact_known = [f.known for f in self.facts]
        self.verdict = Verdict({})
        self.counts: Counter[Key] = Counter()
        self.shared: dict[Key, Cell] = {}
        self.columns = {t.name: Columns(t, render) for t in plan.tables}
        self.leads = self._lead_variables()
        self.told = [self._tells(fact.of) for fact in self.facts]
        if self.townships:
            self.told.append({plan.main.name: [(len(self.leads) - 1, render(_HIDDEN))]})
        self.tails: dict[tuple[str, str], Row] = {}
        self.spots: dict[tuple[str, frozenset[int]], list[tuple[int, Cell]]] = {}

    # -- first reading: how many share the identifying facts ---------------------------------

    def _facts(self) -> list[Fact]:
        """Age first, then who was asked what because of such a fact, then the others."""
        main = self.plan.main.items
        gates = [g for g in self.plan.gates if g.quasi]
        return [
            *(self._item_fact(i) for i in main if i.age),
            *(self._gate_fact(g) for g in gates),
            *(self._item_fact(i) for i in main if i.quasi and not i.age),
        ]

    @staticmethod
    def _item_fact(item: Item) -> Fact:
        """A choice of several counts as one fact: all its cells."""
        path = item.question.path

        def find(answers: Answers) -> Hashable:
            raw = answers.get(path)
            return tuple(c.recode(raw) for c in item.cells) if raw else ()

        return Fact(item, path, find)

    def _gate_fact(self, gate: Gate) -> Fact:
        path = gate.reads[0] if len(gate.reads) == 1 else ""
        return Fact(gate, path, lambda answers: self.routes.open(gate, answers))

    @property
    def reads(self) -> tuple[str, ...]:
        """Paths of the answers that the key of a record is made of."""
        found: dict[str, None] = {}
        for fact in self.facts:
            of = fact.of
            found.update(dict.fromkeys(of.reads if isinstance(of, Gate) else (of.question.path,)))
        return tuple(found)

    def key(self, answers: Answers, context: str) -> Key:
        """The identifying facts of one record, in the order in which they are judged."""
        found: list[Any] = list(map(dict.get, self.fact_known, map(answers.get, self.fact_paths)))
        if None in found:
            for at, fact in enumerate(self.facts):
                if found[at] is None:
                    found[at] = value = fact.find(answers)
                    if fact.path and len(fact.known) < CACHED:
                        fact.known[answers.get(fact.path)] = value
        if self.townships:
            place = self.frame.places.get(context)
            found.append(place.township if place else "")
        return tuple(found)

    def weight(self, context: str) -> float:
        """For how many women a record stands, 0 where that is not known."""
        place = self.frame.places.get(context)
        return place.weight if place else 0.0

    def judge(self, records: Iterable[tuple[Key, float]]) -> None:
        """Decide from the key and weight of all records what each may show."""
        self.counts = Counter()
        mass: dict[Key, float] = defaultdict(float)
        for key, weight in records:
            self.counts[key] += 1
            mass[key] += weight
        self.verdict = judge(self.counts)
        self.shared = {key: self.render(weight) for key, weight in self._shared(mass)}

    def _shared(self, mass: Mapping[Key, float]) -> Iterator[tuple[Key, Cell]]:
        """Per key that leaves, the weight: the mean of its class.

        All of them are scaled so that they add up to the weights of every approved record, whether
        it is in the file or not. A class of which no record has a weight has none.
        """
        persons: Counter[Key] = Counter()
        weights: dict[Key, float] = defaultdict(float)
        alike = {key: found for key in self.counts if (found := self._alike(key)) is not None}
        for key, found in alike.items():
            persons[found] += self.counts[key]
            weights[found] += mass[key]
        kept = sum(weights.values())
        scale = sum(mass.values()) / kept if kept else 0.0
        for key, found in alike.items():
            weight = scale * weights[found] / persons[found]
            yield key, round(weight, 6) if weight else _HIDDEN

    def _alike(self, key: Key) -> Key | None:
        """What records with one weight have in common; None for what stays out."""
        shown = self.verdict.shown(key)
        if shown is None:
            return None
        if not any(shown[at] is GONE for at in self.sizes):
            return shown
        return (*[shown[at] for at in self.ages], GONE)

    # -- what the files hold -----------------------------------------------------------------

    def variables(self, table: Table) -> list[Variable]:
        """All columns of a table, the identifying and design columns first."""
        own = [v for i in table.items for v in i.variables]
        if table.path:
            order = Variable(f"{table.name}_number", f"{table.label}：第几个", "number")
            return [self.leads[0], order, *own]
        return [*self.leads, *own]

    def draft(self, record: Record) -> Draft:
        """The rows of one response, nothing hidden yet: for `finish` only."""
        answers = record.answers
        lead = self._lead(record)
        row = (*lead, *self._cells(self.plan.main, answers, answers, ""))
        children = tuple(self._children(lead[0], answers)) if self.repeats else ()
        key, weight = self.key(answers, record.context), self.weight(record.context)
        return Draft(key, weight, row, children)

    def _children(self, name: Cell, answers: Answers) -> Iterator[tuple[str, Row]]:
        for table in self.repeats:
            for number, child in sorted(_instances(table.path, answers).items()):
                cells = self._cells(table, child, answers, f"{table.path}[{number}]")
                yield table.name, (name, self.render(number), *cells)

    def finish(self, draft: Draft) -> tuple[Row, tuple[tuple[str, Row], ...]] | None:
        """The row and its repeats as they may leave; None for a response that stays out."""
        hidden = self.verdict.of(draft.key)
        if hidden is None:
            return None
        row = self._weighted(draft)
        if not hidden:
            return row, draft.children
        row = self._hidden(self.plan.main.name, row, hidden)
        return row, tuple((n, self._hidden(n, child, hidden)) for n, child in draft.children)

    def _weighted(self, draft: Draft) -> Row:
        """The row with the weight its class shares; a response nobody drew has no such column."""
        if not self.frame.drawn:
            return draft.row
        return (*draft.row[:_WEIGHT], self.shared[draft.key], *draft.row[_WEIGHT + 1 :])

    def _hidden(self, name: str, row: Row, hidden: frozenset[int]) -> Row:
        changed = list(row)
        for spot, cell in self._hide(name, hidden):
            changed[spot] = cell
        return tuple(changed)

    def _cells(self, table: Table, own: Answers, answers: Answers, place: str) -> Iterator[Cell]:
        """Cells in one sweep, from memory where their answers were met before."""
        columns = self.columns[table.name]
        known = self._known(columns, own, answers, place)
        return map(dict.__getitem__, known, map(own.get, columns.paths))

    def _known(self, columns: Columns, own: Answers, answers: Answers, place: str) -> list[Known]:
        """The memory to look into, found by the answers that the conditions read, if it can be."""
        if place or not columns.simple:
            child = own if place else {}
            return columns.known(
                tuple([self._asked(route, answers, child, place) for route in columns.routes])
            )
        key = tuple(map(answers.get, columns.reads))
        found = columns.by_answers.get(key)
        if found is None:
            found = columns.known(
                tuple([self._asked(route, answers, {}, "") for route in columns.routes])
            )
            if len(columns.by_answers) < CACHED:
                columns.by_answers[key] = found
        return found

    def _asked(self, route: Route, answers: Answers, child: Answers, place: str) -> bool:
        """Whether all conditions of a route hold, from memory where it reads single answers."""
        if child or not route.simple:
            return all([self.routes.open(g, answers, child, place) for g in route.gates])
        key = tuple(map(answers.get, route.reads))
        found = route.known.get(key)
        if found is None:
            found = all([self.routes.open(gate, answers) for gate in route.gates])
            if len(route.known) < CACHED:
                route.known[key] = found
        return found

    def pseudonym(self, record: Record) -> str:
        """The same within one export only: the secret is never kept."""
        name = record.instance_id.encode()
        return blake2b(name, key=self.secret, digest_size=10).hexdigest()

    # -- details -----------------------------------------------------------------------------

    def _lead_variables(self) -> list[Variable]:
        frame = self.frame
        modes = {code: word for code, word in frame.channels.values()}
        found = [
            Variable("response_id", "答卷代号（仅在本次导出内有效）", "text"),
            Variable("sample_source", "样本来源", "code", frame.sources),
            Variable("mode", "填答方式", "code", modes),
        ]
        if frame.drawn:
            named = {code: name for name, code in self.townships.items()} | _ABSENT
            found += [
                Variable("weight", "权数（识别信息相同的答卷取平均）", "number"),
                Variable("township", "乡镇（街道）", "code", named),
            ]
        return found

    def _lead(self, record: Record) -> Row:
        where = (record.channel, record.context if self.frame.drawn else "")
        tail = self.tails.get(where)
        if tail is None:
            tail = tuple(map(self.render, self._design(*where)))
            if len(self.tails) < CACHED:
                self.tails[where] = tail
        return (self.pseudonym(record), *tail)

    def _design(self, channel: str, context: str) -> Row:
        """Source, mode and, of a drawn sample, room for the weight, and the township."""
        frame = self.frame
        row = (frame.source, frame.channels.get(channel, (_HIDDEN, ""))[0])
        if not frame.drawn:
            return row
        place = frame.places.get(context)
        if place is None:
            return (*row, _HIDDEN, _HIDDEN)
        return (*row, _HIDDEN, self.townships[place.township])

    def _tells(self, fact: Item | Gate) -> dict[str, list[tuple[int, Cell]]]:
        """Per table: the columns that would tell the fact, and what stands there when hidden."""
        found: dict[str, list[tuple[int, Cell]]] = {t.name: [] for t in self.plan.tables}
        for table in self.plan.tables:
            at = 2 if table.path else len(self.leads)
            for item in table.items:
                behind = isinstance(fact, Gate) and fact.key in {g.key for g in item.behind}
                if item is fact or behind:
                    hidden = (self.render(c.hidden) for c in item.cells)
                    found[table.name] += list(enumerate(hidden, at))
                at += len(item.cells)
        return found

    def _hide(self, name: str, hidden: frozenset[int]) -> list[tuple[int, Cell]]:
        """(column, cell) of a table for everything that the hidden facts take with them."""
        known = self.spots.get((name, hidden))
        if known is None:
            known = [pair for at in sorted(hidden) for pair in self.told[at].get(name, [])]
            self.spots[name, hidden] = known
        return known


def _tells_size(plan: Plan, fact: Item | Gate) -> bool:
    """Whether a fact is, or reads, the number of women of the household."""
    paths = fact.reads if isinstance(fact, Gate) else (fact.question.path,)
    own = {q.path: q.properties for q in plan.definition.questions() if q.path in paths}
    return any(HOUSEHOLD in (p.get("role"), p.get("system")) for p in own.values())


def _instances(path: str, answers: Answers) -> dict[int, dict[str, str]]:
    """Position -> answers of that instance by generic path, where anything was answered."""
    found: dict[int, dict[str, str]] = {}
    start = re.compile(re.escape(path) + r"\[(\d+)\](/.*)")
    for name, value in answers.items():
        hit = start.fullmatch(name)
        if hit:
            found.setdefault(int(hit[1]), {})[path + hit[2]] = value
    return {number: child for number, child in found.items() if any(child.values())}
