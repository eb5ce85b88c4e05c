"""Design-based tests: tables (Rao-Scott, Wald), goodness of fit, two means, rank tests.

Sources: Rao and Scott (1984), Koch, Freeman and Freeman (1975), Lumley and Scott (2013).
Knows weights and covariances only through the design.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.core import quadratic
from analysis.core.coding import known
from analysis.core.compare import gradients
from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign, mean, tested_degrees, total
from analysis.core.regression import fit_linear
from analysis.core.replicates import Replicates
from analysis.core.testable import (
    NotTestable,
    require_degrees,
    require_rank,
    require_variation,
    still,
)

Ints = NDArray[np.intp]
MOST_CELLS = 400  # a test on more has more cells than any sample has units
MOST_COUNTS = 10**7  # of a table; more is a mistake in the choice of variables


@dataclass(frozen=True)
class Test:
    """statistic on ``df`` = (numerator, denominator) or (df,); p two-sided unless it is an F.

    NaN statistic and p: the difference has no error but rounding.
    """

    statistic: float
    df: tuple[float, ...]
    p_value: float
    estimate: float = float("nan")
    interval: tuple[float, float] = (float("nan"), float("nan"))
    observed: Floats = field(default_factory=lambda: np.empty((0, 0)))
    expected: Floats = field(default_factory=lambda: np.empty((0, 0)))


def table(
    design: AnyDesign, *classes: ArrayLike, inside: ArrayLike | None = None
) -> tuple[list[list[str]], Floats]:
    """Labels of each classification and the weighted counts, one axis per classification."""
    live = design.inside(inside)
    for column in classes:
        live = live & known(column)
    coded = [_levels(column, live) for column in classes]
    cells = math.prod(len(labels) for labels, _ in coded)
    if cells > MOST_COUNTS:
        raise ValueError(f"列联表有 {cells} 个单元，类别过多，请先合并")
    counts = np.zeros([len(labels) for labels, _ in coded])
    np.add.at(counts, tuple(codes for _, codes in coded), design.weights[live])
    return [labels for labels, _ in coded], counts


def chi_square(
    design: AnyDesign, rows: ArrayLike, columns: ArrayLike, *, statistic: str = "F",
    inside: ArrayLike | None = None,
) -> Test:  # fmt: skip
    """Independence of two classifications.

    statistic: F (second-order Rao-Scott, default), Chisq (first-order), Wald, adjWald; lincom and
    saddlepoint judge Pearson's statistic by its own distribution, exact and approximate.
    observed and expected are weighted counts scaled to the number of rows of the domain.
    """
    if statistic not in ("F", "Chisq", "Wald", "adjWald", "lincom", "saddlepoint"):
        raise ValueError(f"unknown statistic: {statistic}")
    live = design.inside(inside) & known(rows) & known(columns)
    shape = [len(_levels(column, live)[0]) for column in (rows, columns)]
    if min(shape) < 2:
        raise ValueError("列联表需要至少两行两列")
    _require_few(math.prod(shape))
    _, counts = table(design, rows, columns, inside=inside)
    if statistic in ("Wald", "adjWald"):
        return _wald(design, rows, columns, inside, counts, statistic == "adjWald")
    size = int(design.inside(inside).sum())
    observed = counts * size / counts.sum()
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    pearson = float(((observed - expected) ** 2 / expected).sum())
    nu = design.degrees(inside)
    require_degrees(nu)
    delta = _delta(design, rows, columns, inside, size)
    trace = float(np.trace(delta))
    if still(trace, 1.0):  # of design effects, which are about 1
        raise NotTestable("估计没有抽样误差，没有可检验的差异")
    d0 = trace**2 / float(np.trace(delta @ delta))
    if statistic == "F":
        f = pearson / trace
        return Test(f, (d0, d0 * nu), float(stats.f.sf(f, d0, d0 * nu)),
                    observed=observed, expected=expected)  # fmt: skip
    free = delta.shape[0]
    if statistic == "Chisq":
        p = float(stats.chi2.sf(pearson / (trace / free), free))
        return Test(pearson, (float(free),), p, observed=observed, expected=expected)
    below = np.inf if isinstance(design, Replicates) else d0 * nu
    tail = quadratic.exact if statistic == "lincom" else quadratic.saddlepoint
    p = tail(pearson, np.linalg.eigvals(delta).real, below)
    return Test(pearson, (), p, observed=observed, expected=expected)


def _require_few(classes: int) -> None:
    """Before anything is laid out by them."""
    if classes > MOST_CELLS:
        raise ValueError(f"有 {classes} 个类别，过多，请先合并到 {MOST_CELLS} 个以内")


def goodness_of_fit(
    design: AnyDesign, classes: ArrayLike, shares: ArrayLike, *, inside: ArrayLike | None = None
) -> Test:
    """Weighted counts of a classification against given shares, Satterthwaite's approximation.

    shares: in the order of the sorted labels. df = (scale, degrees of freedom).
    """
    p = np.asarray(shares, dtype=float)
    p = p / p.sum()
    items, _ = _indicator(design, classes, inside)
    if items.shape[1] != len(p):
        raise ValueError(f"{len(p)} shares for {items.shape[1]} classes")
    counts = total(design, items, inside=inside)
    statistic = float((((counts.values - p * counts.values.sum()) ** 2)
                       / (p * counts.values.sum())).sum())  # fmt: skip
    jacobian = gradients(lambda t: (t - p * t.sum()) / np.sqrt(p * t.sum()), counts.values)
    eigen = np.linalg.eigvalsh(jacobian @ counts.covariance @ jacobian.T)
    average = float(eigen.mean())
    if still(average, float(np.abs(counts.values).max())):
        raise NotTestable("估计没有抽样误差，没有可检验的差异")
    spread = float((eigen**2).mean()) / average**2
    scale, df = average * spread, len(p) / spread
    return Test(statistic, (scale, df), float(stats.chi2.sf(statistic / scale, df)))


def t_test(
    design: AnyDesign, y: ArrayLike, group: ArrayLike | None = None, *,
    inside: ArrayLike | None = None, level: float = 0.95,
) -> Test:  # fmt: skip
    """Difference of two groups' means (second sorted label minus first), or one mean against 0.

    df: units - strata - 1 for two groups, units - strata for one mean.
    """
    values = np.asarray(y, dtype=float)
    live = design.inside(inside) & np.isfinite(values)
    if group is None:
        one = mean(design, values, inside=live)
        df = tested_degrees(design, inside, live)
        return _t(one.values[0], one.se[0], df, values[live], level)
    live &= known(group)
    labels, codes = _levels(group, live)
    if len(labels) != 2:
        raise ValueError("t 检验需要两个组")
    x = np.zeros((design.n, 2))
    x[:, 0] = 1
    x[live, 1] = codes
    fit = fit_linear(design, np.where(live, values, 0.0), x, inside=live)
    df = tested_degrees(design, inside, live) - 1
    return _t(fit.values[1], fit.se[1], df, values[live], level)


def rank_test(
    design: AnyDesign, y: ArrayLike, group: ArrayLike, *, score: str = "wilcoxon",
    inside: ArrayLike | None = None,
) -> Test:  # fmt: skip
    """Weighted mid-rank test of two or more groups.

    score: wilcoxon (= KruskalWallis) | vanderWaerden | median. Two groups: t; more: F on the Wald
    statistic, ``statistic`` being the chi-square.
    """
    values = np.asarray(y, dtype=float)
    live = design.inside(inside) & np.isfinite(values) & known(group)
    labels, codes = _levels(group, live)
    if len(labels) < 2:
        raise ValueError("秩检验需要两个以上的组")
    _require_few(len(labels))
    require_variation(values[live])
    scores = np.zeros(design.n)
    scores[live] = _rank_scores(values[live], design.weights[live], score)
    x = np.zeros((design.n, len(labels)))
    x[:, 0] = 1
    for k in range(1, len(labels)):
        x[live, k] = codes == k
    beta, spread = _fixed_scores(design, scores, x, live)
    if len(labels) == 2:
        return _t(beta[1], np.sqrt(spread[1, 1]), design.degrees(live) - 1, scores[live])
    free = len(labels) - 1
    rest = design.degrees(live) - free
    require_degrees(rest)
    beta, covariance = beta[1:], spread[1:, 1:]
    require_rank(covariance, np.full(free, np.ptp(scores[live])))
    wald = float(beta @ np.linalg.solve(covariance, beta))
    return Test(wald, (float(free), float(rest)), float(stats.f.sf(wald / free, free, rest)))


def _fixed_scores(
    design: AnyDesign, scores: Floats, x: Floats, live: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Regression of given scores on x and its covariance, the influence of each row held fixed."""
    weights = np.where(live, design.weights, 0.0)
    inverse = np.linalg.inv(x.T @ (x * weights[:, None]))
    beta = inverse @ (x.T @ (weights * scores))
    influence = np.where(live[:, None], x * (scores - x @ beta)[:, None], 0.0) @ inverse

    def statistic(w: Floats) -> tuple[Floats, Floats]:
        return w @ influence, influence * w[:, None]

    return beta, design.evaluate(statistic, live)


