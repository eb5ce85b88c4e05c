"""How often the 95 % intervals hold the truth, over repeated samples of the fixed county.

Three intervals of the same estimate stand side by side: the published one (log-odds, Brewer's
approximation), Korn and Graubard's, and the log-odds interval as if villages had been drawn with
replacement. Needs of the whole county and of every township.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import estimate
from analysis.core.design import Design
from analysis.demo import coverage
from analysis.demo.county import County
from analysis.demo.truth import Truth

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Key = tuple[str, str, str]
AREAS, AXES, METHODS = ("county", "township"), ("need", "joint"), ("logit", "beta", "replacement")
CROWD, LEVEL = 1500, 0.95


@dataclass(frozen=True)
class Rate:
    """value: share of the intervals that held; error: its Monte-Carlo error; of: how many."""

    value: float
    error: float
    of: int


@dataclass(frozen=True)
class Study:
    """What R repeated samples said beside the truth.

    hits: (area, axis, method) -> (R, q), q = 12 for the county, 12 x townships (item-major) else;
    true: (area, axis) -> (q,); df: (R, 12 x townships) degrees of freedom in the townships;
    bias: "need", "volunteers" (plain) and "calibrated" (volunteers, raked) -> (12,); n: mean size.
    """

    hits: Mapping[Key, Bools]
    true: Mapping[tuple[str, str], Floats]
    df: Ints
    bias: Mapping[str, Floats]
    n: float

    @property
    def replications(self) -> int:
        return len(self.df)

    def each(self, axis: str, method: str = "logit") -> Ints:
        """(12,) hits of the county's needs."""
        return self.hits["county", axis, method].sum(axis=0)

    def rate(self, key: Key, only: Bools | None = None) -> Rate:
        """Pooled over the intervals picked by ``only`` (R, q), or over all."""
        hits = self.hits[key]
        picked = np.ones(hits.shape, dtype=bool) if only is None else only
        held, asked = (hits & picked).sum(axis=1), picked.sum(axis=1)
        total = max(int(asked.sum()), 1)
        value = held.sum() / total
        # samples are independent of each other, the intervals of one sample are not
        error = np.sqrt(np.sum((held - value * asked) ** 2)) / total
        return Rate(float(value), float(error), int(asked.sum()))

    def rare(self, area: str, axis: str, below: float = 0.03) -> Bools:
        """(R, q) intervals of shares whose truth is below a limit."""
        small = self.true[area, axis] < below
        return np.repeat(small[None, :], self.replications, axis=0)


def study(place: County, world: Truth, *, replications: int, seed: int) -> Study:
    answers = {"need": world.in_need.astype(float), "joint": world.joint.astype(float)}
    towns = [place.woman_township == t for t in np.unique(place.woman_township)]
    true = _truth(answers, towns)
    hits: dict[Key, list[Bools]] = {}
    df, values, crowds, sizes = [], [], [], []
    for number in range(replications):
        rng = np.random.default_rng([seed, number])
        weighted, women = coverage.one_sample(place, rng)
        loose = coverage.with_replacement(
            weighted, place.woman_village[women], place.woman_township[women]
        )
        for axis in AXES:
            tables = _tables(weighted.design, loose, answers[axis][women],
                             [town[women] for town in towns])  # fmt: skip
            for (area, method), (low, high) in _intervals(tables).items():
                held = (low <= true[area, axis]) & (true[area, axis] <= high)
                hits.setdefault((area, axis, method), []).append(held)
            if axis == "need":
                values.append(tables["county"][0].values)
                df.append(tables["township"][0].df)
        crowds.append(_crowd(place, world, answers["need"], rng))
        sizes.append(len(women))
    mean = {"need": np.mean(values, axis=0)} | {
        name: np.mean([crowd[name] for crowd in crowds], axis=0) for name in crowds[0]
    }
    bias = {name: value - true["county", "need"] for name, value in mean.items()}
    stacked = {key: np.array(held) for key, held in hits.items()}
    return Study(stacked, true, np.array(df), bias, float(np.mean(sizes)))


def _truth(answers: Mapping[str, Floats], towns: list[Bools]) -> dict[tuple[str, str], Floats]:
    found = {("county", axis): all_.mean(axis=0) for axis, all_ in answers.items()}
    for axis, all_ in answers.items():
        by_town = np.stack([all_[town].mean(axis=0) for town in towns], axis=1)
        found["township", axis] = by_town.ravel()
    return found


Pair = tuple[estimate.Estimates, estimate.Estimates]


def _tables(design: Design, loose: Design, y: Floats, towns: list[Bools]) -> dict[str, Pair]:
    """area -> the estimates as published and as if drawn with replacement."""
    return {
        "county": (estimate.share(design, y), estimate.share(loose, y)),
        "township": (
            estimate.by_group(design, y, towns, statistic="share"),
            estimate.by_group(loose, y, towns, statistic="share"),
        ),
    }


def _intervals(tables: Mapping[str, Pair]) -> dict[tuple[str, str], tuple[Floats, Floats]]:
    found = {}
    for area, (table, loose) in tables.items():
        found[area, "logit"] = table.interval(LEVEL)
        found[area, "beta"] = table.interval(LEVEL, method="beta")
        found[area, "replacement"] = loose.interval(LEVEL)
    return found


def _crowd(
    place: County, world: Truth, need: Floats, rng: np.random.Generator
) -> dict[str, Floats]:
    """Shares of one crowd of volunteers, plain and calibrated."""
    design, woman = coverage.volunteers(place, world.need, CROWD, rng)
    return {
        "volunteers": need[woman].mean(axis=0),
        "calibrated": estimate.share(design, need[woman]).values,
    }
