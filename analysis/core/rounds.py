"""Two rounds of one survey on their joint design: what changed, and how surely.

D_k = theta_2k - theta_1k with V(D) = V_1 + V_2 - 2 C. V_1 and V_2 are those of each round's own
design; C comes from the villages both rounds asked, matched by code within their township:

    C_h = n_c / (n_c - 1) sum_c (1 - f_c n_2 / n_c) (z_1c - mean z_1)(z_2c - mean z_2)

z being a village's sum of weighted calibrated scores, f its first-stage fraction, n_2 the villages
of the later round and n_c the common ones. With all villages kept this is the covariance of one
pooled design; villages that two independent draws share by chance add nothing, since there
n_c is about f n_2 (Tam 1984). A change is not an effect: words say "after".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.core import needs
from analysis.core.cuts import Official
from analysis.core.design import Design, Floats
from analysis.core.estimate import Estimates, share
from analysis.core.variance import sum_by

Labels = NDArray[np.object_]
Row = dict[str, Any]


@dataclass(frozen=True)
class Round:
    """One round: its design and, row by row, the village and township of each respondent."""

    design: Design
    village: Labels
    township: Labels

    @classmethod
    def of(cls, official: Official) -> Round:
        keys = official.columns.keys
        return cls(official.design, keys["psu"], keys["township"])


@dataclass(frozen=True)
class _Villages:
    """Villages of one round: code, township, first-stage fraction (u,), sums of scores (u, q)."""

    code: Labels
    township: Labels
    fraction: Floats
    sums: Floats


def together(before: Round, after: Round, first: ArrayLike, second: ArrayLike) -> Estimates:
    """Shares of the columns of ``first`` (n_1, q) and ``second`` (n_2, q) with one covariance.

    Returns 2q estimates, those of the earlier round first; NaN rows lie outside an item's base.
    """
    one, two = share(before.design, first), share(after.design, second)
    q = len(one.names)
    covariance = np.zeros((2 * q, 2 * q))
    covariance[:q, :q], covariance[q:, q:] = one.covariance, two.covariance
    covariance[:q, q:] = _across(_villages(before, first), _villages(after, second))
    covariance[q:, :q] = covariance[:q, q:].T

    def end_to_end(name: str) -> Any:
        return np.concatenate([getattr(one, name), getattr(two, name)])

    return replace(
        one, names=(*one.names, *two.names), covariance=covariance,
        **{name: end_to_end(name) for name in ("values", "df", "n", "deff", "positives")},
    )  # fmt: skip


def shared(before: Round, after: Round) -> Mapping[str, int]:
    """How many villages either round asked, and how many both."""
    one, two = set(before.village), set(after.village)
    return {"before": len(one), "after": len(two), "both": len(one & two)}


def _villages(one: Round, y: ArrayLike) -> _Villages:
    items = np.asarray(y, dtype=float)
    items = items[:, None] if items.ndim == 1 else items
    weights = one.design.weights[:, None] * np.isfinite(items)
    mass = weights.sum(axis=0)
    centre = (weights * np.nan_to_num(items)).sum(axis=0) / mass
    scores = weights * (np.nan_to_num(items) - centre) / mass
    for step in one.design.steps:
        scores = step.residuals(scores)
    code, first, index = np.unique(one.village.astype(str), return_index=True, return_inverse=True)
    sums = sum_by(index, scores, len(code))
    return _Villages(
        code.astype(object), one.township[first], _fractions(one.design, index, len(code)), sums
    )


def _fractions(design: Design, village: NDArray[np.intp], count: int) -> Floats:
    """(u,) first-stage fractions; 1 where the village was certain, its households then the units.

    Such a village has no first-stage variance, hence nothing to share between rounds.
    """
    stage = design.stages[0]
    unit = stage.unit[design.leaf]
    pairs = np.unique(np.stack([village, unit]), axis=1)
    several = np.bincount(pairs[0], minlength=count) > 1
    found = np.zeros(count)
    found[village] = stage.fraction[unit]
    return np.where(several, 1.0, found)


def _across(one: _Villages, two: _Villages) -> Floats:
    """(q, q) covariance of the earlier with the later estimates."""
    total = np.zeros((one.sums.shape[1], two.sums.shape[1]))
    for township in np.unique(two.township.astype(str)):
        mine, its = one.township == township, two.township == township
        common, a, b = np.intersect1d(
            one.code[mine].astype(str), two.code[its].astype(str), return_indices=True
        )
        if len(common) < 2:
            continue
        z1, z2 = one.sums[mine][a], two.sums[its][b]
        kept = np.maximum(1 - one.fraction[mine][a] * its.sum() / len(common), 0.0)
        kept *= len(common) / (len(common) - 1)
        total += ((z1 - z1.mean(axis=0)) * kept[:, None]).T @ (z2 - z2.mean(axis=0))
    return total


def fallback(values: Floats, errors: Floats) -> Floats:
    """(p,) how far each share is expected to fall back by itself, chosen for being large.

    Empirical Bayes (Morris 1983): with B = error variance over the variance between issues, a share
    lies B (x - mean) too high on average, and the next round shows the difference. NaN stays out.
    """
    known = np.isfinite(values) & np.isfinite(errors)
    if known.sum() < 3:
        return np.full(len(values), np.nan)
    spread = float(values[known].var(ddof=1))
    pull = min(float((errors[known] ** 2).mean()) / spread, 1.0) if spread > 0 else 1.0
    return np.where(known, pull * (values - values[known].mean()), np.nan)


def stacked(rounds: Sequence[needs.Indicators], axis: str, codes: Sequence[str]) -> list[Floats]:
    """The columns of one axis for the domains given, in that order, round by round."""
    return [found.axis(axis)[:, [found.codes.index(c) for c in codes]] for found in rounds]
