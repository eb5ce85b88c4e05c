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

        kind: BRR | Fay | JK1 | JKn | bootstrap | other; combined: the columns (n, r) already hold
        the full weight; rho: Fay's factor; scale, factors: given with jackknife and other weights.
        """
        full, columns = np.asarray(weights, dtype=float), np.asarray(replicates, dtype=float)
        count = columns.shape[1]
        if kind in ("JKn", "other") and factors is None:
            raise ValueError(f"{kind} replicate weights need their factors")
        usual = {
            "BRR": 1 / count,
            "Fay": 1 / (count * (1 - rho) ** 2),
            "JK1": (count - 1) / count,
            "bootstrap": 1 / (count - 1),
        }
        chosen = usual.get(kind, 1.0) if scale is None else scale
        each = np.ones(count) if factors is None else np.broadcast_to(
            np.asarray(factors, dtype=float), (count,))  # fmt: skip
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
        """Rank of the replicate weights minus one, taken over the domain's rows."""
        if self.declared_df >= 0 and inside is None:
            return self.declared_df
        rows = np.unique(self.replicates[self.inside(inside)], axis=0)
        return int(np.linalg.matrix_rank(rows)) - 1
