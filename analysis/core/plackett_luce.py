"""Worth of items from partial rankings (first three of twelve): the Plackett-Luce model.

At every stage the next item is chosen from all items not yet chosen, with probability proportional
to its worth. Fitted by design-weighted pseudo-likelihood with the design's own covariance. Source:
Plackett (1975); the condition for a finite maximum is Ford's (1957): every item must have beaten,
directly or through others, every other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse import csgraph

from analysis.core.design import Floats
from analysis.core.estimate import AnyDesign

Bools = NDArray[np.bool_]


class NotComparable(ValueError):
    """Some items never won, or never lost, against the others: no finite worth exists."""


@dataclass(frozen=True)
class Worth:
    """log_worth (p,) sums to zero, with covariance (p, p); n rankings used."""

    log_worth: Floats
    covariance: Floats
    n: int

    @property
    def worth(self) -> Floats:
        """Probabilities of being chosen first (p,), adding up to 1."""
        raised = np.exp(self.log_worth - self.log_worth.max())
        return raised / raised.sum()

    @property
    def se(self) -> Floats:
        return np.sqrt(np.maximum(np.diagonal(self.covariance), 0))


def fit(
    design: AnyDesign, rankings: ArrayLike, items: int, *, inside: ArrayLike | None = None
) -> Worth:
    """Fit to rankings (n, k): item numbers 0..items-1 in order of choice, NaN where none was named.

    Raises `NotComparable` when the win graph is not strongly connected and ValueError when an item
    is named twice in a row or does not exist.
    """
    chosen = np.asarray(rankings, dtype=float)
    named = np.isfinite(chosen) & np.logical_and.accumulate(np.isfinite(chosen), axis=1)
    live = design.inside(inside) & named.any(axis=1)
    codes = np.where(named, chosen, -1).astype(np.intp)
    _check(codes[live], items)
    stages = [(codes[:, s], named[:, s] & live, _open(codes[:, :s], items))
              for s in range(codes.shape[1])]  # fmt: skip
    _connected(stages, items)

    def solve(weights: Floats) -> tuple[Floats, Floats]:
        w = np.where(live, weights, 0.0)
        theta = _newton(stages, w, items)
        scores, information = _parts(theta, stages, w)
        return theta, scores @ np.linalg.pinv(information, hermitian=True)

    return Worth(solve(design.weights)[0], design.evaluate(solve, live), int(live.sum()))


Stage = tuple[NDArray[np.intp], Bools, Bools]


def _check(codes: NDArray[np.intp], items: int) -> None:
    if codes.max(initial=-1) >= items or codes.min(initial=0) < -1:
        raise ValueError(f"排序题里有不在 {items} 项之内的选项")
    ordered = np.sort(codes, axis=1)
    if np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)):
        raise ValueError("同一份答卷里同一选项被排了两次")


def _open(before: NDArray[np.intp], items: int) -> Bools:
    """(n, items) what may still be chosen."""
    taken = (before[:, :, None] == np.arange(items)).any(axis=1)
    return ~taken


def _connected(stages: list[Stage], items: int) -> None:
    wins = np.zeros((items, items))
    for code, used, available in stages:
        np.add.at(wins, code[used], available[used].astype(float))
    np.fill_diagonal(wins, 0)
    parts, _ = csgraph.connected_components(sparse.csr_array(wins > 0), connection="strong")
    if parts > 1:
        raise NotComparable("有选项从未胜过或从未负于其他选项，模型无有限解")


def _parts(theta: Floats, stages: list[Stage], w: Floats) -> tuple[Floats, Floats]:
    """Weighted scores (n, p) and information (p, p)."""
    scores, information = np.zeros((len(w), len(theta))), np.zeros((len(theta),) * 2)
    raised = np.exp(theta - theta.max())
    for code, used, available in stages:
        share = np.where(available, raised, 0.0)
        share = share / share.sum(axis=1, keepdims=True)
        mass = np.where(used, w, 0.0)
        scores -= share * mass[:, None]
        scores[used, code[used]] += mass[used]
        information += np.diag(mass @ share) - share.T @ (share * mass[:, None])
    return scores, information


def _newton(stages: list[Stage], w: Floats, items: int, rounds: int = 100) -> Floats:
    theta = np.zeros(items)
    scaled = w / w.sum()
    for _ in range(rounds):
        scores, information = _parts(theta, stages, scaled)
        step = np.linalg.lstsq(information + 1 / items, scores.sum(axis=0), rcond=None)[0]
        step = step * min(1.0, 3.0 / max(float(np.abs(step).max()), 1e-300))
        theta = theta + step - (theta + step).mean()
        if np.abs(step).max() < 1e-12:
            return theta
    raise NotComparable("排序模型未收敛")
