"""Numbers and judgements as Chinese words, for every report, page and table.

One home for how a share, an interval, a rank or a doubt is said, so that all documents say it the
same way. Takes rows of figures.json (shares 0..1, suppressed values None) and returns text; decides
nothing about what is worth saying.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Row = Mapping[str, Any]
TAU_WORDS = {1: "首位", 2: "前两位", 3: "前三位", 4: "前四位", 5: "前五位"}
REVIEW_MARK = "※"
UNRANKED = "不排名次"
REVIEW_NOTE = f"{REVIEW_MARK}自由度不足8，或样本中全无或全有（只给单侧界），待复核，慎用。"
AXIS_WORDS = {
    "need": "需（需要帮助）",
    "urgency": "急（需要且紧急）",
    "hope": "盼（需要且盼妇联帮办）",
    "joint": "需急盼（三项均达到）",
}


def shown(estimate: Row) -> bool:
    """Whether the disclosure and precision rules let this value be printed."""
    return estimate["status"] != "suppressed" and estimate["value"] is not None


def percent(value: float, digits: int = 1) -> str:
    """0.1894 -> 18.9%"""
    return f"{value * 100:.{digits}f}%"


def rate(value: float | None) -> str:
    """A share of the sample, or that it is not shown."""
    return "不显示" if value is None else percent(value)


def effect(deff: float | None) -> str:
    """A design effect; none where nothing varies, as in a full census or when nobody is in need."""
    return "无" if deff is None else f"{deff:.2f}"


def interval(estimate: Row) -> str:
    """17.1%—20.8%; only the estimate's own words when there is no interval."""
    if estimate.get("low") is None or estimate.get("high") is None:
        return "无区间"
    return f"{percent(estimate['low'])}—{percent(estimate['high'])}"


def share(estimate: Row) -> str:
    """18.9%（95%置信区间17.1%—20.8%）, or why there is no number."""
    if not shown(estimate):
        return withheld(estimate)
    return f"{percent(estimate['value'])}（95%置信区间{interval(estimate)}）{_mark(estimate)}"


def share_short(estimate: Row) -> str:
    """18.9%（17.1%—20.8%） for a sentence that has already said what stands in brackets."""
    if not shown(estimate):
        return withheld(estimate)
    return f"{percent(estimate['value'])}（{interval(estimate)}）{_mark(estimate)}"


def withheld(estimate: Row) -> str:
    """The reason in print: 不足10人，不显示"""
    reason = str(estimate.get("reason") or "样本不足，不作发布")
    return reason.replace(" ", "").replace(",", "，")


def _mark(estimate: Row) -> str:
    return REVIEW_MARK if estimate["status"] == "review" else ""


def review_note(*texts: str) -> str:
    """What the mark means, for a page on which it stands."""
    return REVIEW_NOTE if any(REVIEW_MARK in text for text in texts) else ""


def cell(estimate: Row) -> str:
    """Table cell: value, below it the interval."""
    if not shown(estimate):
        return "—"
    number = f"{estimate['value'] * 100:.1f}{_mark(estimate)}"
    if estimate.get("low") is None:
        return number
    return f"{number}\n（{estimate['low'] * 100:.1f}—{estimate['high'] * 100:.1f}）"


def stacked(estimate: Row) -> str:
    """Two lines without signs for a narrow column: the value, below it the interval."""
    if not shown(estimate):
        return "不显示"
    return cell(estimate).replace("（", "").replace("）", "")


def points(gap: Row) -> str:
    """A difference of shares: 高11.0个百分点（95%置信区间6.1—15.9个百分点）."""
    if not shown(gap):
        return withheld(gap)
    word = "高" if gap["value"] >= 0 else "低"
    low, high = sorted((abs(gap["low"]), abs(gap["high"])))
    if not off_zero(gap):
        return f"{word}{abs(gap['value']) * 100:.1f}个百分点，区间含零，差异不明显"
    said = (
        f"{word}{abs(gap['value']) * 100:.1f}个百分点"
        f"（95%置信区间{low * 100:.1f}—{high * 100:.1f}个百分点）"
    )
    return said if clear(gap) else f"{said}，多重比较校正后差异不明显"


def apart(gap: Row) -> str:
    """The difference without a verdict: 高6.0个百分点（95%置信区间-0.5至+12.5）"""
    word = "高" if gap["value"] >= 0 else "低"
    return (
        f"{word}{abs(gap['value']) * 100:.1f}个百分点"
        f"（95%置信区间{gap['low'] * 100:+.1f}至{gap['high'] * 100:+.1f}）"
    )


