"""Quality checks: rows -> flags for a reviewer. A flag asks for a look, it never rejects by itself.

Nothing here rates an interviewer; patterns of one interviewer's interviews are flags on interviews.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
SPEED_SHARE, STRAIGHT_ITEMS, ALIKE_SHARE = 0.5, 8, 0.95


@dataclass(frozen=True)
class Batch:
    """n interviews of one questionnaire.

    scales: (n, k) answers to items of one scale, NaN where not answered; seconds: (n,) duration,
    NaN unknown; interviewer: (n,) name, "" for self-fill; others_present: (n,) True/False.
    """

    scales: Values
    seconds: Values
    interviewer: Sequence[str]
    others_present: NDArray[np.bool_]


def too_fast(batch: Batch) -> NDArray[np.bool_]:
    """Less than half the median duration."""
    known = batch.seconds[np.isfinite(batch.seconds)]
    if len(known) < 20:
        return np.zeros(len(batch.seconds), dtype=bool)
    return np.nan_to_num(batch.seconds, nan=np.inf) < SPEED_SHARE * np.median(known)


def straight_line(batch: Batch) -> NDArray[np.bool_]:
    """The same answer to every one of at least eight items of a scale, and not the lowest one."""
    if batch.scales.shape[1] < STRAIGHT_ITEMS:
        return np.zeros(len(batch.scales), dtype=bool)
    answered = np.isfinite(batch.scales).sum(axis=1)
    with np.errstate(invalid="ignore"):
        low = np.nanmin(np.where(np.isfinite(batch.scales), batch.scales, np.inf), axis=1)
        high = np.nanmax(np.where(np.isfinite(batch.scales), batch.scales, -np.inf), axis=1)
    floor = np.nanmin(batch.scales) if np.isfinite(batch.scales).any() else 0.0
    return (answered >= STRAIGHT_ITEMS) & (low == high) & (low > floor)


def near_duplicate(batch: Batch) -> NDArray[np.bool_]:
    """Almost the same answers as another interview of the same interviewer."""
    flags = np.zeros(len(batch.scales), dtype=bool)
    names = np.asarray(batch.interviewer)
    for name in set(batch.interviewer) - {""}:
        rows = np.flatnonzero(names == name)
        block = np.nan_to_num(batch.scales[rows], nan=-1.0)
        if len(rows) < 2 or block.shape[1] < STRAIGHT_ITEMS:
            continue
        same = (block[:, None, :] == block[None, :, :]).mean(axis=2)
        np.fill_diagonal(same, 0.0)
        flags[rows] = (same >= ALIKE_SHARE).sum(axis=1) >= max(2, len(rows) // 4)
    return flags


def overheard(batch: Batch) -> NDArray[np.bool_]:
    """Another adult was present."""
    return np.asarray(batch.others_present, dtype=bool)


CHECKS: Mapping[str, Callable[[Batch], NDArray[np.bool_]]] = {
    "too_fast": too_fast,
    "straight_line": straight_line,
    "near_duplicate": near_duplicate,
    "others_present": overheard,
}
LABELS = {
    "too_fast": "用时不到中位数一半",
    "straight_line": "一列题全部选同一答案",
    "near_duplicate": "与同一访员的其他答卷几乎相同",
    "others_present": "有其他成人在场",
}


def flags(batch: Batch) -> list[list[str]]:
    """Names of the checks each interview fails, in the order of `CHECKS`."""
    hits = {name: check(batch) for name, check in CHECKS.items()}
    return [[name for name in hits if hits[name][row]] for row in range(len(batch.scales))]
