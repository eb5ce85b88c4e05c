"""青禾县, fictional: townships, villages, households and the women in them, from one seed.

Codes begin with 99, which no province has, so they can never be mistaken for a real place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
COUNTY = "990101000000"
NAME = "青禾县"
TOWNSHIPS = ("青禾镇", "柳河镇", "石桥镇", "白杨乡", "云溪乡", "望湖乡", "南坪乡", "杏花镇")
_FIRST = "东西南北上下前后大小新老"
_SECOND = "岭河湾塘坪桥沟坡庄营寨屯"
VILLAGES = 36  # per township
AGES = ("18-34", "35-59", "60+")
GROUPS = ("left", "disabled", "single", "poor", "ill", "sickhome", "mother", "lost")


@dataclass(frozen=True)
class County:
    """V villages, H households, W women; each array is indexed by its own kind.

    village_township (V,), village_urban (V,), village_households (V,); household_village (H,),
    household_number (H,) 0-based inside the village; woman_household (W,), woman_order (W,) 0-based
    by age in the household; age (W,) index into AGES; birth_year (W,); groups (W, 8) of GROUPS.
    """

    village_code: tuple[str, ...]
    village_name: tuple[str, ...]
    village_township: Ints
    village_urban: Bools
    village_households: Ints
    household_village: Ints
    household_number: Ints
    household_women: Ints
    first_woman: Ints
    woman_household: Ints
    woman_order: Ints
    age: Ints
    birth_year: Ints
    groups: Bools

    @property
    def woman_village(self) -> Ints:
        return self.household_village[self.woman_household]

    @property
    def woman_township(self) -> Ints:
        return self.village_township[self.woman_village]

    @property
    def woman_urban(self) -> Bools:
        return self.village_urban[self.woman_village]

    def township_code(self, index: int) -> str:
        return f"990101{100 + index:03}000"


def county(seed: int = 1) -> County:
    """The county of one seed: always the same."""
    rng = np.random.default_rng([seed, 1])
    count = len(TOWNSHIPS) * VILLAGES
    township = np.repeat(np.arange(len(TOWNSHIPS)), VILLAGES)
    urban = rng.random(count) < np.where(township == 0, 0.5, 0.12)
    households = np.clip(rng.lognormal(np.log(78), 0.28, count), 40, 190).astype(np.intp)
    village = np.repeat(np.arange(count), households)
    number = np.concatenate([np.arange(h) for h in households])
    women = 1 + rng.binomial(2, 0.22, len(village))
    first = np.concatenate([[0], np.cumsum(women)[:-1]])
    household = np.repeat(np.arange(len(village)), women)
    order = np.arange(len(household)) - first[household]
    age = _ages(rng, urban[village[household]])
    year = 2026 - np.choose(age, [rng.integers(18, 35, len(age)), rng.integers(35, 60, len(age)),
                                  rng.integers(60, 91, len(age))])  # fmt: skip
    return County(
        tuple(f"990101{100 + t:03}{201 + i % VILLAGES:03}" for i, t in enumerate(township)),
        tuple(_village_name(i) for i in range(count)), township, urban, households, village, number,
        women, first, household, order, age, year, _groups(rng, age, urban[village[household]]),
    )  # fmt: skip


def _village_name(index: int) -> str:
    inside = index % VILLAGES
    shift = index // VILLAGES
    first, second = _FIRST[inside % 12], _SECOND[(inside // 12 * 5 + inside + shift) % 12]
    return f"{first}{second}村"


def _ages(rng: np.random.Generator, urban: Bools) -> Ints:
    young = np.where(urban, 0.32, 0.22)
    draw = rng.random(len(urban))
    return np.where(draw < young, 0, np.where(draw < young + 0.46, 1, 2)).astype(np.intp)


def _groups(rng: np.random.Generator, age: Ints, urban: Bools) -> Bools:
    left = rng.random(len(age)) < np.where(urban, 0.05, 0.16) * np.where(age == 2, 0.5, 1.0)
    disabled = rng.random(len(age)) < np.where(age == 2, 0.10, 0.04)
    single = rng.random(len(age)) < np.where(age == 2, 0.01, 0.06)
    poor = rng.random(len(age)) < np.where(urban, 0.05, 0.11)
    return np.stack([left, disabled, single & ~left, poor, *_rarer(rng.spawn(1)[0], age)], axis=1)


def _rarer(rng: np.random.Generator, age: Ints) -> Bools:
    """Ill, illness at home, pregnant or nursing, an only child lost: (4, W)."""
    often = np.array([[0.005, 0.02, 0.03], [0.03, 0.05, 0.06], [0.09, 0.004, 0], [0, 0.004, 0.008]])
    return rng.random((4, len(age))) < often[:, age]
