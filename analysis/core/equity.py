"""Groups beside all other women in ratios: how much likelier, and how strongly represented.

Risk ratio p_g / p_-g and representation P(g | J) / P(g), both with intervals on the logarithmic
scale by the delta method on the joint covariance; P(g | J), the group's part of all women with the
need. A number stands only where neither side of the gap is withheld, and above zero. All published
gaps of all groups are one family of tests (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from analysis.core import intervals
from analysis.core.compare import Function, adjust_p, smooth
from analysis.core.design import Design, Floats
from analysis.core.estimate import Estimates, mean, share
from analysis.core.thresholds import THRESHOLDS

ALPHA = 0.05
Row = dict[str, Any]


def ratios(design: Design, joint: Floats, mask: Floats, pair: Estimates) -> Row:
    """``risk_ratio``, ``representation`` and ``part`` of a need; None where a share is 0.

    What is withheld with its gap, and the rounding, is the printing's work (`printed`).
    joint (n,): 1, 0, NaN; mask (n,): 1 member, 0 not, NaN unknown; pair: shares inside and outside.
    """
    if not np.all(pair.values > 0):
        return {"risk_ratio": None, "representation": None, "part": None}
    known = np.isfinite(joint) & np.isfinite(mask)
    whole = mean(design, np.stack([joint * mask, joint, mask], axis=1), inside=known)
    return {
        "risk_ratio": _ratio(pair, lambda p: np.log(p[0]) - np.log(p[1])),
        "representation": _ratio(
            whole, lambda m: np.log(m[0]) - np.log(m[1]) - np.log(m[2])
        ),
        "part": share(design, mask, inside=known & (joint == 1)).rows()[0].row(),
    }  # fmt: skip


def _ratio(table: Estimates, logarithm: Function) -> Row:
    """e to the value of a function of the estimates, with the interval of the logarithm."""
    found = smooth(table, logarithm)
    usable = found.df >= THRESHOLDS.interval_df
    low, high = intervals.symmetric(found.value, found.se, found.df) if usable else (None, None)
    return {
        "value": float(np.exp(found.value)), "df": int(found.df), "n": int(table.n.min()),
        "low": None if low is None else float(np.exp(low)),
        "high": None if high is None else float(np.exp(high)),
        "status": "ok", "reason": "",
    }  # fmt: skip


def judged(groups: Sequence[Row]) -> list[Row]:
    """The printed groups, each published gap with ``clear``: it stands among all of the table.

    Tested is what is printed, so the flag tells nothing more; withheld gaps are no comparison.
    """
    told = [d["gap"] for g in groups for d in g["domains"] if d["gap"]["value"] is not None]
    for gap, p in zip(told, adjust_p([_p(gap) for gap in told], "BH"), strict=True):
        gap["clear"] = bool(p < ALPHA)
    return list(groups)


def _p(gap: Row) -> float:
    """Two-sided, t on the gap's own degrees of freedom; where nothing varies nothing is claimed."""
    if not gap["se"] or gap["df"] < THRESHOLDS.interval_df:
        return 1.0
    return float(2 * stats.t.sf(abs(gap["value"] / gap["se"]), gap["df"]))


def coverage(groups: int) -> float:
    """Of one group's rank sets, so that those of all groups hold together (Bonferroni)."""
    return 1 - ALPHA / max(groups, 1)


def family(groups: int, needs: int) -> str:
    """What holds at once, as it is printed."""
    return f"{groups}个群体，各群体内{needs}项两两比较，全部名次同时成立的把握{1 - ALPHA:.0%}"
