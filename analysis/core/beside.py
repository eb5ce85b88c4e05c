"""Rows that stand beside the figures' tables: second views, changes, ratios.

They are judged within their own partition and printed no finer than the tables they go with. They
are not counts of the ledger: where a row here repeats one of the tables, the table's own row is
taken, and what follows from two printed rows is computed from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.core import intervals, rounding
from surveys.core import disclosure

Row = dict[str, Any]
NUMBERS = ("value", "se", "low", "high", "deff")


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


def coarse(value: Any) -> Any:
    """The same piece of figures with every estimate in the steps its base allows."""
    if isinstance(value, dict) and {"value", "n", "status"} <= value.keys():
        return _coarse(value)
    if isinstance(value, dict):
        return {key: coarse(item) for key, item in value.items()}
    return [coarse(item) for item in value] if isinstance(value, list) else value


def _coarse(row: Row) -> Row:
    n = row["n"]
    if not n or row["value"] is None:
        return row
    unit = rounding.step(n) / 1000
    numbers = {
        key: round(row[key] / unit) * unit
        for key in ("value", "low", "high")
        if row.get(key) is not None
    }
    return {**row, **numbers, **({"se": rounding.error(row["se"], n)} if row.get("se") else {})}


def ratio(row: Row | None) -> Row | None:
    """A ratio and its ends to one decimal: no finer than the two rounded shares it compares."""
    if row is None:
        return None
    ends = ("value", "low", "high")
    return {**row, **{key: None if row[key] is None else round(row[key], 1) for key in ends},
            "n": rounding.tens(row["n"])}  # fmt: skip


def change(section: Row | None, domains: Sequence[Row]) -> Row | None:
    """What changed since the last round, from the rows both rounds have printed."""
    if not section:
        return section
    now = {d["code"]: d for d in domains}
    return section | {
        "domains": [
            {**coarse(d), **{
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
    }}  # fmt: skip
