"""Weights of the probability sample, step by step, each step recorded as data.

w = 1 / (pi_psu * m_hh / M_hh * 1 / E_hh), times non-response, times calibration to known counts
of women. The steps go into the technical note; standard errors know the calibration through the
design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.core.ages import AGES
from analysis.core.calibrate import CalibrationFailed, rake
from analysis.core.design import Design, Floats
from analysis.core.thresholds import THRESHOLDS, Thresholds

BANDS = {name: words for name, words, *_ in AGES}
Labels = NDArray[np.object_]
Margin = tuple[str, ArrayLike, Mapping[str, float]]
RESPONDED, REFUSED_OR_ABSENT, UNKNOWN, INELIGIBLE = (
    "responded",
    "nonresponse",
    "unknown",
    "ineligible",
)
OUTCOMES = (RESPONDED, REFUSED_OR_ABSENT, UNKNOWN, INELIGIBLE)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of weighting: what was done and what the weights look like afterwards.

    kish: n sum(w^2) / (sum w)^2, the loss of precision from unequal weights; factor_low and
    factor_high: smallest and largest factor of this step.
    """

    name: str
    n: int
    total: float
    smallest: float
    largest: float
    kish: float
    factor_low: float = 1.0
    factor_high: float = 1.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Weighted:
    """A calibrated design, the log of how its weights came about, those before calibration and
    the margins met, small cells merged."""

    design: Design
    steps: tuple[Step, ...]
    adjusted: Floats
    margins: tuple[Margin, ...]


def base_weights(
    pi_psu: ArrayLike, drawn: ArrayLike, listed: ArrayLike, eligible: ArrayLike
) -> Floats:
    """1 / (pi_psu * drawn / listed * 1 / eligible), all (n,).

    drawn, listed: households of the PSU; eligible: eligible women of the household, one of whom was
    chosen. Raises ValueError on counts that cannot be.
    """
    pi, m, listing, women = (np.asarray(c, dtype=float) for c in (pi_psu, drawn, listed, eligible))
    if not np.all((pi > 0) & (pi <= 1 + 1e-12)):
        raise ValueError("入样概率必须在 0 与 1 之间")
    if not np.all((m >= 1) & (m <= listing)):
        raise ValueError("抽户数必须在 1 与列户数之间")
    if not np.all(women >= 1):
        raise ValueError("完成访问的户至少有一名合格妇女")
    return np.asarray(listing / (pi * m) * women)


def nonresponse(weights: ArrayLike, outcome: ArrayLike, classes: ArrayLike) -> Floats:
    """Factors (n,) of the drawn households: 0 unless responded.

    weights (n,): household weights before it is known how many women live there; outcome (n,):
    responded | nonresponse | unknown | ineligible; classes (n,): within which respondents stand for
    the others. Of the unknown, the class's share of eligible households among the known counts.
    A class without respondents is pooled with all others. Raises ValueError on other words for the
    outcome, whose households would otherwise fall away unnoticed.
    """
    mass = np.asarray(weights, dtype=float)
    kinds = np.asarray(outcome).astype(str)
    _require_outcomes(mass, kinds)
    labels, codes = np.unique(np.asarray(classes).astype(str), return_inverse=True)
    sums = {
        kind: np.bincount(codes, mass * (kinds == kind), len(labels)).astype(float)
        for kind in OUTCOMES
    }
    empty = sums[RESPONDED] <= 0
    for kind in sums:
        sums[kind] = np.where(empty, 0.0, sums[kind]) + _spread(sums[kind], sums[RESPONDED], empty)
    eligible = sums[RESPONDED] + sums[REFUSED_OR_ABSENT]
    share = eligible / np.maximum(eligible + sums[INELIGIBLE], 1e-300)
    standing = eligible + share * sums[UNKNOWN]
    factor = np.where(empty, 0.0, standing / np.where(empty, 1.0, sums[RESPONDED]))
    return np.where(kinds == RESPONDED, factor[codes], 0.0)


def _require_outcomes(weights: Floats, outcome: NDArray[np.str_]) -> None:
    strange = sorted(set(outcome.tolist()) - set(OUTCOMES))
    if strange:
        raise ValueError("不认识的访问结果：" + "、".join(f"“{word}”" for word in strange[:5]))
    bad = int((~(np.isfinite(weights) & (weights >= 0))).sum())
    if bad:
        raise ValueError(f"户权数有 {bad} 行缺失或为负")


def _spread(sums: Floats, responded: Floats, empty: NDArray[np.bool_]) -> Floats:
    """What classes without respondents hold, shared out by the respondents' weight elsewhere."""
    total = responded.sum()
    if total <= 0:
        raise ValueError("没有任何完成的访问")
    return np.asarray(sums[empty].sum() * responded / total)


