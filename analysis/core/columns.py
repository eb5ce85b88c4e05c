"""Columns: approved responses as arrays, one row per response.

Numbers stand in float arrays (NaN = missing) beside an int8 array telling the kind of missing,
because "not asked", "don't know" and "refused" are different answers. Knows no design weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Missing(IntEnum):
    """Why a value is absent; PRESENT marks a real answer."""

    PRESENT = 0
    NOT_ASKED = 1
    DONT_KNOW = 2
    REFUSED = 3
    NOT_APPLICABLE = 4
    SEALED = 5
    BLANK = 6
    UNREADABLE = 7  # a number was asked for and what was sent is none, or none that is finite


@dataclass(frozen=True)
class Columns:
    """n rows; every array has shape (n,).

    numbers:  column -> float64, NaN where ``missing[column] != PRESENT``. A select_one column
              holds the option's ``nr_score`` (NaN kept PRESENT when it has none); each option of a
              select also has a 0/1 column ``name:option``.
    missing:  column -> int8 of `Missing`.
    texts:    column -> object array of option names or text ("" when missing).
    keys:     row identity and design facts: instance_id, version, mode, source, psu, stratum, ...
    repeats:  repeat name -> child table; its keys hold ``parent_row`` (index) and ``psu``.
    """

    n: int
    numbers: Mapping[str, Floats] = field(default_factory=dict)
    missing: Mapping[str, NDArray[np.int8]] = field(default_factory=dict)
    texts: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    keys: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    repeats: Mapping[str, Columns] = field(default_factory=dict)
