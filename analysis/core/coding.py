"""Codes for classifications: labels of any kind to whole numbers 0..k-1, cheap on large samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.intp]


def classify(labels: ArrayLike) -> tuple[list[str], Ints]:
    """Names (k) and codes (n,) of a classification; numbers in their order, texts alphabetically.

    Whole numbers of a narrow range are counted, not sorted: a million rows take milliseconds.
    """
    values = np.asarray(labels)
    if values.dtype.kind == "b":
        values = values.astype(np.int8)
        names, codes = classify(values)
        return [str(bool(int(name))) for name in names], codes
    if values.dtype.kind in "iu" and len(values):
        low = int(values.min())
        if int(values.max()) - low <= 4 * len(values) + 1000:
            found, codes = _counted(values.astype(np.intp) - low)
            return [str(value + low) for value in found.tolist()], codes
    if values.dtype.kind not in "iufU":
        values = values.astype(str)
    unique, codes = np.unique(values, return_inverse=True)
    return [str(value) for value in unique.tolist()], codes.astype(np.intp)


def known(values: ArrayLike) -> NDArray[np.bool_]:
    """Where a classification has a value: not NaN, not None, not the empty text."""
    column = np.asarray(values)
    if column.dtype.kind in "iub":
        return np.ones(len(column), dtype=bool)
    if column.dtype.kind == "f":
        return np.isfinite(column)
    if column.dtype.kind == "U":
        return np.asarray(column != "")
    return np.array([item is not None and item == item and str(item) != "" for item in column],
                    dtype=bool)  # fmt: skip


def nested(outer: Ints, inner: Ints) -> Ints:
    """Codes of the pairs (outer, inner) that occur, 0..k-1, in the order of outer."""
    width = int(inner.max()) + 1 if len(inner) else 1
    joint = outer * width + inner
    if len(joint) and int(joint.max()) <= 4 * len(joint) + 1000:
        return _counted(joint)[1]
    return np.unique(joint, return_inverse=True)[1].astype(np.intp)


def first_rows(codes: Ints) -> Ints:
    """A row of each code, in the codes' order; codes are dense."""
    rows = np.empty(int(codes.max()) + 1 if len(codes) else 0, dtype=np.intp)
    rows[codes[::-1]] = np.arange(len(codes))[::-1]
    return rows


def _counted(values: Ints) -> tuple[Ints, Ints]:
    """Values that occur, and the place of each row's value among them; values >= 0."""
    found = np.flatnonzero(np.bincount(values))
    place = np.zeros(int(found[-1]) + 1, dtype=np.intp)
    place[found] = np.arange(len(found))
    return found, place[values]