def _rank_scores(values: Floats, weights: Floats, score: str) -> Floats:
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order]) - weights[order] / 2
    _, inverse = np.unique(values, return_inverse=True)
    places = np.empty(len(values))
    places[order] = cumulated
    ranks = (np.bincount(inverse, places) / np.bincount(inverse))[inverse]
    size = weights.sum()
    if score in ("wilcoxon", "KruskalWallis"):
        return np.asarray(ranks / size)
    if score == "vanderWaerden":
        return np.asarray(stats.norm.ppf(ranks / size))
    if score == "median":
        return (ranks > size / 2).astype(float)
    raise ValueError(f"unknown rank score: {score}")


def _t(estimate: float, se: float, df: int, values: Floats, level: float = 0.95) -> Test:
    """values: what the estimate is made of; their size says what is rounding."""
    require_degrees(df)
    if still(se, float(np.abs(values).max(initial=0.0))):
        return Test(float("nan"), (float(df),), float("nan"), float(estimate))
    t = float(estimate / se)
    half = float(stats.t.ppf(0.5 + level / 2, df)) * se
    p = float(2 * stats.t.sf(abs(t), df))
    return Test(
        t, (float(df),), p, float(estimate), (float(estimate - half), float(estimate + half))
    )


def _levels(values: ArrayLike, live: NDArray[np.bool_]) -> tuple[list[str], Ints]:
    labels, codes = np.unique(np.asarray(values)[live], return_inverse=True)
    return [str(label) for label in labels], codes.astype(np.intp)


