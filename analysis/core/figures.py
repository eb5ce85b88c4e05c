"""Figures: everything a report prints, as one dictionary, from columns, design and facts.

Deterministic: floats carry ten significant digits, seeds are fixed. Every estimate passes the
thresholds (`Estimate.row`), every partition the disclosure gate. Reports and pages print only this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.core import compare, estimate, needs, ranking
from analysis.core.columns import Columns
from analysis.core.design import Design, Floats
from analysis.core.thresholds import THRESHOLDS
from surveys.core import disclosure
from surveys.core.definition import Definition

TAU, SEED = 3, 20261123
VOLUNTEER_NOTE = "线上自愿样本由扫码自愿填写形成，未经随机抽取，不计算抽样误差，不推断总体"
AGES = (("18-34", "18—34岁", 18, 34), ("35-59", "35—59岁", 35, 59), ("60+", "60岁及以上", 60, 200))
Row = dict[str, Any]


@dataclass(frozen=True)
class Official:
    """The probability sample: columns of the respondents in the design's row order."""

    columns: Columns
    design: Design
    definition: Definition
    townships: Mapping[str, str]  # code -> name; keys["township"] holds the code
    year: int


def build(
    official: Official, volunteers: tuple[Definition, Columns] | None, meta: Row, sample: Row,
    method: Row,
) -> Row:  # fmt: skip
    """The whole dictionary; issues and actions are added by the shell."""
    plan = needs.plan(official.definition)
    found = needs.indicators(plan, official.columns)
    tables = needs.estimate(official.design, found)
    sets = {axis: _ranks(tables.axis(axis)) for axis in needs.AXES}
    domains = _domains(tables, sets)
    figures = {
        "meta": meta,
        "sample": sample | _precision(official, tables),
        "domains": domains,
        "ranking": _ranking(domains, sets["joint"]),
        "groups": _groups(official, plan, found),
        "townships": _townships(official, found),
        "breakdowns": _breakdowns(official, found),
        "first_choice": _firsts(official, plan),
        "sensitivity": {"threshold3": _stricter(official, plan)},
        "volunteers": _volunteers(volunteers),
        "method": method,
    }
    return rounded(figures)


