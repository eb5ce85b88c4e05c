"""One table of the workbench: a variable over all women or over the classes of another.

`Spec` says what is asked, the answer is plain data: every row with estimate, interval,
n, n_eff, deff, df and, where a number is withheld, the reason. Everything passes the door that is
handed in, shares also within the table: a lone withheld one follows from the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.core import (
    association,
    compare,
    cuts,
    estimate,
    gate,
    printed,
    rounding,
    standing,
    tablegate,
)
from analysis.core.crossing import Crossing
from analysis.core.cuts import Official
from analysis.core.design import Design, Floats
from analysis.core.estimate import Estimates
from analysis.core.spec import AREA, Spec
from analysis.core.testable import NotTestable
from analysis.core.thresholds import THRESHOLDS
from analysis.core.variables import AXES, Variable, items
from surveys.core import disclosure
from surveys.core.cells import Key

Row = dict[str, Any]
Mask = NDArray[np.bool_]
MOST = 240  # rows of one table
UNTESTED = "可比的组不足两个，或样本不足，不作检验。"
WHOLE = "全体"


class CannotTabulate(ValueError):
    """The table asked for cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class _Class:
    """One column head: its value and wording, the women in it, and the condition on them."""

    value: str
    label: str
    rows: Mask
    conditions: Key


def check(spec: Spec, known: Mapping[str, Variable]) -> None:
    """CannotTabulate in words when the questionnaire does not offer what is asked."""
    question, by, where = (known.get(k) for k in (spec.question, spec.by, spec.where))
    if question is None:
        raise CannotTabulate("请选择要分析的题目。")
    if spec.by and (by is None or not by.splits or by is question):
        raise CannotTabulate("“按什么分组”请另选一道选择题，不能是数字题或同一道题。")
    if spec.where and (where is None or not where.splits):
        raise CannotTabulate("“只看哪些人”请选一道选择题。")
    if where and spec.option not in dict(where.classes):
        raise CannotTabulate(f"“只看哪些人”请选“{where.label}”的一个选项。")
    filters = [spec.where, AREA if spec.area else ""]
    if {spec.question, spec.by} & {key for key in filters if key}:
        raise CannotTabulate("筛选条件和题目、分组不能是同一道题，请另选一个。")
    if spec.area and spec.area not in dict(known[AREA].classes):
        raise CannotTabulate("这个乡镇不在样本里。")
    if len(question.classes) * (1 + (len(by.classes) if by else 0)) > MOST:
        raise CannotTabulate(f"这张表超过 {MOST} 行，请换一个类别少的分组。")


def used(spec: Spec, known: Mapping[str, Variable]) -> list[Variable]:
    return [known[k] for k in (spec.question, spec.by, spec.where, AREA if spec.area else "") if k]


def table(
    spec: Spec, official: Official, known: Mapping[str, Variable], door: gate.Release
) -> Row:  # fmt: skip
    """The whole table as plain data; see the module."""
    check(spec, known)
    question, by = known[spec.question], known.get(spec.by)
    filtered, conditions = _filter(spec, official, known)
    classes = _classes(by, official, filtered, conditions)
    values = items(question, official)
    present = tablegate.people(official, used(spec, known))
    tables = [_estimates(official, question, values, one.rows) for one in classes]
    rows = _gated(question, tables, classes, present, door)
    if question.kind == "number":
        _blank_dominated(values, classes, rows)
        _round(rounding.reach(values[:, 0]), rows)
    _level(rows)
    return {
        "question": _told(question),
        "by": _told(by) if by else None,
        "filter": _words(spec, known),
        "design": official.design.label,
        "classes": [
            {"value": c.value, "label": c.label, "rows": found, **_ranked(question, t, found),
             **_scale(question, official, values, c.rows, found)}
            for c, t, found in zip(classes, tables, rows, strict=True)
        ],
        "test": _test(question, by, official, values, filtered, rows),
        "gaps": _gaps(question, by, official, values, classes, rows),
    }  # fmt: skip


def _told(variable: Variable) -> Row:
    scores = variable.scores
    return {"key": variable.key, "label": variable.label, "kind": variable.kind,
            "order": sorted(range(len(scores)), key=scores.__getitem__)}  # fmt: skip


def _words(spec: Spec, known: Mapping[str, Variable]) -> str:
    """The filter in words, "" when all women of the county are meant."""
    parts = [dict(known[AREA].classes)[spec.area]] if spec.area else []
    if spec.where:
        where = known[spec.where]
        parts.append(f"{where.label}：{dict(where.classes)[spec.option]}")
    return "；".join(parts)


def _filter(
    spec: Spec, official: Official, known: Mapping[str, Variable]
) -> tuple[Mask, Key]:  # fmt: skip
    rows, conditions = np.ones(official.design.n, dtype=bool), set()
    pairs = [(spec.where, spec.option), (AREA if spec.area else "", spec.area)]
    for key, value in pairs:
        if key:
            at = [v for v, _ in known[key].classes].index(value)
            rows &= items(known[key], official)[:, at] == 1
            conditions.add(known[key].attribute(value))
    return rows, frozenset(conditions)


