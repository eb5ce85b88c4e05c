"""Both samples joined, only when asked for and only behind the bias gate.

Volunteers get pseudo-weights (`pseudoweights.py`) and a doubly robust estimate,

    t_A = sum_B d m / sum_B d + sum_A w (y - m) / sum_A w,

m being the linear fit of y on the common background in the volunteers (A); B is the sample.
Errors: bootstrap of B's villages (Rao and Wu) and of A's women, every step anew: B's weights are
calibrated again in each replicate, since a margin that is met has no error left. With D = t_A - t_B
the two are refused when |D| > 2 SE(D) on more than 5 % of the common needs; else blended by
lambda t_B + (1 - lambda) t_A with the smallest mean squared error, bias^2 = max(0, D^2 - V(D)).
Source: Chen, Li and Wu (2020); Rao (2021) for the blend.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from analysis.core import needs, volunteers
from analysis.core.calibrate import CalibrationFailed
from analysis.core.columns import Columns
from analysis.core.cuts import Official
from analysis.core.design import Floats, Ints
from analysis.core.pseudoweights import PropensityFailed, propensity
from analysis.core.resample import bootstrap_multipliers
from analysis.core.thresholds import THRESHOLDS
from analysis.core.weights import Weighted, recalibrated
from surveys.core.definition import Definition

REPLICATES, SEED = 200, 20261124
SPARED = 0.05  # of the replicates: so many may be left out


class Refused(ValueError):
    """The samples must not be joined; the text says why."""


@dataclass(frozen=True)
class Joined:
    """p common needs: official, volunteers and blend (p,), their errors, the official part.

    n, crowd_n (p,): women of either sample who answered; df (p,): of the sample's design, for all
    three, because the volunteers' weights rest on it too.
    """

    codes: tuple[str, ...]
    official: Floats
    crowd: Floats
    blend: Floats
    official_se: Floats
    crowd_se: Floats
    blend_se: Floats
    part: Floats
    n: Ints
    crowd_n: Ints
    df: Ints


def join(
    official: Official, weighted: Weighted, definition: Definition, columns: Columns, *,
    replicates: int = REPLICATES, seed: int = SEED,
) -> Joined:  # fmt: skip
    """Both estimates and their blend. `Refused` behind the gate or without common background.

    weighted: the calibrated design of ``official`` with what it was calibrated from.
    """
    x_a, x_b = _background(official, definition, columns)
    codes, y_a, y_b = _common(official, definition, columns)
    try:
        draws = _bootstrap(weighted, x_a, x_b, y_a, y_b, replicates, seed)
        t_a, t_b = _both(x_a, x_b, y_a, y_b, official.design.weights)
    except PropensityFailed as error:
        raise Refused(str(error)) from None
    var_a, var_b = draws[:, 0].var(axis=0, ddof=1), draws[:, 1].var(axis=0, ddof=1)
    apart = t_a - t_b
    spread = (draws[:, 0] - draws[:, 1]).var(axis=0, ddof=1)
    _gate(apart, np.sqrt(spread))
    wrong = var_a + np.maximum(apart**2 - spread, 0.0)
    part = wrong / (wrong + var_b)
    blended = part * draws[:, 1] + (1 - part) * draws[:, 0]
    return Joined(
        codes, t_b, t_a, part * t_b + (1 - part) * t_a, np.sqrt(var_b), np.sqrt(var_a),
        blended.std(axis=0, ddof=1), part, _answered(y_b), _answered(y_a),
        np.array([official.design.degrees(np.isfinite(y)) for y in y_b.T], dtype=np.intp),
    )  # fmt: skip


def _answered(y: Floats) -> Ints:
    return np.isfinite(y).sum(axis=0).astype(np.intp)


def _gate(apart: Floats, errors: Floats) -> None:
    beyond = int((np.abs(apart) > volunteers.APART * errors).sum())
    if beyond > volunteers.TOLERATED * len(apart):
        raise Refused(
            f"{len(apart)}项共同的需求里有{beyond}项，线上自愿样本校正以后仍与入户样本相差超过"
            "两倍标准误：差别来自谁愿意填，不是加权能补的，不能合并。"
        )


def _background(
    official: Official, definition: Definition, columns: Columns
) -> tuple[Floats, Floats]:
    """Common background, 0/1 with a constant: volunteers (n_a, k), sample (n_b, k)."""
    sides: tuple[list[Floats], list[Floats]] = ([np.ones(columns.n)], [np.ones(official.columns.n)])
    for role in volunteers.ROLES:
        theirs = volunteers.classes(definition, columns, role, official.year)
        mine = volunteers.classes(official.definition, official.columns, role, official.year)
        if mine is None or theirs is None:
            continue
        names = sorted((set(mine) | set(theirs)) - {""})
        large = [c for c in names if min((mine == c).sum(), (theirs == c).sum()) >= THRESHOLDS.base]
        for name in large[1:]:
            sides[0].append((theirs == name).astype(float))
            sides[1].append((mine == name).astype(float))
    if len(sides[0]) == 1:
        raise Refused("两份问卷没有可以对齐的背景题，不能合并。")
    return np.column_stack(sides[0]), np.column_stack(sides[1])


def _common(
    official: Official, definition: Definition, columns: Columns
) -> tuple[tuple[str, ...], Floats, Floats]:
    """Needs both samples may publish: codes, answers (n_a, p) and (n_b, p)."""
    mine = needs.indicators(needs.plan(official.definition), official.columns)
    theirs = needs.indicators(needs.plan(definition), columns)
    codes = tuple(c for c in mine.codes if c in theirs.codes)
    pairs = [
        (theirs.need[:, theirs.codes.index(c)], mine.need[:, mine.codes.index(c)]) for c in codes
    ]
    kept = [k for k, pair in enumerate(pairs) if all(map(_enough, pair))]
    if not kept:
        raise Refused("没有两个样本都够数的需求，不能合并。")
    sides = [np.stack([pairs[k][side] for k in kept], axis=1) for side in (0, 1)]
    return tuple(codes[k] for k in kept), sides[0], sides[1]


def _enough(answers: Floats) -> bool:
    yes, n = float(np.nansum(answers)), int(np.isfinite(answers).sum())
    return n >= THRESHOLDS.base and min(yes, n - yes) >= THRESHOLDS.cell


def _both(x_a: Floats, x_b: Floats, y_a: Floats, y_b: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Doubly robust estimates from the volunteers, and those of the sample, each (p,)."""
    w = propensity(x_a, x_b, d).weights
    t_a = np.array([_robust(x_a, x_b, column, w, d) for column in y_a.T])
    return t_a, np.array([volunteers.share(d, column) for column in y_b.T])


