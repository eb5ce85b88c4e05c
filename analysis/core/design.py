"""Design: how the sample was drawn, declared once and never changed.

Turns row-wise strata, unit ids, sampling fractions and weights into stages whose variance can be
computed from sums per sampling unit (`variance.py`). Calibration only adds a step to it. Knows no
questionnaire and no estimator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from analysis.core.coding import classify, first_rows, known, nested
from analysis.core.replicates import Statistic
from analysis.core.variance import LONELY_RULES, CalibrationStep, Stage, covariance, variances

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Design:
    """n rows drawn in stages.

    weights: (n,) final weights, >= 0.
    stages:  first stage first; all share the rows' leaf (last-stage) units.
    leaf:    (n,) code of the last-stage unit of each row; n_leaf of them.
    strata_names: per stage the labels of its strata, which from the second on are units.
    lonely:  what to do with a stratum that has one sampled unit: fail (default), remove,
             certainty, adjust (centre at the mean unit total), average (give it the average
             stratum's variance).
    lonely_in_domains: apply adjust/average also to strata left with one unit inside a domain.
    steps:   calibrations in the order applied.
    label:   how the variance was computed, for the technical note.
    """

    weights: Floats
    stages: tuple[Stage, ...]
    leaf: Ints
    n_leaf: int
    strata_names: tuple[tuple[str, ...], ...] = ()
    lonely: str = "fail"
    lonely_in_domains: bool = False
    steps: tuple[CalibrationStep, ...] = ()
    label: str = ""
    _pick: sparse.csr_array = field(default=None, repr=False, compare=False)

    @property
    def n(self) -> int:
        return len(self.weights)

    @classmethod
    def declare(
        cls,
        *,
        n: int | None = None,
        weights: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        ids: Sequence[ArrayLike] = (),
        fpc: Sequence[ArrayLike] = (),
        pps: bool = False,
        lonely: str = "fail",
        lonely_in_domains: bool = False,
    ) -> Design:
        """Declare a design; every array has shape (n,).

        ids: one array per stage; nested in the strata and in the stage before whatever their names.
             None given: every row is its own unit.
        fpc: one array per stage: all counts of units in the population (>= 1), or all sampling
             fractions (<= 1). None given: with replacement at the first stage, which overstates the
             variance when the sampling fraction is large.
        pps: the first fraction is each unit's own inclusion probability; Brewer's approximation.
             Units drawn with certainty become strata of their own whose next-stage units are PSUs.
        weights: None: the product over stages of N / n from ``fpc`` (1 without fpc).
        Raises ValueError on inconsistent input and on missing values (a row without its unit has no
        place in the draw); lonely strata are only refused when estimating.
        """
        if lonely not in LONELY_RULES:
            raise ValueError(f"unknown rule for lonely PSUs: {lonely}")
        rows = _row_count(n, weights, strata, ids, fpc)
        _require_whole(rows, weights, strata, ids, fpc)
        names, stratum = _strata(strata, rows)
        coded = [classify(column) for column in ids]
        units = [codes for _, codes in coded] or [np.arange(rows)]
        shares = [np.asarray(column, dtype=float) for column in fpc]
        if pps:
            labels = coded[0][0] if coded else []
            names, stratum, units, shares = _split_certainty(names, stratum, units, shares, labels)
        stages, leaf, implied = _stages(stratum, units, shares)
        final = implied if weights is None else np.asarray(weights, dtype=float)
        if np.any(final < 0):
            raise ValueError(f"权数有 {int((final < 0).sum())} 行为负，不能声明抽样设计")
        n_leaf = int(leaf.max()) + 1 if rows else 0
        pick = sparse.csr_array((np.ones(rows), (leaf, np.arange(rows))), shape=(n_leaf, rows))
        return cls(
            final, stages, leaf, n_leaf, (names, *_deeper(stratum, units, coded, len(stages))),
            lonely, lonely_in_domains, (), _label(pps, bool(shares), len(stages)), pick,
        )  # fmt: skip

    def reweighted(self, weights: Floats, step: CalibrationStep | None = None) -> Design:
        """The same draw with new final weights; ``step`` is what the standard errors must know."""
        steps = (*self.steps, step) if step is not None else self.steps
        return replace(self, weights=np.asarray(weights, dtype=float), steps=steps)

    def inside(self, inside: ArrayLike | None = None) -> Bools:
        """Rows of a domain that carry weight."""
        active: Bools = self.weights != 0
        return active if inside is None else active & np.asarray(inside, dtype=bool)

    def leaf_sums(self, scores: Floats) -> Floats:
        """(n, q) weighted scores -> (n_leaf, q) sums, calibration residuals taken first."""
        for step in self.steps:
            scores = step.residuals(scores)
        return np.asarray(self._pick @ scores)

    def evaluate(self, statistic: Statistic, inside: Bools | None = None) -> Floats:
        """Covariance (q, q) of a statistic of the weights (values and weighted scores)."""
        return self.covariance(statistic(self.weights)[1], inside)

    def covariance(self, scores: Floats, inside: Bools | None = None) -> Floats:
        """Covariance (q, q) of the column sums of ``scores`` (n, q), weights included."""
        return self.covariance_of_sums(self.leaf_sums(np.atleast_2d(scores.T).T), inside)

    def covariance_of_sums(self, sums: Floats, inside: Bools | None = None) -> Floats:
        """Covariance from (n_leaf, q) sums. Raises `LonelyStrata` under the rule ``fail``."""
        present = self._present(inside)
        return covariance(
            sums, self.stages, present, self.lonely, self.lonely_in_domains, self.strata_names
        )

    def variances_of_sums(self, sums: Floats, inside: Bools | None = None) -> Floats:
        """The diagonal (q,) of `covariance_of_sums`."""
        return variances(
            sums, self.stages, self._present(inside), self.lonely, self.lonely_in_domains,
            self.strata_names,
        )  # fmt: skip

    def require_errors(self) -> None:
        """Raises `LonelyStrata` where some variance cannot be estimated; weights do not need it."""
        self.variances_of_sums(self.leaf_sums(self.weights[:, None]))

    def degrees(self, inside: ArrayLike | None = None) -> int:
        """First-stage units minus first-stage strata, counted where the domain has rows."""
        stage = self.stages[0]
        units = np.unique(stage.unit[self.leaf[self.inside(inside)]])
        return len(units) - len(np.unique(stage.stratum[units]))

    def _present(self, inside: Bools | None) -> Bools:
        # a calibrated sample stays whole: every unit keeps a residual even outside the domain
        if inside is None or self.steps:
            return np.ones(self.n_leaf, dtype=bool)
        present: Bools = np.zeros(self.n_leaf, dtype=bool)
        present[self.leaf[inside]] = True
        return present


def _row_count(
    n: int | None, weights: ArrayLike | None, strata: ArrayLike | None,
    ids: Sequence[ArrayLike], fpc: Sequence[ArrayLike],
) -> int:  # fmt: skip
    for column in (weights, strata, *ids, *fpc):
        if column is not None:
            return len(np.asarray(column))
    if n is None:
        raise ValueError("the number of rows is unknown: give n or any column")
    return n


def _require_whole(
    rows: int, weights: ArrayLike | None, strata: ArrayLike | None,
    ids: Sequence[ArrayLike], fpc: Sequence[ArrayLike],
) -> None:  # fmt: skip
    """A missing label would make a unit of all rows that lack one."""
    given = [("权数", weights), ("分层", strata)]
    given += [(f"第 {k} 阶段的单位编号", column) for k, column in enumerate(ids, start=1)]
    given += [(f"第 {k} 阶段的总体单位数或抽样比", column) for k, column in enumerate(fpc, start=1)]
    for name, column in given:
        if column is None:
            continue
        if np.shape(column) != (rows,):
            raise ValueError(f"{name}的行数与其他列不同，不能声明抽样设计")
        missing = int((~known(column)).sum())
        if missing:
            raise ValueError(f"{name}有 {missing} 行缺失，不能声明抽样设计")


def _strata(strata: ArrayLike | None, rows: int) -> tuple[tuple[str, ...], Ints]:
    if strata is None:
        return ("",), np.zeros(rows, dtype=np.intp)
    names, codes = classify(strata)
    return tuple(names), codes


def _split_certainty(
    names: tuple[str, ...],
    stratum: Ints,
    units: list[Ints],
    shares: list[Floats],
    labels: Sequence[str],
) -> tuple[tuple[str, ...], Ints, list[Ints], list[Floats]]:
    if not shares or np.any(shares[0] > 1):
        raise ValueError("PPS 抽样需要第一阶段各单位的入样概率(不大于 1)")
    certain = shares[0] >= 1 - 1e-12
    if not certain.any() or len(units) < 2:
        return names, stratum, units, shares
    psu = nested(stratum, units[0])
    chosen, index = np.unique(psu[certain], return_inverse=True)
    rows = [int(np.flatnonzero(psu == c)[0]) for c in chosen]
    extra = tuple(_certain(labels[units[0][row]], names[stratum[row]]) for row in rows)
    stratum, first, share = stratum.copy(), units[0].copy(), shares[0].copy()
    stratum[certain] = len(names) + index
    first[certain] = units[1][certain]
    share[certain] = shares[1][certain] if len(shares) > 1 else 0.0
    deeper = [column.copy() for column in shares[1:]]
    if deeper:
        deeper[0][certain] = 1.0
    return names + extra, stratum, [first, *units[1:]], [share, *deeper]


def _certain(unit: str, stratum: str) -> str:
    return f"必选单位{unit}" + (f"（{stratum}）" if stratum else "")


def _deeper(
    stratum: Ints, units: Sequence[Ints], coded: Sequence[tuple[list[str], Ints]], stages: int
) -> list[tuple[str, ...]]:
    """Labels of the strata of every stage after the first: the units of the stage before."""
    found, unit = [], stratum
    for level in range(stages - 1):
        unit = nested(unit, units[level])
        labels, codes = coded[level]
        found.append(tuple(labels[code] for code in codes[first_rows(unit)].tolist()))
    return found


def _stages(
    stratum: Ints, units: list[Ints], shares: list[Floats]
) -> tuple[tuple[Stage, ...], Ints, Floats]:
    """Stages over leaves, the leaf of each row and the weights the fractions imply."""
    rows = len(stratum)
    depth = min(len(units), max(len(shares), 1))
    codes: list[tuple[Ints, Ints, Floats | None]] = []
    outer, parent = stratum, np.zeros(rows, dtype=np.intp)
    implied = np.ones(rows)
    for level in range(depth):
        unit = nested(outer, units[level])
        share = shares[level] if level < len(shares) else None
        fraction = None if share is None else _fraction(unit, outer, share)
        if fraction is not None:
            implied = implied / np.where(fraction > 0, fraction, 1.0)
        codes.append((unit, outer, fraction))
        outer = unit
    leaf = codes[-1][0]
    first = first_rows(leaf)
    stages: list[Stage] = []
    carried = np.ones(len(first))
    for unit, group, fraction in codes:
        at = None if fraction is None else fraction[first]
        stages.append(Stage.over(unit[first], group[first], at, parent[first], carried))
        carried = carried * (np.zeros(len(first)) if at is None else at)
        parent = unit
    return tuple(stages), leaf, implied


def _fraction(unit: Ints, group: Ints, share: Floats) -> Floats:
    """Row-wise sampling fraction; counts become drawn / N within the row's stratum."""
    if np.any(~np.isfinite(share)) or np.any(share < 0):
        raise ValueError("总体单位数或抽样比必须是不小于 0 的有限数")
    if np.all(share <= 1):
        return share
    if np.any(share < 1):
        raise ValueError("总体单位数与抽样比不能混用：要么都是单位数，要么都是抽样比")
    of_unit = first_rows(unit)
    drawn = np.bincount(group[of_unit], minlength=int(group.max()) + 1)
    fraction = drawn[group] / share
    if np.any(fraction > 1 + 1e-9):
        raise ValueError("抽到的单位比总体登记的还多，请核对总体单位数")
    return fraction


def _label(pps: bool, fpc: bool, stages: int) -> str:
    if pps:
        return "随机顺序系统 PPS：Brewer 近似" + ("加第二阶段" if stages > 1 else "")
    if fpc:
        return "不放回，有限总体校正" + (f"，{stages} 阶段" if stages > 1 else "")
    return "按有放回近似(保守)"
