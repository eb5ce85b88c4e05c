"""Answers given otherwise: with somebody present, or by another mode, other things being equal.

For every need a linear model under the design (`regression.fit_linear`: the difference is in
percentage points) of being in need on the class of the interview, adjusted for age, education and
employment as far as the form asks them. p-values are adjusted over all needs and classes of one
question (Benjamini-Hochberg). Who is alone at home is not drawn by lot: the words say 关联.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.core import compare, cuts, items, needs, regression
from analysis.core.ages import AGES
from analysis.core.cuts import Official
from analysis.core.design import Floats
from analysis.core.intervals import symmetric
from analysis.core.thresholds import THRESHOLDS
from surveys.core import disclosure

ASKED = {"presence": "询问需求时谁在场", "mode": "访问方式"}
EXACT = 1e-12  # a standard error below this is rounding
ADJUSTED = {"birth_year": "年龄", "education": "文化程度", "employment": "主要状态"}
Row = dict[str, Any]
Mask = NDArray[np.bool_]
Class = tuple[str, str, Mask]  # option, its words, who


def section(official: Official, found: needs.Indicators) -> list[Row]:
    """One entry per question that tells two classes of interviews, both large enough."""
    out = []
    for role, label in ASKED.items():
        classes = _classes(official, role)
        if len(classes) < 2:
            continue
        base, *others = sorted(classes, key=lambda c: -int(c[2].sum()))
        inside = np.any([mask for _, _, mask in classes], axis=0)
        names, control = _control(official)
        rows = [
            _class(official, found, one, base, [o for o in others if o is not one], inside, control)
            for one in others
        ]
        _adjust([d for row in rows for d in row["domains"]])
        out.append({
            "role": role, "question": cuts.role_column(official, role), "label": label,
            "adjusted": names,
            "base": {"value": base[0], "label": base[1], "n": int(base[2].sum()),
                     "needs": _needs(found, base[2])},
            "classes": rows,
            "family": f"{len(rows) * len(found.codes)}项差别为一族，BH校正",
        })  # fmt: skip
    return out


def _class(
    official: Official, found: needs.Indicators, one: Class, base: Class, others: Sequence[Class],
    inside: Mask, control: Floats,
) -> Row:  # fmt: skip
    value, label, mask = one
    x = np.column_stack([mask, *[other for _, _, other in others], control])
    return {
        "value": value, "label": label, "n": int(mask.sum()), "needs": _needs(found, mask),
        "domains": [
            _difference(official, found, k, mask, base[2], inside, x)
            for k in range(len(found.codes))
        ],
    }  # fmt: skip


def _needs(found: needs.Indicators, mask: Mask) -> list[Row]:
    """What the gate asks before a difference is told: the shares it would give away at most."""
    answers = [column[mask & np.isfinite(column)] for column in found.need.T]
    return [
        {"code": code, "need": items.plain(len(given), int(given.sum()))}
        for code, given in zip(found.codes, answers, strict=True)
    ]


def attributes(official: Official) -> dict[str, tuple[str, ...]]:
    """Question -> its options, of those that tell how the interview was held."""
    asked = {q.name: q for q in official.definition.questions()}
    names = [cuts.role_column(official, role) for role in ASKED]
    return {n: tuple(c.name for c in asked[n].choices if not c.missing) for n in names if n}


def _classes(official: Official, role: str) -> list[Class]:
    """Classes with enough respondents; what was left blank belongs to none.

    A class of very few takes another with it, or the total would tell how many they are.
    """
    name = cuts.role_column(official, role)
    if name is None:
        return []
    question = next(q for q in official.definition.questions() if q.name == name)
    texts, language = official.columns.texts[name], official.definition.default_language
    found = [(c.name, needs.wording(c.label, language), texts == c.name)
             for c in question.choices if not c.missing]  # fmt: skip
    few = disclosure.hide([disclosure.Cell(value, int(mask.sum())) for value, _, mask in found])
    return [c for c in found if c[2].sum() >= THRESHOLDS.base and c[0] not in few]


def _control(official: Official) -> tuple[list[str], Floats]:
    """Names and 0/1 columns (n, k) of what is held equal; the first class of each is the base."""
    names, columns = [], [np.ones(official.columns.n)]
    for role, label in ADJUSTED.items():
        name = cuts.role_column(official, role)
        if name is None:
            continue
        if role == "birth_year":
            age = official.year - official.columns.numbers[name]
            classes = [(age >= low) & (age <= high) for _, _, low, high in AGES]
        else:
            texts = official.columns.texts[name]
            classes = [texts == option for option in sorted(set(texts) - {""})]
        large = [mask.astype(float) for mask in classes if mask.sum() >= THRESHOLDS.base]
        if len(large) > 1:
            names.append(label)
            columns += large[1:]
    return names, np.column_stack(columns)


def _difference(
    official: Official, found: needs.Indicators, k: int, mask: Mask, base: Mask, inside: Mask,
    x: Floats,
) -> Row:  # fmt: skip
    """Adjusted difference of one class from the base class, withheld where a cell is small."""
    need, code = found.need[:, k], found.codes[k]
    empty = {"code": code, "value": None, "se": None, "low": None, "high": None, "p": None,
             "n": int(mask.sum()), "df": None, "status": "suppressed"}  # fmt: skip
    for part in (mask, base):
        answers = need[part & np.isfinite(need)]
        if min(answers.sum(), len(answers) - answers.sum()) < THRESHOLDS.cell:
            return empty | {"reason": f"单元不足 {THRESHOLDS.cell} 人，不显示"}
    try:
        fit = regression.fit_linear(official.design, need, x, inside=inside)
    except regression.NotEstimable as reason:
        return empty | {"reason": str(reason)}
    if fit.df < THRESHOLDS.df:
        return empty | {"reason": f"自由度不足 {THRESHOLDS.df}，不作比较"}
    value, se = float(fit.values[0]), float(fit.se[0])
    if not se > EXACT:
        return empty | {"reason": "全部入样或答案全同，没有抽样误差可比，不作检验"}
    low, high = symmetric(value, se, fit.df)
    return {
        "code": code, "value": value, "se": se, "low": float(low), "high": float(high),
        "p": float(2 * stats.t.sf(abs(value / se), fit.df)), "n": int(mask.sum()), "df": fit.df,
        "status": "ok", "reason": "",
    }  # fmt: skip


def _adjust(rows: list[Row]) -> None:
    known = [np.nan if row["p"] is None else row["p"] for row in rows]
    for row, p in zip(rows, compare.adjust_p(known, "BH"), strict=True):
        row["p_adjusted"] = None if np.isnan(p) else float(p)