def _robust(x_a: Floats, x_b: Floats, y: Floats, w: Floats, d: Floats) -> float:
    known = np.isfinite(y)
    beta = np.linalg.lstsq(x_a[known], y[known], rcond=None)[0]
    rest = y[known] - x_a[known] @ beta
    return float(d @ (x_b @ beta) / d.sum() + w[known] @ rest / w[known].sum())


def _bootstrap(
    weighted: Weighted, x_a: Floats, x_b: Floats, y_a: Floats, y_b: Floats, replicates: int,
    seed: int,
) -> Floats:  # fmt: skip
    """(replicates, 2, p): both estimates, every step made anew.

    Non-response is adjusted within villages, so a village that is drawn keeps its adjustment. A
    draw whose villages cannot meet the margins together (all towns in one small township) is left
    out; where there are many, the error is not known.
    """
    design, rng = weighted.design, np.random.default_rng(seed)
    stage = design.stages[0]
    if np.any(stage.drawn < 2):
        raise Refused("有的层只有一个抽中的村，误差估不出来，不能合并。")
    factors = bootstrap_multipliers(design, replicates, seed=seed)[stage.unit[design.leaf]]
    found = []
    for number in range(replicates):
        rows = rng.integers(0, len(x_a), len(x_a))
        with suppress(CalibrationFailed):
            d = recalibrated(weighted, factors[:, number])
            found.append(np.stack(_both(x_a[rows], x_b, y_a[rows], y_b, d)))
    if (missed := replicates - len(found)) > SPARED * replicates:
        raise Refused(
            f"{replicates}次整村重抽样里有{missed}次配不上人口边际，误差估不出来，不能合并。"
        )
    return np.stack(found)
