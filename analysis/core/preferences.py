"""Rank questions: what women put first, among the first three, how high on average, and its worth.

First-choice share, share among the first places, Borda mean (3, 2, 1, 0 points for the first three
places), best minus worst where every woman ordered all options, and the Plackett-Luce worth
(`plackett_luce.py`), which uses whom an option was placed before. All weighted, on the women who
answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.core import beside, intervals, needs, plackett_luce
from analysis.core.cuts import Official, rows_of
from analysis.core.design import Floats
from analysis.core.estimate import Estimates, mean, share
from analysis.core.thresholds import THRESHOLDS
from surveys.core.definition import Question

PLACES = 3
Row = dict[str, Any]
Bools = NDArray[np.bool_]


def section(official: Official) -> list[Row]:
    """One entry per rank question outside repeats, in the order of the form."""
    texts = official.columns.texts
    asked = [
        q for q in official.definition.questions() if q.kind == "rank" and q.name in texts
    ]  # fmt: skip
    return [one for q in asked if (one := _question(official, q))]


def attributes(official: Official) -> Iterator[tuple[str, tuple[str, ...], Floats]]:
    """Question, its options, and (n, p) the place of each; for the gate."""
    texts = official.columns.texts
    for q in official.definition.questions():
        if q.kind == "rank" and q.name in texts:
            options = tuple(c.name for c in q.choices if not c.missing)
            yield q.name, options, placed(texts[q.name], options)


def _question(official: Official, question: Question) -> Row | None:
    choices = [c for c in question.choices if not c.missing]
    order = placed(official.columns.texts[question.name], [c.name for c in choices])
    live: Bools = np.asarray(np.isfinite(order).any(axis=1))
    if live.sum() < THRESHOLDS.base or len(choices) < 2:
        return None
    language = official.definition.default_language
    columns = _columns(official, order, live)
    worth = _worth(official, order, live, columns["top"])
    return {
        "name": question.name, "label": needs.wording(question.label, language),
        "n": int(live.sum()), "places": min(PLACES, len(choices)), "refused": worth["refused"],
        "rows": [
            {"code": c.name, "label": needs.wording(c.label, language),
             **{key: rows[k] if rows else None for key, rows in columns.items()},
             "worth": worth["rows"][k] if worth["rows"] else None}
            for k, c in enumerate(choices)
        ],
    }  # fmt: skip


def placed(texts: Iterable[str], options: Sequence[str]) -> Floats:
    """(n, p) place of each option, 1 = first, NaN where it was not placed or nothing was answered.

    Options that are not listed (an answer that means "do not know") take no place.
    """
    index = {name: k for k, name in enumerate(options)}
    rows = [str(text).split() for text in texts]
    out = np.full((len(rows), len(options)), np.nan)
    for row, named in enumerate(rows):
        for place, name in enumerate((n for n in named if n in index), start=1):
            out[row, index[name]] = place
    return out


def _columns(official: Official, order: Floats, live: Bools) -> dict[str, list[Row]]:
    """first, top, borda and, for complete orders, best_worst: rows of every option."""
    answered = live[:, None]
    first = np.where(answered, order == 1, np.nan)
    top = np.where(answered, order <= PLACES, np.nan)
    points = np.where(answered, np.nan_to_num(np.maximum(PLACES + 1 - order, 0)), np.nan)
    tops = share(official.design, top)
    firsts = share(official.design, first)
    seen = _gated(tops)  # the places add up as well: a lone withheld one would follow
    found = {
        "first": _gated(firsts),
        "top": seen,
        "borda": _beside(seen, rows_of(mean(official.design, points))),
        "best_worst": [],
    }
    p = order.shape[1]
    if np.isfinite(order[live]).all():
        balance = np.where(answered, (order == 1).astype(float) - (order == p), np.nan)
        found["best_worst"] = _beside(seen, rows_of(mean(official.design, balance)))
    return found


def _gated(table: Estimates) -> list[Row]:
    return beside.partition(rows_of(table), [max(int(n), 0) for n in table.positives])


def _beside(seen: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """Withheld where the share it goes with is."""
    return [
        beside.withheld(row, s["reason"]) if s["status"] == "suppressed" else row
        for s, row in zip(seen, rows, strict=True)
    ]


def _worth(official: Official, order: Floats, live: Bools, seen: Sequence[Row]) -> Row:
    """Worth of every option with its interval, or in words why there is none."""
    n, p = order.shape
    ranking = np.full((n, min(PLACES, p)), np.nan)
    for place in range(ranking.shape[1]):
        row, option = np.nonzero(order == place + 1)
        ranking[row, place] = option
    try:
        fit = plackett_luce.fit(official.design, ranking, p, inside=live)
    except plackett_luce.NotComparable as reason:
        return {"rows": [], "refused": str(reason)}
    worth = fit.worth
    slope = np.diag(worth) - np.outer(worth, worth)
    se = np.sqrt(np.maximum(np.diagonal(slope @ fit.covariance @ slope), 0))
    df = official.design.degrees(live)
    low, high = intervals.logit(worth, se, df)
    rows = [
        {**seen[k], "value": float(worth[k]), "se": float(se[k]), "low": float(low[k]),
         "high": float(high[k]), "deff": None}
        for k in range(p)
    ]  # fmt: skip
    return {"rows": _beside(seen, rows), "refused": ""}
