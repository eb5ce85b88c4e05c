"""The plots of one table of the workbench; which of them fit says `tablewords.plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.core import charts, tablewords, workplots
from analysis.core.plotting import Chart

Row = Mapping[str, Any]
LONGEST = 24


def draw(result: Row, name: str) -> Chart:
    """KeyError for a plot that does not fit the table."""
    if name not in tablewords.plots(result):
        raise KeyError(name)
    return {"dots": _dots, "heads": _heads, "ranked": _ranked, "ranks": _ranks, "classes": _classes,
            "spread": _spread, "pair": _pair}[name](result)  # fmt: skip


def _percent(result: Row) -> bool:
    return result["question"]["kind"] != "number"


def _dots(result: Row) -> Chart:
    """Largest first; the options of a scale in their own order."""
    rows = list(result["classes"][0]["rows"])
    if not result["question"]["order"]:
        rows.sort(key=lambda r: -(r["estimate"]["value"] or -1))
    pairs = [(row["label"], row["estimate"]) for row in rows[:LONGEST]]
    return workplots.dots(pairs, tablewords.said(result), _percent(result))


def _heads(result: Row) -> Chart:
    """One number in every class, the whole first."""
    pairs = [(one["label"], one["rows"][0]["estimate"]) for one in result["classes"]]
    return workplots.dots(pairs, tablewords.said(result), percent=False)


def _domains(result: Row) -> list[dict[str, Any]]:
    whole = result["classes"][0]
    return [
        {"code": row["value"], "label": row["label"], "joint": row["estimate"],
         "tier": rank["tier"] if rank else "unranked",
         "rank": {"joint": [rank["low"], rank["high"]] if rank else None}}
        for row, rank in zip(whole["rows"], whole["ranks"], strict=True)
    ]  # fmt: skip


def _ranked(result: Row) -> Chart:
    return charts.ranked(_domains(result), tau=result["classes"][0]["tau"])


def _ranks(result: Row) -> Chart:
    return charts.rank_sets(_domains(result), tau=result["classes"][0]["tau"])


def _classes(result: Row) -> Chart:
    whole, *others = result["classes"]
    panels = [(one["label"], _estimates(one)) for one in others]
    names = [row["label"] for row in whole["rows"]]
    said = tablewords.said(result)
    return workplots.multiples(names, _estimates(whole), panels, said, _percent(result))


def _estimates(one: Row) -> Sequence[Row]:
    return [row["estimate"] for row in one["rows"]]


def _spread(result: Row) -> Chart:
    order = result["question"]["order"]
    options = [result["classes"][0]["rows"][k]["label"] for k in order]
    rows = [(one["label"], [one["rows"][k]["estimate"] for k in order])
            for one in result["classes"]]  # fmt: skip
    return workplots.diverging(rows, options, tablewords.said(result))


def _pair(result: Row) -> Chart:
    _, one, two = result["classes"]
    found = zip(
        result["gaps"], tablewords.verdicts(result), one["rows"], two["rows"], strict=True
    )  # fmt: skip
    rows = [
        (gap["label"], a["estimate"], b["estimate"],
         {**gap["gap"], "clear": verdict == "差异明显"})
        for gap, verdict, a, b in found
    ]  # fmt: skip
    by = result["by"]["label"]
    ends = (f"{by}：{one['label']}", f"{by}：{two['label']}")
    return workplots.dumbbell(rows, ends, tablewords.said(result), _percent(result))
