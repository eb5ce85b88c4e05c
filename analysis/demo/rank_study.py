"""How often the rank sets hold all true ranks at once, in counties with planted truths.

The same samples are judged in every truth: only the answers differ. Beside the published sets
stands the naive bootstrap (95 % of the ranks seen in resampled villages), which ties deceive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import cuts, estimate
from analysis.core.aggregate import Rows, bootstrap_means
from analysis.core.design import Design
from analysis.demo import coverage
from analysis.demo.county import County
from analysis.demo.truth import Truth

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
RESAMPLES = 500


@dataclass(frozen=True)
class Held:
    """joint: (R,) whether all 12 sets held; width: mean number of ranks in a set."""

    joint: NDArray[np.bool_]
    width: float

    @property
    def rate(self) -> float:
        return float(self.joint.mean())

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the rate."""
        return float(np.sqrt(self.rate * (1 - self.rate) / len(self.joint)))


def study(
    place: County, worlds: Mapping[str, Truth], *, replications: int, seed: int
) -> dict[tuple[str, str], Held]:
    """(truth, method) -> coverage of the ranks of N_k; method is published or bootstrap."""
    found: dict[tuple[str, str], list[tuple[bool, float]]] = {}
    for number in range(replications):
        weighted, women = coverage.one_sample(place, np.random.default_rng([seed, number]))
        loose = Design.declare(
            weights=weighted.design.weights, strata=place.woman_township[women],
            ids=[place.woman_village[women]],
        )  # fmt: skip
        for name, world in worlds.items():
            ends = true_ranks(world.in_need.mean(axis=0))
            y = world.in_need[women].astype(float)
            sets = cuts.ranks(estimate.share(weighted.design, y))
            for method, (low, high) in (
                ("published", (sets.low, sets.high)),
                ("bootstrap", _bootstrap(loose, y, seed + number)),
            ):
                held = bool(np.all(low <= ends[0]) and np.all(high >= ends[1]))
                found.setdefault((name, method), []).append((held, float((high - low + 1).mean())))
    return {
        key: Held(np.array([h for h, _ in seen]), float(np.mean([w for _, w in seen])))
        for key, seen in found.items()
    }


def true_ranks(shares: Floats) -> tuple[Ints, Ints]:
    """(12,) best and worst rank of each; tied ones share the whole span of their tie."""
    # a share is a count over one county: equal counts are equal to the last bit
    larger = (shares[None, :] > shares[:, None]).sum(axis=1)
    smaller = (shares[None, :] < shares[:, None]).sum(axis=1)
    return 1 + larger, len(shares) - smaller


def _bootstrap(design: Design, y: Floats, seed: int) -> tuple[Floats, Floats]:
    source = Rows(design, list(y.T), np.zeros(len(y), dtype=np.intp), 1)
    sums = [source.sums(k) for k in range(source.items)]
    means = bootstrap_means(design, source.mass(0), sums, RESAMPLES, seed=seed)
    ranks = 1 + (means[:, None, :] > means[:, :, None]).sum(axis=2)
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0, method="inverted_cdf")
    return low, high
