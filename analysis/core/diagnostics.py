"""How the weights came about, step by step, and how well they meet the population.

For the researcher's page of weights: every factor of w = 1 / (pi * m/M * 1/E) on its own, then
non-response, calibration and its limits; the spread after each; margins before and after; and, when
the margins cannot be met, which one stands in the way. Changes no weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.core import rounding, weights
from analysis.core.calibrate import CalibrationFailed
from analysis.core.design import Design, Floats
from analysis.core.official import Margin, SampleFacts
from analysis.core.thresholds import THRESHOLDS, Thresholds

BINS, FEWEST = 12, THRESHOLDS.cell
ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Stage:
    """Weights of the n respondents after one step. kish: 1 + cv squared.

    smallest, median, largest: in two digits, since each is one woman's.
    """

    name: str
    how: str
    n: int
    total: float
    smallest: float
    median: float
    largest: float
    kish: float
    notes: tuple[str, ...] = ()

    @property
    def cv(self) -> float:
        return float(np.sqrt(max(self.kish - 1, 0.0)))

    @property
    def n_eff(self) -> float:
        return self.n / self.kish


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a margin: shares of the population, of the sample before and after calibration.

    parts: the cells it was joined of. asmd: absolute difference from the population over the
    population's standard deviation.
    Where persons of the cell may not be told, n and what would tell it are None.
    """

    label: str
    parts: tuple[str, ...]
    n: int | None
    population: float
    before: float | None
    after: float

    @property
    def asmd_before(self) -> float | None:
        return None if self.before is None else _asmd(self.before, self.population)

    @property
    def asmd_after(self) -> float:
        return _asmd(self.after, self.population)


