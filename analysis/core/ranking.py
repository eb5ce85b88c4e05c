"""Ranks with their uncertainty: simultaneous confidence sets for all ranks at once.

Method: Mogstad, Romano, Shaikh and Wilhelm (2024), two-sided pairwise tests with a max-t critical
value, improved by stepping down. The covariance carries the design and may be singular; with few
degrees of freedom the draws are multivariate t. Bootstrap rank intervals are not offered: under
ties they miss the truth most of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
DRAWS, CLOSE = 100_000, 0.02


@dataclass(frozen=True)
class RankSets:
    """rank, low, high: (p,), 1 = largest value. borderline: pairs near the critical value."""

    rank: Ints
    low: Ints
    high: Ints
    coverage: float
    borderline: tuple[tuple[int, int], ...]

    def tier(self, tau: int = 3) -> list[str]:
        """confirmed: surely in the first tau; possible: may be; rest: surely not."""
        names = []
        for low, high in zip(self.low, self.high, strict=True):
            names.append("confirmed" if high <= tau else "possible" if low <= tau else "rest")
        return names


def rank_sets(
    values: ArrayLike, covariance: ArrayLike, *, df: float = np.inf, coverage: float = 0.95,
    draws: int = DRAWS, seed: int = 20261123,
) -> RankSets:  # fmt: skip
    """Sets that hold all p true ranks together with at least the stated probability.

    values (p,), covariance (p, p) of the estimates; NaN values are refused with ValueError.
    """
    x, s = np.asarray(values, dtype=float), np.asarray(covariance, dtype=float)
    if not np.all(np.isfinite(x)) or not np.all(np.isfinite(s)):
        raise ValueError("ranks need finite estimates and covariances")
    p = len(x)
    first, second = np.nonzero(~np.eye(p, dtype=bool))
    gap, scale = x[first] - x[second], _scale(s, first, second)
    # an exactly known difference is decided by its sign alone
    known = np.where(gap == 0, 0.0, np.copysign(np.inf, gap))
    t = np.where(scale > 0, gap / np.where(scale > 0, scale, 1), known)
    larger, close = _step_down(t, _noise(s, first, second, scale, df, draws, seed), coverage)
    beaten = np.bincount(second[larger], minlength=p)
    beats = np.bincount(first[larger], minlength=p)
    pairs = tuple((int(first[i]), int(second[i])) for i in np.flatnonzero(close))
    rank = 1 + (x[None, :] > x[:, None]).sum(axis=1)
    return RankSets(rank, 1 + beaten, p - beats, coverage, pairs)


def best_set(
    values: ArrayLike, covariance: ArrayLike, tau: int, *, df: float = np.inf,
    coverage: float = 0.95, draws: int = DRAWS, seed: int = 20261123,
) -> NDArray[np.bool_]:  # fmt: skip
    """(p,) True where the item may be among the true tau largest (one-sided joint claim)."""
    x, s = np.asarray(values, dtype=float), np.asarray(covariance, dtype=float)
    sets = rank_sets(x, s, df=df, coverage=coverage, draws=draws, seed=seed)
    return np.asarray(sets.low <= tau)


def _scale(s: Floats, first: Ints, second: Ints) -> Floats:
    variance = np.diagonal(s)[first] + np.diagonal(s)[second] - 2 * s[first, second]
    floor = 1e-14 * max(float(np.max(np.diagonal(s), initial=0.0)), 1e-300)
    return np.where(variance > floor, np.sqrt(np.maximum(variance, 0)), 0.0)


def _noise(
    s: Floats, first: Ints, second: Ints, scale: Floats, df: float, draws: int, seed: int
) -> NDArray[np.float32]:
    """(draws, pairs) standardised differences under no difference at all."""
    rng = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh((s + s.T) / 2)
    root = vectors * np.sqrt(np.maximum(values, 0))
    normal = rng.standard_normal((draws, len(s))) @ root.T
    if np.isfinite(df):
        normal *= np.sqrt(df / rng.chisquare(df, size=draws))[:, None]
    inverse = np.where(scale > 0, 1 / np.where(scale > 0, scale, 1), 0.0)
    return ((normal[:, first] - normal[:, second]) * inverse).astype(np.float32)


def _step_down(
    t: Floats, noise: NDArray[np.float32], coverage: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rejected pairs (first larger than second), and the pairs too close to call with this seed."""
    rejected: NDArray[np.bool_] = np.zeros(len(t), dtype=bool)
    critical = np.inf
    while not rejected.all():
        critical = float(np.quantile(noise[:, ~rejected].max(axis=1), coverage))
        new = (t > critical) & ~rejected
        if not new.any():
            break
        rejected |= new
    close = np.abs(np.where(np.isfinite(t), t, 1e9) - critical) < CLOSE
    return rejected, close
