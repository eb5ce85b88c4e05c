"""Intervals for proportions and means from an estimate, its variance and its degrees of freedom.

All functions take floats or arrays of one shape and return (low, high). Nothing here knows where
the variance came from. Sources: Korn and Graubard (1998) for the beta interval, Wilson (1927) on
the effective sample, the exact one-sided binomial bound at 0 and 1, Rao and Scott (1984) for
the likelihood interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]


def quantile(df: ArrayLike, level: float = 0.95) -> Floats:
    """Two-sided t quantile; df = inf is the normal; NaN for df < 1."""
    degrees = np.asarray(df, dtype=float)
    safe = np.where(degrees >= 1, degrees, np.nan)
    return np.asarray(stats.t.ppf(0.5 + level / 2, safe), dtype=float)


def symmetric(value: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95) -> Pair:
    """value -+ t * se."""
    half = quantile(df, level) * np.asarray(se, dtype=float)
    centre = np.asarray(value, dtype=float)
    return centre - half, centre + half


def logit(p: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95) -> Pair:
    """Symmetric on the log-odds, 0 < p < 1; NaN at 0 and 1 (see `exact`)."""
    share = np.asarray(p, dtype=float)
    inner = np.where((share > 0) & (share < 1), share, np.nan)
    odds = np.log(inner / (1 - inner))
    half = quantile(df, level) * np.asarray(se, dtype=float) / (inner * (1 - inner))
    return 1 / (1 + np.exp(half - odds)), 1 / (1 + np.exp(-half - odds))


def effective_n(
    p: ArrayLike, se: ArrayLike, df: ArrayLike, n: ArrayLike, level: float = 0.95
) -> Floats:
    """Korn-Graubard effective sample size, corrected for the degrees of freedom, not capped."""
    share, error = np.asarray(p, dtype=float), np.asarray(se, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = share * (1 - share) / error**2
    return np.asarray(raw * (quantile(np.asarray(n) - 1, level) / quantile(df, level)) ** 2)


def beta(p: ArrayLike, n_eff: ArrayLike, level: float = 0.95) -> Pair:
    """Clopper-Pearson on an effective sample size (`effective_n`)."""
    share, size = np.asarray(p, dtype=float), np.asarray(n_eff, dtype=float)
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, size * share, size * (1 - share) + 1)
    high = stats.beta.ppf(1 - tail, size * share + 1, size * (1 - share))
    return np.asarray(low), np.asarray(high)


def wilson(p: ArrayLike, n_eff: ArrayLike, df: ArrayLike = np.inf, level: float = 0.95) -> Pair:
    """Score interval on an effective sample size."""
    share, size = np.asarray(p, dtype=float), np.asarray(n_eff, dtype=float)
    t2 = quantile(df, level) ** 2
    centre = (share + t2 / (2 * size)) / (1 + t2 / size)
    half = np.sqrt(t2 * (share * (1 - share) / size + t2 / (4 * size**2))) / (1 + t2 / size)
    return centre - half, centre + half


def arcsine(p: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95) -> Pair:
    """Symmetric on asin(sqrt(p)), 0 < p < 1; NaN at 0 and 1."""
    share = np.asarray(p, dtype=float)
    inner = np.where((share > 0) & (share < 1), share, np.nan)
    centre = np.arcsin(np.sqrt(inner))
    half = quantile(df, level) * np.asarray(se, dtype=float) / (2 * np.sqrt(inner * (1 - inner)))
    return np.sin(centre - half) ** 2, np.sin(centre + half) ** 2


def likelihood(
    p: ArrayLike, se: ArrayLike, df: ArrayLike, n: ArrayLike, level: float = 0.95
) -> Pair:
    """Shares whose binomial deviance, on the effective sample, stays below t^2; NaN at 0 and 1.

    n: persons; the deviance's scale has the factor n / (n - 1), as the working model estimates it.
    """
    share, error = np.asarray(p, dtype=float), np.asarray(se, dtype=float)
    inner = np.where((share > 0) & (share < 1), share, np.nan)
    scale = np.asarray(n, dtype=float) / np.maximum(np.asarray(n, dtype=float) - 1, 1)
    bound = (quantile(df, level) * error) ** 2 / (inner * (1 - inner)) * scale

    def deviance(q: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(
                2 * (inner * np.log(inner / q) + (1 - inner) * np.log((1 - inner) / (1 - q)))
            )

    ends = []
    for far in (np.zeros_like(inner), np.ones_like(inner)):
        near, away = inner.copy(), far
        for _ in range(200):
            middle = (near + away) / 2
            within = deviance(middle) <= bound
            near, away = np.where(within, middle, near), np.where(within, away, middle)
        ends.append(np.where(np.isnan(inner), np.nan, near))
    return ends[0], ends[1]


def exact(p: ArrayLike, n_eff: ArrayLike, level: float = 0.95) -> Pair:
    """One-sided bound where p is 0 or 1 on n_eff persons; NaN elsewhere. Never of zero width."""
    share, size = np.asarray(p, dtype=float), np.asarray(n_eff, dtype=float)
    bound = 1 - (1 - level) ** (1 / np.maximum(size, 1e-9))
    low = np.select([share == 0, share == 1], [0.0, 1 - bound], np.nan)
    high = np.select([share == 0, share == 1], [bound, 1.0], np.nan)
    return low, high