def points_short(gap: Row) -> str:
    """高11.0个百分点（6.1—15.9） for a text that has said what stands in brackets."""
    low, high = sorted((abs(gap["low"]), abs(gap["high"])))
    word, size = "高" if gap["value"] >= 0 else "低", abs(gap["value"])
    return f"{word}{size * 100:.1f}个百分点（{low * 100:.1f}—{high * 100:.1f}）{_mark(gap)}"


def detectable(gaps: Sequence[Row]) -> str:
    """The smallest gap the sample finds, looking at one need: 单看一项也要5至8个百分点以上"""
    found = [gap["detectable"] for gap in gaps if shown(gap) and gap.get("detectable")]
    if not found:
        return ""
    span = "至".join(dict.fromkeys(f"{gap * 100:.0f}" for gap in (min(found), max(found))))
    return f"按现有样本，单看一项也要{span}个百分点以上的差距才查得出来"


def times(ratio: Row | None) -> str:
    """Two lines of a narrow column: 1.6, below it 1.2—2.2."""
    if ratio is None or ratio["value"] is None:
        return "不显示"
    if ratio["low"] is None:
        return f"{ratio['value']:.1f}"
    return f"{ratio['value']:.1f}\n{ratio['low']:.1f}—{ratio['high']:.1f}"


def women_of(label: str) -> str:
    """Women of a special group: 本人残疾 -> 本人残疾的妇女, 留守妇女 -> 留守妇女"""
    return label if "妇女" in label or "女性" in label else f"{label}的妇女"


def clear(gap: Row, places: int = 3) -> bool:
    """Whether a difference may be called one: it stands among all that were tested with it.

    Versions frozen before gaps were flagged, and lone differences, go by their interval alone.
    """
    return bool(gap.get("clear", True)) and off_zero(gap, places)


def off_zero(gap: Row, places: int = 3) -> bool:
    """Whether the interval of a difference, as it is printed, leaves zero out.

    places: decimals printed; 3 of a share are a tenth of a percentage point.
    """
    if not shown(gap) or gap["low"] is None:
        return False
    return round(gap["low"], places) > 0 or round(gap["high"], places) < 0


def women(estimate: Row) -> str:
    """Number of women behind a share: 5711人（5167—6285人）."""
    if not shown(estimate):
        return withheld(estimate)
    value, low, high = (round(estimate[key]) for key in ("value", "low", "high"))
    return f"{value}人（{low}—{high}人）"


def ranks(limits: Sequence[int] | None) -> str:
    """[2, 4] -> 第2—4位; None where the sample bears no rank"""
    if limits is None:
        return UNRANKED
    low, high = limits
    return f"第{low}位" if low == high else f"第{low}—{high}位"


def top(tau: int) -> str:
    return TAU_WORDS.get(tau, f"前{tau}位")


def tier(name: str, tau: int) -> str:
    """confirmed -> 确定前三 (of one: 确定首位), possible -> 可能前三; 其余, 不排名次."""
    place = top(tau) if tau == 1 else top(tau).removesuffix("位")
    known = {"confirmed": f"确定{place}", "possible": f"可能{place}", "unranked": UNRANKED}
    return known.get(name, "其余")


def quoted(labels: Sequence[str], at_most: int = 12) -> str:
    """“A”“B”, the rest counted: “A”“B”等7项"""
    named = "".join(f"“{label}”" for label in labels[:at_most])
    return named if len(labels) <= at_most else f"{named}等{len(labels)}项"


def listed(labels: Sequence[str], at_most: int = 12) -> str:
    """A、B, the rest counted: A、B等7项"""
    named = "、".join(labels[:at_most])
    return named if len(labels) <= at_most else f"{named}等{len(labels)}项"


def standing(confirmed: Sequence[str], possible: Sequence[str], tau: int) -> str:
    """What the simultaneous rank sets allow; too few confirmed is said, not filled up."""
    place = top(tau)
    doubtful = f"{quoted(possible, 4)}可能列入{place}，现有样本尚不能区分先后" if possible else ""
    if not confirmed:
        return "；".join(part for part in (f"现有样本尚不能确定{place}", doubtful) if part)
    only = "有" if len(confirmed) >= tau else "只有"
    sure = f"可以确定列入{place}的{only}{len(confirmed)}项，为{quoted(confirmed)}"
    if len(confirmed) >= tau or not doubtful:
        return sure
    return f"{sure}；{doubtful}"


