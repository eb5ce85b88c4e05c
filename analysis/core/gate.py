"""The one door of the figures: what may leave of them, beside everything that left before.

Every row of the figures is a share: so many of so many persons. The gate gives these counts to
`release` together with the ledger of the source (`asking`), one domain after the other, withholds
the rows it hides, and rounds the others (`rounding`). What is derived from rows is computed again
from what is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analysis.core import beside, crossing, items, printed, rounding
from analysis.core.asking import NUMBERS, Release, Request, ask, few, sensitive, withheld
from analysis.core.crossing import IN, Crossing
from analysis.core.items import ALL, Item
from analysis.core.thresholds import THRESHOLDS
from surveys.core.cells import Key
from surveys.core.release import release

__all__ = [
    "NUMBERS", "Release", "TooClose", "guard", "places", "rows", "volunteers", "whole", "withheld"
]  # fmt: skip
Row = dict[str, Any]


class TooClose(ValueError):
    """The whole sample differs from an earlier release by fewer persons than may be told apart."""


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
    shown = ask(found, Request(people, {ALL: people.n}, window), release_)
    if shown[ALL] is None:
        return {"n": 0, "domains": []}
    rows = [
        {"code": code, "share": item.row["value"], "n": item.row["n"] or 0}
        for code, item in zip(codes, found, strict=True)
    ]
    return {"n": rounding.tens(people.n), "domains": rows}


def whole(n: int, release_: Release) -> bool:
    """Whether the number of all women there now may be told beside the earlier ones.

    It stands beside every table, so nothing leaves where this may not: a few have left since.
    """
    ledger = release_.ledger.about(())
    shown = release(release_.at, {ALL: n}, ledger)
    release_.ledger.add(ledger)
    return shown[ALL] is not None


def rows(asked: Sequence[Item], people: Crossing, release_: Release) -> None:
    """Rows of one table, changed in place as they may leave."""
    for item in asked:
        if few(item, people):
            size = None if sensitive(item.where, people) else item.row["n"]
            item.row.update(withheld(item.row) | {"n": size})
    ask(asked, Request(people), release_)


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
    shown = ask(found, Request(people, sizes, windows), release_)
    if shown[ALL] is None:
        raise TooClose(
            "与已冻结的数据版相比，采用的答卷只相差不足10份，两版对照可能推算出个人，"
            "不能另出一版：请待更多答卷审核通过后再冻结。"
        )
    return {key for key in sizes if shown[key] is None}


def _release(asked: Sequence[Item], people: Crossing, release_: Release, gone: set[Key]) -> None:
    """Ask for the counts behind some rows, and withhold the rows whose counts may not leave."""
    for item in asked:
        if item.where in gone:
            item.row.update(withheld(item.row) | {"n": None})
    rows(asked, people, release_)


# -- what is left ------------------------------------------------------------------------------


def _blank(figures: Row, gone: set[Key]) -> None:
    """Classes without their size; a class of a background question goes altogether."""
    for t in figures["townships"]:
        if items.is_("township", t["code"]) in gone:
            t |= {"n": None, "df": None, "villages": None}
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
