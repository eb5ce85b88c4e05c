"""Needs in parts of the county: special groups, townships, classes of a background question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from analysis.core import compare, equity, estimate, gate, needs, ranking
from analysis.core.ages import AGES
from analysis.core.columns import Columns
from analysis.core.design import Design, Floats
from analysis.core.thresholds import THRESHOLDS
from surveys.core import disclosure
from surveys.core.definition import Definition

TAU, SEED = 3, 20261123
NOT_RANKED = "样本不足以排序"
POWER = 0.80
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


def ranks(table: estimate.Estimates, coverage: float = 0.95) -> ranking.RankSets:
    """Simultaneous sets; an item that could not be estimated may stand anywhere."""
    fit = np.isfinite(table.values) & np.isfinite(np.diagonal(table.covariance))
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
    count = len(plan.groups)
    return [_group(official, group, masks[group.code], found, count) for group in plan.groups]


def _group(
    official: Official, group: needs.SpecialGroup, mask: Floats, found: needs.Indicators,
    groups: int,
) -> Row:  # fmt: skip
    members = int(np.nansum(mask == 1))
    small = 0 < members < THRESHOLDS.cell
    return {
        "code": group.code,
        "label": group.label,
        "n": None if small else members,
        "unknown": _count(int(np.isnan(mask).sum())),
        "share": rows_of(estimate.share(official.design, mask))[0],
        "domains": _gaps(official.design, found, mask),
        "top": _group_top(official.design, found, mask, groups),
        "note": "该题跳过者不计入对照",
    }


def _count(n: int) -> int | None:
    return None if 0 < n < THRESHOLDS.cell else n


def _gaps(design: Design, found: needs.Indicators, mask: Floats) -> list[Row]:
    out = []
    for k, code in enumerate(found.codes):
        pair = estimate.by_group(
            design, found.joint[:, k], [mask == 1, mask == 0], statistic="share"
        )
        inside, outside = gate.partition(rows_of(pair), [int(n) for n in pair.positives])
        gap = _gap(pair, inside, outside)
        ratios = equity.ratios(design, found.joint[:, k], mask, pair, gap)
        out.append({"code": code, "joint": inside, "complement": outside, "gap": gap, **ratios})
    return out


def _gap(pair: estimate.Estimates, inside: Row, outside: Row) -> Row:
    """Difference group minus others; withheld as soon as either side is.

    detectable: the smallest difference this sample finds with 80 % certainty.
    """
    hidden = next((r for r in (inside, outside) if r["status"] == "suppressed"), None)
    if hidden:
        return {**hidden, "n": inside["n"], "detectable": None}
    found = compare.contrast(pair, [1, -1])
    low, high = found.interval()
    status = "review" if "review" in (inside["status"], outside["status"]) else "ok"
    steps = stats.t.ppf([0.975, POWER], max(found.df, 1)).sum()
    return {
        "value": found.value, "se": found.se, "low": low, "high": high, "n": inside["n"],
        "n_eff": inside["n_eff"], "df": int(found.df), "deff": None, "status": status,
        "reason": inside["reason"] or outside["reason"], "detectable": float(steps * found.se),
    }  # fmt: skip


def _group_top(design: Design, found: needs.Indicators, mask: Floats, groups: int) -> Row:
    """Ranks inside one group, only where it is large enough to tell them apart.

    They hold together with those of all other groups: no group is heard by chance alone.
    """
    table = estimate.share(design, found.joint, inside=mask == 1, names=found.codes)
    sets = _rankable(table, equity.coverage(groups))
    if sets is None:
        return {"confirmed": [], "possible": [], "note": NOT_RANKED}
    tiers = sets.tier(top_count(len(found.codes)))
    told = {
        tier: [c for c, t in zip(found.codes, tiers, strict=True) if t == tier]
        for tier in ("confirmed", "possible")
    }
    return told | {"family": equity.family(groups, len(found.codes))}


def _rankable(table: estimate.Estimates, coverage: float = 0.95) -> ranking.RankSets | None:
    """Rank sets where degrees of freedom and effective sample of a typical item allow them."""
    n_eff = table.n_eff[np.isfinite(table.n_eff)]
    if not len(n_eff) or table.df.min() < THRESHOLDS.rank_df:
        return None
    return ranks(table, coverage) if float(np.median(n_eff)) >= THRESHOLDS.rank_n_eff else None


def townships(official: Official, found: needs.Indicators) -> list[Row]:
    """Value, interval and base of every township; ranks only where the sample can bear them."""
    labels = official.columns.keys["township"].astype(str)
    named = [(code, name, labels == code) for code, name in sorted(official.townships.items())]
    tables = [_within(official.design, found.need, found.codes, rows) for *_, rows in named]
    needed = _together(tables, found.codes)
    joint = _together(
        [_within(official.design, found.joint, found.codes, rows) for *_, rows in named],
        found.codes,
    )
    out = []
    for k, (code, name, rows) in enumerate(named):
        sets = _rankable(tables[k])
        out.append(
            {
                "code": code, "name": name, "n": _count(int(rows.sum())),
                "df": int(official.design.degrees(rows)), "villages": _villages(official, rows),
                "domains": [
                    {"code": c, "need": needed[k][i], "joint": joint[k][i],
                     **({"rank": [int(sets.low[i]), int(sets.high[i])]} if sets else {})}
                    for i, c in enumerate(found.codes)
                ],
                "note": "" if sets else NOT_RANKED,
            }
        )  # fmt: skip
    return out


def _villages(official: Official, rows: Mask) -> int | None:
    psu = official.columns.keys.get("psu")
    return None if psu is None else len(set(psu[rows]))


def _within(design: Design, items: Floats, codes: Sequence[str], rows: Mask) -> estimate.Estimates:
    return estimate.share(design, items, inside=rows, names=codes)


def _together(tables: Sequence[estimate.Estimates], codes: Sequence[str]) -> list[list[Row]]:
    """Rows of every class, each item gated across the classes."""
    plain = [rows_of(table) for table in tables]
    for k in range(len(codes)):
        column = gate.partition(
            [rows[k] for rows in plain], [max(int(t.positives[k]), 0) for t in tables]
        )
        for rows, row in zip(plain, column, strict=True):
            rows[k] = row
    return plain


def breakdowns(official: Official, found: needs.Indicators) -> list[Row]:
    """Needs by age and by the background questions the form marks with a role."""
    out = [_by_age(official, found)] if role_column(official, "birth_year") else []
    for role, label in (
        ("residence", "户籍与居住"), ("education", "文化程度"), ("employment", "主要状态"),
    ):  # fmt: skip
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
    hidden = disclosure.hide([disclosure.Cell(value, int(m.sum())) for value, _, m in classes])
    tables = [_within(official.design, found.need, found.codes, mask) for *_, mask in classes]
    gated = _together(tables, found.codes)
    rows = []
    for (value, text, mask), needed in zip(classes, gated, strict=True):
        if value in hidden or not mask.any():
            continue
        share = rows_of(estimate.share(official.design, mask.astype(float)))[0]
        rows.append(
            {"value": value, "label": text, "n": int(mask.sum()), "share": share,
             "domains": [{"code": c, "need": row}
                         for c, row in zip(found.codes, needed, strict=True)]}
        )  # fmt: skip
    return {"role": role, "label": label, "rows": rows}