def _indicator(
    design: AnyDesign, classes: ArrayLike, inside: ArrayLike | None
) -> tuple[Floats, list[str]]:
    live = design.inside(inside) & known(classes)
    labels, codes = _levels(classes, live)
    _require_few(len(labels))
    items = np.full((design.n, len(labels)), np.nan)
    items[live] = np.eye(len(labels))[codes]
    return items, labels


def _cells(
    design: AnyDesign, rows: ArrayLike, columns: ArrayLike, inside: ArrayLike | None
) -> tuple[Floats, int, int]:
    """Indicators of all cells, row index fastest, NaN outside the base."""
    live = design.inside(inside) & known(rows) & known(columns)
    row_labels, r = _levels(rows, live)
    column_labels, c = _levels(columns, live)
    nr, nc = len(row_labels), len(column_labels)
    items = np.full((design.n, nr * nc), np.nan)
    items[live] = np.eye(nr * nc)[r + c * nr]
    return items, nr, nc


def _delta(
    design: AnyDesign, rows: ArrayLike, columns: ArrayLike, inside: ArrayLike | None, size: int
) -> Floats:
    """Matrix of generalised design effects of the interaction contrasts."""
    items, nr, nc = _cells(design, rows, columns, inside)
    cells = mean(design, items, inside=inside)
    main = np.concatenate([np.kron(np.ones((nc, 1)), np.eye(nr)),
                           np.kron(np.eye(nc)[:, 1:], np.ones((nr, 1)))], axis=1)  # fmt: skip
    inner = np.kron(np.eye(nc)[:, 1:], np.eye(nr)[:, 1:])
    contrast = inner - main @ np.linalg.lstsq(main, inner, rcond=None)[0]
    inverse = np.where(cells.values == 0, 0.0, 1 / np.where(cells.values == 0, 1.0, cells.values))
    scaled = contrast * inverse[:, None]
    simple = contrast.T @ scaled / size
    return np.linalg.solve(simple, scaled.T @ cells.covariance @ scaled)


def _wald(
    design: AnyDesign, rows: ArrayLike, columns: ArrayLike, inside: ArrayLike | None,
    counts: Floats, adjusted: bool,
) -> Test:  # fmt: skip
    items, nr, nc = _cells(design, rows, columns, inside)
    cells = total(design, items, inside=inside)
    nu = design.degrees(inside)

    def departure(t: NDArray[np.complex128]) -> NDArray[np.complex128]:
        square = t.reshape(nc, nr).T
        product = square.sum(axis=1)[:, None] * square.sum(axis=0)[None, :] / square.sum()
        return (square - product)[1:, 1:].T.ravel()

    jacobian = gradients(departure, cells.values)
    value = np.real(departure(cells.values.astype(complex)))
    free = (nr - 1) * (nc - 1)
    below = nu - free + 1 if adjusted else nu
    require_degrees(below)
    spread = jacobian @ cells.covariance @ jacobian.T
    require_rank(spread, np.full(free, cells.values.max()))
    statistic = float(value @ np.linalg.solve(spread, value))
    f = statistic * below / (free * nu) if adjusted else statistic / free
    return Test(f, (float(free), float(below)), float(stats.f.sf(f, free, below)),
                observed=counts)  # fmt: skip
