"""One data version as the pages show it: lines, cards and table rows, already in words.

The reports' counterpart is `prose.py`; both choose nothing the figures do not decide and say
numbers only through `wording.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.core import wording
from analysis.core.report import prose, rounds, voices

Row = Mapping[str, Any]


def line(figures: Row) -> str:
    """数据版V1 · 2026年11月20日 · 入户n=2312，应答率77.9% · 线上自愿n=1507（不推断总体）"""
    meta, sample = figures["meta"], figures["sample"]
    parts = [
        f"数据版 {meta['data_version']}",
        wording.day(meta["frozen_at"]),
        f"入户 n={sample['n']}，应答率 {wording.percent(sample['response_rate']['value'])}",
    ]
    if figures["volunteers"]["n"]:
        parts.append(f"线上自愿 n={figures['volunteers']['n']}（不推断总体）")
    return " · ".join(parts)


def drawn(figures: Row) -> str:
    """Whom the numbers come from, in one breath, for those who read nothing else."""
    s, crowd = figures["sample"], figures["volunteers"]["n"]
    said = (
        f"{s['villages_frame']} 个村（社区）里随机抽 {s['villages_drawn']} 个，"
        f"村里随机抽户，每户随机抽一位妇女入户问，"
        f"n={s['n']}，应答率 {wording.percent(s['response_rate']['value'])}，"
        f"代表约 {s['population_women']} 名常住成年妇女。"
    )
    return said + (f"线上自愿 n={crowd}，只作线索（不推断总体）。" if crowd else "")


def changed(figures: Row) -> str:
    """What can be said since the last round, in one sentence; "" without one."""
    told = rounds.words(figures)
    return f"{told['title']}。" if told else ""


def standing(figures: Row) -> str:
    """Which places are certain; too few is said, not filled up."""
    return prose.standing(figures) + "。"


def labels(figures: Row, codes: list[str]) -> list[str]:
    known = {d["code"]: d["label"] for d in figures["domains"]}
    return [known[code] for code in codes]


def ordered(figures: Row, axis: str = "joint") -> list[Row]:
    """Domains, largest share first; withheld last."""
    return sorted(
        figures["domains"],
        key=lambda d: -(d[axis]["value"] if wording.shown(d[axis]) else -1.0),
    )


def placed(figures: Row, tier: str) -> list[str]:
    """Names of the domains of a tier, the largest share first; a withheld one is not named."""
    return prose.placed(figures, tier)


def leaders(figures: Row) -> dict[str, Any]:
    """The certain needs as cards, never filled up; all that may be among the first as a list."""
    shown = [d for d in ordered(figures) if wording.shown(d["joint"])]
    sure, may = (
        [finding(figures, d) for d in shown if d["tier"] == tier]
        for tier in ("confirmed", "possible")
    )
    place = wording.top(figures["ranking"]["tau"])
    return {
        "findings": sure,
        "possible": may,
        "possible_head": f"可能列入{place}，尚不能区分先后",
        "told": sure + may,
        "mark": mark(sure + may),
    }


def mark(cards: list[dict[str, Any]]) -> str:
    """What ※ means, where any of the cards carries it."""
    groups = [group["said"] + group["short"] for card in cards for group in card["groups"]]
    return wording.review_note(*[card["share"] for card in cards], *groups)


def finding(figures: Row, domain: Row) -> dict[str, Any]:
    joint = domain["joint"]
    sure = wording.confidence(joint, prose.movement(figures, domain["code"]))
    return {
        "code": domain["code"],
        "label": domain["label"],
        "tier": domain["tier"],
        "place": wording.tier(domain["tier"], figures["ranking"]["tau"]),
        "ranks": wording.ranks(domain["rank"]["joint"]),
        "value": wording.percent(joint["value"]) if wording.shown(joint) else "不公布",
        "sentence": (
            f"需要、紧急、又盼妇联帮办的妇女占{wording.share(joint)}，"
            f"约{wording.women(domain['women'])}，n={joint['n']}。"
        )
        if wording.shown(joint)
        else wording.withheld(joint) + "。",
        "interval": f"（{wording.interval(joint)}）" if wording.shown(joint) else "",
        "share": wording.share(joint),
        "women": f"约{wording.women(domain['women'])}" if wording.shown(joint) else "",
        "n": joint["n"],
        "confidence": sure.word,
        "why": sure.why,
        "groups": affected(figures, domain["code"]),
        "nobody": _nobody(figures, domain["code"]),
    }


def _nobody(figures: Row, code: str) -> str:
    """What is said where no group is most affected; hidden numbers show no likeness."""
    gaps = [d["gap"] for g in figures["groups"] for d in g["domains"] if d["code"] == code]
    if any(map(wording.shown, gaps)):
        return "看不出哪个群体明显更高"
    return "各群体的数字不公布，不能说没有差别" if gaps else "没有标出特殊群体"


def affected(figures: Row, code: str) -> list[dict[str, str]]:
    """Groups clearly above all other women in this need, the widest gap first, then those which
    put it at their top."""
    above, first = [], []
    for group in figures["groups"]:
        row = next(r for r in group["domains"] if r["code"] == code)
        name = wording.women_of(group["label"])
        if wording.clear(row["gap"]) and row["gap"]["value"] > 0:
            n = f"n={row['joint']['n']}"
            said = f"比其他妇女{wording.points(row['gap'])}，{n}"
            short = f"{wording.points_short(row['gap'])}，{n}"
            above.append((row["gap"]["value"], {"name": name, "said": said, "short": short}))
        elif code in group["top"]["confirmed"]:
            place = wording.tier("confirmed", figures["ranking"]["tau"])
            said = f"在她们中属于{place}，n={group['n']}"
            first.append({"name": name, "said": said, "short": said})
    return [one for _, one in sorted(above, key=lambda pair: -pair[0])] + first


def table(figures: Row, axis: str) -> list[dict[str, Any]]:
    """All domains of one axis, ranked, with interval, n and the set of ranks each may have."""
    tau = figures["ranking"]["tau"]
    return [
        {
            "code": d["code"],
            "label": d["label"],
            "shown": wording.shown(d[axis]),
            "value": wording.percent(d[axis]["value"]) if wording.shown(d[axis]) else "",
            "interval": wording.interval(d[axis]) if wording.shown(d[axis]) else "",
            "withheld": "" if wording.shown(d[axis]) else wording.withheld(d[axis]),
            "n": d[axis]["n"],
            "ranks": wording.ranks(d["rank"][axis]),
            "tier": d["tier"],
            "place": wording.tier(d["tier"], tau),
            "missing": wording.rate(d.get("missing", {}).get(axis, d["missing_rate"])),
        }
        for d in ordered(figures, axis)
    ]


def axes(figures: Row) -> list[dict[str, Any]]:
    """Need, urgency and hope of every domain side by side, in the order of the joint share."""
    names = ("need", "urgency", "hope")
    return [
        {
            "label": d["label"],
            "cells": [
                {"share": wording.share_short(d[a]), "ranks": wording.ranks(d["rank"][a])}
                for a in names
            ],
            "n": d["need"]["n"],
        }
        for d in ordered(figures)
    ]


def groups(figures: Row) -> list[dict[str, Any]]:
    """Special groups: how many they are, what comes first with them, where they differ."""
    return [
        {
            "label": g["label"],
            "n": g["n"],
            "share": wording.share_short(g["share"]),
            "top": _top(figures, g),
            "gaps": _gaps(figures, g),
        }
        for g in figures["groups"]
    ]


def _top(figures: Row, group: Row) -> str:
    top, tau = group["top"], figures["ranking"]["tau"]
    if top.get("note"):
        least = wording.detectable([r["gap"] for r in group["domains"]])
        return "；".join(part for part in (str(top["note"]), least) if part)
    parts = [
        f"{wording.tier(name, tau)}：{wording.listed(labels(figures, top[name]), 4)}"
        for name in ("confirmed", "possible")
        if top[name]
    ]
    return "；".join(parts) or "样本不足以排序"


def _gaps(figures: Row, group: Row) -> list[str]:
    clear = [r for r in group["domains"] if wording.clear(r["gap"])]
    clear.sort(key=lambda r: -abs(r["gap"]["value"]))
    lines = [
        f"{labels(figures, [r['code']])[0]}比其他妇女{wording.points(r['gap'])}" for r in clear
    ]
    if lines:
        return lines
    return [no_gap(group)]


def no_gap(group: Row) -> str:
    """No need in which a group clearly differs; of a small one that proves nothing."""
    seen = sum(wording.shown(r["gap"]) for r in group["domains"])
    if not seen:
        return "样本不足，不公布"
    few = "样本少，不能说没有差别" if group["top"].get("note") else "差异不明显"
    off = any(wording.off_zero(r["gap"]) for r in group["domains"])
    why = "多重比较校正后没有一项差距站得住" if off else "差距的区间都含零"
    return f"能公布的{seen}项，{why}，{few}"


def townships(figures: Row, count: int = 3) -> dict[str, Any]:
    """The most widespread needs per township beside the county's value; no order of townships."""
    lead = ordered(figures, "need")[:count]
    return {
        "heads": [d["label"] for d in lead],
        "n": figures["sample"]["n"],
        "county": [wording.share_short(d["need"]) for d in lead],
        "rows": [
            {
                "name": t["name"],
                "n": t["n"],
                "cells": [_within(t, d["code"]) for d in lead],
                "note": t["note"],
            }
            for t in figures["townships"]
        ],
    }


