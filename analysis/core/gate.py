"""What one row of the figures may give away about another: partitions and earlier releases.

`Estimate.row` judges every number alone. Here the numbers of one partition are judged together (a
lone withheld class follows from the total), and a new release against those that went out before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.core import disclosure

Row = dict[str, Any]
NUMBERS = ("value", "se", "low", "high", "deff")
TOO_CLOSE = "与已发布的数据版相差不足10人，不显示"


class TooClose(ValueError):
    """The whole sample differs from an earlier release by fewer persons than may be told apart."""


def withheld(row: Mapping[str, Any], reason: str = disclosure.HIDDEN) -> Row:
    """The row without its numbers."""
    return {**row, **dict.fromkeys(NUMBERS), "status": "suppressed", "reason": reason}


def partition(rows: Sequence[Mapping[str, Any]], positives: Sequence[int]) -> list[Row]:
    """One share in every class of a partition whose total is published.

    positives: persons with the attribute in each class, unweighted. When exactly one class is
    withheld, the smallest other one is withheld too.
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


def against_earlier(figures: Row, earlier: Sequence[Row]) -> Row:
    """The figures without classes that differ from an earlier release by too few persons.

    Raises TooClose when the whole sample does.
    """
    ledger = disclosure.Ledger()
    for table in ("county", "townships", "groups"):
        close: set[str] = set()
        for release in earlier:
            ledger.released.clear()
            ledger.note(table, _bases(release)[table])
            close |= set(ledger.refusals(table, _bases(figures)[table]))
        if close and table == "county":
            raise TooClose(
                "与已冻结的数据版相比，采用的答卷只相差不足10份，两版对照可能推算出个人，"
                "不能另出一版：请待更多答卷审核通过后再冻结。"
            )
        figures = _without(figures, table, close)
    return figures


def _bases(figures: Row) -> dict[str, dict[str, int]]:
    return {
        "county": {"n": int(figures["sample"]["n"])},
        **{t: {r["code"]: r["n"] or 0 for r in figures[t]} for t in ("townships", "groups")},
    }


def _without(figures: Row, table: str, close: set[str]) -> Row:
    """Townships part the county, so a lone withheld one takes another with it."""
    if not close:
        return figures
    if table == "townships":
        cells = [disclosure.Cell(r["code"], r["n"] or 0, r["code"] in close)
                 for r in figures[table]]  # fmt: skip
        close = disclosure.hide(cells)
    return {**figures, table: [_blank(r) if r["code"] in close else r for r in figures[table]]}


def _blank(row: Row) -> Row:
    def empty(value: Any) -> Any:
        if isinstance(value, dict) and "status" in value:
            return withheld(value, TOO_CLOSE)
        if isinstance(value, dict):
            return {key: empty(item) for key, item in value.items()}
        return [empty(item) for item in value] if isinstance(value, list) else value

    return {**empty(row), "n": None}
