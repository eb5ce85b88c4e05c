"""Replicates: a design known by sets of replicate weights instead of strata and units.

Holds weights given with the data (balanced repeated replication, Fay, jackknife, bootstrap) or made
from a `Design`. Source: Wolter (2007) ch. 3-5; Rao and Wu (1988) for the rescaled bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Statistic = Callable[[Floats], tuple[Floats, Floats]]
SAME = {"ACS": "SDR", "successive-difference": "SDR"}
FIXED = ("BRR", "Fay", "JK2", "SDR")  # their scale follows from how they are made


@dataclass(frozen=True)
class Replicates:
    """weights (n,); replicates (n, r) full replicate weights.

    V = scale * sum_r factors_r (theta_r - centre)^2, the centre being the replicates' mean or, with
    ``mse``, the full-sample estimate. df: declared degrees of freedom; -1 for rank - 1.
    """

    weights: Floats
    replicates: Floats
    scale: float
    factors: Floats
    mse: bool = False
    declared_df: int = -1
    label: str = "重复权数"

    @classmethod
    def given(
        cls, weights: ArrayLike, replicates: ArrayLike, kind: str, *, combined: bool = True,
        rho: float = 0.0, scale: float | None = None, factors: ArrayLike | None = None,
        mse: bool = False,
    ) -> Replicates:  # fmt: skip
        """Replicate weights that came with the data.

        kind: BRR | Fay | JK1 | JKn | JK2 | bootstrap | ACS | SDR (successive differences) | other;
        combined: the columns (n, r) already hold the full weight; rho: Fay's factor; scale,
        factors: of jackknife, bootstrap and other weights, where they are not usual. Raises
        ValueError for kinds and weights whose variance would be a guess.
        """
        full, columns = np.asarray(weights, dtype=float), np.asarray(replicates, dtype=float)
        if columns.ndim != 2 or len(columns) != len(full):
            raise ValueError("重复权数与全样本权数的行数不同")
        kind = SAME.get(kind, kind)
        _require_weights(full, columns, signed=kind == "SDR")
        count = columns.shape[1]
        usual = _scale(kind, count, rho)
        if kind in ("JKn", "other") and factors is None:
            raise ValueError(f"{kind} 重复权数需要给出各列的系数")
        chosen = usual if scale is None or kind in FIXED else scale
        given = None if kind in ("JK2", "SDR") else factors
        each = np.ones(count) if given is None else np.broadcast_to(
            np.asarray(given, dtype=float), (count,))  # fmt: skip
        whole = columns if combined else columns * full[:, None]
        made = cls(full, whole, float(chosen), each, mse, -1, f"重复权数：{kind}")
        return replace(made, declared_df=made.degrees())

    @property
    def n(self) -> int:
        return len(self.weights)

    def inside(self, inside: ArrayLike | None = None) -> Bools:
        active: Bools = self.weights != 0
        return active if inside is None else active & np.asarray(inside, dtype=bool)

    def reweighted(self, weights: Floats, replicates: Floats) -> Replicates:
        """The same replication with new full and replicate weights."""
        return replace(self, weights=weights, replicates=replicates)

    def recounted(self) -> Replicates:
        """With the degrees of freedom that the present weights have."""
        return replace(self, declared_df=replace(self, declared_df=-1).degrees())

    def evaluate(self, statistic: Statistic, inside: Bools | None = None) -> Floats:
        """Covariance (q, q) of a statistic of the weights; its scores are not used."""
        full = statistic(self.weights)[0]
        thetas = np.stack([statistic(column)[0] for column in self.replicates.T])
        return self.covariance_of_thetas(thetas, full)

    def covariance_of_thetas(self, thetas: Floats, full: Floats) -> Floats:
        """thetas (r, q) -> (q, q); replicates without a value are left out of the centre."""
        used = self.factors > 0
        centre = full if self.mse else thetas[used].mean(axis=0)
        spread = (thetas - centre) * np.sqrt(self.factors)[:, None]
        return self.scale * (spread.T @ spread)

    def degrees(self, inside: ArrayLike | None = None) -> int:
        """Rank of the replicate weights minus one, taken over the domain's rows.

        The declared ones where the domain leaves out nobody who has weight.
        """
        rows = self.inside(inside)
        if self.declared_df >= 0 and np.array_equal(rows, self.inside()):
            return self.declared_df
        return int(np.linalg.matrix_rank(np.unique(self.replicates[rows], axis=0))) - 1


def _scale(kind: str, count: int, rho: float) -> float:
    """What the sum of squares is multiplied with for ``count`` replicates of a kind."""
    if kind == "Fay" and not 0 <= rho < 1:
        raise ValueError("Fay 系数 rho 必须不小于 0 且小于 1")
    if count < 2:
        raise ValueError("重复权数至少要两列")
    usual = {
        "BRR": 1 / count,
        "Fay": 1 / (count * (1 - rho) ** 2),
        "JK1": (count - 1) / count,
        "JKn": 1.0,
        "JK2": 1.0,
        "bootstrap": 1 / (count - 1),
        "SDR": 4 / count,
        "other": 1.0,
    }
    if kind not in usual:
        raise ValueError(f"不认识的重复权数种类“{kind}”，可用：" + "、".join(usual))
    return usual[kind]


def _require_weights(full: Floats, columns: Floats, *, signed: bool) -> None:
    """signed: replicates may be negative, as statistical offices publish successive differences."""
    wrong = ~np.isfinite(columns).all(axis=1) | ~(np.isfinite(full) & (full >= 0))
    if not signed:
        wrong |= (columns < 0).any(axis=1)
    if wrong.any():
        raise ValueError(f"权数或重复权数有 {int(wrong.sum())} 行缺失或为负")
