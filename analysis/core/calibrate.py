"""Calibration of weights to known population counts, with the variance that belongs to it.

Post-stratification, raking, and the general problem of Deville and Sarndal (1992): find factors
g_i = F(x_i'b) so that sum w_i g_i x_i equals the population totals. Each returns a new `Design`
that knows the step: standard errors use residuals of the design-weighted regression on x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.core.coding import classify, first_rows, nested
from analysis.core.design import Design, Floats
from analysis.core.replicates import Replicates
from analysis.core.variance import CalibrationStep

Ints = NDArray[np.intp]
Margin = tuple[ArrayLike, Mapping[str, float]]
Curve = Callable[[Floats], tuple[Floats, Floats]]
D = TypeVar("D", Design, Replicates)
UNBOUNDED = (-np.inf, np.inf)
MOST_CLASSES = 2000  # of all margins that are raked to; post-stratification has no such limit


class CalibrationFailed(ValueError):
    """No factors within the bounds reach the totals; carries the largest relative miss."""

    def __init__(self, message: str, miss: float = float("nan")) -> None:
        super().__init__(message)
        self.miss = miss


def post_stratify(
    design: D, cells: ArrayLike, population: Mapping[str, float], *, partial: bool = False
) -> D:
    """Weights that add up to ``population`` in every cell.

    cells (n,): labels; population: label -> count. Raises `CalibrationFailed` when a cell of the
    sample is not in the population, or the reverse unless ``partial``.
    """
    labels, codes = classify(cells)
    targets = _targets(labels, population, partial)

    def factors(weights: Floats) -> Floats:
        mass = np.bincount(codes, weights, len(labels))
        if np.any((mass <= 0) & (targets > 0)):
            raise CalibrationFailed("有总体人数的单元在样本中没有权数")
        return np.asarray((targets / np.where(mass > 0, mass, 1.0))[codes])

    return _recounted(_apply(design, factors, codes, None, "事后分层"))


def rake(
    design: D, margins: Sequence[Margin], *, bounds: tuple[float, float] = UNBOUNDED,
    partial: bool = False,
) -> D:  # fmt: skip
    """Weights that meet every margin, by multiplicative factors (iterative proportional fitting).

    margins: one or more (labels (n,), label -> count). The margins' totals must agree. With
    ``bounds`` the factors stay inside them.
    """
    if not margins:
        raise CalibrationFailed("没有给出边际")
    coded = [classify(labels) for labels, _ in margins]
    totals = [_targets(names, population, partial) for (names, _), (_, population)
              in zip(coded, margins, strict=True)]  # fmt: skip
    if sum(map(len, totals)) > MOST_CLASSES:
        raise CalibrationFailed(f"边际的类别超过 {MOST_CLASSES} 个，请先合并")
    sums = [total.sum() for total in totals]
    if max(sums) - min(sums) > 1e-6 * max(sums):
        raise CalibrationFailed("各边际的总数不一致:" + "、".join(f"{s:.0f}" for s in sums))
    cell = coded[0][1]
    for _, codes in coded[1:]:
        cell = nested(cell, codes)
    first = first_rows(cell)
    small = indicators([(names, codes[first]) for names, codes in coded])
    target = np.concatenate(totals)

    def factors(weights: Floats) -> Floats:
        mass = np.asarray(np.bincount(cell, weights, len(first)), dtype=float)
        return solve(small, mass, target, "raking", bounds)[cell]

    return _apply(design, factors, cell, small, "边际校准")


def calibrate(
    design: D, x: ArrayLike, totals: ArrayLike, *, kind: str = "linear",
    bounds: tuple[float, float] = UNBOUNDED,
) -> D:  # fmt: skip
    """General calibration: x (n, k) with known population totals (k,).

    kind: linear (generalised regression), raking (exponential), logit (needs finite bounds).
    """
    matrix, target = np.asarray(x, dtype=float), np.asarray(totals, dtype=float)
    missing = int((~np.isfinite(np.atleast_2d(matrix.T)).all(axis=0)).sum())
    if missing:
        raise CalibrationFailed(f"校准变量有 {missing} 行缺失")
    if not np.isfinite(target).all():
        raise CalibrationFailed("校准的总体总数有缺失")
    if matrix.ndim != 2 or matrix.shape[1] != len(target):
        raise ValueError("x must have one column per population total")

    def factors(weights: Floats) -> Floats:
        return solve(matrix, weights, target, kind, bounds)

    found = _apply(design, factors, np.arange(len(matrix)), matrix, "校准")
    return _recounted(found) if kind == "linear" and bounds == UNBOUNDED else found


def trim(design: D, lower: float = -np.inf, upper: float = np.inf, *, strict: bool = False) -> D:
    """Cut weights at the limits and give the difference in equal parts to the others.

    strict: repeat until none lies outside. The variance treats the trimmed weights as given.
    """
    if isinstance(design, Replicates):
        raise ValueError("重复权数设计不支持截尾")
    weights = design.weights.copy()
    while True:
        outside = (weights < lower) | (weights > upper)
        if not outside.any():
            break
        if outside.all():
            raise CalibrationFailed("所有权数都在界外")
        cut = np.clip(weights, lower, upper)
        weights = np.where(outside, cut, cut + (weights - cut).sum() / (~outside).sum())
        if not strict:
            break
    return design.reweighted(weights)


def indicators(classes: Sequence[tuple[ArrayLike, Ints]]) -> Floats:
    """(n, sum of levels) 0/1 matrix of several classifications, each (levels, codes (n,))."""
    return np.concatenate(
        [np.eye(len(np.asarray(levels)))[codes] for levels, codes in classes], axis=1
    )


def solve(
    x: Floats, weights: Floats, totals: Floats, kind: str, bounds: tuple[float, float],
    *, rounds: int = 200, tolerance: float = 1e-11,
) -> Floats:  # fmt: skip
    """Factors (n,) with sum w g x = totals, by Newton steps with halving.

    Raises `CalibrationFailed` when the totals cannot be met within the bounds.
    """
    curve = _curve(kind, bounds)
    beta = np.zeros(x.shape[1])
    scale = 1 + np.abs(totals)
    factor, slope = curve(x @ beta)
    miss = totals - (weights * factor) @ x
    best = float(np.max(np.abs(miss) / scale))
    for _ in range(rounds):
        if best < tolerance:
            return factor
        hessian = x.T @ (x * (weights * slope)[:, None])
        step = np.linalg.lstsq(hessian, miss, rcond=1e-12)[0]
        for _halving in range(30):
            trial, trial_slope = curve(x @ (beta + step))
            trial_miss = totals - (weights * trial) @ x
            size = float(np.max(np.abs(trial_miss) / scale))
            if np.isfinite(size) and size < best:
                break
            step = step / 2
        else:
            break
        beta, factor, slope, miss, best = beta + step, trial, trial_slope, trial_miss, size
    if best < 1e-7:
        return factor
    raise CalibrationFailed(f"校准未收敛，最大相对偏差 {best:.2g}", best)


def _curve(kind: str, bounds: tuple[float, float]) -> Curve:
    """F(u) and F'(u) of the calibration distance; F(0) = 1, F'(0) = 1."""
    low, high = bounds
    if kind == "logit":
        return _logit_curve(low, high)
    if kind not in ("linear", "raking"):
        raise ValueError(f"unknown calibration distance: {kind}")

    def curve(u: Floats) -> tuple[Floats, Floats]:
        with np.errstate(over="ignore"):
            raw = 1 + u if kind == "linear" else np.exp(u)
        slope = np.ones_like(u) if kind == "linear" else raw
        free = (raw > low) & (raw < high)
        return np.clip(raw, low, high), np.where(free, slope, 0.0)

    return curve


def _logit_curve(low: float, high: float) -> Curve:
    if not (np.isfinite(low) and np.isfinite(high) and low < 1 < high):
        raise ValueError("logit calibration needs finite bounds around 1")
    rate = (high - low) / ((1 - low) * (high - 1))

    def curve(u: Floats) -> tuple[Floats, Floats]:
        grown = np.exp(np.clip(rate * u, -700, 700))
        below = (high - 1) + (1 - low) * grown
        factor = (low * (high - 1) + high * (1 - low) * grown) / below
        slope = rate * grown * (high - low) * (1 - low) * (high - 1) / below**2
        return factor, slope

    return curve


def _targets(labels: ArrayLike, population: Mapping[str, float], partial: bool) -> Floats:
    names = [str(label) for label in np.asarray(labels)]
    present = set(names)
    unknown = [name for name in names if name not in population]
    if unknown:
        raise CalibrationFailed("样本中有总体没有的单元:" + "、".join(unknown[:20]))
    wrong = [name for name, count in population.items() if not (np.isfinite(count) and count >= 0)]
    if wrong:
        raise CalibrationFailed("总体人数缺失或为负的单元:" + "、".join(map(str, wrong)))
    absent = [name for name, count in population.items() if count > 0 and name not in present]
    if absent and not partial:
        raise CalibrationFailed("样本中缺少总体的单元:" + "、".join(absent[:20]))
    return np.array([float(population[name]) for name in names])


def _recounted(design: D) -> D:
    """Replicates calibrated in one step count their degrees of freedom anew, as R's survey does."""
    return design.recounted() if isinstance(design, Replicates) else design


def _apply(
    design: D, factors: Callable[[Floats], Floats], cell: Ints, x: Floats | None, name: str
) -> D:
    after = design.weights * factors(design.weights)
    if isinstance(design, Replicates):
        columns = [column * factors(column) for column in design.replicates.T]
        return design.reweighted(after, np.stack(columns, axis=1))
    return design.reweighted(after, CalibrationStep.of(design.weights, after, cell, x, name))
