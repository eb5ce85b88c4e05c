"""Approved responses -> rows of the exported tables, identifying facts hidden where too few share
them. `Rows` is the only way from answers to a file.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analysis.core.export.anonymity import Key, Verdict, judge
from analysis.core.export.cells import MISSING, Cell, Code
from analysis.core.export.plan import Gate, Item, Plan, Table, Variable, check
from analysis.core.export.routes import Routes

Answers = Mapping[str, str]
Row = list[Cell]
_HIDDEN, _ABSENT = int(Code.HIDDEN), {int(c): w for c, w in MISSING.items()}


@dataclass(frozen=True, slots=True)
class Record:
    """One approved response as it is read: identity, channel, assignment, open answers."""

    instance_id: str
    channel: str
    context: str
    answers: Answers


@dataclass(frozen=True)
class Place:
    """Where a sampled response stands in the design: weight and codes that name no village."""

    weight: float
    stratum: int
    psu: int
    township: str


@dataclass(frozen=True)
class Frame:
    """What all rows share: where the answers are from and, of a drawn sample, each one's place."""

    source: int
    sources: Mapping[int, str]
    channels: Mapping[str, tuple[int, str]]
    drawn: bool = False
    places: Mapping[str, Place] = field(default_factory=dict)  # by assignment code

    @property
    def townships(self) -> dict[str, int]:
        """Name -> code, in the order of the names' townships."""
        return {
            name: k for k, name in enumerate(sorted({p.township for p in self.places.values()}), 1)
        }


