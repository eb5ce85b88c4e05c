"""Pseudo-weights for volunteers, from a probability sample of the same population.

Method: Chen, Li and Wu (2020). A logistic propensity of volunteering is fitted so that the
volunteers' totals meet the probability sample's weighted propensities; a volunteer's weight is the
inverse of hers. Used only on request, behind the bias gate; it cannot repair what the covariates
do not explain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from analysis.core.design import Floats


class PropensityFailed(ValueError):
    """No propensities meet the equations: too little overlap or collinear covariates."""


@dataclass(frozen=True)
class PseudoWeights:
    """weights (n_a,) of the volunteers; theta (k,) coefficients of the propensity."""

    weights: Floats
    theta: Floats

    @property
    def n_eff(self) -> float:
        """Kish's effective size, (sum w)^2 / sum w^2."""
        return float(self.weights.sum() ** 2 / (self.weights @ self.weights))

    def mean(self, y: ArrayLike) -> Floats:
        """Weighted means (p,) of y (n_a, p), each over the rows where it is not NaN."""
        items = np.asarray(y, dtype=float)
        items = items[:, None] if items.ndim == 1 else items
        base = np.isfinite(items)
        return np.asarray(self.weights @ np.where(base, items, 0.0) / (self.weights @ base))


def propensity(
    volunteers: ArrayLike, reference: ArrayLike, weights: ArrayLike, *, rounds: int = 200
) -> PseudoWeights:
    """volunteers (n_a, k), reference (n_b, k) with design weights (n_b,): the same covariates,

    constant included. Solves sum_A x = sum_B d pi(x) x by Newton steps with halving.
    """
    a, b = np.asarray(volunteers, dtype=float), np.asarray(reference, dtype=float)
    d = np.asarray(weights, dtype=float)
    target, scale = a.sum(axis=0), 1 + np.abs(a).sum(axis=0)
    theta = np.linalg.lstsq(b, np.full(len(b), _logit(len(a) / max(d.sum(), len(a) + 1))),
                            rcond=None)[0]  # fmt: skip
    miss = target - (d * expit(b @ theta)) @ b
    for _ in range(rounds):
        best = float(np.max(np.abs(miss) / scale))
        if best < 1e-13:
            break
        share = expit(b @ theta)
        slope = b.T @ (b * (d * share * (1 - share))[:, None])
        step = np.linalg.lstsq(slope, miss, rcond=1e-13)[0]
        for _halving in range(40):
            trial = target - (d * expit(b @ (theta + step))) @ b
            if float(np.max(np.abs(trial) / scale)) < best:
                break
            step = step / 2
        else:
            break
        theta, miss = theta + step, trial
    if float(np.max(np.abs(miss) / scale)) > 1e-8:
        raise PropensityFailed("自愿样本与概率样本的协变量重叠不足，解不出倾向得分")
    return PseudoWeights(1 / expit(a @ theta), theta)


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
