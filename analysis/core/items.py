"""Which counts stand behind every row of the figures: so many of so many, in which class.

The gate asks for these counts; it learns here where a row stands and what is printed beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.core import crossing, rounding
from analysis.core.crossing import ANSWERED, IN, OUT, REACHED, Crossing
from analysis.core.thresholds import THRESHOLDS, judge_share
from surveys.core.cells import Key, either

Row = dict[str, Any]
AXES = ("need", "urgency", "hope", "joint")
CLASS_WIDTH = rounding.TENS  # persons in one step of the share of a class among all
ALL: Key = frozenset()


@dataclass(frozen=True)
class Item:
    """One row of the figures: ``yes`` of ``base``, both within ``where``.

    lack: those of ``where`` who are not in the base, when the size of ``where`` is printed too.
    width: persons in one step of the share.
    """

    row: Row
    where: Key
    base: Key
    yes: Key | None = None
    no: Key | None = None
    lack: Key | None = None
    width: int = rounding.WIDTH
    kind: str = "share"


def class_shares(figures: Row, people: Crossing) -> Iterator[Item]:
    for g in figures["groups"]:
        name = crossing.group(g["code"])
        known, lack = is_(name, either((IN, OUT))), is_(name, crossing.UNKNOWN)
        yield Item(g["share"], ALL, known, is_(name, IN), is_(name, OUT), lack, CLASS_WIDTH)
    for b in figures["breakdowns"]:
        for row in b["rows"]:
            others = is_(b["role"], people.others(b["role"], row["value"]))
            mine = is_(b["role"], row["value"])
            yield Item(row["share"], ALL, ALL, mine, others, width=CLASS_WIDTH)


def is_(name: str, value: str) -> Key:
    return frozenset({(name, value)})


def of_domain(figures: Row, code: str, people: Crossing) -> Iterator[Item]:
    """Every row of one domain, wherever it stands in the figures."""
    name = crossing.domain(code)

    def share(row: Row, axis: str, where: Key = ALL, more: Key = ALL, sized: bool = True) -> Item:
        return _share(row, name, axis, people, where, more, sized)

    domain = _of(figures["domains"], code)
    yield from (share(domain[axis], axis) for axis in AXES)
    yield share(domain["wish"], "wish", sized=False)
    yield Item(domain["degree"], ALL, is_(name, either(ANSWERED["degree"])), kind="mean")
    for g in figures["groups"]:
        group, own = crossing.group(g["code"]), _of(g["domains"], code)
        for side, value in (("joint", IN), ("complement", OUT)):
            yield share(own[side], "joint", is_(group, value))
        # it goes with the gap, so it is not asked for where that is closed already
        if (part := own["part"]) and "suppressed" not in (own["joint"]["status"],
                                                          own["complement"]["status"]):  # fmt: skip
            having = is_(name, either(REACHED["joint"]))
            yield Item(part, ALL, having | is_(group, either((IN, OUT))),
                       having | is_(group, IN), having | is_(group, OUT))  # fmt: skip
    for t in figures["townships"]:
        for axis in ("need", "joint"):
            yield share(_of(t["domains"], code)[axis], axis, is_("township", t["code"]))
    for b in figures["breakdowns"]:
        for row in b["rows"]:
            where = is_(b["role"], row["value"])
            yield share(_of(row["domains"], code)["need"], "need", where)
    sensitivity = figures["sensitivity"]
    for row in sensitivity.get("threshold3", []):
        if row["code"] == code:
            yield share(row["need"], "need", more=is_(crossing.level(code), IN))
    for row in sensitivity.get("unflagged", []):
        if row["code"] == code:
            yield share(row["joint"], "joint", is_(crossing.FLAGGED, OUT), sized=False)
    for key, one in interviews(figures):
        yield share(_of(one["needs"], code)["need"], "need", key)


def interviews(figures: Row) -> Iterator[tuple[Key, Row]]:
    """Classes of interviews, by who was present or by mode."""
    for asked in figures["presence"]:
        for one in (asked["base"], *asked["classes"]):
            yield is_(asked["question"], one["value"]), one


def of_orders(asked: Row, people: Crossing) -> Iterator[Item]:
    """What is named first in a rank question; the options part those who named any."""
    name = asked["name"]
    named = [v for v in people.values[name] if v != crossing.REST]
    for row in asked["rows"]:
        others = is_(name, either(v for v in named if v != row["code"]))
        yield Item(row["first"], ALL, is_(name, either(named)), is_(name, row["code"]), others,
                   is_(name, crossing.REST))  # fmt: skip


def of_yes(name: str, row: Row) -> Item:
    """A share of those of whom something is said or not, see `crossing.of_yes`."""
    return Item(row, ALL, is_(name, either(("0", "1"))), is_(name, "1"), is_(name, "0"),
                is_(name, crossing.MISSING))  # fmt: skip


def of_places(
    code: str, townships: Iterable[str], rows: Sequence[Row], people: Crossing
) -> Iterator[Item]:  # fmt: skip
    """Joint share of a need in some townships together, and in all others."""
    some = list(townships)
    parts = (either(some), people.others("township", *some))
    for row, value in zip(rows, parts, strict=True):
        yield _share(row, crossing.domain(code), "joint", people, is_("township", value))


def _share(
    row: Row, name: str, axis: str, people: Crossing, where: Key, more: Key = ALL,
    sized: bool = True,
) -> Item:  # fmt: skip
    """A row of an axis of a need, within a class; more: what is asked of the reached besides."""
    answered, reached = ANSWERED[axis], REACHED[axis]
    no = either(v for v in answered if v not in reached)
    return Item(
        row, where, is_(name, either(answered)) | where, is_(name, either(reached)) | where | more,
        None if more else is_(name, no) | where,
        is_(name, people.others(name, *answered)) | where if sized else None,
    )  # fmt: skip


def of_firsts(axis: str, rows: Sequence[Row], people: Crossing) -> Iterator[Item]:
    name = crossing.first(axis)
    named = [v for v in people.values[name] if v != crossing.REST]
    for option, row in zip(named, rows, strict=True):
        others = is_(name, either(v for v in named if v != option))
        yield Item(row["share"], ALL, is_(name, either(named)), is_(name, option), others,
                   is_(name, crossing.REST))  # fmt: skip


def _of(rows: Iterable[Row], code: str) -> Row:
    return next(row for row in rows if row["code"] == code)


def of_volunteers(code: str, people: Crossing) -> Item:
    name = crossing.domain(code)
    base, yes, no = (
        is_(name, either(v)) for v in (ANSWERED["need"], REACHED["need"], (crossing.NO,))
    )
    n, reached = people.count(base), people.count(yes)
    return Item(plain(n, reached), ALL, base, yes, no)


def plain(n: int, reached: int) -> Row:
    """A row of counts alone: no design, so no error."""
    verdict = judge_share(n, reached, n, THRESHOLDS.df)
    shown = verdict.status != "suppressed"
    return {"value": reached / n if shown else None, "n": n if n >= THRESHOLDS.cell else None,
            "status": verdict.status, "reason": verdict.reason, "se": None, "low": None,
            "n_eff": None, "deff": None}  # fmt: skip


def exact(key: Key) -> bool:
    """The sample and its townships are given to the person, other classes in tens."""
    return all(name == "township" for name, _ in key)


def unknown(key: Key) -> bool:
    return any(value == crossing.UNKNOWN for _, value in key)


def classes(figures: Row) -> Iterator[Key]:
    for t in figures["townships"]:
        yield is_("township", t["code"])
    for g in figures["groups"]:
        for value in (IN, OUT, crossing.UNKNOWN):
            yield is_(crossing.group(g["code"]), value)
    for b in figures["breakdowns"]:
        for row in b["rows"]:
            yield is_(b["role"], row["value"])
    yield from (key for key, _ in interviews(figures))
