"""Variance of sums under a staged draw, from per-unit sums.

Source of the formulas: Binder (1983), Wolter (2007) ch. 6 for linearisation by PSU totals; Brewer
(2002) for unequal probabilities without replacement; Deville and Sarndal (1992) for calibration
residuals. Knows nothing of estimators.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

# columns from which a sparse product is faster than counting one after the other
NARROW = 4
LONELY_RULES = ("fail", "remove", "certainty", "adjust", "average")


class LonelyStrata(ValueError):
    """Strata with a single sampled unit, whose variance cannot be estimated."""

    def __init__(self, stage: int, strata: Sequence[str]) -> None:
        self.stage, self.strata = stage, tuple(strata)
        shown = "、".join(name for name in self.strata[:20] if name)
        told = f"第 {stage} 阶段有 {len(self.strata)} 个层只抽到一个单位，无法估计方差"
        super().__init__(f"{told}：{shown}" if shown else told)


@dataclass(frozen=True)
class Stage:
    """One stage of a draw; L leaves, U units, H strata of this stage.

    unit (L,): unit of each leaf; stratum (U,), parent (U,): of each unit; drawn (H,): units drawn;
    fraction (U,): sampling fraction, 0 with replacement; carried (U,): product of the fractions of
    the stages above.
    """

    unit: Ints
    stratum: Ints
    parent: Ints
    drawn: Ints
    fraction: Floats
    carried: Floats

    @classmethod
    def over(
        cls, unit: Ints, stratum: Ints, fraction: Floats | None, parent: Ints, carried: Floats
    ) -> Stage:
        """From leaf-wise arrays; codes are made dense."""
        unit = np.unique(unit, return_inverse=True)[1].astype(np.intp)
        stratum = np.unique(stratum, return_inverse=True)[1].astype(np.intp)
        first = np.unique(unit, return_index=True)[1]
        share = np.zeros(len(first)) if fraction is None else fraction[first]
        group = stratum[first]
        drawn = np.bincount(group).astype(np.intp)
        return cls(unit, group, parent[first], drawn, share, carried[first])


@dataclass(frozen=True)
class CalibrationStep:
    """One calibration: weights before and after (n,), on variables that are equal within cells.

    cell (n,): where each row's variables stand; root (cells,): square root of the cell's weight
    before; basis (cells, k): orthonormal, spans root times the variables. Rows that share their
    variables share a cell, so that a large sample costs no more than its cells. Without a basis
    the cells themselves are what is calibrated to.
    """

    before: Floats
    after: Floats
    cell: Ints
    root: Floats
    basis: Floats | None
    name: str = ""

    @classmethod
    def of(
        cls, before: Floats, after: Floats, cell: Ints, x: Floats | None, name: str = ""
    ) -> CalibrationStep:
        """x (cells, k): the calibration variables; columns that repeat others are dropped.

        None: one variable per cell.
        """
        if x is None:
            return cls(before, after, cell, np.sqrt(np.bincount(cell, before)), None, name)
        root = np.sqrt(np.bincount(cell, before, len(x)))
        q, r, _ = linalg.qr(root[:, None] * x, mode="economic", pivoting=True)
        size = np.abs(np.diagonal(r))
        kept = q[:, size > 1e-10 * max(float(size.max()), 1e-300)]
        return cls(before, after, cell, root, kept, name)

    def residuals(self, scores: Floats) -> Floats:
        """Scores (n, q) -> final weight times the residual of the design-weighted regression."""
        live = (self.after != 0) & (self.before > 0)
        rest = np.where(live, self.before / np.where(live, self.after, 1.0), 0.0)[:, None] * scores
        held = np.where(self.root > 0, self.root, 1.0)[:, None]
        fitted = sum_by(self.cell, rest, len(self.root)) / held
        if self.basis is not None:
            fitted = self.basis @ (self.basis.T @ fitted)
        return scores * live[:, None] - (np.where(live, self.after, 0.0)[:, None]
                                         * (fitted / held)[self.cell])  # fmt: skip


def covariance(
    sums: Floats,
    stages: Sequence[Stage],
    present: Bools,
    lonely: str,
    lonely_in_domains: bool,
    names: Sequence[Sequence[str]] = (),
) -> Floats:
    """Covariance (q, q) of the totals of ``sums`` (L, q), leaf sums of weighted scores.

    present (L,): leaves that have rows in the domain (only the lonely rules look at it).
    names: of the strata, per stage.
    """
    total = np.zeros((sums.shape[1],) * 2)
    for units, factor in _centred(sums, stages, present, lonely, lonely_in_domains, names):
        total += (units * factor[:, None]).T @ units
    return total


def variances(
    sums: Floats,
    stages: Sequence[Stage],
    present: Bools,
    lonely: str,
    lonely_in_domains: bool,
    names: Sequence[Sequence[str]] = (),
) -> Floats:
    """The diagonal (q,) of `covariance`, at its price divided by q."""
    total = np.zeros(sums.shape[1])
    for units, factor in _centred(sums, stages, present, lonely, lonely_in_domains, names):
        total += factor @ np.square(units, out=units)
    return total


def _centred(
    sums: Floats, stages: Sequence[Stage], present: Bools, lonely: str, in_domains: bool,
    names: Sequence[Sequence[str]],
) -> Iterator[tuple[Floats, Floats]]:  # fmt: skip
    """Per stage the unit totals less their stratum's mean, and what their squares count."""
    for number, stage in enumerate(stages, start=1):
        if number > 1 and not stage.carried.any():
            break
        yield _stage(number, sums, stage, present, lonely, in_domains, names)


