"""Weighted quantiles with Woodruff intervals.

The interval of the distribution function at the quantile is carried back to the scale of the
variable. Sources: Woodruff (1952); Francisco and Fuller (1991) for the score interval; the rules
are the weighted forms of Hyndman and Fan (1996).

A level often falls exactly on a step (the median of 200 equal weights), where the last bit of a sum
decides. Sums are therefore extended and the order of operations is that of R's survey, so that both
decide alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from analysis.core import intervals
from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign, Estimates, mean
from analysis.core.replicates import Replicates

Rule = Callable[[Floats, Floats, float], float]
TINY = 1e-12  # a standard error of nothing


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

    interval: of the distribution function (symmetric | logit | arcsine | beta), of its score test
    (score), or from the quantiles of the replicate weights (replicates; smooth replicates only).
    rule: math (= hf1), school (= hf2), shahvaish, hf3, hf4, hf5, hf6, hf7, hf8, hf9.
    A bound outside the data is NaN; so is everything of an empty base, and the score interval of a
    variable that hardly varies.
    """
    if rule not in RULES:
        raise ValueError(f"不认识的分位数规则“{rule}”")
    if not all(0 <= level <= 1 for level in levels):
        raise ValueError("分位数的位置必须在 0 与 1 之间")
    values = np.asarray(y, dtype=float)
    rows = design.inside(inside) & np.isfinite(values) & (design.weights > 0)
    degrees = float(design.degrees(rows)) if df is None else df
    base = _Base(design, values, rows, RULES[rule], confidence, degrees)
    found = [base.at(design.weights, level) for level in levels]
    ends = np.array([base.ends(interval, p, q) for p, q in zip(levels, found, strict=True)])
    ends = ends.reshape(-1, 2)
    width = 2 * intervals.quantile(degrees, confidence)
    return Quantiles(
        np.asarray(levels, dtype=float), np.array(found), ends[:, 0], ends[:, 1],
        (ends[:, 1] - ends[:, 0]) / width, int(min(degrees, 10**9)), int(rows.sum()),
    )  # fmt: skip


@dataclass(frozen=True)
class _Base:
    """The rows a quantile is taken over, and what its intervals ask of them."""

    design: AnyDesign
    values: Floats
    rows: NDArray[np.bool_]
    rule: Rule
    confidence: float
    df: float

    def at(self, weights: Floats, level: float) -> float:
        live = self.rows & (weights != 0)
        if not live.any():
            return float("nan")
        if live.sum() == 1:  # no rule has anything to choose from
            return float(self.values[live][0])
        order = np.argsort(self.values[live], kind="stable")
        return self.rule(self.values[live][order], weights[live][order], level)

    def below(self, point: float) -> Estimates:
        """The share of persons at or below the point."""
        reached = np.where(self.rows, self.values <= point, np.nan)
        return mean(self.design, reached, inside=self.rows)

    def ends(self, interval: str, level: float, point: float) -> tuple[float, float]:
        if interval == "replicates":
            return self._replicated(level, point)
        if interval == "score":
            return self._score(level)
        if np.isnan(point):
            return float("nan"), float("nan")
        low, high = _bounds(self.below(point), interval, self.confidence, self.df)
        return (self.at(self.design.weights, low) if low >= 0 else np.nan,
                self.at(self.design.weights, high) if high <= 1 else np.nan)  # fmt: skip

    def _replicated(self, level: float, point: float) -> tuple[float, float]:
        if not isinstance(self.design, Replicates):
            raise ValueError("the interval of replicates needs replicate weights")

        def again(weights: Floats) -> tuple[Floats, Floats]:
            return np.array([self.at(weights, level)]), np.empty((0, 1))

        error = np.sqrt(self.design.evaluate(again, self.rows)[0, 0])
        low, high = intervals.symmetric(point, error, self.df, self.confidence)
        return float(low), float(high)

    def _score(self, level: float) -> tuple[float, float]:
        """Where the score (share above - its expectation) is t standard errors away from zero."""
        x = self.values[self.rows]
        if not len(x) or x.min() == x.max():
            return float("nan"), float("nan")
        edge = float(np.subtract(*np.quantile(x, [0.75, 0.25]))) / 100
        t = float(intervals.quantile(self.df, self.confidence))

        def excess(point: float, limit: float) -> float:
            share = self.below(point)
            return (level - float(share.values[0])) / max(float(share.se[0]), TINY) - limit

        return self._reached(excess, t, edge), self._reached(excess, -t, edge)

    def _reached(self, excess: Callable[[float, float], float], limit: float, edge: float) -> float:
        x = self.values[self.rows]
        first, last = x.min() + edge, x.max() - edge
        if not excess(first, limit) > 0 > excess(last, limit):
            return float("nan")
        place = brentq(excess, first, last, args=(limit,), xtol=(last - first) / 1e9)
        return self.at(self.design.weights, float((x <= place).mean()))


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


def _sums(w: Floats) -> Floats:
    """Running sums, added up in extended precision."""
    return np.cumsum(w.astype(np.longdouble)).astype(float)


def _around(x: Floats, w: Floats, p: float) -> tuple[int, int, float, float]:
    """Sorted positions below and above the level, and how far off each stands."""
    cumulated = _sums(w)
    total = float(cumulated[-1])
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
    steps, inverse = np.unique(x, return_inverse=True)
    low, high, off, _ = _around(steps, np.bincount(inverse, w).astype(float), p)
    return float(steps[low] if off == 0 and low % 2 else steps[high])


def _between(x: Floats, w: Floats, p: float) -> float:
    low, high, off, over = _around(x, w, p)
    share = off / (off + over)
    return float(x[low] * (1 - share) + x[high] * share)


def _step(x: Floats, w: Floats, p: float) -> float:
    scaled = w / (float(_sums(w)[-1]) / len(w))
    at, level = _points((_sums(scaled) + 0.5 - w / 2) / (len(x) + 1), x)
    index = int(np.searchsorted(at, p, side="right")) - 1
    return float(level[max(index, 0)])


def _points(at: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Positions in order (unequal weights can put them out of it); tied ones share their mean."""
    places, inverse = np.unique(at, return_inverse=True)
    return places, np.bincount(inverse, x) / np.bincount(inverse)


def _linear(place: Callable[[Floats, Floats], Floats]) -> Rule:
    """Linear interpolation between positions ``place(weights, their cumulated sum)``."""

    def rule(x: Floats, w: Floats, p: float) -> float:
        at, level = _points(place(w, _sums(w)), x)
        if not at[0] < p < at[-1]:
            return float(level[0] if p <= at[0] else level[-1])
        i = int(np.searchsorted(at, p, side="right")) - 1
        return float(level[i] + (level[i + 1] - level[i]) * ((p - at[i]) / (at[i + 1] - at[i])))

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
