"""Numbers behind the data-quality flags: near copies, straight lines, durations.

They describe answers and never judge an interviewer; a flag asks a person to look. Sources:
Kuriakose and Robbins (2016) for the highest share of identical answers, Dunn et al. (2018) for the
spread of a person's answers in one grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.core.design import Floats

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
MISSING_RULES = ("equal", "differ", "ignore")


def closest_match(
    answers: ArrayLike, blocks: ArrayLike | None = None, *, missing: str = "equal"
) -> Floats:
    """(n,) highest share of identical answers with any other row of the same block.

    answers (n, k), NaN where missing; blocks (n,): compared only within (None: with all).
    missing: two missing answers are equal | differ, or items missing in either row are ignored.
    A row alone in its block has 0.
    """
    if missing not in MISSING_RULES:
        raise ValueError(f"unknown rule for missing answers: {missing}")
    items = np.asarray(answers, dtype=float)
    keys = np.zeros(len(items), dtype=np.intp)
    if blocks is not None:
        keys = np.unique(np.asarray(blocks).astype(str), return_inverse=True)[1]
    best = np.zeros(len(items))
    for key in np.unique(keys):
        rows = np.flatnonzero(keys == key)
        if len(rows) > 1:
            best[rows] = _closest(items[rows], missing)
    return best


def _closest(block: Floats, missing: str) -> Floats:
    best = np.zeros(len(block))
    known = np.isfinite(block)
    filled = np.where(known, block, np.inf)
    for i in range(len(block)):
        same = (filled == filled[i]) & (known if missing != "equal" else True)
        if missing == "ignore":
            both = (known & known[i]).sum(axis=1)
            share = np.where(both > 0, same.sum(axis=1) / np.maximum(both, 1), 0.0)
        else:
            share = same.mean(axis=1)
        share[i] = -1.0
        best[i] = share.max()
    return best


@dataclass(frozen=True)
class Lines:
    """Of each row (n,): complete, straight (all answers the same), spread, longest_run.

    spread: standard deviation of the row's answers (n - 1), NaN below two answers.
    """

    complete: Bools
    straight: Bools
    spread: Floats
    longest_run: Ints


def straight_lines(grid: ArrayLike) -> Lines:
    """grid (n, k): answers to the items of one scale in the order asked, NaN where missing."""
    items = np.asarray(grid, dtype=float)
    known = np.isfinite(items)
    count = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.where(known, items, 0.0).sum(axis=1) / count
        squares = np.where(known, (items - centre[:, None]) ** 2, 0.0).sum(axis=1)
        spread = np.where(count > 1, np.sqrt(squares / (count - 1)), np.nan)
    complete = known.all(axis=1)
    same = (items == items[:, :1]).all(axis=1) & complete
    run = best = known[:, 0].astype(np.intp)
    for k in range(1, items.shape[1]):
        run = np.where(known[:, k], np.where(items[:, k] == items[:, k - 1], run + 1, 1), 0)
        best = np.maximum(best, run)
    return Lines(complete, same, spread, best)


@dataclass(frozen=True)
class Durations:
    """median in seconds; share (n,) of it; z (n,): robust z of the logarithm; log_mad its scale."""

    median: float
    share: Floats
    z: Floats
    log_mad: float


def durations(seconds: ArrayLike) -> Durations:
    """seconds (n,), NaN unknown.

    The scale is the median absolute deviation over its value under the normal curve (0.6745).
    """
    time = np.asarray(seconds, dtype=float)
    known = time[np.isfinite(time) & (time > 0)]
    if not len(known):
        raise ValueError("没有任何已知的访问时长")
    median, logs = float(np.median(known)), np.log(known)
    middle = float(np.median(logs))
    mad = float(np.median(np.abs(logs - middle)) / stats.norm.ppf(0.75))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.log(time) - middle) / mad
    return Durations(median, time / median, z, mad)