def merge_small(
    labels: ArrayLike, order: Sequence[str], minimum: int = THRESHOLDS.cell_merge
) -> dict[str, str]:
    """Cells with fewer than ``minimum`` sample persons joined to a neighbour.

    order: all cells of the population, neighbours side by side; cells of one family share the text
    before the last ``|`` and are joined inside it as long as possible.
    Returns cell -> name of the merged cell ("a+b"); cells absent from the sample are merged too.
    """
    names, sizes = np.unique(np.asarray(labels).astype(str), return_counts=True)
    count = dict(zip((str(name) for name in names), sizes.tolist(), strict=True))
    missing = [name for name in count if name not in order]
    if missing:
        raise ValueError("总体没有这些单元:" + "、".join(missing))
    runs: list[list[str]] = [[cell] for cell in order]

    def size(run: list[str]) -> int:
        return sum(count.get(cell, 0) for cell in run)

    while len(runs) > 1 and min(map(size, runs)) < minimum:
        at = min(range(len(runs)), key=lambda i: size(runs[i]))
        near = [i for i in (at - 1, at + 1) if 0 <= i < len(runs)]
        other = min(near, key=lambda i: (_family(runs[i]) != _family(runs[at]), size(runs[i])))
        low, high = sorted((at, other))
        runs[low : high + 1] = [runs[low] + runs[high]]
    return {cell: "+".join(run) for run in runs for cell in run}


def _family(run: list[str]) -> str:
    return run[0].rpartition("|")[0]


def calibrate_sample(
    design: Design,
    margins: Sequence[Margin],
    *,
    steps: Sequence[Step] = (),
    rules: Thresholds = THRESHOLDS,
) -> Weighted:
    """Rake a design to margins (name, labels (n,), label -> count of women), small cells merged.

    The factor beyond the common scale stays within ``rules.weight_low`` and ``weight_high``; a
    limit that was reached, a merged cell and a margin that was not met are written into the step.
    """
    log = [*steps] or [describe("设计权数", design.weights)]
    merged, notes = [], []
    for name, labels, population in margins:
        join = merge_small(labels, list(population), rules.cell_merge)
        notes += _joined(name, join)
        joined: dict[str, float] = {}
        for cell, number in population.items():
            joined[join[cell]] = joined.get(join[cell], 0.0) + float(number)
        merged.append((name, np.array([join[str(label)] for label in np.asarray(labels)]), joined))
    scale = sum(merged[0][2].values()) / design.weights.sum()
    scaled = design.reweighted(design.weights * scale)
    calibrated, extra = _bounded(scaled, [margin[1:] for margin in merged], rules)
    factor = calibrated.weights / scaled.weights
    log.append(describe("边际校准", calibrated.weights, factor, (*notes, *extra)))
    return Weighted(calibrated, tuple(log), design.weights, tuple(merged))


def recalibrated(weighted: Weighted, factors: Floats, rules: Thresholds = THRESHOLDS) -> Floats:
    """Final weights (n,) had those before calibration been multiplied by ``factors`` (n,).

    What a replicate needs: every margin is met anew, within the same limits. Cells stay merged as
    they were; only one that is left without anybody is merged further.
    """
    mass = weighted.adjusted * factors
    live = mass > 0
    margins = [(name, np.asarray(labels)[live], told) for name, labels, told in weighted.margins]
    design = Design.declare(weights=mass[live])
    final = np.zeros(len(mass))
    final[live] = calibrate_sample(
        design, margins, rules=replace(rules, cell_merge=1)
    ).design.weights
    return final


def _joined(name: str, join: Mapping[str, str]) -> list[str]:
    """Which cells of a margin were joined, in words: 城镇35—59岁、城镇60岁及以上"""
    runs: dict[str, list[str]] = {}
    for cell, whole in join.items():
        side, _, band = cell.rpartition("|")
        runs.setdefault(whole, []).append(side + BANDS.get(band, band))
    return [
        f"{name}：样本少的相邻类别合并计算（{'、'.join(run)}）"
        for run in runs.values() if len(run) > 1
    ]  # fmt: skip


def named(weighted: Weighted, places: Mapping[str, str]) -> Weighted:
    """The same with places by their names where a note speaks of them."""

    def spoken(note: str) -> str:
        for code, name in places.items():
            note = note.replace(code, name)
        return note

    steps = [replace(step, notes=tuple(map(spoken, step.notes))) for step in weighted.steps]
    return replace(weighted, steps=tuple(steps))


def _bounded(
    design: Design, margins: Sequence[tuple[ArrayLike, Mapping[str, float]]], rules: Thresholds
) -> tuple[Design, tuple[str, ...]]:
    low, high = rules.weight_low, rules.weight_high
    free = rake(design, margins)
    factor = free.weights / design.weights
    if not ((factor < low) | (factor > high)).any():
        return free, ()
    # how many they are is the size of a crossing of the margins: the gate does not know it
    note = f"有权数的校准因子超出 {low:g}–{high:g}，改用限界校准"
    try:
        return rake(design, margins, bounds=(low, high)), (note,)
    except CalibrationFailed:
        step = free.steps[-1]
        cut = design.weights * np.clip(factor, low, high)
        return free.reweighted(cut), (
            note,
            f"限界内无解，因子截至界限，{step.name}的边际不再严格相等",
        )


def describe(
    name: str, weights: Floats, factor: Floats | None = None, notes: Sequence[str] = ()
) -> Step:
    """A `Step` from the weights it left behind; rows with weight 0 are not counted."""
    live = weights[weights != 0]
    kish = len(live) * float(live @ live) / float(live.sum()) ** 2
    low, high = (1.0, 1.0) if factor is None else (float(factor.min()), float(factor.max()))
    return Step(name, len(live), float(live.sum()), float(live.min()), float(live.max()), kish,
                low, high, tuple(notes))  # fmt: skip