def _within(place: Row, code: str) -> str:
    row = next(d for d in place["domains"] if d["code"] == code)["need"]
    return wording.share_short(row)


def mentions(figures: Row) -> list[dict[str, Any]]:
    """Coded open questions: what was mentioned by how many of those who wrote something."""
    return [
        {
            "label": t["label"],
            "n": t["n"],
            "note": voices.note(t),
            "rows": [
                {
                    "name": c["name"],
                    "definition": c["definition"],
                    "shown": wording.shown(c["share"]),
                    "value": wording.percent(c["share"]["value"])
                    if wording.shown(c["share"])
                    else "",
                    "interval": wording.interval(c["share"]),
                    "withheld": wording.withheld(c["share"]),
                }
                for c in t["codes"]
            ],
        }
        for t in figures.get("mentions", [])
    ]


def sample(figures: Row) -> list[str]:
    """How the answers were drawn and what became of the draw."""
    s, crowd = figures["sample"], figures["volunteers"]
    rate = s["response_rate"]
    lines = [
        f"{s['how']}。",
        f"抽样框有 {s['villages_frame']} 个村（社区），抽中 {s['villages_drawn']} 个、"
        f"{s['households_drawn']} 户；完成 {s['completed']} 份，审核通过 {s['approved']} 份。",
        f"应答率 {wording.percent(rate['value'])}（{rate['formula']}）。",
        f"自由度 {s['df']}，设计效应中位数 {wording.effect(s['deff_median'])}；结果代表约 "
        f"{s['population_women']} 名常住成年妇女。",
    ]
    if crowd["n"]:
        lines.append(f"{crowd['note']}（n={crowd['n']}）。")
    return lines


def picture(figures: Row, axis: str = "joint", limit: int = 15) -> str:
    """The ranked plot in words, for those who do not see it."""
    tau = figures["ranking"]["tau"]
    told = "；".join(
        f"{d['label']}{wording.share_short(d[axis])}，{wording.tier(d['tier'], tau)}"
        for d in ordered(figures, axis)[:limit]
    )
    return f"按占比排序的点图，横线为95%置信区间：{told}。"
