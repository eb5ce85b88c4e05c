"""Whether there is anything to test: variation above rounding, degrees of freedom, full rank.

An answer that everybody gave alike has an error of rounding, and rounding over rounding looks like
a difference. Knows no design and no estimator.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NOISE = 1e-10  # relative; rounding leaves less than 1e-13, the error of any sample far more
DEPENDENT = 1e-12  # smallest eigenvalue of a correlation matrix that still has full rank


class NotTestable(ValueError):
    """Nothing can be tested; the text says why in Chinese."""


def still(error: float, scale: float) -> bool:
    """Whether a standard error or deviation is only rounding beside numbers of size ``scale``."""
    return not error > NOISE * scale


def require_variation(values: Floats) -> None:
    """values (m,): refused when all are the same up to rounding."""
    if not len(values) or still(float(np.ptp(values)), float(np.abs(values).max())):
        raise NotTestable("所有人的回答都一样，没有可检验的差异")


def require_degrees(df: float) -> None:
    """df: of the denominator; below 1 the statistic has no distribution."""
    if not df >= 1:
        raise NotTestable(f"检验的自由度为 {max(df, 0):g}，不足 1：样本单位太少")


def require_rank(covariance: Floats, scale: Floats) -> None:
    """covariance (k, k) of estimates whose terms are of size ``scale`` (k,)."""
    error = np.sqrt(np.maximum(np.diagonal(covariance), 0))
    if any(still(*pair) for pair in zip(error, scale, strict=True)):
        raise NotTestable("估计没有抽样误差，没有可检验的差异")
    smallest = np.linalg.eigvalsh(covariance / np.outer(error, error))[0]
    if smallest < DEPENDENT * len(error):
        raise NotTestable("样本单位太少，协方差不满秩，不能一并检验")
