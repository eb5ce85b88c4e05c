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
    if _close({"n": int(figures["sample"]["n"])}, [{"n": int(e["sample"]["n"])} for e in earlier]):
        raise TooClose(
            "与已冻结的数据版相比，采用的答卷只相差不足10份，两版对照可能推算出个人，"
            "不能另出一版：请待更多答卷审核通过后再冻结。"
        )
    known = {table: [e.get(table, []) for e in earlier] for table in ("townships", "groups")}
    return {
        **figures,
        "townships": _apart(figures["townships"], known["townships"], parts=True),
        "groups": _apart(figures["groups"], known["groups"], parts=False),
        "breakdowns": [_breakdown(b, earlier) for b in figures["breakdowns"]],
        "volunteers": _volunteers(figures["volunteers"], [e["volunteers"] for e in earlier]),
    }


def _close(now: Mapping[str, int], earlier: Sequence[Mapping[str, int]]) -> set[str]:
    """Keys whose number lies too near to the one of any earlier release."""
    ledger, close = disclosure.Ledger(), set[str]()
    for before in earlier:
        ledger.released.clear()
        ledger.note("table", before)
        close |= set(ledger.refusals("table", now))
    return close


def _apart(
    rows: Sequence[Row], earlier: Sequence[Sequence[Row]], *, parts: bool, key: str = "code"
) -> list[Row]:
    """Rows without those too near to an earlier release.

    parts: they part a published total, so a lone withheld one takes another with it.
    """
    bases = [{r[key]: r["n"] or 0 for r in release} for release in (rows, *earlier)]
    close = _close(bases[0], bases[1:])
    if close and parts:
        close = disclosure.hide([disclosure.Cell(k, n, k in close) for k, n in bases[0].items()])
    return [_blank(r) if r[key] in close else r for r in rows]


def _breakdown(now: Row, earlier: Sequence[Row]) -> Row:
    same = [b["rows"] for e in earlier for b in e["breakdowns"] if b["role"] == now["role"]]
    return {**now, "rows": _apart(now["rows"], same, parts=True, key="value")}


def _volunteers(now: Row, earlier: Sequence[Row]) -> Row:
    """Their shares carry no weights, so two releases give the very number of persons between."""
    bases = [{"n": int(v["n"])} for v in (now, *earlier)]
    whole = bool(_close(bases[0], bases[1:]))
    before = [{d["code"]: d for d in v["domains"]} for v in earlier]
    domains = [
        {**d, "share": None} if whole or _told(d, [b[d["code"]] for b in before if d["code"] in b])
        else d
        for d in now["domains"]
    ]  # fmt: skip
    return {**now, "domains": domains}


def _told(now: Row, earlier: Sequence[Row]) -> bool:
    """Whether those who have the need, have it not, or answered at all differ by a few."""
    counts = [_counts(row) for row in (now, *earlier) if row["share"] is not None]
    return now["share"] is not None and bool(_close(counts[0], counts[1:]))


def _counts(row: Row) -> dict[str, int]:
    yes = round(row["share"] * row["n"])
    return {"n": row["n"], "yes": yes, "no": row["n"] - yes}


def _blank(row: Row) -> Row:
    def empty(value: Any) -> Any:
        if isinstance(value, dict) and "status" in value:
            return withheld(value, TOO_CLOSE)
        if isinstance(value, dict):
            return {key: empty(item) for key, item in value.items()}
        return [empty(item) for item in value] if isinstance(value, list) else value

    return {**empty(row), "n": None}
