"""Comparisons of estimates that share a sample: contrasts, smooth functions, families of tests.

Everything is the delta method on the joint covariance of an `Estimates` table, so shared units
enter. Derivatives are taken by complex steps, exact to rounding for the functions used here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.core import intervals
from analysis.core.design import Floats
from analysis.core.estimate import Estimates
from analysis.core.testable import still

Complexes = NDArray[np.complex128]
Function = Callable[[Complexes], object]
CORRECTIONS = ("holm", "hochberg", "hommel", "bonferroni", "BH", "BY", "none")


@dataclass(frozen=True, slots=True)
class Contrast:
    """One difference or function of estimates, tested against zero with t on df.

    t and p are NaN where the standard error is only rounding.
    """

    value: float
    se: float
    df: float
    t: float
    p_value: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        low, high = intervals.symmetric(self.value, self.se, self.df, level)
        return float(low), float(high)


def contrast(table: Estimates, weights: ArrayLike, df: float | None = None) -> Contrast:
    """Sum of weights_k * value_k. df: default the smallest df among the estimates used."""
    coefficients = np.asarray(weights, dtype=float)
    if coefficients.shape != table.values.shape:
        raise ValueError(f"{len(coefficients)} weights for {len(table.values)} estimates")
    variance = float(coefficients @ table.covariance @ coefficients)
    return _tested(float(coefficients @ table.values), variance, df, table, coefficients)


def smooth(table: Estimates, function: Function, df: float | None = None) -> Contrast:
    """A smooth function of the estimates, e.g. a risk ratio or a geometric index.

    function: takes a complex vector of the table's length and returns one number, built from
    arithmetic, powers and NumPy's complex-analytic functions.
    """
    gradient = gradients(function, table.values)[0]
    value = float(np.real(np.asarray(function(table.values.astype(complex)))))
    variance = float(gradient @ table.covariance @ gradient)
    return _tested(value, variance, df, table, gradient)


def transform(table: Estimates, function: Function, names: Sequence[str], kind: str) -> Estimates:
    """Several smooth functions with their joint covariance; df is the smallest of the table."""
    jacobian = gradients(function, table.values)
    values = np.real(np.atleast_1d(np.asarray(function(table.values.astype(complex)))))
    count = len(values)
    return replace(
        table,
        names=tuple(names),
        values=values,
        covariance=jacobian @ table.covariance @ jacobian.T,
        df=np.full(count, table.df.min()),
        n=np.full(count, table.n.min()),
        deff=np.full(count, np.nan),
        positives=np.full(count, -1),
        kind=kind,
        own_se=None,
    )


def gradients(function: Function, at: Floats, step: float = 1e-30) -> Floats:
    """Jacobian (m, q) of ``function`` at a real vector (q,), by complex steps."""
    columns = []
    for k in range(len(at)):
        shifted = at.astype(complex)
        shifted[k] += 1j * step
        columns.append(np.imag(np.atleast_1d(np.asarray(function(shifted)))) / step)
    return np.stack(columns, axis=1)


def adjust_p(p: ArrayLike, method: str = "BH") -> Floats:
    """p-values corrected for a family of tests, (m,) in the order given; NaN stays outside.

    Source: Holm (1979), Hochberg (1988), Hommel (1988), Benjamini and Hochberg (1995), Benjamini
    and Yekutieli (2001).
    """
    if method not in CORRECTIONS:
        raise ValueError(f"unknown correction: {method}")
    raw = np.asarray(p, dtype=float)
    out = raw.copy()
    known = np.flatnonzero(np.isfinite(raw))
    if len(known):
        out[known] = _adjusted(raw[known], method)
    return out


def _adjusted(p: Floats, method: str) -> Floats:
    m = len(p)
    if method == "none":
        return p
    if method == "bonferroni":
        return np.minimum(p * m, 1.0)
    if method == "hommel":
        return _hommel(p)
    order = np.argsort(p, kind="stable")
    rank = np.arange(1, m + 1)
    if method == "holm":
        done = np.maximum.accumulate((m - rank + 1) * p[order])
    else:
        harmonic = float((1 / rank).sum())
        factor = {"hochberg": m - rank + 1.0, "BH": m / rank, "BY": harmonic * m / rank}[method]
        done = np.minimum.accumulate((factor * p[order])[::-1])[::-1]
    out = np.empty(m)
    out[order] = np.minimum(done, 1.0)
    return out


def _hommel(p: Floats) -> Floats:
    m = len(p)
    order = np.argsort(p, kind="stable")
    ordered = p[order]
    rank = np.arange(1, m + 1)
    q = np.full(m, float((m * ordered / rank).min()))
    adjusted = q.copy()
    for size in range(m - 1, 1, -1):
        head, tail = np.arange(m - size + 1), np.arange(m - size + 1, m)
        bound = float((size * ordered[tail] / np.arange(2, size + 1)).min())
        q[head] = np.minimum(size * ordered[head], bound)
        q[tail] = q[m - size]
        adjusted = np.maximum(adjusted, q)
    out = np.empty(m)
    out[order] = np.maximum(adjusted, ordered)
    return out


def _tested(
    value: float, variance: float, df: float | None, table: Estimates, gradient: Floats
) -> Contrast:
    used = gradient != 0
    degrees = float(df) if df is not None else float(table.df[used].min(initial=10**9))
    se = float(np.sqrt(max(variance, 0.0)))
    scale = float(np.abs(gradient[used] * table.values[used]).max(initial=0.0))
    t = float("nan") if still(se, scale) else value / se
    return Contrast(value, se, degrees, t, float(2 * stats.t.sf(abs(t), degrees)))
