"""Replicate weights made from a staged design: jackknife, balanced half-samples, bootstrap.

Only first-stage units are resampled. Sources: Wolter (2007) ch. 3-4; Rao and Wu (1988) for the
bootstrap with n - 1 draws. Knows no estimator.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.core.coding import first_rows
from analysis.core.design import Design, Floats
from analysis.core.replicates import Replicates

Ints = NDArray[np.intp]
PRIMES = (3, 7, 11, 19, 23, 31, 43, 47, 59, 67, 71, 79, 83, 103, 107, 127, 131, 139, 151, 163, 167,
          179, 191, 199, 211, 223, 227, 239, 251)  # fmt: skip


def jackknife(design: Design, *, mse: bool = False) -> Replicates:
    """Leave out one first-stage unit at a time within its stratum (JK1 or JKn).

    First-stage fractions enter through the factors; a stratum drawn whole contributes nothing.
    Raises ValueError when a stratum has one unit.
    """
    stage, unit = design.stages[0], _units(design)
    alone = stage.drawn == 1
    complete = np.bincount(stage.stratum, stage.fraction < 1 - 1e-12, len(stage.drawn)) == 0
    if np.any(alone & ~complete):
        raise ValueError("刀切法不能用于只有一个单位的层")
    size = stage.drawn[stage.stratum]
    used = np.flatnonzero(size > 1)
    same = stage.stratum[:, None] == stage.stratum[used][None, :]
    up = size[used] / (size[used] - 1)
    multiplier = np.where(same, up[None, :], 1.0)
    multiplier[used, np.arange(len(used))] = 0.0
    factors = (1 - stage.fraction[used]) * (size[used] - 1) / size[used]
    return _made(design, multiplier[unit], 1.0, factors, mse, "刀切法")


def balanced(design: Design, *, rho: float = 0.0, mse: bool = False) -> Replicates:
    """Balanced repeated replication of two units per stratum, Fay's variant with ``rho`` > 0.

    A stratum with an even number of units above two is split into pairs in their order, and a pair
    counts as a stratum. First-stage fractions are ignored. Raises ValueError when a stratum has an
    odd number of units.
    """
    if not 0 <= rho < 1:
        raise ValueError("Fay 系数 rho 必须不小于 0 且小于 1")
    stage, unit = design.stages[0], _units(design)
    if np.any(stage.drawn % 2):
        raise ValueError("平衡半样本需要每层偶数个单位")
    order = _paired(design, unit)
    pair, half = np.empty(len(order), dtype=np.intp), np.empty(len(order), dtype=np.intp)
    pair[order] = np.arange(len(order)) // 2
    half[order] = np.arange(len(order)) % 2
    pairs = len(order) // 2
    signs = hadamard(pairs + 1)
    chosen = signs[1 + pair, :] == np.where(half == 0, 1, -1)[:, None]
    multiplier = np.where(chosen, 2 - rho, rho)
    count = multiplier.shape[1]
    made = _made(design, multiplier[unit], 1 / (count * (1 - rho) ** 2), np.ones(count), mse,
                 "平衡半样本")  # fmt: skip
    return replace(made, declared_df=pairs)


def _paired(design: Design, unit: Ints) -> Ints:
    """Units in the order they are paired: split strata first, each by label, units as they come.

    The order decides which half samples are drawn, so that of R is kept.
    """
    stage = design.stages[0]
    names = design.strata_names[0] if design.strata_names else ()
    by_label = sorted(
        range(len(stage.drawn)),
        key=lambda h: (stage.drawn[h] == 2, names[h] if h < len(names) else str(h)),
    )
    place = np.empty(len(by_label), dtype=np.intp)
    place[by_label] = np.arange(len(by_label))
    return np.lexsort((first_rows(unit), place[stage.stratum]))


def bootstrap(design: Design, replicates: int, *, seed: int) -> Replicates:
    """Rao-Wu bootstrap: n_h - 1 units drawn with replacement per stratum, weights n_h / (n_h - 1).

    With replacement at the first stage. Raises ValueError when a stratum has one unit.
    """
    if replicates < 2:
        raise ValueError("自助法至少要两次重复")
    multiplier = bootstrap_multipliers(design, replicates, seed=seed)[_units(design)]
    return _made(design, multiplier, 1 / (replicates - 1), np.ones(replicates), False, "自助法")


def bootstrap_multipliers(design: Design, replicates: int, *, seed: int) -> Floats:
    """(units, replicates) factors of the first-stage units' weights, see `bootstrap`.

    They belong to the weights before calibration; see `weights.recalibrated`.
    """
    stage = design.stages[0]
    if np.any(stage.drawn < 2):
        raise ValueError("自助法不能用于只有一个单位的层")
    rng = np.random.default_rng(seed)
    multiplier = np.zeros((len(stage.stratum), replicates))
    for stratum, size in enumerate(stage.drawn):
        members = np.flatnonzero(stage.stratum == stratum)
        drawn = rng.integers(0, size, (replicates, size - 1))
        place = (drawn * replicates + np.arange(replicates)[:, None]).ravel()
        counts = np.bincount(place, minlength=size * replicates).reshape(size, replicates)
        multiplier[members] = counts * (size / (size - 1))
    return multiplier


def hadamard(at_least: int) -> NDArray[np.int8]:
    """A matrix of +1 and -1 with orthogonal rows, the first all 1, of size >= at_least.

    The smallest that doubling (Sylvester) makes of order 2, q + 1 for primes q = 3 mod 4 (Paley) or
    36 (twin primes, Stanton and Sprott 1958); of equal ones the most often doubled. Linear
    statistics do not depend on the choice, others do; R's survey chooses alike but for 28 and 56.
    """
    at_least = max(at_least, 4)
    cores = (2, *sorted(q + 1 for q in PRIMES), 36)
    sizes = [core * 2 ** max(0, math.ceil(math.log2(at_least / core))) for core in cores]
    size, core = min(zip(sizes, cores, strict=True))
    matrix = linalg.hadamard(2) if core == 2 else _twin() if core == 36 else _paley(core - 1)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return np.asarray(matrix, dtype=np.int8)


def _paley(q: int) -> NDArray[np.int8]:
    """Order q + 1, symmetric: -1 where i + j is a square modulo q, zero included."""
    sign = np.ones(q, dtype=np.int8)
    sign[np.unique(np.arange(q) ** 2 % q)] = -1
    return _bordered(sign[np.add.outer(np.arange(q), np.arange(q)) % q], first=True)


def _twin() -> NDArray[np.int8]:
    """Order 36 from the difference set of 5 x 7: one character for both, and multiples of 7."""
    squares = {p: {i * i % p for i in range(1, p)} for p in (5, 7)}
    inside = [i % 7 == 0 or (i % 5 > 0 and (i % 5 in squares[5]) == (i % 7 in squares[7]))
              for i in range(35)]  # fmt: skip
    sign = np.where(inside, -1, 1).astype(np.int8)
    return _bordered(sign[-np.add.outer(np.arange(35), np.arange(35)) % 35], first=False)


def _bordered(core: NDArray[np.int8], *, first: bool) -> NDArray[np.int8]:
    """A row of 1 above the core, and a column of 1 before or of -1 behind it."""
    side = np.full((len(core), 1), 1 if first else -1, dtype=np.int8)
    body = np.hstack([side, core] if first else [core, side])
    return np.vstack([np.ones((1, len(core) + 1), dtype=np.int8), body])


def _units(design: Design) -> Ints:
    """First-stage unit of each row. Calibrated designs must be replicated before calibration."""
    if design.steps:
        raise ValueError("先做重复权数，再对重复权数校准")
    return design.stages[0].unit[design.leaf]


def _made(
    design: Design, multiplier: Floats, scale: float, factors: Floats, mse: bool, label: str
) -> Replicates:
    columns = multiplier * design.weights[:, None]
    df = design.degrees()
    return Replicates(design.weights, columns, scale, factors, mse, df, label)
