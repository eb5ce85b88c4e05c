"""要情专报: one finding, three figures, who most, three lines of advice, one line on the sample."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from analysis.core import charts, wording
from analysis.core.report import prose
from analysis.core.report.prose import Row

LIMIT = 600  # characters of the whole page, blanks and the plot left out
NOTHING_SHOWN = "各事项样本均不足，占比不作发布。"
NO_GAP = "这些事项中，能公布的差距里没有发现特殊群体与其他妇女明显不同的。"
NO_NUMBERS = "这些事项中，各特殊群体的样本均不足，差距不公布，不能说明没有差距。"
NO_GROUPS = "本次问卷没有标出特殊群体，不作比较。"


def compose(figures: Row) -> dict[str, Any]:
    chosen = prose.leading(figures)
    tau = figures["ranking"]["tau"]
    ordered = prose.leading(figures, 5)
    points = _points(figures, chosen)
    plate = (
        prose.Plates(figures).plate(charts.ranked(ordered, tau=tau), _plate(ordered))
        if ordered else None
    )  # fmt: skip
    groups = _groups(figures, 2)
    content: dict[str, Any] = {
        "title": prose.headline(figures), "points": points, "plate": plate, "groups": groups,
        "mark": _mark(points, plate, groups),
        "advice": [_advice(figures, d) for d in chosen] or ["补足样本后再作判断。"],
        "sample": prose.sample_short(figures),
        "confidence": prose.confidence(figures, chosen) + "。",
        "contact": figures["meta"].get("contact", ""),
    }  # fmt: skip
    if length(content) > LIMIT:
        content["groups"] = _groups(figures, 1)
    return content


def _mark(points: Sequence[str], plate: dict[str, Any] | None, groups: Sequence[str]) -> str:
    return wording.review_note(*points, *groups, plate["chart"].alt if plate else "")


def _points(figures: Row, chosen: list[Row]) -> list[str]:
    """The leading needs, after the refusal where their order says nothing; who else might be."""
    points = [_point(d, figures["ranking"]["tau"]) for d in chosen] or [NOTHING_SHOWN]
    if prose.refused(figures):
        return [f"{prose.standing(figures)}。", *points]
    return points + _others(figures, chosen)


def _others(figures: Row, chosen: list[Row]) -> list[str]:
    """Needs as possible as those told: that they stand below is their point estimate alone."""
    told = {d["label"] for d in chosen}
    names = [name for name in prose.placed(figures, "possible") if name not in told]
    place = wording.top(figures["ranking"]["tau"])
    return [f"{wording.listed(names, 4)}同样可能列入{place}，现有样本分不出先后。"] if names else []


def length(content: Row) -> int:
    """Characters the reader meets, as the limit counts them."""
    texts = [
        content["title"], *content["points"], *content["groups"], *content["advice"],
        content["sample"], content["confidence"], content["contact"], content["mark"],
    ]  # fmt: skip
    return len(re.sub(r"\s", "", "".join(texts)))


def _plate(ordered: list[Row]) -> str:
    bases = [d["joint"]["n"] for d in ordered]
    span = f"各项n={min(bases)}—{max(bases)}" if min(bases) < max(bases) else f"n={bases[0]}"
    return f"占比最高的{len(ordered)}项，横线为95%置信区间，{span}"


def _point(domain: Row, tau: int) -> str:
    joint = domain["joint"]
    return (
        f"{domain['label']}：{wording.share_short(joint)}，约"
        f"{domain['women']['value']:.0f}人，n={joint['n']}，{wording.tier(domain['tier'], tau)}。"
    )


def _groups(figures: Row, count: int) -> list[str]:
    """Who needs more; who needs less where nobody does; else what was looked at in vain."""
    codes = prose.contenders(figures)
    found = prose.clearest_gaps(figures, codes) or prose.clearest_gaps(figures, codes, below=True)
    return [
        f"{wording.women_of(group['label'])}在“{prose.label(figures, row['code'])}”上比其他妇女"
        f"{wording.points_short(row['gap'])}，n={row['joint']['n']}。"
        for group, row in found[:count]
    ] or [_nothing(figures, codes)]


def _nothing(figures: Row, codes: Sequence[str]) -> str:
    if not figures["groups"]:
        return NO_GROUPS
    told = [wording.shown(d["gap"]) for g in figures["groups"] for d in g["domains"]
            if d["code"] in codes]  # fmt: skip
    return NO_GAP if any(told) else NO_NUMBERS


def _advice(figures: Row, domain: Row) -> str:
    for action in prose.actions_of(figures, domain["code"]):
        return (
            f"{action['owner']}牵头{action['title']}，{wording.day(action['deadline'])}前办结，"
            f"看下一轮占比是否下降。"
        )
    return f"县妇联会同有关部门就“{domain['label']}”提出方案，三个月内报告，看下一轮占比是否下降。"
