"""How often the 95 % intervals hold the truth: repeated samples from the one fixed county.

In memory, with the product's own draw, weight and estimate functions. Answers are the truth; no
interview is invented; non-response depends on calibration variables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core import estimate, official
from analysis.core.weights import Weighted
from analysis.demo import respondents
from analysis.demo.county import AGES, County
from analysis.demo.truth import Truth

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Study:
    """replications; need_hits, joint_hits (12,) intervals that held the truth; bias of both."""

    replications: int
    need_hits: NDArray[np.intp]
    joint_hits: NDArray[np.intp]
    need_bias: Floats
    volunteer_bias: Floats
    n: float

    @property
    def pooled(self) -> float:
        return float(self.need_hits.sum() / (12 * self.replications))

    @property
    def pooled_joint(self) -> float:
        return float(self.joint_hits.sum() / (12 * self.replications))


def margins(place: County, woman: NDArray[np.intp]) -> list[official.Margin]:
    """Age by town/country, and township: labels of these women, counts of all women."""
    return [
        ("年龄×城乡", _cells(place, woman), _count(_cells(place, np.arange(len(place.age))))),
        ("乡镇", _townships(place, woman), _count(_townships(place, np.arange(len(place.age))))),
    ]


def _cells(place: County, woman: NDArray[np.intp]) -> NDArray[np.str_]:
    side = np.where(place.woman_urban[woman], "城镇", "乡村")
    return np.array([f"{s}|{AGES[a]}" for s, a in zip(side, place.age[woman], strict=True)])


def _townships(place: County, woman: NDArray[np.intp]) -> NDArray[np.str_]:
    return np.array([place.township_code(t) for t in place.woman_township[woman]])


def _count(labels: NDArray[np.str_]) -> dict[str, float]:
    names, counts = np.unique(labels, return_counts=True)
    return {str(n): float(c) for n, c in zip(names, counts, strict=True)}


def facts(place: County, drawn: respondents.Drawn, answered: NDArray[np.bool_]):
    """The drawn sample as the weighting wants it."""
    return official.SampleFacts(
        stratum=_townships(place, drawn.woman), village=drawn.village, pi_psu=drawn.pi_psu,
        drawn=drawn.drawn, listed=drawn.listed, eligible=drawn.eligible,
        outcome=np.where(answered, "responded", "nonresponse"), classes=drawn.village,
    )  # fmt: skip


def one_sample(place: County, rng: np.random.Generator) -> tuple[Weighted, NDArray[np.intp]]:
    """Draw, let answer, weigh: the calibrated design and the women behind its rows."""
    drawn = respondents.draw(place, rng)
    answered = respondents.responds(place, drawn.woman, rng)
    return weigh(place, drawn, answered), drawn.woman[answered]


def weigh(place: County, drawn: respondents.Drawn, answered: NDArray[np.bool_]) -> Weighted:
    """The calibrated design of those who answered."""
    women = drawn.woman[answered]
    return official.weigh(facts(place, drawn, answered), margins(place, women))[0]


def study(place: County, world: Truth, *, replications: int, seed: int) -> Study:
    """Coverage of N_k and J_k over repeated samples, and the volunteers' naive estimate."""
    true = world.shares()
    hits = {"need": np.zeros(12, dtype=np.intp), "joint": np.zeros(12, dtype=np.intp)}
    values, naive, sizes = [], [], []
    for number in range(replications):
        rng = np.random.default_rng([seed, number])
        weighted, women = one_sample(place, rng)
        for axis, answers in (("need", world.in_need), ("joint", world.joint)):
            table = estimate.share(weighted.design, answers[women].astype(float))
            low, high = table.interval()
            hits[axis] += (low <= true[axis]) & (true[axis] <= high)
            if axis == "need":
                values.append(table.values)
        crowd = respondents.volunteers(place, world.need, 1500, rng)
        naive.append(world.in_need[crowd].mean(axis=0))
        sizes.append(len(women))
    return Study(
        replications, hits["need"], hits["joint"], np.mean(values, axis=0) - true["need"],
        np.mean(naive, axis=0) - true["need"], float(np.mean(sizes)),
    )  # fmt: skip
