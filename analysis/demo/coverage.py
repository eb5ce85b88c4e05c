"""One sample of the fixed county after another: drawn, answered and weighted, in memory.

With the product's own draw and weight functions. Answers are the truth; no interview is invented;
non-response depends on calibration variables.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.core import official, weights
from analysis.core.design import Design
from analysis.core.weights import Weighted
from analysis.demo import respondents
from analysis.demo.county import AGES, County


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


def with_replacement(weighted: Weighted, village: NDArray[np.intp], township: NDArray[np.intp]):
    """The same weights under the conservative assumption: villages drawn with replacement."""
    design = weighted.design
    plain = Design.declare(weights=design.weights, strata=township, ids=[village])
    return replace(plain, steps=design.steps)


def volunteers(
    place: County, need: NDArray[np.int8], n: int, rng: np.random.Generator
) -> tuple[Design, NDArray[np.intp]]:
    """n women who scanned the code, raked to the margins of the official sample."""
    woman = respondents.volunteers(place, need, n, rng)
    plain = Design.declare(weights=np.ones(n))
    return weights.calibrate_sample(plain, margins(place, woman)).design, woman
