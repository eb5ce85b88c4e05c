"""Published tables of what stands beside the ranking, and how an estimate becomes a line of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HEAD = ["code", "label", "value", "low", "high", "n", "n_eff", "df", "status", "reason"]
Row = dict[str, Any]
Table = list[Sequence[object]]


def line(code: str, label: str, row: Row) -> list[object]:
    return [code, label, row["value"], row["low"], row["high"], row["n"], row["n_eff"], row["df"],
            row["status"], row["reason"]]  # fmt: skip


def tables(figures: Row) -> dict[str, Table]:
    """By ASCII file name; a version without a section has no table of it."""
    labels = {d["code"]: d["label"] for d in figures["domains"]}
    weights = figures["sensitivity"].get("weights", {}).get("domains", [])
    found = {"weights.csv": _weights(weights, labels)} if weights else {}
    if changed := _told(figures, "change"):
        found |= {f"change_{a}.csv": _change(changed, labels, a) for a in ("joint", "need")}
    if modelled := _told(figures, "models"):
        names = {t["code"]: t["name"] for t in figures["townships"]}
        found["townships_model.csv"] = _models(modelled, labels, names)
    if any("risk_ratio" in d for g in figures["groups"] for d in g["domains"]):
        found["groups_ratio.csv"] = _ratios(figures["groups"], labels)
    if asked := figures.get("rankings"):
        found["rankings.csv"] = _rankings(asked)
    if asked := figures.get("presence"):
        found["presence.csv"] = _presence(asked, labels)
    return found


def _told(figures: Row, section: str) -> list[Row]:
    domains = figures.get(section, {}).get("domains", [])
    return [d for d in domains if "refused" not in d]


def _weights(domains: Sequence[Row], labels: Mapping[str, str]) -> Table:
    places = range(1, len(domains[0]["acceptability"]) + 1)
    return [
        [*HEAD, "best", "worst", *[f"share_rank_{k}" for k in places]],
        *[[*line(d["code"], labels[d["code"]], d["index"]), d["best"], d["worst"],
           *d["acceptability"]] for d in domains],
    ]  # fmt: skip


def _change(domains: Sequence[Row], labels: Mapping[str, str], axis: str) -> Table:
    rows = [(d["code"], d[axis]["change"]) for d in domains]
    return [
        [*HEAD, "n_before", "p", "p_adjusted", "verdict"],
        *[[*line(code, labels[code], row), row["n_before"], row["p"], row["p_adjusted"],
           row["verdict"]] for code, row in rows],
    ]  # fmt: skip


def _models(domains: Sequence[Row], labels: Mapping[str, str], names: Mapping[str, str]) -> Table:
    return [
        ["township", "code", "label", "value", "rmse", "low", "high", "n", "shrinkage"],
        *[[names[r["code"]], d["code"], labels[d["code"]], r["value"], r["se"], r["low"],
           r["high"], r["n"], r["shrinkage"]] for d in domains for r in d["rows"]],
    ]  # fmt: skip


def _presence(asked: Sequence[Row], labels: Mapping[str, str]) -> Table:
    return [
        ["question", "base", "class", "code", "label", "value", "low", "high", "n", "df", "p",
         "p_adjusted", "status", "reason"],
        *[[q["label"], q["base"]["label"], c["label"], d["code"], labels[d["code"]],
           *[d[key] for key in ("value", "low", "high", "n", "df", "p", "p_adjusted", "status",
                                "reason")]]
          for q in asked for c in q["classes"] for d in c["domains"]],
    ]  # fmt: skip


def _ratios(groups: Sequence[Row], labels: Mapping[str, str]) -> Table:
    ends = ("value", "low", "high")
    return [
        ["group", "code", "label", *[f"{name}_{end}" for name in
                                     ("risk_ratio", "representation", "part") for end in ends]],
        *[[g["label"], d["code"], labels[d["code"]],
           *[(d[name] or {}).get(end) for name in ("risk_ratio", "representation", "part")
             for end in ends]]
          for g in groups for d in g["domains"]],
    ]  # fmt: skip


def _rankings(asked: Sequence[Row]) -> Table:
    names = ("first", "top", "borda", "best_worst", "worth")
    return [
        ["question", "statistic", *HEAD],
        *[[q["label"], name, *line(r["code"], r["label"], r[name])]
          for q in asked for name in names for r in q["rows"] if r[name]],
    ]  # fmt: skip
