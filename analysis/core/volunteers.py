"""Volunteers weighed to look like the county: still volunteers, so no error, no rank, no inference.

Their shares are raked to the probability sample's weighted totals by age (which are the frame's own
counts), residence, education and employment, within the limits every weight has. What moves them to
answer stays in: a share that the weights bring no nearer says so beside the official one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.core import needs, rounding, weights
from analysis.core.ages import AGES
from analysis.core.calibrate import CalibrationFailed
from analysis.core.columns import Columns
from analysis.core.cuts import Official
from analysis.core.design import Design, Floats
from analysis.core.population import age_classes
from surveys.core.definition import Definition

ROLES = {"birth_year": "年龄", "residence": "户籍与居住", "education": "文化程度",
         "employment": "主要状态"}  # fmt: skip
# beyond this many standard errors the two samples disagree; more than that share of items: refused
APART, TOLERATED = 2.0, 0.05
Row = dict[str, Any]
Labels = NDArray[np.object_]


def calibrated(
    official: Official, volunteers: tuple[Definition, Columns] | None, section: Row,
    domains: Sequence[Row],
) -> Row:  # fmt: skip
    """The section with a weighed share beside each published one, and how the weights came about.

    section: the volunteers' shares past the gate; domains: the official rows.
    """
    if volunteers is None or not section["domains"]:
        return section
    definition, columns = volunteers
    try:
        weighed, names = weigh(official, definition, columns)
    except (CalibrationFailed, ValueError) as error:
        return section | {"calibration": {"refused": f"加权不成，只列原始占比：{error}"}}
    found = needs.indicators(needs.plan(definition), columns)
    rows = [
        d | {"calibrated": None if d["share"] is None else rounding.share(share(
            weighed.design.weights, found.need[:, found.codes.index(d["code"])]), d["n"])}
        for d in section["domains"]
    ]  # fmt: skip
    last = weighed.steps[-1]
    return section | {
        "domains": rows,
        "calibration": {"margins": names, "notes": list(last.notes), **_coarse(last)},
        "against": against(rows, domains),
    }  # fmt: skip


def _coarse(step: weights.Step) -> Row:
    """An exact factor would tell the size of a class, which stands in tens."""
    ends = {key: rounding.factor(getattr(step, key)) for key in ("factor_low", "factor_high")}
    return {"kish": round(float(step.kish), 2), **ends}


def weigh(
    official: Official, definition: Definition, columns: Columns
) -> tuple[weights.Weighted, list[str]]:
    """The volunteers' weights and the names of the margins. ValueError without a common margin."""
    margins, names = [], []
    for role, name in ROLES.items():
        mine = classes(official.definition, official.columns, role, official.year)
        theirs = classes(definition, columns, role, official.year)
        if mine is None or theirs is None:
            continue
        margin = _margin(mine, theirs, official.design.weights)
        if margin is not None:
            margins.append((name, *margin))
            names.append(name)
    if not margins:
        raise ValueError("两份问卷没有可以对齐的背景题")
    design = Design.declare(weights=np.ones(columns.n))
    return weights.calibrate_sample(design, margins), names


def classes(definition: Definition, columns: Columns, role: str, year: int) -> Labels | None:
    """(n,) class of each respondent, "" where it is not known; None without the question."""
    name = needs.role_column(definition, role)
    if name is None or name not in columns.numbers:
        return None
    if role == "birth_year":
        return age_classes(year - columns.numbers[name])
    question = next(q for q in definition.questions() if q.name == name)
    told = [choice.name for choice in question.choices if not choice.missing]
    return np.where(np.isin(columns.texts[name], told), columns.texts[name], "").astype(object)


def _margin(mine: Labels, theirs: Labels, mass: Floats) -> tuple[Labels, dict[str, float]] | None:
    """Volunteers' labels with the women each stands for; None where no class is in both.

    An unknown, or a class the official sample does not have, counts in the volunteers' largest
    class; a class no volunteer is in is left to `weights.merge_small`.
    """
    totals = {str(c): float(mass[mine == c].sum()) for c in sorted(set(mine) - {""})}
    totals = {name: total for name, total in totals.items() if total > 0}
    common = [c for c in theirs if c in totals]
    if not common:
        return None
    names, counts = np.unique(np.array(common, dtype=str), return_counts=True)
    largest = str(names[int(counts.argmax())])
    labels = np.array([c if c in totals else largest for c in theirs], dtype=object)
    scale = float(mass.sum()) / sum(totals.values())
    return labels, {name: total * scale for name, total in _ordered(totals).items()}


def _ordered(totals: dict[str, float]) -> dict[str, float]:
    """Classes with neighbours side by side: ages by age, options in the order of their names."""
    ages = [name for name, *_ in AGES]
    order = sorted(totals, key=lambda c: (ages.index(c) if c in ages else len(ages), c))
    return {name: totals[name] for name in order}


def share(mass: Floats, answers: Floats) -> float:
    """Weighted share over those who answered."""
    known = np.isfinite(answers)
    return float(mass[known] @ answers[known] / mass[known].sum())


def against(rows: Sequence[Row], domains: Sequence[Row]) -> Row:
    """How many of the common needs lie too far from the official value, even after weighing.

    Too many forbid any estimate that joins the two samples (rule of `pseudoweights.py`).
    """
    official = {d["code"]: d["need"] for d in domains if d["need"]["value"] is not None}
    common = [r for r in rows if r["calibrated"] is not None and r["code"] in official]
    beyond = [
        r["code"] for r in common
        if abs(r["calibrated"] - official[r["code"]]["value"]) > APART * official[r["code"]]["se"]
    ]  # fmt: skip
    return {"common": len(common), "beyond": beyond,
            "joined": bool(common) and len(beyond) <= TOLERATED * len(common)}  # fmt: skip