class Rows:
    """The gate of record-level exports: what it does not yield is in no file."""

    def __init__(self, plan: Plan, frame: Frame, now: datetime, secret: bytes) -> None:
        check(plan)
        self.plan, self.frame, self.secret = plan, frame, secret
        self.routes = Routes(plan, now)
        self.townships = frame.townships
        main = plan.main.items
        self.ages = [i for i in main if i.age]
        self.gates = [g for g in plan.gates if g.quasi]
        self.others = [i for i in main if i.quasi and not i.age]
        self.verdict = Verdict({})
        self.counts: Counter[Key] = Counter()
        self.steps = {t.name: self._steps(t) for t in plan.tables}
        self.leads = self._lead_variables()
        facts: list[Item | Gate] = [*self.ages, *self.gates, *self.others]
        self.told = [self._tells(fact) for fact in facts]
        if self.townships:
            self.told.append({plan.main.name: [(len(self.leads) - 1, _HIDDEN)]})
        self.spots: dict[tuple[str, frozenset[int]], list[tuple[int, Cell]]] = {}

    # -- first reading: how many share the identifying facts ---------------------------------

    @property
    def reads(self) -> tuple[str, ...]:
        """Paths of the answers that the key of a record is made of."""
        paths = [i.question.path for i in (*self.ages, *self.others)]
        return tuple(dict.fromkeys([*paths, *(p for g in self.gates for p in g.reads)]))

    def key(self, answers: Answers, context: str) -> Key:
        """The identifying facts of one record, in the order in which they are judged."""
        place = self.frame.places.get(context)
        return (
            *(self._cells(i, answers) for i in self.ages),
            *(self.routes.open(g, answers, {}) for g in self.gates),
            *(self._cells(i, answers) for i in self.others),
            *((place.township if place else "",) if self.townships else ()),
        )

    @staticmethod
    def _cells(item: Item, answers: Answers) -> tuple[Cell, ...]:
        raw = answers.get(item.question.path)
        return (item.cells.known.get(raw) or item.cells.fill(raw)) if raw else ()

    def count(self, records: Iterator[tuple[str, Answers]]) -> None:
        """Read all records once, as (context, the answers named by `reads`), and judge them."""
        self.counts = Counter(self.key(answers, context) for context, answers in records)
        self.verdict = judge(self.counts)

    # -- what the files hold -----------------------------------------------------------------

    def variables(self, table: Table) -> list[Variable]:
        """All columns of a table, the identifying and design columns first."""
        own = [v for i in table.items for v in i.variables]
        if table.path:
            order = Variable(f"{table.name}_number", f"{table.label}：第几个", "number")
            return [self.leads[0], order, *own]
        return [*self.leads, *own]

    def main(self, record: Record) -> Row | None:
        """The row of one response; None for a record that stays out."""
        answers = record.answers
        hidden = self.verdict.of(self.key(answers, record.context))
        if hidden is None:
            return None
        row = self._lead(record)
        is_open = self.routes.open
        for path, known, cells, gates in self.steps[self.plan.main.name]:
            raw = answers.get(path)
            if raw:
                row += known.get(raw) or cells.fill(raw)
            elif all([is_open(gate, answers, {}) for gate in gates]):
                row += cells.blank
            else:
                row += cells.not_asked
        for spot, cell in self._hide(self.plan.main, hidden):
            row[spot] = cell
        return row

    def children(self, table: Table, record: Record) -> Iterator[Row]:
        """The rows of one repeat of one response, after the number of its instance."""
        hidden = self.verdict.of(self.key(record.answers, record.context))
        if hidden is None:
            return
        name = self.pseudonym(record)
        for number, child in sorted(_instances(table.path, record.answers).items()):
            place = f"{table.path}[{number}]"
            row: Row = [name, number]
            for path, known, cells, gates in self.steps[table.name]:
                raw = child.get(path)
                if raw:
                    row += known.get(raw) or cells.fill(raw)
                elif all([self.routes.open(g, record.answers, child, place) for g in gates]):
                    row += cells.blank
                else:
                    row += cells.not_asked
            for spot, cell in self._hide(table, hidden):
                row[spot] = cell
            yield row

    def pseudonym(self, record: Record) -> str:
        """The same within one export only: the secret is never kept."""
        return hmac.digest(self.secret, record.instance_id.encode(), "sha256")[:10].hex()

    # -- details -----------------------------------------------------------------------------

    def _steps(self, table: Table) -> list[Any]:
        return [(i.question.path, i.cells.known, i.cells, i.gates) for i in table.items]

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
                Variable("weight", "权数（设计、无应答、校准之后）", "number"),
                Variable("stratum", "层代号（每次导出重新编号）", "number"),
                Variable("psu", "初级抽样单元（村、社区）代号，每次导出重新编号", "number"),
                Variable("township", "乡镇（街道）", "code", named),
            ]
        return found

    def _lead(self, record: Record) -> Row:
        row: Row = [
            self.pseudonym(record),
            self.frame.source,
            self.frame.channels.get(record.channel, (_HIDDEN, ""))[0],
        ]
        if self.frame.drawn:
            place = self.frame.places.get(record.context)
            row += (
                [place.weight, place.stratum, place.psu, self.townships[place.township]]
                if place
                else [_HIDDEN] * 4
            )
        return row

    def _tells(self, fact: Item | Gate) -> dict[str, list[tuple[int, Cell]]]:
        """Per table: the columns that would tell the fact, and what stands there when hidden."""
        found: dict[str, list[tuple[int, Cell]]] = {t.name: [] for t in self.plan.tables}
        for table in self.plan.tables:
            at = 2 if table.path else len(self.leads)
            for item in table.items:
                behind = isinstance(fact, Gate) and any(g.key == fact.key for g in item.gates)
                if item is fact or behind:
                    found[table.name] += list(enumerate(item.cells.hidden, at))
                at += item.cells.width
        return found

    def _hide(self, table: Table, hidden: frozenset[int]) -> list[tuple[int, Cell]]:
        """(column, cell) for everything that the hidden facts take with them."""
        known = self.spots.get((table.name, hidden))
        if known is None:
            known = [pair for at in sorted(hidden) for pair in self.told[at].get(table.name, [])]
            self.spots[table.name, hidden] = known
        return known


def _instances(path: str, answers: Answers) -> dict[int, dict[str, str]]:
    """Position -> answers of that instance by generic path."""
    found: dict[int, dict[str, str]] = {}
    start = re.compile(re.escape(path) + r"\[(\d+)\](/.*)")
    for name, value in answers.items():
        hit = start.fullmatch(name)
        if hit and value:
            found.setdefault(int(hit[1]), {})[path + hit[2]] = value
    return found
