"""Figures: everything a report prints, as one dictionary, from columns, design and facts.

Deterministic: floats carry ten significant digits, seeds are fixed. Every estimate passes the
thresholds (`Estimate.row`), every row the disclosure gate. Reports and pages print only this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.core import (
    beside,
    change,
    crossing,
    cuts,
    estimate,
    gate,
    mentions,
    needs,
    population,
    preferences,
    presence,
    priority,
    second_tables,
    small_areas,
    standing,
    volunteers,
)
from analysis.core.columns import Columns
from analysis.core.crossing import IN, OUT, Crossing
from analysis.core.cuts import Official, rows_of
from analysis.core.second_tables import line
from analysis.core.thresholds import THRESHOLDS
from surveys.core import disclosure
from surveys.core.definition import Definition

__all__ = ["Official", "build", "rounded", "tables_csv"]
VOLUNTEER_NOTE = "线上自愿样本由扫码自愿填写形成，未经随机抽取，不计算抽样误差，不推断总体"
Row = dict[str, Any]


@dataclass
class Releases:
    """The doors of both samples: what left before, and when."""

    official: gate.Release = field(default_factory=gate.Release)
    volunteers: gate.Release = field(default_factory=gate.Release)


def build(
    official: Official, crowd: tuple[Definition, Columns] | None, meta: Row, sample: Row,
    method: Row, *, releases: Releases | None = None, before: change.Before | str | None = None,
    frame: Sequence[population.Place] = (),
) -> Row:  # fmt: skip
    """The whole dictionary; issues and actions are added by the shell.

    releases: ledgers of what left before, which then also hold what leaves now. Raises
    `gate.TooClose` when the sample differs from an earlier one by too few persons.
    before: the last round of the same area, or why it cannot be compared; see `change.section`.
    frame: its villages, whose facts help to estimate townships; see `small_areas.section`.
    """
    doors = releases or Releases()
    plan = needs.plan(official.definition)
    found = needs.indicators(plan, official.columns)
    tables = needs.estimate(official.design, found)
    figures = {
        "meta": meta,
        "sample": sample | _precision(official),
        "domains": _domains(tables, _missing(official, found)),
        "groups": cuts.groups(official, plan, found),
        "townships": cuts.townships(official, found),
        "breakdowns": cuts.breakdowns(official, found),
        "first_choice": _firsts(official, plan),
        "sensitivity": _sensitivity(official, plan, found),
        "rankings": preferences.section(official),
        "presence": presence.section(official, found),
        "volunteers": _volunteers(crowd, doors.volunteers),
        "wording": _wording(official.definition, plan),
        "method": method,
    }
    gated = gate.guard(figures, _people(official, plan, found), doors.official)
    gated |= standing.county(tables, gated["domains"]) | {
        "groups": standing.groups(official, plan, found, gated["groups"]),
        "townships": standing.townships(official, found, gated["townships"]),
    }
    gated["sample"]["deff_median"] = _typical(gated["domains"])
    gated["sensitivity"]["weights"] = priority.section(official.design, found, gated["domains"])
    told = {
        "volunteers": volunteers.calibrated(official, crowd, gated["volunteers"], gated["domains"]),
        "change": beside.change(
            change.section(official, found, before, gated["townships"], doors.official),
            gated["domains"],
        ),
        "rankings": gated.pop("rankings"),
        "presence": gated.pop("presence"),
        "models": small_areas.section(gated["townships"], gated["domains"], frame),
    }
    return rounded(gated | {name: part for name, part in told.items() if part})


def _people(official: Official, plan: needs.Plan, found: needs.Indicators) -> Crossing:
    """What the gate counts with."""
    columns = official.columns
    people = Crossing(columns.n)
    people.add("township", columns.keys["township"], sorted(official.townships))
    crossing.of_needs(people, found)
    crossing.of_classes(people, official.definition)
    crossing.of_levels(people, needs.indicators(plan, columns, stricter=1.0))
    crossing.of_groups(people, plan, columns)
    crossing.of_firsts(people, plan, columns)
    crossing.of_background(people, columns, cuts.background(official), official.year)
    for name, options in presence.attributes(official).items():
        crossing.of_question(people, name, columns.texts[name], options)
    for name, options, places in preferences.attributes(official):
        _of_places(people, name, options, places)
    flagged = columns.keys.get("flagged", np.zeros(columns.n))
    people.add(crossing.FLAGGED, [IN if f else OUT for f in flagged], (IN, OUT))
    return people


def _of_places(people: Crossing, name: str, options: Sequence[str], places: np.ndarray) -> None:
    """A rank question: which option stands first, and of each whether it is among the first."""
    live = np.isfinite(places).any(axis=1)
    first = np.argmax(places == 1, axis=1)
    named = np.where(live, np.array(options, dtype=object)[first], "")
    crossing.of_question(people, name, named, options)
    for k, option in enumerate(options):
        held = np.where(live, places[:, k] <= preferences.PLACES, np.nan)
        crossing.of_yes(people, crossing.top(name, option), held)


def rounded(value: Any) -> Any:
    """Ten significant digits, so that the same data give the same bytes."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def _missing(official: Official, found: needs.Indicators) -> dict[str, np.ndarray]:
    """Axis -> (p,) share of all women, weighted, who did not answer."""
    w = official.design.weights / official.design.weights.sum()
    return {axis: w @ np.isnan(found.axis(axis)) for axis in needs.AXES}


