"""Needs in parts of the county: special groups, townships, classes of a background question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.core import compare, equity, estimate, needs, ranking
from analysis.core.ages import AGES
from analysis.core.columns import Columns
from analysis.core.design import Design, Floats
from surveys.core.definition import Definition

TAU, SEED = 3, 20261123
ROLES = (("residence", "户籍与居住"), ("education", "文化程度"), ("employment", "主要状态"))
Row = dict[str, Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Official:
    """The probability sample: columns of the respondents in the design's row order."""

    columns: Columns
    design: Design
    definition: Definition
    townships: Mapping[str, str]  # code -> name; keys["township"] holds the code
    year: int


def rows_of(table: estimate.Estimates) -> list[Row]:
    return [one.row() for one in table.rows()]


def top_count(domains: int) -> int:
    """How many leading places are spoken of: fewer than there are domains, else nothing is said."""
    return min(TAU, max(1, domains - 1))


def ranks(
    table: estimate.Estimates, coverage: float = 0.95, among: Mask | None = None
) -> ranking.RankSets:  # fmt: skip
    """Simultaneous sets; what could not be estimated, or is not among, may stand anywhere."""
    fit = np.isfinite(table.values) & np.isfinite(np.diagonal(table.covariance))
    fit = fit if among is None else fit & among
    p = len(fit)
    rank = np.full(p, p, dtype=np.intp)
    low, high = np.ones(p, dtype=np.intp), np.full(p, p, dtype=np.intp)
    if not fit.any():
        return ranking.RankSets(rank, low, high, coverage, ())
    at, some = np.flatnonzero(fit), table.take(list(np.flatnonzero(fit)))
    sets = ranking.rank_sets(
        some.values, some.covariance, df=max(float(some.df.min()), 1), coverage=coverage, seed=SEED
    )
    rank[at], low[at], high[at] = sets.rank, sets.low, sets.high + (p - len(at))
    pairs = tuple((int(at[i]), int(at[j])) for i, j in sets.borderline)
    return ranking.RankSets(rank, low, high, sets.coverage, pairs)


def groups(official: Official, plan: needs.Plan, found: needs.Indicators) -> list[Row]:
    """Each special group beside all women known not to belong to it."""
    masks = needs.group_masks(plan, official.columns)
    return [_group(official, group, masks[group.code], found) for group in plan.groups]


def _group(
    official: Official, group: needs.SpecialGroup, mask: Floats, found: needs.Indicators
) -> Row:  # fmt: skip
    return {
        "code": group.code,
        "label": group.label,
        "n": int(np.nansum(mask == 1)),
        "unknown": int(np.isnan(mask).sum()),
        "share": rows_of(estimate.share(official.design, mask))[0],
        "domains": _gaps(official.design, found, mask),
        "note": "该题跳过者不计入对照",
    }


def _gaps(design: Design, found: needs.Indicators, mask: Floats) -> list[Row]:
    out = []
    for k, code in enumerate(found.codes):
        pair = estimate.by_group(
            design, found.joint[:, k], [mask == 1, mask == 0], statistic="share"
        )
        inside, outside = rows_of(pair)
        ratios = equity.ratios(design, found.joint[:, k], mask, pair)
        out.append({"code": code, "joint": inside, "complement": outside, "gap": _gap(pair),
                    **ratios})  # fmt: skip
    return out


def _gap(pair: estimate.Estimates) -> Row:
    """Error and degrees of freedom of the difference; the rest follows from what is printed."""
    found = compare.contrast(pair, [1, -1])
    return {"se": found.se, "df": int(found.df), "status": "ok"}


def townships(official: Official, found: needs.Indicators) -> list[Row]:
    """Value, interval and base of every township."""
    labels = official.columns.keys["township"].astype(str)
    return [
        _township(official, found, code, name, labels == code)
        for code, name in sorted(official.townships.items())
    ]


def _township(
    official: Official, found: needs.Indicators, code: str, name: str, rows: Mask
) -> Row:  # fmt: skip
    tables = [
        within(official.design, part, found.codes, rows) for part in (found.need, found.joint)
    ]
    return {
        "code": code, "name": name, "n": int(rows.sum()),
        "df": int(official.design.degrees(rows)), "villages": _villages(official, rows),
        "domains": [
            {"code": c, "need": need, "joint": joint}
            for c, need, joint in zip(found.codes, *map(rows_of, tables), strict=True)
        ],
    }  # fmt: skip


def _villages(official: Official, rows: Mask) -> int | None:
    psu = official.columns.keys.get("psu")
    return None if psu is None else len(set(psu[rows]))


def within(design: Design, items: Floats, codes: Sequence[str], rows: Mask) -> estimate.Estimates:
    return estimate.share(design, items, inside=rows, names=codes)


def breakdowns(official: Official, found: needs.Indicators) -> list[Row]:
    """Needs by age and by the background questions the form marks with a role."""
    out = [_by_age(official, found)] if role_column(official, "birth_year") else []
    for role, label in ROLES:
        name = role_column(official, role)
        if name:
            question = next(q for q in official.definition.questions() if q.name == name)
            classes = [
                (c.name, needs.wording(c.label, official.definition.default_language),
                 official.columns.texts[name] == c.name)
                for c in question.choices if not c.missing
            ]  # fmt: skip
            out.append(_breakdown(official, found, role, label, classes))
    return [b for b in out if b["rows"]]


def background(official: Official) -> dict[str, tuple[str, ...]]:
    """Role -> (column, its classes); the classes of the year of birth are those of `ages`."""
    asked = {question.name: question for question in official.definition.questions()}
    names = {role: role_column(official, role) for role in ("birth_year", *dict(ROLES))}
    return {
        role: (name, *[c.name for c in asked[name].choices if not c.missing])
        for role, name in names.items()
        if name
    }


def role_column(official: Official, role: str) -> str | None:
    name = needs.role_column(official.definition, role)
    return name if name in official.columns.numbers else None


def _by_age(official: Official, found: needs.Indicators) -> Row:
    name = role_column(official, "birth_year") or ""
    age = official.year - official.columns.numbers[name]
    classes = [(value, label, (age >= low) & (age <= high)) for value, label, low, high in AGES]
    return _breakdown(official, found, "birth_year", "年龄", classes)


def _breakdown(
    official: Official, found: needs.Indicators, role: str, label: str,
    classes: Sequence[tuple[str, str, Mask]],
) -> Row:  # fmt: skip
    tables = [within(official.design, found.need, found.codes, mask) for *_, mask in classes]
    rows = []
    for (value, text, mask), needed in zip(classes, map(rows_of, tables), strict=True):
        if not mask.any():
            continue
        share = rows_of(estimate.share(official.design, mask.astype(float)))[0]
        rows.append(
            {"value": value, "label": text, "n": int(mask.sum()), "share": share,
             "domains": [{"code": c, "need": row}
                         for c, row in zip(found.codes, needed, strict=True)]}
        )  # fmt: skip
    return {"role": role, "label": label, "rows": rows}
