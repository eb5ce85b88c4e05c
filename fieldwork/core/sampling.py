"""Drawing: villages with probability proportional to size, households, then one woman.

Pure and seeded. Villages: systematic PPS in random order within strata (townships); units too large
for the interval are taken with certainty, repeatedly. A later round may keep the villages of the
last one. Every probability is returned, because the weights and the variance stand on them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Drawn:
    """index: positions drawn, in frame order; probability: their inclusion probabilities."""

    index: Ints
    probability: Floats


def inclusion(sizes: ArrayLike, n: int) -> Floats:
    """pi_i = n size_i / sum, units above 1 set to 1 and the rest shared out again. (N,)

    ValueError when n exceeds the number of units with a size.
    """
    size = np.asarray(sizes, dtype=float)
    if n < 0 or n > int((size > 0).sum()):
        raise ValueError(f"cannot draw {n} of {int((size > 0).sum())} units")
    pi = np.zeros(len(size))
    certain = np.zeros(len(size), dtype=bool)
    while True:
        left = n - int(certain.sum())
        rest = np.where(certain, 0.0, size)
        pi = np.where(certain, 1.0, left * rest / rest.sum() if rest.sum() > 0 else 0.0)
        new = (pi >= 1 - 1e-12) & ~certain
        if not new.any():
            return pi
        certain |= new


def draw_pps(sizes: ArrayLike, n: int, rng: np.random.Generator) -> Drawn:
    """n distinct units by systematic PPS over a random order."""
    pi = inclusion(sizes, n)
    certain = np.flatnonzero(pi >= 1)
    others = rng.permutation(np.flatnonzero((pi > 0) & (pi < 1)))
    wanted = n - len(certain)
    steps = np.concatenate([[0.0], np.cumsum(pi[others])])
    points = rng.random() + np.arange(wanted)
    hits = np.minimum(np.searchsorted(steps, points, side="right") - 1, len(others) - 1)
    index = np.sort(np.concatenate([certain, others[hits]]).astype(np.intp))
    return Drawn(index, pi[index])


def draw_stratified(
    sizes: ArrayLike, strata: ArrayLike, per_stratum: dict[str, int], rng: np.random.Generator
) -> Drawn:
    """`draw_pps` within each stratum, strata in the order of their sorted names."""
    size, labels = np.asarray(sizes, dtype=float), np.asarray(strata)
    indices, probabilities = [], []
    for name in sorted(per_stratum):
        members = np.flatnonzero(labels == name)
        found = draw_pps(size[members], per_stratum[name], rng)
        indices.append(members[found.index])
        probabilities.append(found.probability)
    index = np.concatenate(indices)
    order = np.argsort(index, kind="stable")
    return Drawn(index[order], np.concatenate(probabilities)[order])


def draw_simple(count: int, n: int, rng: np.random.Generator) -> Drawn:
    """A simple random sample of positions 0..count-1; all of them when n >= count."""
    take = min(n, count)
    index = np.sort(rng.choice(count, size=take, replace=False)).astype(np.intp)
    return Drawn(index, np.full(take, take / count if count else 0.0))


@dataclass(frozen=True)
class TwoStage:
    """villages: the drawn ones; households: per drawn village its drawn household positions."""

    villages: Drawn
    households: tuple[Drawn, ...]


def draw_two_stages(
    sizes: ArrayLike, strata: ArrayLike, per_stratum: dict[str, int], per_village: int,
    rng: np.random.Generator,
) -> TwoStage:  # fmt: skip
    """Villages PPS to their households within strata, then households at random in each."""
    villages = draw_stratified(sizes, strata, per_stratum, rng)
    return TwoStage(villages, draw_households(sizes, villages, per_village, rng))


def draw_households(
    sizes: ArrayLike, villages: Drawn, per_village: int, rng: np.random.Generator
) -> tuple[Drawn, ...]:
    """The second stage: households at random in each drawn village."""
    listed = np.asarray(sizes, dtype=np.intp)[villages.index]
    return tuple(draw_simple(int(count), per_village, rng) for count in listed)


def keep_villages(
    codes: Sequence[str], last_frame: Collection[str], kept: Mapping[str, float]
) -> Drawn:
    """A panel of villages: those of the last round again, each with the probability it had then.

    ``kept``: code -> that probability. A village that is gone from the frame drops out and stands
    for those that are gone. One the last frame did not have had no chance then: it is taken with
    certainty, so every village of today has a known probability.
    """
    found = {
        index: kept.get(code, 1.0)
        for index, code in enumerate(codes) if code in kept or code not in last_frame
    }  # fmt: skip
    return Drawn(np.array(list(found), dtype=np.intp), np.array(list(found.values()), dtype=float))


def draw_one(eligible: ArrayLike, rng: np.random.Generator) -> Ints:
    """One of the eligible women of each household: 0-based order by age, (n,)."""
    counts = np.asarray(eligible, dtype=np.intp)
    if np.any(counts < 1):
        raise ValueError("every household needs an eligible woman")
    return np.minimum((rng.random(len(counts)) * counts).astype(np.intp), counts - 1)


def allocate(sizes: dict[str, float], total: int, at_least: int) -> dict[str, int]:
    """Units per stratum, proportional to size with a minimum each (largest remainders)."""
    if total < at_least * len(sizes):
        raise ValueError(f"{total} units cannot give {at_least} to each of {len(sizes)} strata")
    spare, whole = total - at_least * len(sizes), sum(sizes.values())
    shares = {name: spare * size / whole for name, size in sizes.items()}
    given = {name: at_least + int(share) for name, share in shares.items()}
    by_rest = sorted(sizes, key=lambda name: (-(shares[name] % 1), name))
    for name in by_rest[: total - sum(given.values())]:
        given[name] += 1
    return given
