"""How far an answer is from the expected one, on the tolerance's own scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

# information for the reader of a case, and labels in the other program's wording
NOT_COMPARED = ("se_R_rake", "groups", "names", "base_names", "warnings", "r_warnings", "note")
# what depends on the convention for degrees of freedom
ON_DF = ("df", "p_value", "ci", "ci_lo", "ci_hi", "ci_lo_t", "ci_hi_t", "parameter", "ddf")


def error(
    expected: Mapping[str, Any], got: Mapping[str, Any], tolerance: float, policy: str = ""
) -> float:
    """Largest relative error; infinite when something is absent or of another length."""
    worst = 0.0
    for key, wanted in expected.items():
        if key in NOT_COMPARED or (policy.startswith("df_convention") and key in ON_DF):
            continue
        if key not in got:
            return math.inf
        worst = max(worst, _one(key, wanted, got[key], expected))
    return worst


def _one(key: str, wanted: Any, given: Any, expected: Mapping[str, Any]) -> float:
    if isinstance(wanted, Mapping):
        return error(wanted, given, 0.0) if isinstance(given, Mapping) else math.inf
    flat = _flat(wanted)
    if not flat or (flat in ([None], [{}]) and not _flat(given)):  # nothing is expected
        return 0.0
    if any(isinstance(leaf, Mapping) for leaf in flat):
        return max((error(a, b, 0.0) for a, b in zip(flat, _flat(given), strict=True)), default=0.0)
    if any(isinstance(leaf, str) for leaf in flat):
        same = [str(leaf) for leaf in flat] == [str(leaf) for leaf in _flat(given)]
        return 0.0 if same else math.inf
    a = np.array([math.nan if leaf is None else leaf for leaf in flat], dtype=float)
    b = _arranged(key, wanted, given, len(a))
    if a.shape != b.shape:
        return math.inf
    return _distance(a, b, key, expected)


def _arranged(key: str, wanted: Any, given: Any, size: int) -> np.ndarray:
    """Our numbers in the order of the case: nested lists by row, flat ones by column."""
    b = np.asarray(given, dtype=float)
    nested = isinstance(wanted, list) and wanted and isinstance(wanted[0], list)
    b = b.flatten(order="C" if nested or b.ndim < 2 or key == "vcov" else "F")
    if key in ("n", "df_domain") and size < len(b):  # one per group, not per item and group
        return b[:size]
    if key == "df" and size == 1 and len(b) == 2:  # the numerator's alone
        return b[:1]
    if key in ("estimate", "se") and 1 < len(b) > size and size**2 == len(b):
        return b[:: size + 1]  # variances without the covariances
    return b


def _flat(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return [value]
    if not isinstance(value, list | tuple):
        return [value]
    return [leaf for part in value for leaf in _flat(part)]


def _distance(a: np.ndarray, b: np.ndarray, key: str, expected: Mapping[str, Any]) -> float:
    scale = np.nanmax(np.abs(a)) if np.isfinite(a).any() else 1.0
    floor = np.maximum(np.abs(a), max(1e-6 * scale, 1e-300))
    zero = np.abs(a) < 1e-12
    if key == "se" and zero.any():
        level = np.abs(np.array([v or 0 for v in _flat(expected["estimate"])], dtype=float))
        level = level if level.shape == a.shape else np.full(a.shape, level.max(initial=1.0))
        if np.any(np.abs(b[zero]) >= 1e-7 * np.maximum(level[zero], 1e-300)):
            return math.inf
        a, b, floor = a[~zero], b[~zero], floor[~zero]
    if key in ("vcov", "deff"):
        keep = np.abs(a) > 1e-12 * max(scale, 1e-300)
        a, b, floor = a[keep], b[keep], floor[keep]
    same = (np.isnan(a) & np.isnan(b)) | (a == b)
    distance = np.where(same, 0.0, np.abs(a - b) / floor)
    return float(np.max(np.where(np.isnan(distance), np.inf, distance), initial=0.0))


def one_sided(got: Mapping[str, Any]) -> bool:
    """A share of 0 or 1 with a bound on the other side, of width above rounding."""
    low = float(np.ravel(got.get("ci_lo", np.nan))[0])
    high = float(np.ravel(got.get("ci_hi", np.nan))[0])
    return bool(np.isfinite(low) and np.isfinite(high) and high - low > 1e-6
                and (low == 0.0 or high == 1.0))  # fmt: skip
