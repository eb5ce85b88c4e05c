"""Figures: everything a report prints, as one dictionary, from columns, design and facts.

Deterministic: floats carry ten significant digits, seeds are fixed. Every estimate passes the
thresholds (`Estimate.row`), every partition the disclosure gate. Reports and pages print only this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.core import (
    change,
    cuts,
    estimate,
    gate,
    needs,
    population,
    preferences,
    presence,
    priority,
    ranking,
    second_tables,
    small_areas,
    volunteers,
)
from analysis.core.columns import Columns
from analysis.core.cuts import SEED, Official, ranks, rows_of
from analysis.core.second_tables import line
from analysis.core.thresholds import THRESHOLDS
from surveys.core import disclosure
from surveys.core.definition import Definition

__all__ = ["Official", "build", "rounded", "tables_csv"]
VOLUNTEER_NOTE = "线上自愿样本由扫码自愿填写形成，未经随机抽取，不计算抽样误差，不推断总体"
Row = dict[str, Any]


def build(
    official: Official, crowd: tuple[Definition, Columns] | None, meta: Row, sample: Row,
    method: Row, *, earlier: Sequence[Row] = (), before: change.Before | str | None = None,
    frame: Sequence[population.Place] = (),
) -> Row:  # fmt: skip
    """The whole dictionary; issues and actions are added by the shell.

    earlier: figures frozen before from the same campaign; see `gate.against_earlier`.
    before: the last round of the same area, or why it cannot be compared; see `change.section`.
    frame: its villages, whose facts help to estimate townships; see `small_areas.section`.
    """
    plan = needs.plan(official.definition)
    found = needs.indicators(plan, official.columns)
    tables = needs.estimate(official.design, found)
    sets = {axis: ranks(tables.axis(axis)) for axis in needs.AXES}
    domains = _domains(tables, sets)
    figures = {
        "meta": meta,
        "sample": sample | _precision(official, tables),
        "domains": domains,
        "ranking": _ranking(domains, sets["joint"]),
        "groups": cuts.groups(official, plan, found),
        "townships": cuts.townships(official, found),
        "breakdowns": cuts.breakdowns(official, found),
        "first_choice": _firsts(official, plan),
        "sensitivity": {
            **_sensitivity(official, plan, found),
            "weights": priority.section(official.design, found, tables),
        },
        "volunteers": _volunteers(crowd),
        "wording": _wording(official.definition, plan),
        "method": method,
    }
    gated = gate.against_earlier(figures, earlier)
    beside = {
        "volunteers": volunteers.calibrated(official, crowd, gated["volunteers"], domains),
        "change": change.section(official, found, before, gated["townships"]),
        "rankings": preferences.section(official),
        "presence": presence.section(official, found),
        "models": small_areas.section(gated["townships"], domains, frame),
    }
    return rounded(gated | {name: part for name, part in beside.items() if part})


def rounded(value: Any) -> Any:
    """Ten significant digits, so that the same data give the same bytes."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def _domains(tables: needs.NeedTables, sets: Mapping[str, ranking.RankSets]) -> list[Row]:
    rows = {axis: rows_of(tables.axis(axis)) for axis in needs.AXES}
    women, degree, wish = (rows_of(t) for t in (tables.women, tables.degree, tables.wish))
    tiers = sets["joint"].tier(cuts.top_count(len(tables.codes)))
    return [
        {
            "code": code,
            "label": tables.labels[k],
            **{axis: rows[axis][k] for axis in needs.AXES},
            "women": women[k],
            "degree": degree[k],
            "wish": wish[k],
            "rank": {a: [int(s.low[k]), int(s.high[k])] for a, s in sets.items()},
            "tier": tiers[k],
            "base_rate": 1 - float(tables.missing["joint"][k]),
            "missing_rate": float(tables.missing["joint"][k]),
            "missing": {axis: float(tables.missing[axis][k]) for axis in needs.AXES},
            "bounds": _bounds(tables, rows, k),
        }
        for k, code in enumerate(tables.codes)
    ]


def _bounds(tables: needs.NeedTables, rows: Mapping[str, list[Row]], k: int) -> Row:
    """axis -> [low, high] were every missing answer no or yes, where more than 5 % are missing."""
    out = {}
    for axis in needs.AXES:
        low, high = (float(side[k]) for side in tables.bounds[axis])
        if np.isfinite(low) and rows[axis][k]["status"] != "suppressed":
            out[axis] = [low, high]
    return out


