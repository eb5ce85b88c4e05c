"""Release of tables: which counts may leave, given everything that left before.

A cell is a set of conditions (attribute = value) on the persons known at one time; a later time
holds the earlier persons too (who has left: `analysis/core/moment.py`). All cells ever shown are
equations over the crossing of the attributes; whoever wants to know a small number solves them. The
gate does the same first: it asks how large every small number could still be, and hides further
cells until none can be told from a number that may be shown. Means and percentages are released as
the counts they rest on: the persons with an answer, and those among them who have the attribute.
What is rounded before it is shown is released as a window: the smallest and the largest number that
would look the same; a rounded share also as what it is, a part of its base, for the two windows
apart tell less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from surveys.core.cells import Cell, Key, Ratio, Values, either, nested
from surveys.core.deduction import System, Target
from surveys.core.disclosure import FLOOR

__all__ = ["ANY", "Cell", "Key", "Ledger", "Window", "either", "release"]
Window = tuple[int, int]
ANY: Window = (0, 10**9)


@dataclass
class Ledger:
    """Everything decided so far: what is shown, roughly shown and hidden.

    values: every attribute with all its values, a missing answer being one of them: everybody knows
    that they part the whole. ``counts`` holds hidden numbers too, so it never leaves. windows: what
    is told of the cells that are shown roughly. shares: (cell, base it is a part of) -> the ends
    between which the share lies.
    """

    values: Values
    counts: dict[Cell, int] = field(default_factory=dict)
    hidden: set[Cell] = field(default_factory=set)
    windows: dict[Cell, Window] = field(default_factory=dict)
    shares: dict[tuple[Cell, Cell], Ratio] = field(default_factory=dict)

    def told(self, cell: Cell) -> Window | None:
        """What was told of a cell; None where it is hidden or was never asked for."""
        if cell not in self.counts or cell in self.hidden:
            return None
        return self.windows.get(cell, (self.counts[cell], self.counts[cell]))

    def hide(self, cell: Cell, n: int, *, empty: bool) -> None:
        """Note a cell that is not shown, unless it was before. empty: for all that is said."""
        if self.told(cell) is None:
            self.counts.setdefault(cell, n)
            self.hidden.add(cell)
            if empty:
                self.windows[cell] = ANY

    def about(self, names: Iterable[str]) -> Ledger:
        """What it holds on these attributes alone."""
        wanted = set(names)
        kept = {c: n for c, n in self.counts.items() if c.names <= wanted}
        return Ledger(
            {n: v for n, v in self.values.items() if n in wanted}, kept,
            self.hidden & kept.keys(), {c: w for c, w in self.windows.items() if c in kept},
            {pair: ends for pair, ends in self.shares.items() if pair[0] in kept},
        )  # fmt: skip

    def add(self, other: Ledger) -> None:
        self.values = {**self.values, **other.values}
        self.counts |= other.counts
        self.hidden |= other.hidden
        self.windows = {c: w for c, w in self.windows.items() if c not in other.counts}
        self.windows |= other.windows
        self.shares |= other.shares


def release(
    at: int, table: Mapping[Key, int], ledger: Ledger, *, threshold: int = FLOOR,
    windows: Mapping[Key, Window] | None = None,
    shares: Mapping[tuple[Key, Key], Ratio] | None = None,
) -> dict[Key, int | None]:  # fmt: skip
    """The table as it may be shown (None = hidden), noted in the ledger.

    table: every cell with its margins; ``frozenset()`` is the total. windows: cells shown only
    roughly, with the smallest and largest number they may be taken for. shares: (cell, its base) ->
    the ends of the share that goes with the cell. A cell hidden before stays hidden, one shown
    before stays shown. Zeros are never hidden, so when nothing else is left to hide, all that is
    new of the table stays inside and the ledger does not know it. Nothing is shown of a table that
    counts other persons than the ledger knows at this time, or more than can have been there.
    KeyError for an attribute that was not declared.
    """
    limit, rough = max(threshold, FLOOR), windows or {}
    new = {Cell(at, key): n for key, n in table.items()}
    if any(ledger.counts.get(c, n) != n for c, n in new.items()):
        return dict.fromkeys(table)
    told = {
        c: _narrowed(ledger.told(c), rough.get(c.conditions, (n, n)))
        for c, n in new.items()
        if c not in ledger.hidden
    }
    parted = {(Cell(at, c), Cell(at, base)): ends for (c, base), ends in (shares or {}).items()}
    more = {pair[0] for pair, ends in parted.items() if ledger.shares.get(pair) != ends}
    before = {c for c, window in told.items() if c not in more and ledger.told(c) == window}
    trial = Ledger(ledger.values, ledger.counts | new, set(ledger.hidden), dict(ledger.windows))
    trial.windows = {c: w for c, w in (ledger.windows | told).items() if w[0] < w[1]}
    gone = {c for c in new if c in ledger.hidden or (c not in before and _small(c, trial, limit))}
    trial.hidden |= gone
    trial.shares = ledger.shares | {pair: s for pair, s in parted.items() if pair[0] not in gone}
    system = System.of(trial.values, list(trial.counts), new, trial.shares)
    open_ = _targets(system.cells, trial, limit)
    times = {cell.at for cell in trial.counts}
    if not open_ and len(times) > 1 and not system.possible(_known(system, trial)):
        return {c.conditions: n if c in before else None for c, n in new.items()}
    while open_ := system.told(open_, _known(system, trial), limit):
        choice = {c: n for c, n in new.items() if n and c not in gone | before}
        tight = system.binding(open_[0], _known(system, trial))
        closing = _next(open_[0], {c: n for c, n in choice.items() if c in tight} or choice)
        if closing is None:
            return {c.conditions: n if c in before else None for c, n in new.items()}
        gone.add(closing)
        _close(trial, closing, ledger)
    ledger.counts, ledger.hidden, ledger.windows = trial.counts, trial.hidden, trial.windows
    ledger.shares = trial.shares
    return {cell.conditions: None if cell in gone else n for cell, n in new.items()}


def _small(cell: Cell, trial: Ledger, limit: int) -> bool:
    """Whether a number may not be shown: it is told from nothing and from a large one."""
    low, high = trial.windows.get(cell, (trial.counts[cell], trial.counts[cell]))
    return 0 < trial.counts[cell] < limit and low > 0 and high < limit


def _narrowed(known: Window | None, now: Window) -> Window:
    return now if known is None else (max(known[0], now[0]), min(known[1], now[1]))


def _close(trial: Ledger, cell: Cell, ledger: Ledger) -> None:
    """Hidden, unless it is known roughly already: then no more than that is told of it."""
    known = ledger.told(cell)
    for pair in [p for p in trial.shares if p[0] == cell and p not in ledger.shares]:
        del trial.shares[pair]
    low, _ = trial.windows.pop(cell, (1, 1))
    if known is None:
        trial.hidden.add(cell)
    if known is not None or low == 0:
        trial.windows[cell] = known or ANY


def _known(system: System, trial: Ledger) -> NDArray[np.float64]:
    """What is known of every row of the system.

    A hidden cell is not empty, where an empty one were shown; the share of one tells nothing more.
    """

    def window(cell: Cell) -> tuple[float, float]:
        if cell in trial.hidden:
            return (0 if cell in trial.windows or not trial.counts[cell] else 1), np.inf
        return trial.told(cell) or ANY

    ends = [(0 if pair in trial.shares else -np.inf, np.inf) for pair in system.shares]
    told = [*map(window, system.cells), *[end for end in ends for _ in range(2)]]
    return np.array(told, dtype=float).reshape(-1, 2)


def _targets(cells: Iterable[Cell], trial: Ledger, limit: int) -> list[Target]:
    """Hidden small cells, and what a cell has beyond another inside it where that is little.

    Less than nothing where somebody left since the inner one was shown: those come first, because
    then nothing else can be solved.
    """
    known = list(cells)
    numbers = np.array([trial.counts[c] for c in known])
    more = numbers[:, None] - numbers[None, :]
    pairs, vague = [], trial.hidden | trial.windows.keys()
    near = np.argwhere((more != 0) & (more < limit))
    for i, j in near[nested(known, near)] if len(near) else ():
        rough = bool({known[i], known[j]} & vague)
        pairs.append((more[i, j], Target(known[i], known[j], rough)))
    small = [
        Target(c, rough=c in trial.windows)
        for c in known
        if (c in trial.hidden or c in trial.windows) and 0 < trial.counts[c] < limit
    ]
    fallen = [target for less, target in pairs if less < 0]
    return [*fallen, *small, *[target for less, target in pairs if less > 0]]


def _next(target: Target, choice: Mapping[Cell, int]) -> Cell | None:
    """The smallest cell that says something of the target: nested with it or beside it."""
    about = [c for c in (target.cell, target.less) if c is not None]

    def near(cell: Cell) -> bool:
        return any(cell.holds(one) or one.holds(cell) or _beside(cell, one) for one in about)

    some: Sequence[Cell] = (
        [c for c in about if c in choice] or [c for c in choice if near(c)] or list(choice)
    )
    return min(some, key=lambda c: (not c.conditions, choice[c], _name(c)), default=None)


def _beside(one: Cell, other: Cell) -> bool:
    """The same conditions but for the value of one attribute."""
    left, right = dict(one.conditions), dict(other.conditions)
    return left.keys() == right.keys() and sum(left[n] != right[n] for n in left) == 1


def _name(cell: Cell) -> list[tuple[str, str]]:
    return sorted(cell.conditions)
