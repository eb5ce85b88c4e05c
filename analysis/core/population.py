"""Margins of the population: whom the respondents stand for, from the counts of the frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core.ages import AGES
from analysis.core.official import Margin

Labels = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Place:
    """One village of the frame: township code, town or country, women by age class or none."""

    township: str
    urban: bool
    women: int
    by_age: Mapping[str, int]


def age_classes(age: NDArray[np.float64]) -> Labels:
    """Names of `cuts.AGES` (n,), "" where the age is unknown."""
    labels = np.full(len(age), "", dtype=object)
    for name, _, low, high in AGES:
        labels[(age >= low) & (age <= high)] = name
    return labels


def margins(
    frame: Sequence[Place], township: Labels, urban: NDArray[np.bool_], age: Labels | None
) -> list[Margin]:
    """Township, and age by town/country where frame and questionnaire both tell ages.

    township, urban, age: (n,) of the respondents. A respondent of unknown age counts in the largest
    class of her side, so that she is neither lost nor decisive.
    """
    found: list[Margin] = []
    if age is not None and all(place.by_age for place in frame):
        counts = _age_counts(frame)
        found.append(("年龄×城乡", _age_labels(counts, urban, age), counts))
    totals: dict[str, float] = {}
    for place in sorted(frame, key=lambda p: p.township):
        totals[place.township] = totals.get(place.township, 0.0) + place.women
    found.append(("乡镇", township, totals))
    return found


def _side(urban: bool) -> str:
    return "城镇" if urban else "乡村"


def _age_counts(frame: Sequence[Place]) -> dict[str, float]:
    counts: dict[str, float] = {}
    for side in (True, False):
        for name, *_ in AGES:
            number = sum(p.by_age.get(name, 0) for p in frame if p.urban == side)
            if number:
                counts[f"{_side(side)}|{name}"] = float(number)
    return counts


def _age_labels(counts: Mapping[str, float], urban: NDArray[np.bool_], age: Labels) -> Labels:
    labels = []
    for side, name in zip(urban, age, strict=True):
        own = f"{_side(bool(side))}|{name}"
        same = {cell: n for cell, n in counts.items() if cell.startswith(_side(bool(side)))}
        labels.append(own if own in counts else max(same, key=lambda cell: same[cell]))
    return np.array(labels, dtype=object)
