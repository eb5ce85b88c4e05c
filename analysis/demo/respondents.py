"""Who is drawn, who answers, who volunteers. Non-response depends on calibration variables only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.demo.county import County
from fieldwork.core import sampling

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
VILLAGES, PER_TOWNSHIP, HOUSEHOLDS = 84, 10, 36
_ANSWERS = np.array([0.70, 0.80, 0.86])  # by age


@dataclass(frozen=True)
class Drawn:
    """n drawn women and how: woman, village (n,) indices; probabilities and counts (n,)."""

    woman: Ints
    village: Ints
    pi_psu: Floats
    drawn: Ints
    listed: Ints
    eligible: Ints


def allocation(place: County, villages: int = VILLAGES) -> dict[str, int]:
    """Villages per township, as the product's own plan allocates them."""
    sizes = {
        place.township_code(t): float(place.village_households[place.village_township == t].sum())
        for t in np.unique(place.village_township)
    }
    return sampling.allocate(sizes, villages, PER_TOWNSHIP)


def draw(
    place: County, rng: np.random.Generator, *, villages: int = VILLAGES,
    households: int = HOUSEHOLDS,
) -> Drawn:  # fmt: skip
    """A sample by the product's functions: villages, households, one woman each."""
    strata = np.array([place.township_code(t) for t in place.village_township])
    stages = sampling.draw_two_stages(
        place.village_households, strata, allocation(place, villages), households, rng
    )
    start = np.concatenate([[0], np.cumsum(place.village_households)[:-1]])
    chosen = [start[v] + h.index
              for v, h in zip(stages.villages.index, stages.households, strict=True)]  # fmt: skip
    counts = np.array([len(c) for c in chosen])
    household = np.concatenate(chosen)
    return women_of(place, household, np.repeat(stages.villages.probability, counts),
                    np.repeat(counts, counts), rng)  # fmt: skip


def women_of(
    place: County, household: Ints, pi_psu: Floats, drawn: Ints, rng: np.random.Generator
) -> Drawn:
    """One woman of each drawn household."""
    eligible = place.household_women[household]
    woman = place.first_woman[household] + sampling.draw_one(eligible, rng)
    village = place.household_village[household]
    listed = place.village_households[village]
    return Drawn(woman, village, pi_psu, drawn, listed, eligible)


def responds(place: County, woman: Ints, rng: np.random.Generator) -> Bools:
    """Whether each woman answers: by age, town or country, and township only."""
    chance = _ANSWERS[place.age[woman]] - 0.10 * place.woman_urban[woman]
    chance = chance - 0.01 * (place.woman_township[woman] % 3)
    return rng.random(len(woman)) < chance


def volunteers(place: County, need: NDArray[np.int8], n: int, rng: np.random.Generator) -> Ints:
    """n women who scan the code by themselves: younger, in towns, and those who need more."""
    pull = (
        np.array([1.4, 0.4, -1.6])[place.age] + 0.8 * place.woman_urban
        + 0.35 * (need >= 2).sum(axis=1)
    )  # fmt: skip
    chance = np.exp(pull - pull.max())
    return np.sort(rng.choice(len(chance), size=n, replace=False, p=chance / chance.sum()))