def _stage(
    number: int, sums: Floats, stage: Stage, present: Bools, lonely: str, in_domains: bool,
    names: Sequence[Sequence[str]],
) -> tuple[Floats, Floats]:  # fmt: skip
    units = sum_by(stage.unit, sums, len(stage.stratum))
    seen = np.bincount(stage.unit, present, len(stage.stratum)) > 0
    seen_in = np.bincount(stage.stratum, seen, len(stage.drawn))
    complete = np.bincount(stage.stratum, stage.fraction < 1 - 1e-12, len(stage.drawn)) == 0
    alone = (stage.drawn == 1) & ~complete & (seen_in > 0)
    if lonely == "fail" and alone.any():
        raise LonelyStrata(number, _named(alone, number, names))
    if in_domains and lonely in ("adjust", "average"):
        alone = alone | ((stage.drawn > 1) & (seen_in == 1))
    centre = sum_by(stage.stratum, units, len(stage.drawn)) / stage.drawn[:, None]
    if lonely == "adjust" and alone.any():
        centre[alone] = _grand_mean(units, stage, seen_in > 0)[alone]
    scale = stage.drawn / np.maximum(stage.drawn - 1, 1)
    factor = (1 - stage.fraction) * scale[stage.stratum] * stage.carried
    if lonely != "adjust":
        factor = np.where(alone[stage.stratum], 0.0, factor)
    if lonely == "average" and alone.any():
        factor = factor * _inflation(stage, alone, seen_in > 0)
    centred = centre.take(stage.stratum, axis=0)
    np.subtract(units, centred, out=centred)
    return centred, factor


def sum_by(codes: Ints, values: Floats, count: int) -> Floats:
    """Row sums of values (m, q) by code -> (count, q)."""
    if len(codes) == count and np.array_equal(codes, np.arange(count)):
        return values
    if values.shape[1] < NARROW:
        return np.stack([np.bincount(codes, column, count) for column in values.T], axis=1)
    rows = len(codes)
    member = sparse.csr_matrix((np.ones(rows), codes, np.arange(rows + 1)), shape=(rows, count))
    return np.asarray(member.T @ values)


def _parents(stage: Stage) -> Ints:
    """Parent unit of each stratum."""
    parent = np.zeros(len(stage.drawn), dtype=np.intp)
    parent[stage.stratum] = stage.parent
    return parent


def _grand_mean(units: Floats, stage: Stage, seen: Bools) -> Floats:
    """Mean unit total over all strata of the same parent, one row per stratum."""
    parent = _parents(stage)
    count = int(parent.max()) + 1
    total = sum_by(stage.parent, units, count)
    drawn = np.bincount(parent, stage.drawn * seen, count)
    return (total / np.maximum(drawn, 1)[:, None])[parent]


def _inflation(stage: Stage, alone: Bools, seen: Bools) -> Floats:
    """Strata over strata with an estimate, per parent; NaN where none has one."""
    parent = _parents(stage)
    count = int(parent.max()) + 1
    strata = np.bincount(parent, seen, count)
    able = np.bincount(parent, seen & ~alone, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(strata > 0, np.where(able > 0, strata / able, np.nan), 1.0)
    return ratio[stage.parent]


def _named(alone: Bools, number: int, names: Sequence[Sequence[str]]) -> list[str]:
    own = names[number - 1] if number <= len(names) else ()
    return [own[code] if code < len(own) else str(code) for code in np.flatnonzero(alone).tolist()]