def rounded(value: Any) -> Any:
    """Ten significant digits, so that the same data give the same bytes."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def _rows(table: estimate.Estimates) -> list[Row]:
    return [one.row() for one in table.rows()]


def _ranks(table: estimate.Estimates) -> ranking.RankSets:
    df = float(table.df.min())
    return ranking.rank_sets(table.values, table.covariance, df=df, seed=SEED)


def _domains(tables: needs.NeedTables, sets: Mapping[str, ranking.RankSets]) -> list[Row]:
    rows = {axis: _rows(tables.axis(axis)) for axis in needs.AXES}
    women, tiers = _rows(tables.women), sets["joint"].tier(TAU)
    return [
        {
            "code": code,
            "label": tables.labels[k],
            **{axis: rows[axis][k] for axis in needs.AXES},
            "women": women[k],
            "rank": {a: [int(s.low[k]), int(s.high[k])] for a, s in sets.items()},
            "tier": tiers[k],
            "base_rate": 1 - float(tables.missing["joint"][k]),
            "missing_rate": float(tables.missing["joint"][k]),
        }
        for k, code in enumerate(tables.codes)
    ]


def _ranking(domains: Sequence[Row], sets: ranking.RankSets) -> Row:
    codes = [d["code"] for d in domains]
    return {
        "axis": "joint", "tau": TAU,
        "confirmed": [d["code"] for d in domains if d["tier"] == "confirmed"],
        "possible": [d["code"] for d in domains if d["tier"] == "possible"],
        "alpha": 0.05, "family": f"{len(domains)}个领域两两比较", "draws": ranking.DRAWS,
        "seed": SEED, "borderline": [[codes[i], codes[j]] for i, j in sets.borderline],
    }  # fmt: skip


def _precision(official: Official, tables: needs.NeedTables) -> Row:
    w = official.design.weights
    return {
        "n": official.columns.n, "df": int(official.design.degrees()),
        "deff_median": float(np.nanmedian(tables.need.deff)),
        "kish": len(w) * float(w @ w) / float(w.sum()) ** 2,
        "population_women": round(float(w.sum())),
    }  # fmt: skip


def _groups(official: Official, plan: needs.Plan, found: needs.Indicators) -> list[Row]:
    masks = needs.group_masks(plan, official.columns)
    rows = []
    for group in plan.groups:
        mask = masks[group.code]
        share = _rows(estimate.share(official.design, mask))[0]
        members = int(np.nansum(mask == 1))
        rows.append(
            {
                "code": group.code, "label": group.label, "n": members, "share": share,
                "domains": _gaps(official.design, found, mask),
                "top": _group_top(official.design, found, mask),
                "note": "该题跳过者不计入对照",
            }
        )  # fmt: skip
    return rows


def _gaps(design: Design, found: needs.Indicators, mask: Floats) -> list[Row]:
    rows = []
    for k, code in enumerate(found.codes):
        pair = estimate.by_group(
            design, found.joint[:, k], [mask == 1, mask == 0], statistic="share"
        )
        inside, outside = _rows(pair)
        rows.append(
            {"code": code, "joint": inside, "complement": outside, "gap": _gap(pair, inside,
             outside)}
        )  # fmt: skip
    return rows


def _gap(pair: estimate.Estimates, inside: Row, outside: Row) -> Row:
    """Difference group minus others; withheld as soon as either side is."""
    hidden = next((r for r in (inside, outside) if r["status"] == "suppressed"), None)
    if hidden:
        return dict(hidden)
    found = compare.contrast(pair, [1, -1])
    low, high = found.interval()
    status = "review" if "review" in (inside["status"], outside["status"]) else "ok"
    return {
        "value": found.value, "se": found.se, "low": low, "high": high, "n": inside["n"],
        "n_eff": inside["n_eff"], "df": int(found.df), "deff": None, "status": status,
        "reason": inside["reason"] or outside["reason"],
    }  # fmt: skip


def _group_top(design: Design, found: needs.Indicators, mask: Floats) -> Row:
    """Ranks inside one group, only where it is large enough to tell them apart."""
    rows = mask == 1
    if rows.sum() < THRESHOLDS.rank_n_eff:
        return {"confirmed": [], "possible": [], "note": "样本不足以排序"}
    table = estimate.share(design, found.joint, inside=rows, names=found.codes)
    enough = float(np.median(table.n_eff)) >= THRESHOLDS.rank_n_eff
    if not enough or table.df.min() < THRESHOLDS.rank_df:
        return {"confirmed": [], "possible": [], "note": "样本不足以排序"}
    tiers = _ranks(table).tier(TAU)
    return {
        tier: [c for c, t in zip(found.codes, tiers, strict=True) if t == tier]
        for tier in ("confirmed", "possible")
    }


def _needs_within(design: Design, found: needs.Indicators, rows: np.ndarray) -> list[Row]:
    table = estimate.share(design, found.need, inside=rows, names=found.codes)
    return [
        {"code": code, "need": row} for code, row in zip(found.codes, _rows(table), strict=True)
    ]


def _townships(official: Official, found: needs.Indicators) -> list[Row]:
    labels = official.columns.keys["township"].astype(str)
    out = []
    for code, name in sorted(official.townships.items()):
        rows = labels == code
        df = official.design.degrees(rows)
        enough = df >= THRESHOLDS.rank_df and rows.sum() >= THRESHOLDS.rank_n_eff
        out.append(
            {
                "code": code, "name": name, "n": int(rows.sum()), "df": int(df),
                "domains": _needs_within(official.design, found, rows),
                "note": "" if enough else "样本不足以排序",
            }
        )  # fmt: skip
    return out


def _breakdowns(official: Official, found: needs.Indicators) -> list[Row]:
    out = [_by_age(official, found)] if _role(official, "birth_year") else []
    for role, label in (("residence", "户籍"), ("education", "文化程度")):
        name = _role(official, role)
        if name:
            question = next(q for q in official.definition.questions() if q.name == name)
            classes = [
                (c.name, needs.wording(c.label, official.definition.default_language),
                 official.columns.texts[name] == c.name)
                for c in question.choices if not c.missing
            ]  # fmt: skip
            out.append(_breakdown(official, found, role, label, classes))
    return [b for b in out if b["rows"]]


def _role(official: Official, role: str) -> str | None:
    name = needs.role_column(official.definition, role)
    return name if name in official.columns.numbers else None


def _by_age(official: Official, found: needs.Indicators) -> Row:
    name = _role(official, "birth_year") or ""
    age = official.year - official.columns.numbers[name]
    classes = [(value, label, (age >= low) & (age <= high)) for value, label, low, high in AGES]
    return _breakdown(official, found, "birth_year", "年龄", classes)


def _breakdown(
    official: Official, found: needs.Indicators, role: str, label: str,
    classes: Sequence[tuple[str, str, np.ndarray]],
) -> Row:  # fmt: skip
    cells = [disclosure.Cell(value, int(mask.sum())) for value, _, mask in classes]
    hidden = disclosure.hide(cells)
    rows = []
    for value, text, mask in classes:
        if value in hidden or not mask.any():
            continue
        share = _rows(estimate.share(official.design, mask.astype(float)))[0]
        rows.append(
            {"value": value, "label": text, "n": int(mask.sum()), "share": share,
             "domains": _needs_within(official.design, found, mask)}
        )  # fmt: skip
    return {"role": role, "label": label, "rows": rows}


def _firsts(official: Official, plan: needs.Plan) -> Row:
    out: Row = {}
    for first in plan.firsts:
        table = _rows(needs.first_choice(official.design, first, official.columns))
        out[first.axis] = [
            {"code": domain or option, "label": label, "share": row}
            for (option, domain, label), row in zip(first.options, table, strict=True)
        ]
    return out


def _stricter(official: Official, plan: needs.Plan) -> list[Row]:
    found = needs.indicators(plan, official.columns, stricter=1.0)
    return _needs_within(official.design, found, np.ones(official.columns.n, dtype=bool))


def _volunteers(given: tuple[Definition, Columns] | None) -> Row:
    """Plain shares of those who answered: no error, no ranks, never the county's women."""
    if given is None or given[1].n < THRESHOLDS.base:
        return {"n": 0, "domains": [], "note": VOLUNTEER_NOTE}
    definition, columns = given
    found = needs.indicators(needs.plan(definition), columns)
    rows = []
    for k, code in enumerate(found.codes):
        answers = found.need[:, k][np.isfinite(found.need[:, k])]
        small = len(answers) < THRESHOLDS.base or 0 < answers.sum() < THRESHOLDS.cell
        rows.append({"code": code, "share": None if small else float(answers.mean()),
                     "n": len(answers)})  # fmt: skip
    return {"n": columns.n, "domains": rows, "note": VOLUNTEER_NOTE}


