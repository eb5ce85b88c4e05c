"""Asking the ledger for the counts behind rows, and what is then printed of them.

A request holds every count, what the rounded ones tell, and those that are hidden already. All
weights are taken for equal, which is the worst case: then a share tells its count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.core import items, rounding
from analysis.core.crossing import Crossing
from analysis.core.items import Item
from analysis.core.rounding import NUMBERS
from analysis.core.thresholds import COUNTY, SENSITIVE, THRESHOLDS, TOWNSHIP, cell
from surveys.core import disclosure
from surveys.core.cells import OR, Cell, Key
from surveys.core.release import Ledger, Window, release

Row = dict[str, Any]


@dataclass
class Release:
    """A ledger, and the time (generation of the snapshot) at which is released now."""

    at: int = 0
    ledger: Ledger = field(default_factory=lambda: Ledger({}))


def withheld(row: Mapping[str, Any]) -> Row:
    """The row without its numbers; a reason of its own is kept."""
    reason = row["reason"] if row["status"] == "suppressed" else disclosure.HIDDEN
    return {**row, **dict.fromkeys(NUMBERS), "status": "suppressed", "reason": reason}


@dataclass
class Request:
    """Counts to ask for, what the rounded ones tell, and those that are hidden already."""

    people: Crossing
    table: dict[Key, int] = field(default_factory=dict)
    windows: dict[Key, Window] = field(default_factory=dict)
    closed: dict[Key, bool] = field(default_factory=dict)
    printed: set[Key] = field(default_factory=set)
    shares: dict[tuple[Key, Key], tuple[float, float]] = field(default_factory=dict)

    def cell(self, key: Key, told: Window | None, *, empty: bool = True) -> None:
        """One cell; told: what its print tells, None where it is not printed.

        empty: whether it may then be empty, for all that is said.
        """
        n = self.table.setdefault(key, self.people.count(key))
        if told is None:
            self.closed[key] = empty
            return
        self.printed.add(key)
        if n >= THRESHOLDS.cell or told[0] == 0:
            low, high = self.windows.get(key, told)
            self.windows[key] = max(low, told[0]), min(high, told[1])

    def row(self, item: Item) -> int:
        """Enter what a row tells; the number of persons that stands beside it."""
        n = self.people.count(item.base)
        shown, told = self._size(item, n)
        if item.row["n"] is None:
            self.cell(item.lack or item.base, None)
        elif item.lack is not None:  # n is the class without full tens of those, so it tells both
            self.cell(item.lack, rounding.count_window(self.people.count(item.lack)))
            few_there = 0 < self.people.count(item.where) < THRESHOLDS.cell
            self.cell(item.where, None if few_there else _counted(item.where, self.people))
        else:
            self.cell(item.base, told)
        for key in (item.yes, item.no):
            if key is not None:
                yes, hidden = self.people.count(key), item.row["status"] == "suppressed"
                window = None if hidden else rounding.share_window(yes, n, told, shown, item.width)
                self.cell(key, window, empty=item.row["reason"] != disclosure.HIDDEN)
        if item.yes is not None and item.row["status"] != "suppressed":
            ends = rounding.share_ends(self.people.count(item.yes), n, shown, item.width)
            if ends is not None:
                self.shares[item.yes, item.base] = ends
        return shown

    def _size(self, item: Item, n: int) -> tuple[int, Window]:
        """What stands for n, and what that tells: the class without full tens of missing ones."""
        if item.lack is None:
            told = _counted(item.base, self.people)
            return (n if items.exact(item.base) else rounding.tens(n)), told
        low, high = _counted(item.where, self.people)
        fewest, most = rounding.count_window(self.people.count(item.lack))
        return low - fewest, (low - most, high - fewest)

    def rest(self) -> None:
        """What exact numbers leave for all other townships together, and what came to it since."""
        for key in [k for k in self.table if k and items.exact(k)]:
            mine = [value for _, some in key for value in some.split(OR)]
            others = items.is_("township", self.people.others("township", *mine))
            if others not in self.table and self.people.count(others):
                self.cell(others, None)


def _counted(key: Key, people: Crossing) -> Window:
    """What the number of persons that is printed of a class tells."""
    n = people.count(key)
    return (n, n) if items.exact(key) else rounding.count_window(n)


def few(item: Item, people: Crossing) -> bool:
    """Whether the level of the area asks for more persons than the answers' class has here.

    A class made by sensitive answers is told from none as well, and without a share the base is.
    """
    parts = [key for key in (item.yes, item.no) if key is not None] or [item.base]
    told = [item.where, *parts]
    level = TOWNSHIP if any("township" in dict(key) for key in told) else COUNTY
    smallest = cell(level, people.data_class(item.base))
    if sensitive(item.where, people):
        parts.append(item.base)
    return smallest is None or any(0 < people.count(key) < smallest for key in parts)


def sensitive(key: Key, people: Crossing) -> bool:
    return people.data_class(key) >= SENSITIVE


def ask(rows: Sequence[Item], request: Request, release_: Release) -> dict[Key, int | None]:
    sizes = [request.row(item) for item in rows]
    request.rest()
    names = {name for key in request.table for name, _ in key}
    ledger = release_.ledger.about(names)
    ledger.values = {name: request.people.values[name] for name in names}
    for key, empty in request.closed.items():
        cell = Cell(release_.at, key)
        ledger.hide(cell, request.table[key], empty=empty)
        known = ledger.told(cell)
        if known is not None and key not in request.printed:  # no more is told of it than before
            request.windows[key] = known
    shown = release(
        release_.at, request.table, ledger, windows=request.windows, shares=request.shares
    )
    release_.ledger.add(ledger)
    for item, size in zip(rows, sizes, strict=True):
        _settle(item, size, shown)
    return shown


def _settle(item: Item, size: int, shown: Mapping[Key, int | None]) -> None:
    """The row as it is printed."""
    counted = [item.base] if item.lack is None else [item.lack, item.where]
    if item.row["n"] is None or any(shown[key] is None for key in counted if key in shown):
        item.row.update(withheld(item.row) | {"n": None})
        return
    if any(key is not None and shown[key] is None for key in (item.yes, item.no)):
        item.row.update(withheld(item.row))
    item.row.update(rounding.row(item.row, size, item.kind, item.width))
