"""How far answers can be relied on: scale reliability and interviewer effects.

Numbers for the technical note and the review; they flag, they never delete.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.core.estimate import AnyDesign, variance


@dataclass(frozen=True, slots=True)
class InterviewerEffect:
    """One-way analysis of variance of an item over interviewers, unweighted.

    msb, msw: mean squares between and within; k0: typical workload; icc = (msb - msw) /
    (msb + (k0 - 1) msw); deff = 1 + (mean workload - 1) icc.
    """

    msb: float
    msw: float
    k0: float
    icc: float
    groups: int
    n: int
    f: float
    p_value: float
    deff: float
    mean_workload: float


def interviewer_effect(y: ArrayLike, interviewer: ArrayLike) -> InterviewerEffect:
    """Rows with a missing answer are left out. Raises ValueError below two interviewers."""
    values = np.asarray(y, dtype=float)
    live = np.isfinite(values)
    values = values[live]
    _, codes, sizes = np.unique(
        np.asarray(interviewer)[live].astype(str), return_inverse=True, return_counts=True
    )
    groups, n = len(sizes), len(values)
    if groups < 2 or n <= groups:
        raise ValueError("访员效应需要至少两名访员和重复访问")
    centres = np.bincount(codes, values) / sizes
    between = float((sizes * (centres - values.mean()) ** 2).sum())
    within = float(((values - centres[codes]) ** 2).sum())
    msb, msw = between / (groups - 1), within / (n - groups)
    k0 = float((n - (sizes**2).sum() / n) / (groups - 1))
    icc = (msb - msw) / (msb + (k0 - 1) * msw)
    workload = n / groups
    f = msb / msw if msw > 0 else float("inf")
    return InterviewerEffect(
        msb, msw, k0, icc, groups, n, f, float(stats.f.sf(f, groups - 1, n - groups)),
        1 + (workload - 1) * icc, workload,
    )  # fmt: skip


def cronbach_alpha(
    design: AnyDesign, items: ArrayLike, *, inside: ArrayLike | None = None
) -> float:
    """Cronbach's alpha of items (n, k), weighted population variances, complete rows only."""
    matrix = np.asarray(items, dtype=float)
    live = design.inside(inside) & np.isfinite(matrix).all(axis=1)
    parts = np.diagonal(
        variance(design, matrix, inside=live).values.reshape((matrix.shape[1],) * 2)
    )
    whole = float(variance(design, matrix.sum(axis=1), inside=live).values[0])
    k = matrix.shape[1]
    return float(k / (k - 1) * (1 - parts.sum() / whole))
