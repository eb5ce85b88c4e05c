"""Second views: sections that stand beside the ranking, the same in the report and on the page.

A section is a module with `words(figures)` (title, lines, perhaps table and caption of a plot; None
where the figures have nothing to say) and `chart(figures)`.
"""

from __future__ import annotations

from typing import Any

from analysis.core.report import preferences, presence, rounds, townships, weighting
from analysis.core.report.prose import Plates, Row

SECTIONS = {
    "weights": weighting,
    "change": rounds,
    "models": townships,
    "rankings": preferences,
    "presence": presence,
}

TABLES = {
    "groups": {"groups_ratio.csv": "群体倍数"},
    "weights": {"weights.csv": "换权重比较"},
    "change": {"change_joint.csv": "与上一轮相比：需急盼", "change_need.csv": "与上一轮相比：需"},
    "models": {"townships_model.csv": "乡镇模型估计"},
    "presence": {"presence.csv": "在场与方式"},
    "rankings": {"rankings.csv": "排序题"},
}


def tables(figures: Row) -> dict[str, str]:
    """File name -> label of the tables the sections of these figures publish."""
    told = [said["name"] for said in words(figures) if said.get("table")]
    if any("risk_ratio" in d for g in figures["groups"] for d in g["domains"]):
        told.append("groups")
    return {name: label for section in told for name, label in TABLES[section].items()}


def words(figures: Row) -> list[dict[str, Any]]:
    """What the sections say, each with its ``name``, by which its plot is fetched."""
    found = ((name, section.words(figures)) for name, section in SECTIONS.items())
    return [said | {"name": name} for name, said in found if said]


def pages(figures: Row, plates: Plates) -> list[dict[str, Any]]:
    """The same with their plots, as findings of the report."""
    return [
        said | {"plate": plates.plate(chart, *said["plot"]) if chart else None}
        for said in words(figures)
        for chart in [SECTIONS[said["name"]].chart(figures)]
    ]
