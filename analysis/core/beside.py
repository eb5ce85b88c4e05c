"""Rows that stand beside the figures' tables: second views, changes, ratios.

Shares of persons go through the gate like the tables' (`gate`, `items`). What stands here follows
from rows that were released: where a row repeats one of the tables, the table's own row is taken,
and what compares printed rows is computed from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.core import intervals, rounding
from analysis.core.rounding import NUMBERS
from surveys.core import disclosure

Row = dict[str, Any]


def withheld(row: Mapping[str, Any], reason: str = disclosure.HIDDEN) -> Row:
    """The row without its numbers."""
    return {**row, **dict.fromkeys(NUMBERS), "status": "suppressed", "reason": reason}


def partition(rows: Sequence[Mapping[str, Any]], positives: Sequence[int]) -> list[Row]:
    """One share in every class of a partition whose total is published.

    positives: persons with the attribute in each class, unweighted. A lone withheld class takes
    others with it until their sum gives nothing away.
    """
    cells = [
        disclosure.Cell(str(k), n, row["status"] == "suppressed")
        for k, (row, n) in enumerate(zip(rows, positives, strict=True))
    ]
    gone = disclosure.hide(cells)
    return [
        withheld(row) if str(k) in gone and row["status"] != "suppressed" else dict(row)
        for k, row in enumerate(rows)
    ]


def ratio(row: Row | None, over: Row | None = None, under: Row | None = None) -> Row | None:
    """A ratio and its ends to one decimal; of the two printed shares where they are given."""
    if row is None:
        return None
    by = over["value"] / under["value"] / row["value"] if over and under else 1.0
    ends = ("value", "low", "high")
    return {**row, **{key: None if row[key] is None else round(by * row[key], 1) for key in ends},
            "n": rounding.tens(row["n"])}  # fmt: skip


def change(section: Row | None, domains: Sequence[Row]) -> Row | None:
    """What changed since the last round, from the rows both rounds have printed."""
    if not section:
        return section
    now = {d["code"]: d for d in domains}
    return section | {
        "domains": [
            {**d, **{
                axis: _moved(part, now[d["code"]][axis])
                for axis, part in d.items() if isinstance(part, dict) and "change" in part
            }}
            for d in section["domains"]
        ]
    }  # fmt: skip


def _moved(part: Row, after: Row) -> Row:
    """before, after and change of one axis; withheld with either side."""
    before, moved = part["before"], part["change"]
    sides = (before, after)
    if moved["value"] is None or any(r["value"] is None for r in sides):
        hidden = next((r for r in sides if r["value"] is None), moved)
        return {**part, "after": after, "change": {**moved, **withheld(moved, hidden["reason"])}}
    value, se = after["value"] - before["value"], rounding.error(moved["se"], after["n"]) or 0.0
    low, high = (None, None)
    if moved["low"] is not None:
        low, high = (float(end) for end in intervals.symmetric(value, se, moved["df"]))
    return {**part, "after": after, "change": {
        **moved, "value": value, "se": se, "low": low, "high": high, "n": after["n"],
        "n_before": before["n"],
        **{key: moved[key] and round(moved[key], 3) for key in ("p", "p_adjusted")},
    }}  # fmt: skip


def difference(row: Row, sides: Sequence[Sequence[Row]]) -> Row:
    """What lies between the sums of two pairs of printed rows: one that fell, one that rose."""
    if row["value"] is None:
        return row
    up, down = ([r["value"] for r in some] for some in sides)
    value, fewest = sum(up) - sum(down), min(r["n"] for some in sides for r in some)
    se = rounding.error(row["se"], fewest) or 0.0
    low, high = (None, None)
    if row["low"] is not None:
        low, high = (float(end) for end in intervals.symmetric(value, se, row["df"]))
    p = None if row["p"] is None else round(row["p"], 3)
    return {**row, "value": value, "se": se, "low": low, "high": high, "p": p}
