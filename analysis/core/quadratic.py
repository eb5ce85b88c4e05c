"""Tails of weighted sums of chi-squares, the distribution of Rao and Scott's statistics.

P(sum of w_i * X_i > x), X_i chi-square with one degree of freedom, w_i > 0; with a finite ``below``
the sum is set against x times an independent mean square on so many degrees, as in an F test.
Sources: Abate and Valko (2004) for the inversion of the Laplace transform, Kuonen (1999) for the
saddlepoint approximation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate, optimize, stats

from analysis.core.design import Floats

NODES = 32  # of the inversion: more would lose in rounding what they gain
NEAR = 0.99999  # of the ends between which the cumulant function lives
FLAT = 1e-4  # so close to the mean the approximation is 0 / 0


def exact(x: float, weights: ArrayLike, below: float = np.inf) -> float:
    """The tail by numerical inversion; absolute error below 1e-8."""
    w = _standard(weights)
    if np.isinf(below):
        return _inverted(x, w)

    def behind(u: float) -> float:
        return _inverted(x * float(stats.chi2.ppf(u, below)) / below, w)

    return float(integrate.quad(behind, 0, 1, epsabs=1e-10, epsrel=1e-10, limit=200)[0])


def _inverted(x: float, w: Floats) -> float:
    """Talbot's contour around the cut of the transform (1 - M(s)) / s of the tail."""
    if x <= 0:
        return 1.0
    reach = 0.4 * NODES
    theta = np.arange(1, NODES) * np.pi / NODES
    cot = 1 / np.tan(theta)
    s = np.concatenate([[1.0 + 0j], theta * (cot + 1j)])
    turn = np.concatenate([[0.5 + 0j], 1 + 1j * (theta + (theta * cot - 1) * cot)])
    moment = np.prod((1 + np.outer(s, 2 * w) * reach / x) ** -0.5, axis=1)
    terms = np.exp(reach * s) * (1 - moment) / s * turn
    return float(np.clip(terms.real.sum() / NODES, 0, 1))


def saddlepoint(x: float, weights: ArrayLike, below: float = np.inf) -> float:
    """Kuonen's approximation; Satterthwaite's where x is the mean, at which it has no value."""
    w = _standard(weights)
    found = _approximated(x, w, below) if below >= 1 else float("nan")
    return satterthwaite(x, w, below) if np.isnan(found) else found


def satterthwaite(x: float, weights: ArrayLike, below: float = np.inf) -> float:
    """The tail of one scaled chi-square (or F) with the same mean and variance."""
    w = _standard(weights)
    free = float(w.sum() ** 2 / (w**2).sum())
    ratio = x / float(w.sum())
    if np.isinf(below):
        return float(stats.chi2.sf(ratio * free, free))
    return float(stats.f.sf(ratio, free, below))


def _approximated(x: float, w: Floats, below: float) -> float:
    if np.isfinite(below):  # a denominator is a negative weight; whole degrees, as R counts them
        w, x = np.concatenate([w, np.full(int(below), -x / below)]), 0.0
    scale = float(w.max())
    w, x = w / scale, x / scale
    low, high = _domain(x, w)

    def slope(zeta: float) -> float:
        return float((w / (1 - 2 * zeta * w)).sum() - x)

    zeta = float(optimize.brentq(slope, low, high, xtol=1e-15, maxiter=500))
    if abs(zeta) < FLAT:
        return float("nan")
    cumulant = -0.5 * float(np.log(1 - 2 * zeta * w).sum())
    bend = 2 * float((w**2 / (1 - 2 * zeta * w) ** 2).sum())
    root = np.sign(zeta) * np.sqrt(2 * (zeta * x - cumulant))
    return float(stats.norm.sf(root + np.log(zeta * np.sqrt(bend) / root) / root))


def _standard(weights: ArrayLike) -> Floats:
    w = np.asarray(weights, dtype=float)
    if np.any(w < -1e-9 * np.abs(w).max(initial=0.0)):
        raise ValueError("weights of chi-squares must not be negative")
    return w[w > 0]


def _domain(x: float, w: Floats) -> tuple[float, float]:
    """Where the cumulant function is finite, and the saddlepoint lies."""
    high = NEAR / (2 * float(w.max()))
    if (w < 0).any():
        return NEAR / (2 * float(w.min())), high
    return (-0.01 if x > w.sum() else -len(w) / (2 * x)), high
