"""Aggregate once: weighted sums per sampling unit, group and item; estimates are made from these.

`Aggregator` is what an engine must offer: one pass over the rows, and tables whose size does not
depend on their number. `Rows` is the engine over arrays in memory; it sums items side by side on
several cores, because NumPy's counting leaves the interpreter free.

Figures and tables do not come from here but from rows (`estimate.py`): the official design is
calibrated and has a second stage. See `docs/decisions/0014-the-analysis-store.md`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.core.design import Design
from analysis.core.estimate import Estimates
from analysis.core.resample import bootstrap_multipliers
from analysis.core.variance import sum_by

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Aggregator(Protocol):
    """Sums (units, groups) over rows; units are the leaves of the design.

    Whatever the engine: a null, NaN or infinite value is "not answered", true is 1, a row without
    a weight weighs 0, and no rows at all are zeros.
    """

    @property
    def items(self) -> int:
        """How many items there are."""

    def mass(self, item: int) -> Floats:
        """Sum of weights over the rows that answered the item."""

    def sums(self, item: int) -> Floats:
        """Sum of weight times value over the rows that answered the item."""

    def squares(self, item: int) -> tuple[Floats, Ints]:
        """Of the groups: sum of weight times squared value, and persons who answered."""


class _Room(threading.local):
    """One working array per shape and thread, kept: a fresh one costs as much as what is in it."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, ...], Floats] = {}

    def of(self, shape: tuple[int, ...]) -> Floats:
        if shape not in self._held:
            self._held[shape] = np.empty(shape)
        return self._held[shape]


class Rows:
    """The aggregator over arrays.

    columns: one per item (n,), numbers of any type or booleans; what is not finite is "not
    answered", whole numbers are answered throughout. group (n,): 0..groups-1, any other code is in
    no group.
    """

    def __init__(
        self, design: Design, columns: Sequence[ArrayLike], group: ArrayLike, groups: int
    ) -> None:
        self.columns = [np.asarray(column) for column in columns]
        self.shape = (design.n_leaf, groups)
        codes = np.asarray(group)
        member = (codes >= 0) & (codes < groups)
        whole = bool(member.all())
        self.weights = design.weights if whole else np.where(member, design.weights, 0.0)
        self.group = codes if whole else np.where(member, codes, 0)
        self.cell = design.leaf * groups + self.group
        self._room = _Room()
        self._whole = self._add(self.weights)

    @property
    def items(self) -> int:
        return len(self.columns)

    def mass(self, item: int) -> Floats:
        answered = self._answered(item)
        return self._whole if answered is None else self._add(self._weighted(answered))

    def sums(self, item: int) -> Floats:
        return self._add(self._weighted(self._filled(item)))

    def squares(self, item: int) -> tuple[Floats, Ints]:
        values, answered = self._filled(item), self._answered(item)
        product = self._weighted(values)
        np.multiply(product, values, out=product)
        squares = np.asarray(np.bincount(self.group, product, self.shape[1]), dtype=float)
        return squares, self._persons if answered is None else self._count(answered)

    @cached_property
    def _persons(self) -> Ints:
        return self._count(np.ones(len(self.weights), dtype=bool))

    def _count(self, answered: NDArray[np.bool_]) -> Ints:
        live = (self.weights != 0) & answered
        return np.bincount(self.group[live], minlength=self.shape[1])

    def _filled(self, item: int) -> NDArray[Any]:
        column = self.columns[item]
        return np.where(np.isfinite(column), column, 0) if column.dtype.kind == "f" else column

    def _answered(self, item: int) -> NDArray[np.bool_] | None:
        """None where every row answered."""
        column = self.columns[item]
        if column.dtype.kind != "f":
            return None
        finite = np.isfinite(column)
        return None if finite.all() else finite

    def _weighted(self, values: NDArray[Any]) -> Floats:
        return np.multiply(self.weights, values, out=self._room.of(self.weights.shape))

    def _add(self, values: Floats) -> Floats:
        size = self.shape[0] * self.shape[1]
        return np.asarray(np.bincount(self.cell, values, size), dtype=float).reshape(self.shape)


@dataclass(frozen=True)
class _Table:
    """What the aggregator says of one item."""

    mass: Floats
    sums: Floats
    squares: tuple[Floats, Ints] | None


@dataclass(frozen=True)
class _Column:
    """One item in all groups: values, variances, n, df, deff (groups,), scores (units, groups)."""

    values: Floats
    variances: Floats
    n: Ints
    df: Ints
    deff: Floats
    scores: Floats


