"""Estimates under a `Design`: totals, means, shares and ratios of many items at once.

Every estimator is a function of weighted totals; its covariance comes from the same function's
derivative applied to the totals of each sampling unit, so items, groups and waves that share units
keep their covariance. A domain is a 0/1 factor: units without members stay in the variance.
Each item stands on its own base (rows where it is not NaN).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.core import intervals
from analysis.core.design import Design, Floats
from analysis.core.replicates import Replicates
from analysis.core.thresholds import THRESHOLDS, Thresholds, judge, judge_share

Ints = NDArray[np.intp]
AnyDesign = Design | Replicates
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Estimate:
    """One published number; shares are 0..1. ``row`` withholds what the thresholds forbid."""

    value: float
    se: float
    low: float
    high: float
    n: int
    n_eff: float
    df: int
    deff: float
    status: str = "ok"
    reason: str = ""

    def row(self) -> Row:
        """The dictionary a figure is stored as; None for a number that is withheld or absent."""
        hidden = self.status == "suppressed"
        small = self.n < THRESHOLDS.cell
        numbers = {key: _plain(getattr(self, key)) for key in ("value", "se", "low", "high")}
        return {
            **({key: None for key in numbers} if hidden else numbers),
            "n": None if small else self.n,
            "n_eff": None if small else _plain(self.n_eff),
            "df": None if hidden else self.df,
            "deff": None if hidden else _plain(self.deff),
            "status": self.status,
            "reason": self.reason,
        }


def _plain(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


@dataclass(frozen=True)
class Estimates:
    """q estimates with their joint covariance.

    values, df, n, deff, positives: (q,); covariance (q, q);
    kind: share | mean | total | ratio.
    positives: unweighted persons behind a share (-1 when not a share).
    own_se: standard errors (q,) where they do not come from the joint covariance.
    """

    names: tuple[str, ...]
    values: Floats
    covariance: Floats
    df: Ints
    n: Ints
    deff: Floats
    positives: Ints
    kind: str = "mean"
    own_se: Floats | None = None

    @property
    def se(self) -> Floats:
        if self.own_se is not None:
            return self.own_se
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0))

    @property
    def n_eff(self) -> Floats:
        """n / deff; for a share of 0 or 1, n over the median design effect of the table (>= 1)."""
        usable = self.deff[np.isfinite(self.deff) & (self.deff > 0)]
        typical = max(float(np.median(usable)), 1.0) if len(usable) else 1.0
        deff = np.where(np.isfinite(self.deff) & (self.deff > 0), self.deff, typical)
        return np.asarray(self.n / deff)

    def interval(
        self, level: float = 0.95, df: ArrayLike | None = None, method: str = ""
    ) -> intervals.Pair:
        """(low, high), each (q,); the default method goes by kind.

        method: symmetric | logit | beta | wilson | arcsine | likelihood.

        df: None for each estimate's own degrees of freedom, inf for the normal interval.
        """
        degrees = np.asarray(self.df if df is None else df, dtype=float)
        chosen = method or ("logit" if self.kind == "share" else "symmetric")
        if chosen == "symmetric":
            return intervals.symmetric(self.values, self.se, degrees, level)
        low, high = _share_interval(chosen, self.values, self.se, degrees, self.n, level)
        edge_low, edge_high = intervals.exact(self.values, self.n_eff, level)
        edge = np.isfinite(edge_low)
        return np.where(edge, edge_low, low), np.where(edge, edge_high, high)

    def take(self, index: Sequence[int] | Ints) -> Estimates:
        """A selection, in the order of ``index``."""
        pick = np.asarray(index, dtype=np.intp)
        return replace(
            self,
            names=tuple(self.names[i] for i in pick),
            values=self.values[pick],
            covariance=self.covariance[np.ix_(pick, pick)],
            df=self.df[pick],
            n=self.n[pick],
            deff=self.deff[pick],
            positives=self.positives[pick],
            own_se=None if self.own_se is None else self.own_se[pick],
        )

    def rows(self, level: float = 0.95, rules: Thresholds = THRESHOLDS) -> list[Estimate]:
        """One `Estimate` per item with its verdict; no interval below ``rules.interval_df``."""
        low, high = self.interval(level)
        n_eff, se = self.n_eff, self.se
        out = []
        for i in range(len(self.names)):
            n, df = int(self.n[i]), int(self.df[i])
            positives = int(self.positives[i]) if self.positives[i] >= 0 else None
            if n == 0:
                verdict = judge(0, 0.0, df, rules)
            elif positives is not None:
                verdict = judge_share(n, positives, float(n_eff[i]), df, rules)
            else:
                verdict = judge(n, float(n_eff[i]), df, rules)
            shown = df >= rules.interval_df
            out.append(Estimate(
                float(self.values[i]), float(se[i]),
                float(low[i]) if shown else float("nan"), float(high[i]) if shown else float("nan"),
                n, float(n_eff[i]), df, float(self.deff[i]), verdict.status, verdict.reason,
            ))  # fmt: skip
        return out


def _share_interval(
    method: str, share: Floats, se: Floats, df: Floats, n: Ints, level: float
) -> intervals.Pair:
    direct = {"logit": intervals.logit, "arcsine": intervals.arcsine}
    if method in direct:
        return direct[method](share, se, df, level)
    if method == "likelihood":
        return intervals.likelihood(share, se, df, n, level)
    size = intervals.effective_n(share, se, df, n, level)
    if method == "beta":
        return intervals.beta(share, size, level)
    if method == "wilson":
        return intervals.wilson(share, size, level=level)
    raise ValueError(f"unknown interval method: {method}")


def mean(
    design: AnyDesign, y: ArrayLike, *, inside: ArrayLike | None = None,
    names: Sequence[str] = (), replacement: bool = False, own_df: bool = True,
) -> Estimates:  # fmt: skip
    """Weighted means of the columns of y (n, p) or (n,), each over rows where it is not NaN.

    inside: (n,) domain; replacement: design effect against sampling with replacement;
    own_df: degrees of freedom of the domain (default) instead of the whole design's.
    An empty base gives NaN with n = 0.
    """
    items, base = _items(design, y, inside)
    mass = design.weights @ base
    values = _ratio(design.weights @ items, mass)

    def scores(weights: Floats) -> tuple[Floats, Floats]:
        size = weights @ base
        centre = _ratio(weights @ items, size)
        with np.errstate(divide="ignore", invalid="ignore"):
            influence = np.where(size > 0, (items - base * centre) / size, 0.0)
        return centre, influence * weights[:, None]

    covariance = design.evaluate(scores, design.inside(inside))
    spread = _variance_within(design, items, base, values)
    deff = _deff(covariance, spread, _counts(design, base), mass, replacement)
    return _table(design, values, covariance, base, names, deff, "mean", inside, own_df)


def share(
    design: AnyDesign, y: ArrayLike, *, inside: ArrayLike | None = None,
    names: Sequence[str] = (), own_df: bool = True,
) -> Estimates:  # fmt: skip
    """`mean` of 0/1 columns, with intervals that stay inside 0..1. ValueError on other values."""
    items = _two_dimensional(y)
    finite = items[np.isfinite(items)]
    if np.any((finite != 0) & (finite != 1)):
        raise ValueError("a share needs columns of 0 and 1")
    table = mean(design, y, inside=inside, names=names, own_df=own_df)
    rows = design.inside(inside)
    positives = np.nansum(items[rows] == 1, axis=0).astype(np.intp)
    return replace(table, kind="share", positives=positives)


def total(
    design: AnyDesign, y: ArrayLike, *, inside: ArrayLike | None = None,
    names: Sequence[str] = (), replacement: bool = False, own_df: bool = True,
) -> Estimates:  # fmt: skip
    """Weighted totals of the columns of y, NaN counted as outside the base."""
    items, base = _items(design, y, inside)

    def scores(weights: Floats) -> tuple[Floats, Floats]:
        return weights @ items, items * weights[:, None]

    covariance = design.evaluate(scores, design.inside(inside))
    values = np.asarray(design.weights @ items)
    mass = design.weights @ base
    spread = _variance_within(design, items, base, _ratio(values, mass))
    deff = _deff(covariance, spread * mass**2, _counts(design, base), mass, replacement)
    return _table(design, values, covariance, base, names, deff, "total", inside, own_df)


def ratio(
    design: AnyDesign, y: ArrayLike, x: ArrayLike, *, inside: ArrayLike | None = None,
    names: Sequence[str] = (), replacement: bool = False, own_df: bool = True,
) -> Estimates:  # fmt: skip
    """Ratios of totals y_k / x_k, column by column, over rows where both are not NaN."""
    top, bottom = _two_dimensional(y), _two_dimensional(x)
    both = np.isfinite(top) & np.isfinite(bottom)
    rows = design.inside(inside)[:, None] & both
    above, below = np.where(rows, top, 0.0), np.where(rows, bottom, 0.0)
    values = _ratio(design.weights @ above, design.weights @ below)

    def scores(weights: Floats) -> tuple[Floats, Floats]:
        size = weights @ below
        centre = _ratio(weights @ above, size)
        with np.errstate(divide="ignore", invalid="ignore"):
            influence = np.where(size != 0, (above - below * centre) / size, 0.0)
        return centre, influence * weights[:, None]

    covariance = design.evaluate(scores, design.inside(inside))
    base = rows.astype(float)
    mass, size = design.weights @ base, design.weights @ below
    residual = np.where(rows, above - below * values, 0.0)
    centre = _ratio(design.weights @ residual, mass)
    spread = _variance_within(design, residual, base, centre) * (_ratio(mass, size) ** 2)
    deff = _deff(covariance, spread, _counts(design, base), mass, replacement)
    return _table(design, values, covariance, base, names, deff, "ratio", inside, own_df)


def variance(design: AnyDesign, y: ArrayLike, *, inside: ArrayLike | None = None) -> Estimates:
    """Population variances and covariances of y (n, p), flattened (p * p,), complete rows only.

    Factor n / (n - 1), n being the rows of the domain. Linearised designs treat the centre as
    known (its contribution is of lower order); replicates compute it anew each time.
    """
    items = _two_dimensional(y)
    live = design.inside(inside) & np.isfinite(items).all(axis=1)
    n = int(design.inside(inside).sum()) if isinstance(design, Design) else int(live.sum())
    whole, p = np.where(live[:, None], items, 0.0), items.shape[1]
    factor = n / max(n - 1, 1)

    def products(weights: Floats) -> Floats:
        mass = weights * live
        centred = whole - mass @ whole / mass.sum()
        return (centred[:, :, None] * centred[:, None, :]).reshape(design.n, p * p) * factor

    table = mean(design, products(design.weights), inside=live)
    if isinstance(design, Design):
        return table

    def statistic(weights: Floats) -> tuple[Floats, Floats]:
        mass = weights * live
        return mass @ products(weights) / mass.sum(), np.empty((0, 0))

    return replace(table, covariance=design.evaluate(statistic, live))


def by_group(
    design: AnyDesign, y: ArrayLike, groups: Sequence[ArrayLike], *,
    statistic: str = "mean", below: ArrayLike | None = None, inside: ArrayLike | None = None,
    names: Sequence[str] = (), replacement: bool = False,
) -> Estimates:  # fmt: skip
    """The same items in several groups, jointly: item-major, group-minor, one covariance.

    groups: masks (n,) that may overlap. statistic: mean | share | total | ratio, the last over the
    columns ``below`` (n, p). Where what counts as lonely, or as average, depends on the group,
    errors and design effects are those of the group alone.
    """
    rows = design.inside(inside)
    masks = [rows & np.asarray(group, dtype=bool) for group in groups]
    wide = [_in_groups(y, masks), *([] if below is None else [_in_groups(below, masks)])]
    count = wide[0].shape[1]

    def found(columns: Sequence[Floats], inside: ArrayLike | None) -> Estimates:
        if statistic == "share":
            return share(design, *columns, inside=inside)
        functions: dict[str, Callable[..., Estimates]] = {
            "mean": mean, "total": total, "ratio": ratio,
        }  # fmt: skip
        return functions[statistic](design, *columns, inside=inside, replacement=replacement)

    table = found(wide, inside)
    own = [masks[j % len(masks)] for j in range(count)]
    degrees = np.array([design.degrees(mask) for mask in own], dtype=np.intp)
    labels = tuple(names) or table.names
    if len(labels) != count:
        raise ValueError(f"{len(labels)} names for {count} estimates")
    table = replace(table, df=degrees, names=labels)
    if isinstance(design, Design) and (design.lonely_in_domains or design.lonely == "average"):
        alone = [found([part[:, [j]] for part in wide], mask) for j, mask in enumerate(own)]
        table = replace(table, own_se=np.array([float(one.se[0]) for one in alone]),
                        deff=np.array([float(one.deff[0]) for one in alone]))  # fmt: skip
    return table


def _in_groups(y: ArrayLike, masks: Sequence[NDArray[np.bool_]]) -> Floats:
    """(n, p * groups), each item in one group after the other, NaN outside it."""
    return np.stack(
        [np.where(mask, column, np.nan) for column in _two_dimensional(y).T for mask in masks],
        axis=1,
    )


def tested_degrees(
    design: AnyDesign, inside: ArrayLike | None, answered: ArrayLike | None
) -> int:  # fmt: skip
    """Degrees of freedom of a test in a domain among those who answered.

    Replicates keep those of the domain: a missing answer takes no replicate away.
    """
    return design.degrees(inside if isinstance(design, Replicates) else answered)


def _two_dimensional(y: ArrayLike) -> Floats:
    items = np.asarray(y, dtype=float)
    return items[:, None] if items.ndim == 1 else items


def _items(design: AnyDesign, y: ArrayLike, inside: ArrayLike | None) -> tuple[Floats, Floats]:
    """Values with 0 outside the base, and the base itself as 0/1."""
    items = _two_dimensional(y)
    if len(items) != design.n:
        raise ValueError(f"{len(items)} rows of data for {design.n} rows of design")
    base = np.isfinite(items) & design.inside(inside)[:, None]
    return np.where(base, items, 0.0), base.astype(float)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(bottom != 0, top / bottom, np.nan))


def _counts(design: AnyDesign, base: Floats) -> Floats:
    return np.asarray((design.weights != 0) @ base)


def _variance_within(design: AnyDesign, items: Floats, base: Floats, centre: Floats) -> Floats:
    """Weighted population variance with the factor n / (n - 1)."""
    n = _counts(design, base)
    squares = design.weights @ (base * (items - np.nan_to_num(centre)) ** 2)
    spread = _ratio(squares, design.weights @ base)
    return spread * _ratio(n, n - 1)


def _deff(covariance: Floats, spread: Floats, n: Floats, mass: Floats, replacement: bool) -> Floats:
    """Variance over that of a simple random sample of the same size (without replacement)."""
    share = 1.0 if replacement else np.where(mass >= n, 1 - _ratio(n, mass), np.nan)
    reference = spread / np.where(n > 0, n, np.nan) * share
    return _ratio(np.diagonal(covariance), reference)


def _table(
    design: AnyDesign, values: Floats, covariance: Floats, base: Floats, names: Sequence[str],
    deff: Floats, kind: str, inside: ArrayLike | None, own_df: bool,
) -> Estimates:  # fmt: skip
    count = len(values)
    labels = tuple(names) or tuple(str(i) for i in range(count))
    if len(labels) != count:
        raise ValueError(f"{len(labels)} names for {count} estimates")
    whole = design.degrees(None if own_df is False else inside)
    degrees = np.full(count, whole, dtype=np.intp)
    if own_df:
        every = design.inside(inside)
        partial = np.flatnonzero((base > 0).sum(axis=0) < every.sum())
        for item in partial:
            degrees[item] = design.degrees(base[:, item] > 0)
    n = _counts(design, base).astype(np.intp)
    return Estimates(
        labels, values, covariance, degrees, n, deff, np.full(count, -1, dtype=np.intp), kind
    )
