"""The plots of a data version by name. Light until one is drawn: matplotlib comes with that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.core import wording

if TYPE_CHECKING:
    from analysis.core.plotting import Chart

Row = Mapping[str, Any]
CAPTIONS = {
    "ranked": "需急盼排序：实心为确定前列，菱形为可能前列，横线为 95% 区间",
    "ranks": "每项可能的位次：全部位次同时成立的把握为 95%",
    "matrix": "需要面与紧迫程度：虚线为各事项平均，区间跨线的为待定",
    "axes": "需、急、盼三个方面",
    "townships": "各乡镇需要面点估计最高的六项与全县（竖线）对照，乡镇之间不排名",
    "groups": "最要紧的一项：各特殊群体与其他妇女对照，粗线为差异明显",
    "sources": "入户概率样本与线上自愿样本对照，后者不推断总体",
}
NEEDS, SHORT = 6, 5


def of(figures: Row) -> list[str]:
    """The plots that this version's figures can fill."""
    lacking = {
        "matrix": sum(map(_placed, figures["domains"])) < 2,
        "ranks": not any(d["rank"]["joint"] for d in figures["domains"]),
        "townships": not figures["townships"],
        "groups": not figures["groups"],
        "sources": not figures["volunteers"]["n"],
    }
    return [name for name in CAPTIONS if not lacking.get(name)]


def draw(figures: Row, name: str) -> Chart:
    """KeyError for a plot that a version does not have."""
    from analysis.core import charts

    domains = figures["domains"]
    tau = figures["ranking"]["tau"]
    made = {
        "ranked": lambda: charts.ranked(domains, tau=tau),
        "top": lambda: charts.ranked(domains, tau=tau, limit=SHORT),
        "ranks": lambda: charts.rank_sets(domains, tau=tau),
        "axes": lambda: charts.three_axes(domains),
        "matrix": lambda: charts.matrix([d for d in domains if _placed(d)]),
        "townships": lambda: _townships(figures),
        "groups": lambda: _groups(figures),
        "sources": lambda: charts.two_sources(domains, figures["volunteers"]["domains"]),
    }
    return made[name]()


def _placed(domain: Row) -> bool:
    urgent = domain.get("degree") or domain["urgency"]
    return wording.shown(domain["need"]) and wording.shown(urgent)


def _townships(figures: Row) -> Chart:
    """Small multiples: the most widespread needs, one panel a township."""
    from analysis.core import workplots

    shown = [d for d in figures["domains"] if wording.shown(d["need"])]
    lead = sorted(shown, key=lambda d: -d["need"]["value"])[:NEEDS]
    panels = []
    for place in figures["townships"]:
        own = {d["code"]: d["need"] for d in place["domains"]}
        panels.append((place["name"], [own[d["code"]] for d in lead]))
    told = "；".join(
        f"{name}：" + "，".join(
            f"{d['label']}{wording.share_short(e)}" for d, e in zip(lead, rows, strict=True)
        ) for name, rows in panels
    )  # fmt: skip
    return workplots.multiples(
        [d["label"] for d in lead], [d["need"] for d in lead], panels,
        f"各乡镇小图，竖线为全县，横线为95%置信区间。{told}。",
    )  # fmt: skip


def _groups(figures: Row) -> Chart:
    """Dumbbells of the leading need: every special group and all other women."""
    from analysis.core import workplots

    lead = max(figures["domains"], key=lambda d: d["joint"]["value"] or -1)
    rows, told = [], []
    for group in figures["groups"]:
        own = next(d for d in group["domains"] if d["code"] == lead["code"])
        rows.append((group["label"], own["joint"], own["complement"], own["gap"]))
        told.append(f"{group['label']}比其他妇女{wording.points(own['gap'])}")
    return workplots.dumbbell(
        rows, (f"该群体（{lead['label']}）", "其他妇女"),
        f"“{lead['label']}”的群体对照图。{'；'.join(told)}。",
    )  # fmt: skip
