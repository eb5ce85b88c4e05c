"""Release of tables: which counts may leave, given everything that left before.

A cell is a set of conditions (attribute = value) on the persons known at one time; a later time
holds the earlier persons too. All cells ever shown are equations over the crossing of all
attributes; whoever wants to know a small number solves them. The gate does the same first: it asks
how large every small number could still be, and hides further cells until none can be told from a
number that may be shown. Means and percentages are released as the counts they rest on: the persons
with an answer, and those among them who have the attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from surveys.core.disclosure import FLOOR

Key = frozenset[tuple[str, str]]
Values = Mapping[str, tuple[str, ...]]
# more crossings than this are not solved: attributes that the new table does not name are left out
LARGEST = 6_000


@dataclass(frozen=True, order=True)
class Cell:
    """Persons known at time ``at`` who meet all conditions."""

    at: int
    conditions: Key

    def holds(self, other: Cell) -> bool:
        """Whether everybody in the other cell is in this one."""
        return self.at >= other.at and self.conditions <= other.conditions


@dataclass
class Ledger:
    """Everything decided so far: what is shown and what is hidden.

    values: every attribute with all its values, a missing answer being one of them: everybody knows
    that they part the whole. ``counts`` holds hidden numbers too, so it never leaves.
    """

    values: Values
    counts: dict[Cell, int] = field(default_factory=dict)
    hidden: set[Cell] = field(default_factory=set)


def release(
    at: int, table: Mapping[Key, int], ledger: Ledger, *, threshold: int = FLOOR
) -> dict[Key, int | None]:
    """The table as it may be shown (None = hidden), noted in the ledger.

    table: every cell with its margins; ``frozenset()`` is the total. A cell hidden before stays
    hidden, one shown before stays shown. Zeros are never hidden, so when nothing else is left to
    hide, the whole table stays inside and the ledger does not know it. KeyError for an attribute
    that was not declared.
    """
    limit = max(threshold, FLOOR)
    new = {Cell(at, key): n for key, n in table.items()}
    before = set(ledger.counts) - ledger.hidden
    gone = {c for c, n in new.items() if c in ledger.hidden or (0 < n < limit and c not in before)}
    counts = ledger.counts | new
    system = _System.of(ledger.values, counts, new)
    while (open_ := _unsafe(system, counts, ledger.hidden | gone, limit)) is not None:
        closing = _next(open_, {c: n for c, n in new.items() if n and c not in gone | before})
        if closing is None:
            return dict.fromkeys(table)
        gone.add(closing)
    ledger.counts, ledger.hidden = counts, ledger.hidden | gone
    return {cell.conditions: None if cell in gone else n for cell, n in new.items()}


# -- what somebody who solves the equations could say ------------------------------------------


@dataclass(frozen=True)
class _System:
    """Cells as 0/1 rows over the crossings of attributes and times."""

    cells: tuple[Cell, ...]
    rows: sparse.csr_array

    @classmethod
    def of(cls, values: Values, counts: Iterable[Cell], new: Iterable[Cell]) -> _System:
        cells = tuple(counts)
        times = sorted({cell.at for cell in cells})
        names = _attributes(values, new, len(times))
        kept = tuple(c for c in cells if {name for name, _ in c.conditions} <= set(names))
        crossed = product(*[values[name] for name in names])
        people = [dict(zip(names, crossing, strict=True)) for crossing in crossed]
        rows = [
            [at <= c.at and _meets(person, c.conditions) for at in times for person in people]
            for c in kept
        ]
        return cls(kept, sparse.csr_array(np.array(rows, dtype=float)))

    def row(self, cell: Cell) -> NDArray[np.float64]:
        return np.asarray(self.rows[[self.cells.index(cell)]].toarray()[0])


def _meets(person: Mapping[str, str], conditions: Key) -> bool:
    return all(person[name] == value for name, value in conditions)


def _attributes(values: Values, new: Iterable[Cell], times: int) -> list[str]:
    """Those the new table names, then others while their crossing can be solved."""
    own = sorted({name for cell in new for name, _ in cell.conditions})
    size = times * int(np.prod([len(values[name]) for name in own] or [1]))
    for name in sorted(set(values) - set(own), key=lambda n: (len(values[n]), n)):
        size *= len(values[name])
        if size > LARGEST:
            break
        own.append(name)
    return own


@dataclass(frozen=True)
class _Target:
    """A small number: the persons of a cell, less those of a cell inside it.

    Less than nothing where somebody left since the inner one was shown.
    """

    cell: Cell
    less: Cell | None = None


def _unsafe(
    system: _System, counts: Mapping[Cell, int], hidden: set[Cell], limit: int
) -> _Target | None:
    """A small number that could be told to be small, or None."""
    shown = [cell not in hidden for cell in system.cells]
    numbers = np.array([counts[c] for c in system.cells], dtype=float)
    equal, known = system.rows[shown], numbers[shown]
    positive = system.rows[[not s for s in shown]]
    for target in _targets(system.cells, counts, hidden, limit):
        score = system.row(target.cell)
        if target.less is not None:
            score = score - system.row(target.less)
        if _largest(score, equal, known, positive) < limit - 1e-6:
            return target
    return None


def _targets(
    cells: Iterable[Cell], counts: Mapping[Cell, int], hidden: set[Cell], limit: int
) -> list[_Target]:
    small = [_Target(c) for c in cells if c in hidden and 0 < counts[c] < limit]
    pairs = [
        _Target(outer, inner)
        for outer in cells
        for inner in cells
        if outer.holds(inner) and counts[outer] != counts[inner] > counts[outer] - limit
    ]
    return small + pairs


def _largest(
    score: NDArray[np.float64], equal: sparse.csr_array, known: NDArray[np.float64],
    positive: sparse.csr_array,
) -> float:  # fmt: skip
    """The largest a number can be: what is shown holds, and a hidden cell is not empty.

    0 when that cannot be: a number fell since it was shown (somebody withdrew), so it must hide.
    """
    found = linprog(
        -score, A_eq=equal if equal.shape[0] else None, b_eq=known if equal.shape[0] else None,
        A_ub=-positive if positive.shape[0] else None,
        b_ub=-np.ones(positive.shape[0]) if positive.shape[0] else None, method="highs",
    )  # fmt: skip
    if found.status == 3:
        return float("inf")
    return -float(found.fun) if found.success else 0.0


def _next(target: _Target, choice: Mapping[Cell, int]) -> Cell | None:
    """The smallest cell that says something of the target: nested with it or beside it."""
    about = [c for c in (target.cell, target.less) if c is not None]

    def near(cell: Cell) -> bool:
        return any(cell.holds(one) or one.holds(cell) or _beside(cell, one) for one in about)

    some = [c for c in choice if near(c)] or list(choice)
    return min(some, key=lambda c: (not c.conditions, choice[c], _name(c)), default=None)


def _beside(one: Cell, other: Cell) -> bool:
    """The same conditions but for the value of one attribute."""
    left, right = dict(one.conditions), dict(other.conditions)
    return left.keys() == right.keys() and sum(left[n] != right[n] for n in left) == 1


def _name(cell: Cell) -> list[tuple[str, str]]:
    return sorted(cell.conditions)
