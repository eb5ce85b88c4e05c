"""Agreement of coders beyond chance: Cohen's kappa with interval, Krippendorff's alpha.

Kappa judges one code of two coders who read the same answers; alpha judges whole sets of codes and
bears coders who did not read everything. Both say nothing of whether the coders are right.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Distance = Callable[[Hashable, Hashable], float]
DRAWS, SEED = 1000, 20260901
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Kappa:
    """value (NaN when neither coder ever varies) with its 95 % interval; observed: share alike.

    The interval is NaN where the large-sample error is 0: all alike, or one coder never varies.
    n: answers both read; first, second: how many each gave the code to.
    """

    value: float
    se: float
    low: float
    high: float
    observed: float
    n: int
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha over n units read by two or more, with a bootstrap 95 % interval.

    The interval is NaN where every sample drawn gave the same: too few units, or all alike.
    """

    value: float
    low: float
    high: float
    n: int


def cohen_kappa(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Kappa:
    """Two coders' yes (1) or no (0) on the same n answers.

    Standard error for a non-zero kappa after Fleiss, Cohen and Everitt (1969).
    """
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    n = len(a)
    if n == 0:
        return Kappa(NAN, NAN, NAN, NAN, NAN, 0, 0, 0)
    table = np.array([[np.mean(a & b), np.mean(a & ~b)], [np.mean(~a & b), np.mean(~a & ~b)]])
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed, expected = float(np.trace(table)), float(rows @ columns)
    if expected == 1:
        return Kappa(NAN, NAN, NAN, NAN, observed, n, int(a.sum()), int(b.sum()))
    kappa = (observed - expected) / (1 - expected)
    se = np.sqrt(max(_spread(table, rows, columns, kappa, expected), 0) / n)
    reach = stats.norm.ppf(0.5 + level / 2) * se if se > 1e-9 else NAN
    low, high = np.clip([kappa - reach, kappa + reach], -1, 1).tolist()
    return Kappa(kappa, float(se), low, high, observed, n, int(a.sum()), int(b.sum()))


def _spread(
    table: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64],
    kappa: float, expected: float,
) -> float:  # fmt: skip
    """n times the large-sample variance of kappa."""
    across = rows[None, :] + columns[:, None]  # [i, j]: what column i and row j hold
    both = np.diagonal(table) * (1 - (rows + columns) * (1 - kappa)) ** 2
    apart = table * (1 - kappa) ** 2 * across**2
    whole = both.sum() + apart.sum() - np.trace(apart)
    return float((whole - (kappa - expected * (1 - kappa)) ** 2) / (1 - expected) ** 2)


def nominal(one: Hashable, other: Hashable) -> float:
    return float(one != other)


def between_sets(one: Hashable, other: Hashable) -> float:
    """Jaccard distance of two frozen sets; two empty ones are alike."""
    a, b = frozenset(one), frozenset(other)  # type: ignore[call-overload]
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


def krippendorff_alpha(
    units: Sequence[Sequence[Hashable]], distance: Distance = nominal, *, draws: int = DRAWS,
    seed: int = SEED,
) -> Alpha:  # fmt: skip
    """units: what each coder who read a unit gave it. Units read by one coder say nothing.

    The interval is that of ``draws`` samples of units with replacement; 0 draws give none.
    """
    read = [list(unit) for unit in units if len(unit) > 1]
    values = list(dict.fromkeys(value for unit in read for value in unit))
    if not read:
        return Alpha(NAN, NAN, NAN, 0)
    apart = np.array([[distance(a, b) for b in values] for a in values])
    place = {value: k for k, value in enumerate(values)}
    counts = np.zeros((len(read), len(values)))
    for row, unit in zip(counts, read, strict=True):
        for value in unit:
            row[place[value]] += 1
    value = _alpha(counts, apart)
    rng = np.random.default_rng(seed)
    drawn = [_alpha(counts[rng.integers(0, len(read), len(read))], apart) for _ in range(draws)]
    known = np.array([d for d in drawn if np.isfinite(d)])
    varied = len(known) > 0 and np.ptp(known) > 0
    low, high = np.quantile(known, [0.025, 0.975]).tolist() if varied else (NAN, NAN)
    return Alpha(value, low, high, len(read))


def _alpha(counts: NDArray[np.float64], apart: NDArray[np.float64]) -> float:
    """1 - observed over expected disagreement; NaN when only one value was ever given."""
    size = counts.sum(axis=1)
    within = np.einsum("ui,ij,uj->u", counts, apart, counts) / (size - 1)
    total = counts.sum(axis=0)
    expected = total @ apart @ total / (size.sum() - 1)
    return float(1 - within.sum() / expected) if expected > 0 else float("nan")