def tables_csv(figures: Row) -> dict[str, str]:
    """Published tables as CSV texts by ASCII file name."""
    head = ["code", "label", "value", "low", "high", "n", "n_eff", "df", "status", "reason"]
    tables: dict[str, list[Sequence[object]]] = {}
    for axis in needs.AXES:
        tables[f"county_{axis}.csv"] = [
            head,
            *[_line(d["code"], d["label"], d[axis]) for d in figures["domains"]],
        ]
    tables["ranks.csv"] = [
        ["code", "label", *[f"{a}_{e}" for a in needs.AXES for e in ("low", "high")], "tier"],
        *[[d["code"], d["label"], *[v for a in needs.AXES for v in d["rank"][a]], d["tier"]]
          for d in figures["domains"]],
    ]  # fmt: skip
    tables["townships_need.csv"] = [
        ["township", *head],
        *[[t["name"], *_line(d["code"], "", d["need"])] for t in figures["townships"]
          for d in t["domains"]],
    ]  # fmt: skip
    tables["groups_gap.csv"] = [
        ["group", *head],
        *[[g["label"], *_line(d["code"], "", d["gap"])] for g in figures["groups"]
          for d in g["domains"]],
    ]  # fmt: skip
    return {name: disclosure.csv_text(rows) for name, rows in tables.items()}


def _line(code: str, label: str, row: Row) -> list[object]:
    return [code, label, row["value"], row["low"], row["high"], row["n"], row["n_eff"], row["df"],
            row["status"], row["reason"]]  # fmt: skip