def _classes(
    by: Variable | None, official: Official, filtered: Mask, conditions: Key
) -> list[_Class]:  # fmt: skip
    found = [_Class("", WHOLE, filtered, conditions)]
    if by is None:
        return found
    columns = items(by, official)
    return found + [
        _Class(value, label, filtered & (columns[:, k] == 1), conditions | {by.attribute(value)})
        for k, (value, label) in enumerate(by.classes)
    ]


def _estimates(official: Official, question: Variable, values: Floats, rows: Mask) -> Estimates:
    how = estimate.mean if question.kind == "number" else estimate.share
    names = [value for value, _ in question.classes]
    return how(official.design, values, inside=rows, names=names)


def _gated(
    question: Variable, tables: Sequence[Estimates], classes: Sequence[_Class],
    present: Crossing, door: gate.Release,
) -> list[list[Row]]:  # fmt: skip
    """Rows of every class: thresholds, gate, then the shares that would give another away."""
    found = [
        [
            {"value": value, "label": label, "estimate": row}
            for (value, label), row in zip(question.classes, cuts.rows_of(t), strict=True)
        ]
        for t in tables
    ]
    tablegate.through(question, [one.conditions for one in classes], found, present, door)
    if question.kind == "number":
        return found
    if question.kind == "single":
        for rows, t in zip(found, tables, strict=True):
            _part(rows, t.positives)
    for k in range(len(question.classes)):
        _part([rows[k] for rows in found[1:]], [t.positives[k] for t in tables[1:]])
    return found


def _blank_dominated(
    values: Floats, classes: Sequence[_Class], rows: Sequence[Sequence[Row]]
) -> None:  # fmt: skip
    """Withhold a mean that one woman's amount makes up for the most part."""
    for one, (row,) in zip(classes, rows, strict=True):
        known = values[one.rows, 0]
        if disclosure.dominated(known[np.isfinite(known)].tolist()):
            row["estimate"] = gate.withheld(row["estimate"])


def _round(reach: float, rows: Sequence[Sequence[Row]]) -> None:
    """Means in steps that hide one woman's amount, the largest of all women in mind."""
    for (row,) in rows:
        if row["estimate"]["n"] is not None:
            row["estimate"] = rounding.amounts(row["estimate"], row["estimate"]["n"], reach)


def _level(rows: Sequence[Sequence[Row]]) -> None:
    """The options of a class share one design effect, the median of theirs, and its n_eff.

    They stand on one base, and three or more effects together would tell how many it is exactly.
    """
    for options in rows:
        told = [row["estimate"] for row in options if row["estimate"]["deff"] is not None]
        if len(told) > 2:
            median = {"deff": float(np.median([one["deff"] for one in told])), "n_eff": None}
            for one in told:
                one |= rounding.effect(median, one["n"])


def _part(rows: Sequence[Row], positives: Iterable[Any]) -> None:
    """Withhold one more share where a single withheld one follows from the others."""
    cells = [
        disclosure.Cell(str(k), max(int(n), 0), row["estimate"]["status"] == "suppressed")
        for k, (row, n) in enumerate(zip(rows, positives, strict=True))
    ]
    for k in map(int, disclosure.hide(cells)):
        rows[k]["estimate"] = gate.withheld(rows[k]["estimate"])


def _closed_any(rows: Sequence[Row]) -> bool:
    return any(row["estimate"]["status"] == "suppressed" for row in rows)


def _ranked(question: Variable, found: Estimates, rows: Sequence[Row]) -> Row:
    """Rank sets of the needs where sample and gate leave all of them to be seen, or why not."""
    if question.key not in AXES:
        return {}
    if _closed_any(rows):
        return {"ranks": None, "note": "有的事项不公布"}
    here = standing.standing(found, [True] * len(rows))
    if here.refused:
        return {"ranks": None, "note": here.refused}
    tau = cuts.top_count(len(rows))
    ranks = [here.rank(k) for k in range(len(rows))]
    return {
        "tau": tau,
        "ranks": [
            None if rank is None else {"low": rank[0], "high": rank[1], "tier": tier}
            for rank, tier in zip(ranks, here.tiers(tau), strict=True)
        ],
    }


def _scale(
    question: Variable, official: Official, values: Floats, inside: Mask, rows: Sequence[Row]
) -> Row:
    """Mean score of a scale; withheld with any of its options, whose share would follow."""
    if not question.scores:
        return {}
    score, n = values @ np.array(question.scores), rows[0]["estimate"]["n"]
    row = cuts.rows_of(estimate.mean(official.design, score, inside=inside))[0]
    if n is None or (_closed_any(rows) and row["status"] != "suppressed"):
        return {"mean": gate.withheld(row) | {"n": n}}
    return {"mean": rounding.amounts(row, n, max(question.scores) - min(question.scores))}


