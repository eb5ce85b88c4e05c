"""Weighted quantiles with Woodruff intervals.

The interval of the distribution function at the quantile is carried back to the scale of the
variable. Source: Woodruff (1952); the rules are the weighted forms of Hyndman and Fan (1996).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.core import intervals
from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign, Estimates, mean

Rule = Callable[[Floats, Floats, float], float]


@dataclass(frozen=True)
class Quantiles:
    """Quantiles at ``levels`` (m,); se is half the interval over its t quantile."""

    levels: Floats
    values: Floats
    low: Floats
    high: Floats
    se: Floats
    df: int
    n: int


def quantile(
    design: AnyDesign, y: ArrayLike, levels: Sequence[float], *, inside: ArrayLike | None = None,
    interval: str = "symmetric", rule: str = "math",
    confidence: float = 0.95, df: float | None = None,
) -> Quantiles:  # fmt: skip
    """Quantiles of y (n,), NaN outside the base.

    interval: of the distribution function: symmetric | logit | arcsine | beta.
    rule: math (= hf1), school (= hf2), shahvaish, hf3, hf4, hf5, hf6, hf7, hf8, hf9.
    A bound outside the data is NaN.
    """
    values = np.asarray(y, dtype=float)
    rows = design.inside(inside) & np.isfinite(values)
    x, w = values[rows], design.weights[rows]
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order]
    pick = RULES[rule]
    degrees = float(design.degrees(rows)) if df is None else df
    found, low, high = [], [], []
    for level in levels:
        point = pick(x, w, level)
        below = np.where(rows, values <= point, np.nan)
        bounds = _bounds(mean(design, below, inside=rows), interval, confidence, degrees)
        found.append(point)
        low.append(pick(x, w, bounds[0]) if bounds[0] >= 0 else np.nan)
        high.append(pick(x, w, bounds[1]) if bounds[1] <= 1 else np.nan)
    width = 2 * intervals.quantile(degrees, confidence)
    edges = np.array(low), np.array(high)
    return Quantiles(
        np.asarray(levels, dtype=float), np.array(found), *edges, (edges[1] - edges[0]) / width,
        int(min(degrees, 10**9)), int(rows.sum()),
    )  # fmt: skip


def _bounds(share: Estimates, method: str, level: float, df: float) -> tuple[float, float]:
    p, se = share.values, share.se
    direct = {
        "symmetric": intervals.symmetric,
        "logit": intervals.logit,
        "arcsine": intervals.arcsine,
    }
    if method in direct:
        low, high = direct[method](p, se, df, level)
    elif method == "beta":
        low, high = intervals.beta(p, intervals.effective_n(p, se, df, share.n, level), level)
    else:
        raise ValueError(f"unknown interval for quantiles: {method}")
    return float(low[0]), float(high[0])


def _around(x: Floats, w: Floats, p: float) -> tuple[int, int, float, float]:
    """Sorted positions below and above the level, and how far off each stands."""
    cumulated, total = np.cumsum(w), float(w.sum())
    reached = np.flatnonzero(cumulated <= p * total)
    low = int(reached[-1]) if len(reached) else 0
    high = min(low + 1, len(x) - 1)
    return low, high, p - cumulated[low] / total, cumulated[high] / total - p


def _math(x: Floats, w: Floats, p: float) -> float:
    low, high, off, _ = _around(x, w, p)
    return float(x[low] if off == 0 else x[high])


def _school(x: Floats, w: Floats, p: float) -> float:
    low, high, off, _ = _around(x, w, p)
    return float((x[low] + x[high]) / 2 if off == 0 else x[high])


def _even(x: Floats, w: Floats, p: float) -> float:
    low, high, off, _ = _around(x, w, p)
    return float(x[low] if off == 0 and low % 2 else x[high])


def _between(x: Floats, w: Floats, p: float) -> float:
    low, high, off, over = _around(x, w, p)
    share = off / (off + over)
    return float(x[low] * (1 - share) + x[high] * share)


def _step(x: Floats, w: Floats, p: float) -> float:
    scaled = w / w.mean()
    at = (np.cumsum(scaled) + 0.5 - w / 2) / (len(x) + 1)
    # unequal weights can put the positions out of order
    unique, inverse = np.unique(at, return_inverse=True)
    level = np.bincount(inverse, x) / np.bincount(inverse)
    index = int(np.searchsorted(unique, p, side="right")) - 1
    return float(level[max(index, 0)])


def _linear(place: Callable[[Floats, Floats], Floats]) -> Rule:
    """Linear interpolation between positions ``place(weights, their cumulated sum)``."""

    def rule(x: Floats, w: Floats, p: float) -> float:
        at = place(w, np.cumsum(w))
        # tied positions (two equal abscissae) count once, with the mean of their values
        unique, inverse = np.unique(at, return_inverse=True)
        level = np.bincount(inverse, x) / np.bincount(inverse)
        return float(np.interp(p, unique, level))

    return rule


def _before(c: Floats) -> Floats:
    return np.concatenate([[0.0], c[:-1]])


RULES: dict[str, Rule] = {
    "math": _math,
    "school": _school,
    "shahvaish": _step,
    "hf1": _math,
    "hf2": _school,
    "hf3": _even,
    "hf4": _between,
    "hf5": _linear(lambda w, c: (c - w / 2) / c[-1]),
    "hf6": _linear(lambda w, c: c / (c[-1] + w[-1])),
    "hf7": _linear(lambda w, c: _before(c) / c[-2]),
    "hf8": _linear(lambda w, c: (_before(c) / 3 + c * 2 / 3) / (c[-1] + w[-1] / 3)),
    "hf9": _linear(lambda w, c: (_before(c) * 3 / 8 + c * 5 / 8) / (c[-1] + w[-1] / 4)),
}
