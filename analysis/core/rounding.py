"""No published number is finer than two persons: how counts, shares, means and errors are rounded.

Persons are given in full tens, a share in the smallest of a few steps that is at least two persons
of the n beside it wide (ten for the share of a class among all, see `items`), its error in the same
steps, upwards. An interval follows from share and error as they are printed, so it says no more.
What a rounded number still tells is a window, which the gate judges.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.core import intervals
from analysis.core.thresholds import THRESHOLDS

Row = dict[str, Any]
Window = tuple[int, int]
TENS = 10
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 250, 500)  # thousandths
WIDTH = 2  # persons in one step
# what a withheld row does not have; df counts villages, of a few women as good as the women
NUMBERS = ("value", "se", "low", "high", "deff", "n_eff", "df")


def tens(n: float) -> int:
    """Persons rounded down: 2278 -> 2270."""
    return int(n // TENS) * TENS


def tens_up(n: float) -> int:
    """Persons rounded up: 19.05 -> 20."""
    return math.ceil(n / TENS - 1e-9) * TENS


def step(n: int, width: int = WIDTH) -> int:
    """Thousandths in which a share of n persons is given: at least ``width`` persons wide.

    The last step is wide enough for any width up to ten persons and any n that is published (30).
    """
    return next((s for s in STEPS if s * tens(n) >= 1000 * width), STEPS[-1])


def share(value: float, n: int, width: int = WIDTH) -> float:
    """A share on its steps; only 0 and 1 themselves become 0 and 1."""
    unit = step(n, width)
    last = 1000 // unit
    found = math.floor(value * 1000 / unit + 0.5)
    if value not in (0.0, 1.0):
        found = min(max(found, 1), last - 1)
    return found * unit / 1000


def ends(value: float, n: int, width: int = WIDTH) -> tuple[float, float]:
    """Which shares of n persons are printed so: all that are not 0 or 1 stand on a step between."""
    unit = step(n, width) / 1000
    if value in (0.0, 1.0):
        return value, value
    low = value - unit / 2 if value > 1.01 * unit else 0.0
    return low, value + unit / 2 if value < 1 - 1.01 * unit else 1.0


def statistic(value: float) -> float:
    """A test statistic in two digits, at most two decimals: more would tell the table behind it."""
    if not math.isfinite(value) or value == 0:
        return value
    return round(value, min(1 - math.floor(math.log10(abs(value))), 2))


def extreme(weight: float) -> float:
    """One woman's weight in two digits; a finer one of a margin tells how many share it."""
    return statistic(weight)


def factor(number: float) -> float:
    """The smallest or largest factor of a step of weighting, for the same reason."""
    return round(number, 1)


def row(given: Mapping[str, Any], n: int, kind: str = "share", width: int = WIDTH) -> Row:
    """A row of `Estimate.row` as it is published, beside n persons.

    kind: share, or mean of a scale from 0 to 1; width: persons in one step.
    """
    if given["value"] is None:
        return {**given, **dict.fromkeys(NUMBERS), "n": n}
    value, se = share(given["value"], n, width), error(given["se"], n, width)
    return {
        **given, "value": value, "se": se, "n": n,
        **_ends(given, value, se, kind), **effect(given, n),
    }  # fmt: skip


def effect(given: Mapping[str, Any], n: int) -> Row:
    """Design effect, and n over it: the exact n_eff would tell what the tens of n leave out."""
    if given["deff"] is None:
        return {"deff": None, "n_eff": None if given["n_eff"] is None else tens(given["n_eff"])}
    deff = max(round(given["deff"], 1), 0.1)
    return {"deff": deff, "n_eff": tens(n / deff)}


def bare(row: Mapping[str, Any]) -> Row:
    """A row of many on one base: their design effects together would tell how large it is."""
    return {**row, "n_eff": None, "deff": None}