def _test(
    question: Variable, by: Variable | None, official: Official, values: Floats, filtered: Mask,
    rows: Sequence[Sequence[Row]],
) -> Row | None:  # fmt: skip
    """Whether the classes differ; classes below the base stay out. None where they overlap.

    p is that of F as it is printed, so it tells nothing more.
    """
    if by is None or by.kind != "single":
        return None
    heads = items(by, official)
    counts = (heads[filtered] == 1).sum(axis=0)
    enough = [k for k, n in enumerate(counts) if n >= THRESHOLDS.base]
    inside = filtered & (heads[:, enough] == 1).any(axis=1)
    classes = _labels(heads)
    exact = not any(_closed_any(one) for one in rows)
    try:
        found = _tests(question, official.design, values, classes, inside)
    except NotTestable as reason:
        return _untested(f"{reason}，不作检验。" if exact else UNTESTED)
    except (ValueError, ZeroDivisionError, FloatingPointError, np.linalg.LinAlgError):
        return _untested(UNTESTED)
    told = [_as_f(one, ranks=question.kind == "number") for one in found]
    adjusted = compare.adjust_p([float(stats.f.sf(f, *df)) for f, df in told], "BH")
    names = {"single": "Rao-Scott 二阶校正卡方检验", "number": "按设计的 Kruskal-Wallis 秩检验",
             "multiple": "逐项 Rao-Scott 检验，p 值按 Benjamini-Hochberg 校正"}  # fmt: skip
    return {
        "name": names[question.kind],
        "results": [
            {"statistic": f if exact else None,
             "df": [round(d, 1) for d in df] if exact else None,
             "p": round(float(p), 3) if exact else None, "clear": bool(p < 0.05)}
            for (f, df), p in zip(told, adjusted, strict=True)
        ],
        "note": "" if exact else "表里有不显示的数，检验只给结论。",
    }  # fmt: skip


def _tests(
    question: Variable, design: Design, values: Floats, classes: NDArray[np.str_], inside: Mask
) -> list[association.Test]:
    """One test, of several answers one each; NotTestable below the degrees an interval needs."""
    if question.kind == "number":
        found = [association.rank_test(design, values[:, 0], classes, inside=inside)]
    else:
        single = question.kind == "single"
        parts = [values] if single else [np.stack([y, 1 - y], axis=1) for y in values.T]
        found = [
            association.chi_square(design, _labels(part), classes, inside=inside) for part in parts
        ]
    degrees = min(design.degrees(inside), *[int(one.df[-1]) for one in found])
    if degrees < THRESHOLDS.interval_df:
        raise NotTestable(f"自由度仅 {degrees}，样本的村太少")
    if not all(np.isfinite(one.p_value) for one in found):
        raise NotTestable("各组没有抽样误差可比")
    return found


def _untested(why: str) -> Row:
    return {"name": "", "results": [], "note": why}


def _as_f(test: association.Test, *, ranks: bool) -> tuple[float, tuple[float, float]]:
    """F as it is printed, and its degrees of freedom; of ranks t squared, or Wald's over free."""
    if len(test.df) == 1:
        return rounding.statistic(test.statistic**2), (1.0, float(test.df[0]))
    f = test.statistic / test.df[0] if ranks else test.statistic
    return rounding.statistic(float(f)), (float(test.df[0]), float(test.df[1]))


def _labels(heads: Floats) -> NDArray[np.str_]:
    """0/1 columns of a partition as class numbers; "" where there is no answer."""
    known = np.isfinite(heads).all(axis=1) & (heads == 1).any(axis=1)
    return np.where(known, np.argmax(np.nan_to_num(heads), axis=1).astype(str), "")


def _gaps(
    question: Variable, by: Variable | None, official: Official, values: Floats,
    classes: Sequence[_Class], rows: Sequence[Sequence[Row]],
) -> list[Row]:  # fmt: skip
    """First class minus second, where there are two that part the women."""
    if by is None or by.kind != "single" or len(by.classes) != 2:
        return []
    masks = [one.rows for one in classes[1:]]
    if min(int(m.sum()) for m in masks) == 0:
        return []
    how = "mean" if question.kind == "number" else "share"
    reach = rounding.reach(values[:, 0]) if how == "mean" else None
    pairs = estimate.by_group(official.design, values, masks, statistic=how)
    return [
        {"value": value, "label": label,
         "gap": _gap(pairs.take([2 * k, 2 * k + 1]), rows[1][k]["estimate"],
                     rows[2][k]["estimate"], reach)}
        for k, (value, label) in enumerate(question.classes)
    ]  # fmt: skip


def _gap(pair: Estimates, one: Row, two: Row, reach: float | None) -> Row:
    """Difference of what is printed, with its interval; withheld as soon as either side is.

    reach: of one woman's amount, where means are compared.
    """
    found = compare.contrast(pair, [1, -1])
    apart = {"se": found.se, "df": int(found.df)}
    if reach is None:
        return printed.gap({"joint": one, "complement": two, "gap": apart})
    hidden = next((row for row in (one, two) if row["status"] == "suppressed"), None)
    if hidden:
        return {**hidden, "n": one["n"]}
    return printed.gap_of_means(
        one, two, apart, rounding.amount_step(reach, min(one["n"], two["n"]))
    )