def _ranking(domains: Sequence[Row], sets: ranking.RankSets) -> Row:
    codes = [d["code"] for d in domains]
    return {
        "axis": "joint", "tau": cuts.top_count(len(domains)),
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


def _firsts(official: Official, plan: needs.Plan) -> Row:
    """The second view: which one is named first. The options part those who named one."""
    out: Row = {}
    for first in plan.firsts:
        table = needs.first_choice(official.design, first, official.columns)
        rows = gate.partition(rows_of(table), [max(int(n), 0) for n in table.positives])
        out[first.axis] = [
            {"code": domain or option, "label": label, "share": row}
            for (option, domain, label), row in zip(first.options, rows, strict=True)
        ]
    return out


def _sensitivity(official: Official, plan: needs.Plan, found: needs.Indicators) -> Row:
    """Need at the next threshold; the joint share without flagged interviews, if any are known."""
    strict = needs.indicators(plan, official.columns, stricter=1.0)
    out = {"threshold3": _shares(official, strict, "need", None)}
    between = np.nansum(found.need, axis=0) - np.nansum(strict.need, axis=0)
    for row, n in zip(out["threshold3"], between, strict=True):
        if 0 < n < THRESHOLDS.cell and row["need"]["status"] != "suppressed":
            row["need"] = gate.withheld(row["need"])
    flagged = official.columns.keys.get("flagged")
    if flagged is not None:
        kept = np.array([not bool(f) for f in flagged])
        if not 0 < (~kept).sum() < THRESHOLDS.cell:
            out["unflagged"] = _shares(official, found, "joint", kept)
    return out


def _shares(
    official: Official, found: needs.Indicators, axis: str, rows: np.ndarray | None
) -> list[Row]:
    table = estimate.share(official.design, found.axis(axis), inside=rows, names=found.codes)
    return [{"code": c, axis: r} for c, r in zip(found.codes, rows_of(table), strict=True)]


def _wording(definition: Definition, plan: needs.Plan) -> list[Row]:
    """How the items behind the axes were asked: question, options, from which one it counts."""
    asked = {question.name: question for question in definition.questions()}
    language = definition.default_language
    out = []
    for domain in plan.domains:
        for axis, item in (
            ("need", domain.need), ("urgency", domain.urgency), ("hope", domain.hope),
        ):  # fmt: skip
            if item is not None:
                question = asked[item.column]
                counted = [c for c in question.choices if not c.missing]
                out.append({
                    "code": domain.code, "axis": axis,
                    "text": needs.wording(question.label, language),
                    "options": [needs.wording(c.label, language) for c in question.choices],
                    "counted": [needs.wording(c.label, language) for c in counted
                                if c.score is not None and c.score >= item.threshold],
                })  # fmt: skip
    return out


def _volunteers(given: tuple[Definition, Columns] | None) -> Row:
    """Plain shares of those who answered: no error, no ranks, never the county's women."""
    if given is None or given[1].n < THRESHOLDS.base:
        return {"n": 0, "domains": [], "note": VOLUNTEER_NOTE}
    definition, columns = given
    found = needs.indicators(needs.plan(definition), columns)
    rows = []
    for k, code in enumerate(found.codes):
        answers = found.need[:, k][np.isfinite(found.need[:, k])]
        few = min(answers.sum(), len(answers) - answers.sum())
        small = len(answers) < THRESHOLDS.base or 0 < few < THRESHOLDS.cell
        rows.append({"code": code, "share": None if small else float(answers.mean()),
                     "n": len(answers)})  # fmt: skip
    return {"n": columns.n, "domains": rows, "note": VOLUNTEER_NOTE}


def tables_csv(figures: Row) -> dict[str, str]:
    """Published tables as CSV texts by ASCII file name."""
    head = second_tables.HEAD
    tables: dict[str, list[Sequence[object]]] = {}
    for axis in needs.AXES:
        tables[f"county_{axis}.csv"] = [
            head,
            *[line(d["code"], d["label"], d[axis]) for d in figures["domains"]],
        ]
    tables["ranks.csv"] = [
        ["code", "label", *[f"{a}_{e}" for a in needs.AXES for e in ("low", "high")], "tier"],
        *[[d["code"], d["label"], *[v for a in needs.AXES for v in d["rank"][a]], d["tier"]]
          for d in figures["domains"]],
    ]  # fmt: skip
    tables["townships_need.csv"] = [
        ["township", *head],
        *[[t["name"], *line(d["code"], "", d["need"])] for t in figures["townships"]
          for d in t["domains"]],
    ]  # fmt: skip
    tables["classes_need.csv"] = [
        ["question", "class", *head],
        *[[b["label"], r["label"], *line(d["code"], "", d["need"])] for b in figures["breakdowns"]
          for r in b["rows"] for d in r["domains"]],
    ]  # fmt: skip
    tables["groups_gap.csv"] = [
        ["group", *head],
        *[[g["label"], *line(d["code"], "", d["gap"])] for g in figures["groups"]
          for d in g["domains"]],
    ]  # fmt: skip
    tables |= second_tables.tables(figures)
    return {name: disclosure.csv_text(rows) for name, rows in tables.items()}