TITLE = 46  # characters a title of two or three lines holds


def headline(confirmed: Sequence[str], possible: Sequence[str], tau: int) -> str:
    """The finding in one sentence; names give way to their number where a title would be long."""
    place = top(tau)
    named = _headline(confirmed, possible, tau)
    if len(named) <= TITLE:
        return named
    if len(confirmed) >= tau:
        return f"{len(confirmed)}项确定列入妇女急需急盼事项{place}"
    if confirmed:
        return f"{len(confirmed)}项确定列入妇女急需急盼事项{place}，其余位次尚待区分"
    return f"妇女急需急盼事项{place}尚不能确定"


def _headline(confirmed: Sequence[str], possible: Sequence[str], tau: int) -> str:
    place = top(tau)
    if len(confirmed) >= tau:
        return f"{listed(confirmed, tau)}确定列入妇女急需急盼事项{place}"
    if confirmed:
        return f"{listed(confirmed)}确定列入妇女急需急盼事项{place}，其余位次尚待区分"
    if possible:
        return f"妇女急需急盼事项{place}尚不能确定，{listed(possible, 2)}可能列入"
    return f"妇女急需急盼事项{place}尚不能确定"


@dataclass(frozen=True)
class Confidence:
    """把握程度: ``word`` 较高, 中等 or 较低, and the reason in words."""

    word: str
    why: str


def confidence(estimate: Row, movement: float | None, probability: bool = True) -> Confidence:
    """How sure one share is, by the printed rule (see `CONFIDENCE_RULE`).

    ``movement``: change of the share when flagged interviews and those with others present are left
    out; None when that comparison was not made, which rules out 较高.
    """
    if not probability:
        return Confidence("较低", "自愿样本，不推断总体")
    if not shown(estimate):
        return Confidence("较低", withheld(estimate))
    if estimate["low"] is None:
        return Confidence("较低", "没有区间")
    if (estimate["n_eff"] or 0) < 100:
        return Confidence("较低", "有效样本量不足100")
    half = (estimate["high"] - estimate["low"]) / 2
    limit = 0.3 * estimate["value"] if estimate["value"] < 0.1 else 0.05
    if half > 0.1:
        return Confidence("较低", "区间半宽超过10个百分点")
    if estimate["n_eff"] < 400 or half > limit or (estimate["df"] or 0) < 8:
        return Confidence("中等", "有效样本量、区间宽度或自由度未达到较高的标准")
    if movement is None:
        return Confidence("中等", "未作剔除存疑访问的比较")
    if abs(movement) >= half / 2:
        return Confidence("中等", "剔除存疑访问后数值变动较大")
    return Confidence("较高", "概率样本，有效样本量、区间宽度和稳定性均达到标准")


CONFIDENCE_RULE = (
    "较高：概率样本，有效样本量不少于400，自由度不少于8，区间半宽不超过5个百分点"
    "（比例低于10%的，不超过比例本身的0.3倍），且剔除存疑访问后变动小于半宽的一半；"
    "中等：有效样本量100至399，或区间半宽不超过10个百分点，或未作剔除比较；"
    "较低：有效样本量不足100，或区间半宽超过10个百分点，或仅有自愿样本。"
)


def weakest(found: Sequence[Confidence]) -> Confidence:
    """A statement on several values is only as sure as the least sure of them."""
    order = ("较低", "中等", "较高")
    none = Confidence("较低", "无可用估计")
    return min(found, key=lambda one: order.index(one.word), default=none)


def day(iso: str) -> str:
    """2026-09-14 (or a full timestamp) -> 2026年9月14日"""
    when = date.fromisoformat(iso[:10])
    return f"{when.year}年{when.month}月{when.day}日"


def stacked_day(iso: str) -> str:
    """The same in two lines, for a narrow column."""
    return day(iso).replace("年", "年\n")


def month_day(iso: str) -> str:
    when = date.fromisoformat(iso[:10])
    return f"{when.month}月{when.day}日"


def span(dates: Sequence[str]) -> str:
    """2026年9月14日至10月25日"""
    first, last = (date.fromisoformat(iso[:10]) for iso in dates)
    end = f"{last.month}月{last.day}日" if first.year == last.year else day(dates[1])
    return f"{day(dates[0])}至{end}"
