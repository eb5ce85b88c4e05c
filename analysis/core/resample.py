"""Replicate weights made from a staged design: jackknife, balanced half-samples, bootstrap.

Only first-stage units are resampled. Sources: Wolter (2007) ch. 3-4; Rao and Wu (1988) for the
bootstrap with n - 1 draws. Knows no estimator.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from analysis.core.design import Design, Floats
from analysis.core.replicates import Replicates

Ints = NDArray[np.intp]


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

    A stratum with an even number of units above two is split into pairs in their order. First-stage
    fractions are ignored. Raises ValueError when a stratum has an odd number of units.
    """
    if not 0 <= rho < 1:
        raise ValueError("Fay 系数 rho 必须不小于 0 且小于 1")
    stage, unit = design.stages[0], _units(design)
    if np.any(stage.drawn % 2):
        raise ValueError("平衡半样本需要每层偶数个单位")
    order = np.lexsort((np.arange(len(stage.stratum)), stage.stratum))
    pair, half = np.empty(len(order), dtype=np.intp), np.empty(len(order), dtype=np.intp)
    pair[order] = np.arange(len(order)) // 2
    half[order] = np.arange(len(order)) % 2
    signs = hadamard(int(pair.max()) + 2)
    chosen = signs[1 + pair, :] == np.where(half == 0, 1, -1)[:, None]
    multiplier = np.where(chosen, 2 - rho, rho)
    count = multiplier.shape[1]
    scale = 1 / (count * (1 - rho) ** 2)
    return _made(design, multiplier[unit], scale, np.ones(count), mse, "平衡半样本")


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
    """A matrix of +1 and -1 with orthogonal columns, first row and column 1, of size >= at_least.

    Sizes 2^k (Sylvester) and (q + 1) 2^k for primes q = 3 mod 4 (Paley); the smallest one fitting.
    """
    best: tuple[int, int] | None = None
    for core in (
        1,
        2,
        *(q + 1 for q in (3, 7, 11, 19, 23, 31, 43, 47, 59, 67, 71, 79, 83, 103, 107)),
    ):
        size = core
        while size < at_least:
            size *= 2
        if best is None or size < best[0]:
            best = (size, core)
    assert best is not None
    size, core = best
    matrix = _paley(core - 1) if core > 2 else linalg.hadamard(core)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    matrix = matrix * matrix[:, [0]]
    return np.asarray(matrix * matrix[[0], :], dtype=np.int8)


def _paley(q: int) -> NDArray[np.int8]:
    squares = np.zeros(q, dtype=np.int8) - 1
    squares[np.unique(np.arange(1, q) ** 2 % q)] = 1
    squares[0] = 0
    shift = (np.arange(q)[None, :] - np.arange(q)[:, None]) % q
    body = squares[shift]
    skew = np.block([[np.zeros((1, 1), int), np.ones((1, q), int)], [-np.ones((q, 1), int), body]])
    return np.asarray(skew + np.eye(q + 1, dtype=int), dtype=np.int8)


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