@dataclass(frozen=True, slots=True)
class Balance:
    """One margin, its small cells merged as the calibration merges them."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def mean_before(self) -> float | None:
        """Over the cells that are told; None when none is."""
        told = [c.asmd_before for c in self.cells if c.asmd_before is not None]
        return float(np.mean(told)) if told else None

    @property
    def mean_after(self) -> float:
        return float(np.mean([c.asmd_after for c in self.cells]))


def chain(facts: SampleFacts, final: Design, steps: Sequence[weights.Step]) -> list[Stage]:
    """Every step of the weights; ``final`` and ``steps`` are what `official.weigh` gave."""
    rows = np.asarray(facts.outcome).astype(str) == weights.RESPONDED
    ones = np.ones(len(rows))
    eligible = np.maximum(np.asarray(facts.eligible, dtype=float), 1)
    village = weights.base_weights(facts.pi_psu, ones, ones, ones)
    household = weights.base_weights(facts.pi_psu, facts.drawn, facts.listed, ones)
    woman = weights.base_weights(facts.pi_psu, facts.drawn, facts.listed, eligible)
    factor = weights.nonresponse(household, facts.outcome, facts.classes)
    calibrated = steps[-1]
    limits = (
        f"校准因子 {calibrated.factor_low:.1f} 至 {calibrated.factor_high:.1f}，"
        f"界限 {THRESHOLDS.weight_low:g} 至 {THRESHOLDS.weight_high:g}"
    )
    return [
        _stage("一、村（社区）", "1÷村入样概率", village[rows]),
        _stage("二、户", "再乘 村列户数÷抽中户数", household[rows]),
        _stage("三、人（设计权数）", "再乘 户内合格妇女数", woman[rows]),
        _stage("四、无应答调整", "同村的应答者代表未应答者", (woman * factor)[rows]),
        _stage("五、边际校准与限界", limits, final.weights, calibrated.notes),
    ]


def _stage(name: str, how: str, w: Floats, notes: Sequence[str] = ()) -> Stage:
    kish = len(w) * float(w @ w) / float(w.sum()) ** 2
    low, middle, high = (rounding.extreme(float(x)) for x in (w.min(), np.median(w), w.max()))
    return Stage(name, how, len(w), float(w.sum()), low, middle, high, kish, tuple(notes))


def histogram(w: Floats, bins: int = BINS) -> list[tuple[float, float, int]]:
    """(from, to, persons in tens); neighbours are joined until none holds fewer than ten.

    They begin and end where the largest weight has two digits, so that no weight is told.

    Weights are crossed with nothing, so that nothing else has to be known to judge them.
    """
    unit = 10.0 ** (math.floor(math.log10(float(w.max()))) - 1)
    low_end, high_end = math.floor(w.min() / unit) * unit, math.ceil(w.max() / unit) * unit
    counts, edges = np.histogram(w, bins, range=(low_end, max(high_end, low_end + unit)))
    found: list[tuple[float, float, int]] = []
    for low, high, n in zip(edges[:-1], edges[1:], counts, strict=True):
        if found and found[-1][2] < FEWEST:
            start, _, before = found.pop()
            found.append((start, float(high), before + int(n)))
        else:
            found.append((float(low), float(high), int(n)))
    if len(found) > 1 and found[-1][2] < FEWEST:
        _, high, n = found.pop()
        low, _, before = found.pop()
        found.append((low, high, before + n))
    return [(low, high, rounding.tens(n)) for low, high, n in found]


def balance(
    margins: Sequence[Margin], before: ArrayLike, after: ArrayLike, rules: Thresholds = THRESHOLDS
) -> list[Balance]:
    """Shares of every margin against the population, before and after calibration."""
    start, end = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    found = []
    for name, labels, population in margins:
        join = weights.merge_small(labels, list(population), rules.cell_merge)
        merged, target = _merged(labels, population, join)
        size = sum(target.values())
        cells = [
            Cell(cell, tuple(part for part, whole in join.items() if whole == cell),
                 int((merged == cell).sum()), count / size,
                 float(start[merged == cell].sum() / start.sum()),
                 float(end[merged == cell].sum() / end.sum()))
            for cell, count in target.items()
        ]  # fmt: skip
        found.append(Balance(name, tuple(cells)))
    return found


def _merged(
    labels: ArrayLike, population: Mapping[str, float], join: Mapping[str, str]
) -> tuple[NDArray[np.str_], dict[str, float]]:
    target: dict[str, float] = {}
    for cell, count in population.items():
        target[join[cell]] = target.get(join[cell], 0.0) + float(count)
    return np.array([join[str(label)] for label in np.asarray(labels)]), target


def _asmd(share: float, population: float) -> float:
    spread = np.sqrt(population * (1 - population))
    return float(abs(share - population) / spread) if spread > 0 else 0.0


# -- when the margins cannot be met ------------------------------------------------------------


def complaint(margins: Sequence[Margin], facts: SampleFacts, error: ValueError) -> str:
    """Why there are no weights and what to do, in one or two sentences."""
    if not isinstance(error, CalibrationFailed):
        return f"权重不收敛：{error}。请核对抽样框登记的妇女数和抽样登记。"
    sums = {name: sum(population.values()) for name, _, population in margins}
    if max(sums.values()) - min(sums.values()) > 1e-6 * max(sums.values()):
        told = "，".join(f"“{name}”合计 {total:.0f}" for name, total in sums.items())
        return f"权重不收敛：各边际的妇女总数不一致（{told}）。请核对抽样框里分年龄的妇女数。"
    name, cell, share, population = farthest(margins, facts)
    return (
        f"权重不收敛：边际“{name}”里的“{cell}”加权后占 {share:.1%}，人口中占 {population:.1%}，"
        "调不到一致。请核对抽样框里这一类的妇女数；登记无误的，等这一类的答卷再多一些，"
        "或者并入相邻类别再冻结。"
    )


def farthest(
    margins: Sequence[Margin], facts: SampleFacts, rules: Thresholds = THRESHOLDS
) -> tuple[str, str, float, float]:
    """(margin, cell, weighted share, share of the population) that raking leaves farthest apart.

    Each margin is met in turn within the limits of the factor, as far as it goes.
    """
    rows = np.asarray(facts.outcome).astype(str) == weights.RESPONDED
    ones = np.ones(len(rows))
    household = weights.base_weights(facts.pi_psu, facts.drawn, facts.listed, ones)
    factor = weights.nonresponse(household, facts.outcome, facts.classes)
    w = (household * factor * np.maximum(np.asarray(facts.eligible, dtype=float), 1))[rows]
    merged = [
        _merged(labels, population, weights.merge_small(labels, list(population), rules.cell_merge))
        for _, labels, population in margins
    ]
    start = w * sum(merged[0][1].values()) / w.sum()
    w = start.copy()
    for _ in range(ROUNDS):
        for labels, target in merged:
            for cell, count in target.items():
                inside = labels == cell
                mass = w[inside].sum()
                w[inside] *= count / mass if mass > 0 else 1.0
        w = np.clip(w, start * rules.weight_low, start * rules.weight_high)
    apart = [
        (abs(w[labels == cell].sum() / w.sum() - count / sum(target.values())), name, cell,
         float(w[labels == cell].sum() / w.sum()), count / sum(target.values()))
        for (name, _, _), (labels, target) in zip(margins, merged, strict=True)
        for cell, count in target.items()
    ]  # fmt: skip
    return max(apart)[1:]