def group_means(
    design: Design, source: Aggregator, *, names: Sequence[str] = (), joint: bool = True,
    precision: bool = True,
) -> Estimates:  # fmt: skip
    """Means of every item in every group, item-major, as `estimate.by_group` gives them.

    joint: False leaves the covariances between estimates NaN and saves most of the time.
    precision: False leaves n 0 and deff NaN. Raises ValueError for a calibrated design, whose
    residuals need the rows (`estimate.by_group`).
    """
    if design.steps:
        raise ValueError("校准过的设计需要逐行残差，不能只用单元合计")

    degrees, room = _Degrees(design), _Room()

    def table(item: int) -> _Table:
        squares = source.squares(item) if precision else None
        return _Table(source.mass(item), source.sums(item), squares)

    # rows are summed side by side; what is left of an item is too short to share between threads
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        columns = [
            _column(design, found, degrees, np.empty(found.mass.shape) if joint
                    else room.of(found.mass.shape))
            for found in pool.map(table, range(source.items))
        ]  # fmt: skip
    values = np.concatenate([column.values for column in columns])
    if joint:
        scores = np.concatenate([column.scores for column in columns], axis=1)
        covariance = design.covariance_of_sums(scores)
    else:
        covariance = np.full((len(values),) * 2, np.nan)
        np.fill_diagonal(covariance, np.concatenate([c.variances for c in columns]))
    return Estimates(
        tuple(names) or tuple(str(i) for i in range(len(values))), values, covariance,
        np.concatenate([c.df for c in columns]), np.concatenate([c.n for c in columns]),
        np.concatenate([c.deff for c in columns]), np.full(len(values), -1, dtype=np.intp),
    )  # fmt: skip


def bootstrap_means(
    design: Design, mass: Floats, sums: Sequence[Floats], replicates: int, *, seed: int
) -> Floats:
    """Rao-Wu bootstrap of group means from unit sums: (replicates, items x groups), item-major.

    mass (units, groups) of items that every row answered; sums: one (units, groups) per item.
    """
    stage = design.stages[0]
    factors = bootstrap_multipliers(design, replicates, seed=seed).T
    wide = np.concatenate([mass, *sums], axis=1)
    totals = factors @ sum_by(stage.unit, wide, len(stage.stratum))
    groups = mass.shape[1]
    return totals[:, groups:] / np.tile(totals[:, :groups], len(sums))


def _column(design: Design, table: _Table, degrees: _Degrees, scores: Floats) -> _Column:
    """scores: where they are written."""
    size, whole = _totals(table.mass), _totals(table.sums)
    held = np.where(size > 0, size, np.nan)
    values = whole / held
    # an empty group scores 0; one product for all is a tenth of looking for NaN in every cell
    np.multiply(table.mass, np.nan_to_num(values), out=scores)
    np.subtract(table.sums, scores, out=scores)
    scores *= np.nan_to_num(1 / held)
    variances = design.variances_of_sums(scores)
    groups = len(values)
    n, deff = np.zeros(groups, dtype=np.intp), np.full(groups, np.nan)
    if table.squares:
        squares, n = table.squares
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = (squares / held - values**2) * n / (n - 1)
            deff = variances / (spread / n * np.where(size >= n, 1 - n / held, np.nan))
    return _Column(values, variances, n, degrees.where(table.mass), deff, scores)


def _totals(table: Floats) -> Floats:
    """(units, groups) -> (groups,): a product, several times faster than a sum over few columns."""
    return np.asarray(np.ones(len(table)) @ table)


class _Degrees:
    """First-stage units less strata, per group, where it has members.

    Items that every row answered share one table of weights, so it is looked at once for them all.
    """

    def __init__(self, design: Design) -> None:
        self.stage = design.stages[0]
        self._last: tuple[Floats | None, Ints] = None, np.zeros(0, dtype=np.intp)

    def where(self, mass: Floats) -> Ints:
        """mass (units, groups) -> (groups,)."""
        table, found = self._last
        if table is not mass:
            found = self._count(mass > 0)
            self._last = mass, found
        return found

    def _count(self, members: NDArray[np.bool_]) -> Ints:
        stage = self.stage
        units = sum_by(stage.unit, members.astype(float), len(stage.stratum)) > 0
        strata = sum_by(stage.stratum, units.astype(float), len(stage.drawn)) > 0
        return units.sum(axis=0) - strata.sum(axis=0)