def amounts(given: Mapping[str, Any], n: int, reach: float) -> Row:
    """A mean of amounts as it is published, beside n persons; reach: see `reach`.

    n times one step is twice the reach, so a sum is never told to within any one woman's amount.
    """
    if given["value"] is None:
        return {**given, **dict.fromkeys(NUMBERS), "n": n}
    unit = amount_step(reach, n)
    value = _on(unit, given["value"], math.floor(given["value"] / unit + 0.5) if unit else 0)
    se = None if given["se"] is None else _on(unit, given["se"], up(given["se"], unit))
    return {
        **given, "value": value, "se": se, "n": n,
        **_ends(given, value, se, "mean"), **effect(given, n),
    }  # fmt: skip


def reach(values: Iterable[float]) -> float:
    """How far one woman's amount can reach: the largest of all, upwards on 1, 2, 5, 10, 20 ...

    Upwards, because the steps of many classes together would tell the largest amount itself.
    """
    return _nice(max((abs(v) for v in values if math.isfinite(v)), default=0.0))


def amount_step(reach: float, n: int) -> float:
    """In what steps a mean on n persons is given: twice the reach over n, upwards."""
    return _nice(2 * reach / max(tens(n), TENS))


def up(number: float, unit: float) -> int:
    return math.ceil(number / unit - 1e-9) if unit else 0


def _on(unit: float, exact: float, steps: int) -> float:
    """So many steps; where nobody has any amount the exact number tells nothing more."""
    return float(f"{steps * unit:.10g}") if unit else exact


def _nice(number: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below a number."""
    if number <= 0:
        return 0.0
    power = math.floor(math.log10(number))
    sizes = (float(f"{digit}e{power + more}") for more in (0, 1) for digit in (1, 2, 5))
    return next(size for size in sizes if size >= number * (1 - 1e-12))


def error(se: float | None, n: int, width: int = WIDTH) -> float | None:
    unit = step(n, width)
    return None if se is None else math.ceil(se * 1000 / unit - 1e-9) * unit / 1000


def _ends(given: Mapping[str, Any], value: float, se: float | None, kind: str) -> Row:
    if given["low"] is None or se is None:
        return {"low": None, "high": None}
    if kind == "mean":
        low, high = intervals.symmetric(value, se, given["df"])
    elif value in (0.0, 1.0):
        low, high = intervals.exact(value, tens(given["n_eff"]))
    else:
        low, high = intervals.logit(value, se, given["df"])
    return {"low": float(low), "high": float(high)}


def persons(given: Mapping[str, Any], population: int) -> Row:
    """A published share as a number of women."""
    numbers = {
        key: None if given[key] is None else round(given[key] * population)
        for key in ("value", "se", "low", "high")
    }
    return {**given, **numbers}


# -- what the rounded numbers tell -------------------------------------------------------------


def count_window(n: int) -> Window:
    """Persons that are given as the same tens."""
    return tens(n), tens(n) + TENS - 1


def share_ends(yes: int, n: int, shown: int, width: int = WIDTH) -> tuple[float, float] | None:
    """Between which shares a rounded one lies, where it is not the exact nothing or all."""
    if yes in (0, n):
        return None
    half, value = step(shown, width) / 2000, share(yes / n, shown, width)
    return min(value - half, yes / n), max(value + half, yes / n)


def share_window(yes: int, n: int, told: Window, shown: int, width: int = WIDTH) -> Window:
    """Persons behind a rounded share, were every weight the same.

    told: what is known of n; shown: the n that stands beside it.
    """
    if yes in (0, n):
        return (0, 0) if yes == 0 else told
    unit, value = step(shown, width), share(yes / n, shown, width) * 1000
    low = math.ceil((value - unit / 2) / 1000 * told[0] - 1e-9)
    high = math.floor((value + unit / 2) / 1000 * told[1] + 1e-9)
    small = THRESHOLDS.cell
    return max(low, min(small, yes)), max(min(high, told[1] - min(small, n - yes)), yes)
