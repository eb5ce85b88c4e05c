"""Sentences the three reports share, composed from figures.json.

Chooses nothing the figures do not decide and computes no new number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.core import wording

if TYPE_CHECKING:  # pages compose words without loading what draws plots
    from analysis.core.plotting import Chart

Row = Mapping[str, Any]


class Plates:
    """Numbers the plots of one document; a caption names source and base."""

    def __init__(self, figures: Row) -> None:
        self.count, self.figures = 0, figures

    def plate(self, chart: Chart, title: str, n: str = "") -> dict[str, Any]:
        self.count += 1
        base = n or f"n={self.figures['sample']['n']}"
        version = self.figures["meta"]["data_version"]
        caption = f"图{self.count}　{title}。来源：数据版{version}，入户概率样本，{base}。"
        return {"chart": chart, "caption": caption}


def by_axis(figures: Row, axis: str) -> list[Row]:
    """Domains, largest first; withheld last."""
    return sorted(
        figures["domains"],
        key=lambda d: -(d[axis]["value"] if wording.shown(d[axis]) else -1.0),
    )


def foremost(figures: Row, axis: str) -> Row | None:
    """The domain with the largest share that may be shown."""
    first = next(iter(by_axis(figures, axis)), None)
    return first if first and wording.shown(first[axis]) else None


def certain(domain: Row, axis: str) -> bool:
    """Whether the rank sets leave no other domain the first place."""
    return list(domain["rank"][axis] or ()) == [1, 1]


def leading(figures: Row, count: int = 3) -> list[Row]:
    """The confirmed first, then by size; withheld domains are not spoken of."""
    shown = [d for d in by_axis(figures, "joint") if wording.shown(d["joint"])]
    sure = [d for d in shown if d["tier"] == "confirmed"]
    return (sure + [d for d in shown if d["tier"] != "confirmed"])[:count]


def placed(figures: Row, tier: str) -> list[str]:
    """Names of the domains of a tier, the largest share first; a withheld one is not named."""
    shown = [d for d in by_axis(figures, "joint") if wording.shown(d["joint"])]
    return [d["label"] for d in shown if d["tier"] == tier]


def refused(figures: Row) -> str:
    """Why there are no ranks, in words; "" where there are."""
    return str(figures["ranking"].get("refused", ""))


def most_missing(figures: Row) -> float | None:
    """The largest share without an answer of any domain whose base is printed."""
    known = [d["missing_rate"] for d in figures["domains"] if d["missing_rate"] is not None]
    return max(known, default=None)


def label(figures: Row, code: str) -> str:
    return next((d["label"] for d in figures["domains"] if d["code"] == code), code)


def labels(figures: Row, codes: Sequence[str]) -> list[str]:
    return [label(figures, code) for code in codes]


def headline(figures: Row) -> str:
    rank = figures["ranking"]
    if refused(figures):
        return "妇女急需急盼事项：样本不足以排序，只给占比和区间"
    return wording.headline(placed(figures, "confirmed"), placed(figures, "possible"), rank["tau"])


def standing(figures: Row) -> str:
    rank = figures["ranking"]
    if refused(figures):
        return f"{refused(figures)}，各事项只给占比和区间，不排名次"
    return wording.standing(placed(figures, "confirmed"), placed(figures, "possible"), rank["tau"])


def sample_short(figures: Row) -> str:
    s = figures["sample"]
    rate = s["response_rate"]
    return (
        f"入户概率抽样，{s['villages_drawn']}个村（社区），n={s['n']}，应答率"
        f"{wording.percent(rate['value'])}（{rate['numerator']:g}÷{rate['denominator']:.0f}），"
        f"代表全县常住成年妇女。"
    )


def movement(figures: Row, code: str) -> float | None:
    """How far the joint share moves without flagged interviews; None when that was not compared."""
    rows = figures.get("sensitivity", {}).get("unflagged", [])
    kept = next((r["joint"] for r in rows if r["code"] == code), None)
    whole = next(d["joint"] for d in figures["domains"] if d["code"] == code)
    if kept is None or not wording.shown(kept) or not wording.shown(whole):
        return None
    return float(kept["value"] - whole["value"])


def confidence(figures: Row, domains: Sequence[Row]) -> str:
    found = wording.weakest(
        [wording.confidence(d["joint"], movement(figures, d["code"])) for d in domains]
    )
    return f"把握程度：{found.word}（{found.why}）"


def clearest_gaps(
    figures: Row, codes: Sequence[str], *, below: bool = False
) -> list[tuple[Row, Row]]:
    """(group, its row) where a special group stands clearly above (or below) the others, widest
    first."""
    found = [
        (group, row)
        for group in figures["groups"]
        for row in group["domains"]
        if row["code"] in codes and wording.clear(row["gap"]) and (row["gap"]["value"] < 0) is below
    ]
    return sorted(found, key=lambda pair: -abs(pair[1]["gap"]["value"]))


def gap_family(figures: Row) -> str:
    """By what rule a group is said to differ: all published gaps of all groups are one family."""
    told = [[d["gap"] for d in g["domains"] if wording.shown(d["gap"])] for g in figures["groups"]]
    count, groups = sum(map(len, told)), sum(map(bool, told))
    if not count:
        return ""
    if not any("clear" in gap for gaps in told for gap in gaps):
        return "群体差距以各自的95%区间不含零为准，没有作多重比较校正"
    return (
        f"{groups}个群体可公布的{count}个差距合为一族，按BH法校正，校正后p小于0.05的才说有差别；"
        "95%区间是逐个计算的，没有校正"
    )


def contenders(figures: Row) -> list[str]:
    """Needs that are or may be among the first; all of them where none is ranked."""
    tiers = ("confirmed", "possible", "unranked") if refused(figures) else ("confirmed", "possible")
    return [d["code"] for d in figures["domains"] if d["tier"] in tiers]


def actions_of(figures: Row, code: str) -> list[Row]:
    """Actions decided for a domain, in the order given."""
    about = {i["number"]: i["domain"] for i in figures.get("issues", [])}
    return [a for a in figures.get("actions", []) if about.get(a.get("issue", "")) == code]


def issue_of(figures: Row, code: str) -> Row | None:
    return next((i for i in figures.get("issues", []) if i["domain"] == code), None)
