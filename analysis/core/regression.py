"""Regression under a design: linear, logistic, Poisson, proportional odds; estimating equations.

Coefficients solve the weighted score equations; their covariance is the design covariance of the
scores between two inverse information matrices. Source: Binder (1983).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import expit

from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign, tested_degrees
from analysis.core.testable import NotTestable, require_rank, still

Ints = NDArray[np.intp]
Estimator = Callable[[Floats, Floats, Floats, Floats], Floats]
Curve = Callable[[Floats], tuple[Floats, Floats]]


class NotEstimable(ValueError):
    """The coefficients do not exist: separated data, too few rows or collinear columns."""


@dataclass(frozen=True)
class Fit:
    """Coefficients (k,) with covariance (k, k); df: what is left for tests of coefficients.

    exact: the model meets every answer, so that the covariance is only rounding.
    """

    values: Floats
    covariance: Floats
    df: int
    n: int
    exact: bool = False

    @property
    def se(self) -> Floats:
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0))

    def wald(self, index: ArrayLike) -> tuple[float, int, int, float]:
        """F, its two degrees of freedom and p for the coefficients at ``index`` all being zero.

        p is NaN without a degree of freedom. Raises `NotTestable` where nothing varies or the
        sample has too few units for that many.
        """
        if self.exact:
            raise NotTestable("模型与每个回答完全一致，没有可检验的差异")
        pick = np.asarray(index, dtype=np.intp)
        beta, covariance = self.values[pick], self.covariance[np.ix_(pick, pick)]
        require_rank(covariance, np.zeros(len(pick)))
        f = float(beta @ np.linalg.solve(covariance, beta)) / len(pick)
        return f, len(pick), self.df, float(stats.f.sf(f, len(pick), self.df))


def fit_linear(
    design: AnyDesign, y: ArrayLike, x: ArrayLike, *, inside: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Fit:  # fmt: skip
    """Weighted least squares of y (n,) on x (n, k), over rows of the domain without NaN.

    offset (n,): a part of the predictor whose coefficient is 1, here and in the other families.
    """
    return _fit(design, y, x, inside, _linear_beta, lambda eta: (eta, np.ones_like(eta)), offset)


def fit_logit(
    design: AnyDesign, y: ArrayLike, x: ArrayLike, *, inside: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Fit:  # fmt: skip
    """Logistic regression of y in 0..1 on x (n, k). Raises `NotEstimable` under separation."""
    return _fit(design, y, x, inside, _logit_beta, _logit_curve, offset)


def fit_poisson(
    design: AnyDesign, y: ArrayLike, x: ArrayLike, *, inside: ArrayLike | None = None,
    offset: ArrayLike | None = None,
) -> Fit:  # fmt: skip
    """Log-linear regression of a count y (n,) >= 0 on x (n, k)."""
    return _fit(design, y, x, inside, _poisson_beta, _poisson_curve, offset)


def fit_ordinal(
    design: AnyDesign, y: ArrayLike, x: ArrayLike, *, inside: ArrayLike | None = None
) -> Fit:
    """Proportional odds: logit P(y <= j) = cut_j - x b; y (n,) sorted values of 3 or more levels.

    x (n, k) without a constant. values: b, then the cut points.
    """
    response, matrix, live = _prepare(design, y, x, inside)
    levels, codes = np.unique(response[live], return_inverse=True)
    if len(levels) < 3:
        raise NotEstimable("有序回归需要至少三个等级")
    place = np.zeros(design.n, dtype=np.intp)
    place[live] = codes
    cuts = len(levels) - 1

    def solve(weights: Floats) -> tuple[Floats, Floats]:
        w = np.where(live, weights, 0.0)
        beta = _ordinal_beta(matrix, place, w, cuts)
        scores, information = _ordinal_parts(beta, matrix, place, w, cuts)
        try:
            return beta, scores @ np.linalg.inv(information)
        except np.linalg.LinAlgError as error:
            raise NotEstimable("有序回归不可估：数据完全分离") from error

    values = solve(design.weights)[0]
    covariance = design.evaluate(solve, live)
    return Fit(
        values, covariance, tested_degrees(design, inside, live) - matrix.shape[1], int(live.sum())
    )


def _fit(
    design: AnyDesign, y: ArrayLike, x: ArrayLike, inside: ArrayLike | None,
    estimator: Estimator, curve: Curve, offset: ArrayLike | None,
) -> Fit:  # fmt: skip
    shift = np.zeros(design.n) if offset is None else np.asarray(offset, dtype=float)
    known = design.inside(inside) & np.isfinite(shift)
    response, matrix, live = _prepare(design, y, x, known)
    shift = np.where(live, shift, 0.0)

    def solve(weights: Floats) -> tuple[Floats, Floats]:
        w = np.where(live, weights, 0.0)
        beta = estimator(response, matrix, w, shift)
        fitted, slope = curve(matrix @ beta + shift)
        information = matrix.T @ (matrix * (w * slope)[:, None])
        scores = matrix * (w * (response - fitted))[:, None]
        return beta, scores @ np.linalg.inv(information)

    values = solve(design.weights)[0]
    covariance = design.evaluate(solve, live)
    df = tested_degrees(design, inside, live) + 1 - matrix.shape[1]
    left = np.abs(response - curve(matrix @ values + shift)[0])[live].max()
    exact = still(float(left), float(np.abs(response[live]).max()))
    return Fit(values, covariance, df, int(live.sum()), exact)


def _prepare(
    design: AnyDesign, y: ArrayLike, x: ArrayLike, inside: ArrayLike | None
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    response, matrix = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    live = design.inside(inside) & np.isfinite(response) & np.isfinite(matrix).all(axis=1)
    if live.sum() <= matrix.shape[1]:
        raise NotEstimable("样本数不多于系数个数")
    response = np.where(live, response, 0.0)
    matrix = np.where(live[:, None], matrix, 0.0)
    if np.linalg.matrix_rank(matrix[live]) < matrix.shape[1]:
        raise NotEstimable("解释变量共线")
    return response, matrix, live


def _linear_beta(y: Floats, x: Floats, w: Floats, shift: Floats) -> Floats:
    root = np.sqrt(w)
    left = (y - shift) * root
    return np.asarray(np.linalg.lstsq(x * root[:, None], left, rcond=None)[0], dtype=float)


def _logit_curve(eta: Floats) -> tuple[Floats, Floats]:
    fitted = expit(eta)
    return fitted, fitted * (1 - fitted)


def _poisson_curve(eta: Floats) -> tuple[Floats, Floats]:
    fitted = np.exp(np.clip(eta, -700, 700))
    return fitted, fitted


def _logit_beta(y: Floats, x: Floats, w: Floats, shift: Floats) -> Floats:
    return _newton(y, x, w, shift, np.zeros(x.shape[1]), _logit_curve)


def _poisson_beta(y: Floats, x: Floats, w: Floats, shift: Floats) -> Floats:
    """Started from least squares on the log of the counts, so that no step overflows."""
    start = _linear_beta(np.log(y + 0.5), x, w, shift)
    return _newton(y, x, w, shift, start, _poisson_curve)


def _newton(
    y: Floats, x: Floats, w: Floats, shift: Floats, beta: Floats, curve: Curve, rounds: int = 60
) -> Floats:
    scaled = w / w.sum()
    for _ in range(rounds):
        fitted, slope = curve(x @ beta + shift)
        information = x.T @ (x * (scaled * slope)[:, None])
        try:
            step = np.linalg.solve(information, x.T @ (scaled * (y - fitted)))
        except np.linalg.LinAlgError as error:
            raise NotEstimable("回归不可估：数据完全分离") from error
        beta = beta + step
        if np.max(np.abs(step)) < 1e-12 * (1 + np.max(np.abs(beta))):
            return beta
    raise NotEstimable("回归未收敛：数据可能完全分离")


def _ordinal_beta(x: Floats, place: Ints, w: Floats, cuts: int, rounds: int = 200) -> Floats:
    """Newton steps with halving from the weighted marginal logits."""
    scaled = w / w.sum()
    below = np.cumsum(np.bincount(place, scaled, cuts + 1))[:cuts]
    beta = np.concatenate([np.zeros(x.shape[1]), np.log(below / (1 - below))])
    value = _ordinal_loss(beta, x, place, scaled, cuts)
    for _ in range(rounds):
        scores, information = _ordinal_parts(beta, x, place, scaled, cuts)
        try:
            step = np.linalg.solve(information, scores.sum(axis=0))
        except np.linalg.LinAlgError as error:
            raise NotEstimable("有序回归不可估：数据完全分离") from error
        while not (trial := _ordinal_loss(beta + step, x, place, scaled, cuts)) <= value + 1e-15:
            step = step / 2
            if np.max(np.abs(step)) < 1e-14:
                break
        beta, value = beta + step, min(trial, value)
        if np.max(np.abs(step)) < 1e-11 * (1 + np.max(np.abs(beta))):
            return beta
    raise NotEstimable("有序回归未收敛：数据可能完全分离")


def _ordinal_edges(beta: Floats, x: Floats, place: Ints, cuts: int) -> tuple[Floats, Floats]:
    k = x.shape[1]
    edges = np.concatenate([[-np.inf], beta[k:], [np.inf]])
    eta = x @ beta[:k]
    return edges[place + 1] - eta, edges[place] - eta


def _ordinal_loss(beta: Floats, x: Floats, place: Ints, w: Floats, cuts: int) -> float:
    if np.any(np.diff(beta[x.shape[1] :]) <= 0):
        return float("inf")
    upper, lower = _ordinal_edges(beta, x, place, cuts)
    share = expit(upper) - expit(lower)
    live = w > 0
    if np.any(share[live] <= 0):
        return float("inf")
    return float(-(w[live] * np.log(share[live])).sum())


def _ordinal_parts(
    beta: Floats, x: Floats, place: Ints, w: Floats, cuts: int
) -> tuple[Floats, Floats]:
    """Weighted scores (n, k + cuts) and observed information of the log likelihood."""
    upper, lower = _ordinal_edges(beta, x, place, cuts)
    high, low = expit(upper), expit(lower)
    share = np.maximum(high - low, 1e-300)
    dh, dl = high * (1 - high), low * (1 - low)
    ddh, ddl = dh * (1 - 2 * high), dl * (1 - 2 * low)
    n, k = x.shape
    above, under = np.zeros((n, k + cuts)), np.zeros((n, k + cuts))
    above[:, :k] = under[:, :k] = -x
    at = np.arange(n)
    above[at[place < cuts], k + place[place < cuts]] = 1
    under[at[place > 0], k + place[place > 0] - 1] = 1
    slope = (dh[:, None] * above - dl[:, None] * under) / share[:, None]
    curved = (above.T @ (above * (w * ddh / share)[:, None])
              - under.T @ (under * (w * ddl / share)[:, None]))  # fmt: skip
    information = slope.T @ (slope * w[:, None]) - curved
    return slope * w[:, None], information
