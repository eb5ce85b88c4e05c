"""The one door of the figures: what may leave of them, beside everything that left before.

Every row of the figures is a share: so many of so many persons. The gate gives these counts to
`release` together with the ledger of the source, one domain after the other, withholds the rows it
hides, and rounds the others (`rounding`). It takes all weights for equal, which is the worst case:
then a share tells its count. What is derived from rows is computed again from what is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.core import beside, crossing, items, printed, rounding
from analysis.core.crossing import IN, Crossing
from analysis.core.items import ALL, Item
from analysis.core.thresholds import COUNTY, SENSITIVE, THRESHOLDS, TOWNSHIP, cell
from surveys.core import disclosure
from surveys.core.cells import Cell, Key
from surveys.core.release import Ledger, Window, release

Row = dict[str, Any]
NUMBERS = ("value", "se", "low", "high", "deff", "n_eff")


class TooClose(ValueError):
    """The whole sample differs from an earlier release by fewer persons than may be told apart."""


@dataclass
class Release:
    """A ledger, and the time (generation of the snapshot) at which is released now."""

    at: int = 0
    ledger: Ledger = field(default_factory=lambda: Ledger({}))


def withheld(row: Mapping[str, Any]) -> Row:
    """The row without its numbers; a reason of its own is kept."""
    reason = row["reason"] if row["status"] == "suppressed" else disclosure.HIDDEN
    return {**row, **dict.fromkeys(NUMBERS), "status": "suppressed", "reason": reason}


def guard(figures: Row, people: Crossing, release_: Release) -> Row:
    """The figures as they may leave; raises TooClose when the whole sample may not.

    The figures' rows are changed in place: they belong to this release only.
    """
    gone = _classes(figures, people, release_)
    for code in [d["code"] for d in figures["domains"]]:
        _release(list(items.of_domain(figures, code, people)), people, release_, gone)
    for axis, rows in figures["first_choice"].items():
        _release(list(items.of_firsts(axis, rows, people)), people, release_, gone)
    for asked in figures["rankings"]:
        _orders(asked, people, release_, gone)
    _blank(figures, gone)
    return printed.of(figures)


def _orders(asked: Row, people: Crossing, release_: Release, gone: set[Key]) -> None:
    """A rank question: first places, and each option among the first places."""
    _release(list(items.of_orders(asked, people)), people, release_, gone)
    tops = [items.of_yes(crossing.top(asked["name"], r["code"]), r["top"]) for r in asked["rows"]]
    for item in tops:  # they do not part the women
        _release([item], people, release_, gone)
    # the places add up as well: a lone withheld one would follow
    counts = [people.count(item.yes) for item in tops if item.yes is not None]
    for row, top in zip(
        asked["rows"], beside.partition([i.row for i in tops], counts), strict=True
    ):
        row["top"] = top


def volunteers(people: Crossing, codes: Sequence[str], release_: Release) -> Row:
    """Their number and plain shares of those who answered, through the same door."""
    found = [items.of_volunteers(code, people) for code in codes]
    window = {ALL: rounding.count_window(people.n)}
    shown = _ask(found, _Request(people, {ALL: people.n}, window), release_)
    if shown[ALL] is None:
        return {"n": 0, "domains": []}
    rows = [
        {"code": code, "share": item.row["value"], "n": item.row["n"] or 0}
        for code, item in zip(codes, found, strict=True)
    ]
    return {"n": rounding.tens(people.n), "domains": rows}


def rows(asked: Sequence[Item], people: Crossing, release_: Release) -> None:
    """Rows of one table, changed in place as they may leave."""
    for item in asked:
        if _few(item, people):
            size = None if _sensitive(item.where, people) else item.row["n"]
            item.row.update(withheld(item.row) | {"n": size})
    _ask(asked, _Request(people), release_)


def places(
    code: str, townships: Iterable[str], given: Sequence[Row], people: Crossing, release_: Release
) -> list[Row]:  # fmt: skip
    """Joint share of a need in some townships together and in all others, as they may leave."""
    asked = list(items.of_places(code, townships, given, people))
    rows(asked, people, release_)
    counts = [people.count(item.yes) for item in asked if item.yes is not None]
    return beside.partition([item.row for item in asked], counts)


# -- counts ------------------------------------------------------------------------------------


def _classes(figures: Row, people: Crossing, release_: Release) -> set[Key]:
    """Release the size of the sample and of its classes; the classes that must not be seen."""
    sizes = {ALL: people.n} | {key: people.count(key) for key in items.classes(figures)}
    windows = {
        key: rounding.count_window(n)
        for key, n in sizes.items()
        if not items.exact(key) and (n >= THRESHOLDS.cell or items.unknown(key))
    }
    found = list(items.class_shares(figures, people))
    shown = _ask(found, _Request(people, sizes, windows), release_)
    if shown[ALL] is None:
        raise TooClose(
            "与已冻结的数据版相比，采用的答卷只相差不足10份，两版对照可能推算出个人，"
            "不能另出一版：请待更多答卷审核通过后再冻结。"
        )
    return {key for key in sizes if shown[key] is None}


# -- asking ------------------------------------------------------------------------------------


@dataclass
class _Request:
    """Counts to ask for, what the rounded ones tell, and those that are hidden already."""

    people: Crossing
    table: dict[Key, int] = field(default_factory=dict)
    windows: dict[Key, Window] = field(default_factory=dict)
    closed: dict[Key, bool] = field(default_factory=dict)
    shares: dict[tuple[Key, Key], tuple[float, float]] = field(default_factory=dict)

    def cell(self, key: Key, told: Window | None, *, empty: bool = True) -> None:
        """One cell; told: what its print tells, None where it is not printed.

        empty: whether it may then be empty, for all that is said.
        """
        n = self.table.setdefault(key, self.people.count(key))
        if told is None:
            self.closed[key] = empty
        elif n >= THRESHOLDS.cell or told[0] == 0:
            low, high = self.windows.get(key, told)
            self.windows[key] = max(low, told[0]), min(high, told[1])

    def row(self, item: Item) -> int:
        """Enter what a row tells; the number of persons that stands beside it."""
        n = self.people.count(item.base)
        shown, told = self._size(item, n)
        if item.row["n"] is None:
            self.cell(item.lack or item.base, None)
        elif item.lack is not None:
            self.cell(item.lack, rounding.count_window(self.people.count(item.lack)))
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
            return (n, (n, n)) if items.exact(item.base) else (
                rounding.tens(n), rounding.count_window(n))  # fmt: skip
        size = self.people.count(item.where)
        low, high = (size, size) if items.exact(item.where) else rounding.count_window(size)
        fewest, most = rounding.count_window(self.people.count(item.lack))
        return low - fewest, (low - most, high - fewest)


def _release(asked: Sequence[Item], people: Crossing, release_: Release, gone: set[Key]) -> None:
    """Ask for the counts behind some rows, and withhold the rows whose counts may not leave."""
    for item in asked:
        if item.where in gone:
            item.row.update(withheld(item.row) | {"n": None})
    rows(asked, people, release_)


def _few(item: Item, people: Crossing) -> bool:
    """Whether the level of the area asks for more persons than the answers' class has here.

    A class made by sensitive answers is told from none as well, and without a share the base is.
    """
    parts = [key for key in (item.yes, item.no) if key is not None] or [item.base]
    told = [item.where, *parts]
    level = TOWNSHIP if any("township" in dict(key) for key in told) else COUNTY
    smallest = cell(level, people.data_class(item.base))
    if _sensitive(item.where, people):
        parts.append(item.base)
    return smallest is None or any(0 < people.count(key) < smallest for key in parts)


def _sensitive(key: Key, people: Crossing) -> bool:
    return people.data_class(key) >= SENSITIVE


def _ask(rows: Sequence[Item], request: _Request, release_: Release) -> dict[Key, int | None]:
    sizes = [request.row(item) for item in rows]
    names = {name for key in request.table for name, _ in key}
    ledger = release_.ledger.about(names)
    ledger.values = {name: request.people.values[name] for name in names}
    for key, empty in request.closed.items():
        ledger.hide(Cell(release_.at, key), request.table[key], empty=empty)
    shown = release(
        release_.at, request.table, ledger, windows=request.windows, shares=request.shares
    )
    release_.ledger.add(ledger)
    for item, size in zip(rows, sizes, strict=True):
        _settle(item, size, shown)
    return shown


def _settle(item: Item, size: int, shown: Mapping[Key, int | None]) -> None:
    """The row as it is printed."""
    if shown[item.lack or item.base] is None:
        item.row.update(withheld(item.row) | {"n": None})
        return
    if any(key is not None and shown[key] is None for key in (item.yes, item.no)):
        item.row.update(withheld(item.row))
    item.row.update(rounding.row(item.row, size, item.kind, item.width))


# -- what is left ------------------------------------------------------------------------------


def _blank(figures: Row, gone: set[Key]) -> None:
    """Classes without their size; a class of a background question goes altogether."""
    for t in figures["townships"]:
        if items.is_("township", t["code"]) in gone:
            t["n"] = None
    for g in figures["groups"]:
        name = crossing.group(g["code"])
        g["n"] = None if items.is_(name, IN) in gone else g["n"]
        g["unknown"] = None if items.is_(name, crossing.UNKNOWN) in gone else g["unknown"]
    for b in figures["breakdowns"]:
        b["rows"] = [r for r in b["rows"] if items.is_(b["role"], r["value"]) not in gone]
    figures["breakdowns"] = [b for b in figures["breakdowns"] if b["rows"]]
    for asked in figures["presence"]:
        asked["classes"] = [
            c for c in asked["classes"] if items.is_(asked["question"], c["value"]) not in gone
        ]
    figures["presence"] = [
        asked for asked in figures["presence"]
        if asked["classes"] and items.is_(asked["question"], asked["base"]["value"]) not in gone
    ]  # fmt: skip
