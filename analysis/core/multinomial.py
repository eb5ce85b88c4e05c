"""Exact rank sets for independent single choices (one vote per person, no design).

Method: Bazylik, Mogstad, Romano, Shaikh and Wilhelm (2021). Given the votes of two options
together, one option's share is binomial; every pair is tested exactly and the tests are corrected
as one family. For web samples and second views only: answers of one village are not independent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.core.compare import adjust_p
from analysis.core.ranking import RankSets

CORRECTIONS = {"Holm": "holm", "Bonferroni": "bonferroni", "none": "none"}


def choice_rank_sets(
    counts: ArrayLike, *, coverage: float = 0.95, simultaneous: bool = True,
    correction: str = "Holm",
) -> RankSets:  # fmt: skip
    """counts (p,) of votes; sets for all ranks together, or for each option on its own.

    correction: Holm | Bonferroni | none. Raises ValueError on counts that are not whole numbers.
    """
    votes = np.asarray(counts, dtype=float)
    if np.any(votes < 0) or np.any(votes != np.round(votes)):
        raise ValueError("计数必须是非负整数")
    p = len(votes)
    exact = stats.binom.sf(votes[:, None] - 1, votes[:, None] + votes[None, :], 0.5)
    off = ~np.eye(p, dtype=bool)
    families = [off] if simultaneous else [off & _touching(p, item) for item in range(p)]
    rank = (1 + (votes[None, :] > votes[:, None]).sum(axis=1)).astype(np.intp)
    low, high = np.ones(p, dtype=np.intp), np.full(p, p, dtype=np.intp)
    for item, family in enumerate(families):
        larger = np.zeros((p, p), dtype=bool)
        larger[family] = adjust_p(exact[family], CORRECTIONS[correction]) <= 1 - coverage
        ends = slice(None) if simultaneous else item
        low[ends], high[ends] = (1 + larger.sum(axis=0))[ends], (p - larger.sum(axis=1))[ends]
    return RankSets(rank, low, high, coverage, ())


def _touching(p: int, item: int) -> np.ndarray:
    touched = np.zeros((p, p), dtype=bool)
    touched[item], touched[:, item] = True, True
    return touched