def _domains(tables: needs.NeedTables, missing: Mapping[str, np.ndarray]) -> list[Row]:
    rows = {axis: rows_of(tables.axis(axis)) for axis in needs.AXES}
    degree, wish = rows_of(tables.degree), rows_of(tables.wish)
    return [
        {
            "code": code,
            "label": tables.labels[k],
            **{axis: rows[axis][k] for axis in needs.AXES},
            "degree": degree[k],
            "wish": wish[k],
            "missing": {axis: float(rates[k]) for axis, rates in missing.items()},
        }
        for k, code in enumerate(tables.codes)
    ]


def _precision(official: Official) -> Row:
    w = official.design.weights
    return {
        "n": official.columns.n, "df": int(official.design.degrees()),
        "kish": round(len(w) * float(w @ w) / float(w.sum()) ** 2, 2),
        "population_women": round(float(w.sum())),
    }  # fmt: skip


def _typical(domains: Sequence[Row]) -> float | None:
    """Median of the printed design effects of the needs; None where none has any."""
    told = [d["need"]["deff"] for d in domains if d["need"]["deff"] is not None]
    return float(np.median(told)) if told else None


def _firsts(official: Official, plan: needs.Plan) -> Row:
    """The second view: which one is named first. The options part those who named one."""
    out: Row = {}
    for first in plan.firsts:
        table = needs.first_choice(official.design, first, official.columns)
        out[first.axis] = [
            {"code": domain or option, "label": label, "share": row}
            for (option, domain, label), row in zip(first.options, rows_of(table), strict=True)
        ]
    return out


def _sensitivity(official: Official, plan: needs.Plan, found: needs.Indicators) -> Row:
    """Need at the next threshold; the joint share without flagged interviews, if any are known."""
    strict = needs.indicators(plan, official.columns, stricter=1.0)
    out = {"threshold3": _shares(official, strict, "need", None)}
    flagged = official.columns.keys.get("flagged")
    if flagged is not None:
        kept = np.array([not bool(f) for f in flagged])
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


def _volunteers(given: tuple[Definition, Columns] | None, door: gate.Release) -> Row:
    """Plain shares of those who answered: no error, no ranks, never the county's women."""
    if given is None or given[1].n < THRESHOLDS.base:
        return {"n": 0, "domains": [], "note": VOLUNTEER_NOTE}
    definition, columns = given
    found, people = needs.indicators(needs.plan(definition), columns), Crossing(columns.n)
    crossing.of_needs(people, found)
    return {"note": VOLUNTEER_NOTE} | gate.volunteers(people, found.codes, door)


def tables_csv(figures: Row) -> dict[str, str]:
    """Published tables as CSV texts by ASCII file name."""
    head = second_tables.HEAD
    labels = {d["code"]: d["label"] for d in figures["domains"]}
    tables: dict[str, list[Sequence[object]]] = {}
    for axis in needs.AXES:
        tables[f"county_{axis}.csv"] = [
            head,
            *[line(d["code"], d["label"], d[axis]) for d in figures["domains"]],
        ]
    tables["ranks.csv"] = [
        ["code", "label", *[f"{a}_{e}" for a in needs.AXES for e in ("low", "high")], "tier"],
        *[[d["code"], d["label"],
           *[v for a in needs.AXES for v in d["rank"][a] or (None, None)], d["tier"]]
          for d in figures["domains"]],
    ]  # fmt: skip
    tables["townships_need.csv"] = [
        ["township", *head],
        *[[t["name"], *line(d["code"], labels[d["code"]], d["need"])] for t in figures["townships"]
          for d in t["domains"]],
    ]  # fmt: skip
    tables["classes_need.csv"] = [
        ["question", "class", *head],
        *[[b["label"], r["label"], *line(d["code"], labels[d["code"]], d["need"])]
          for b in figures["breakdowns"] for r in b["rows"] for d in r["domains"]],
    ]  # fmt: skip
    tables["groups_gap.csv"] = [
        ["group", *head, "clear"],  # after the correction over all gaps; empty in old versions
        *[[g["label"], *line(d["code"], labels[d["code"]], d["gap"]), d["gap"].get("clear", "")]
          for g in figures["groups"] for d in g["domains"]],
    ]  # fmt: skip
    if figures.get("mentions"):
        tables["mentions.csv"] = mentions.csv_rows(figures["mentions"])
    tables |= second_tables.tables(figures)
    return {name: disclosure.csv_text(rows) for name, rows in tables.items()}
