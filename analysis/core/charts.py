"""Plots of estimates as SVG, for the PDF and the web page alike.

Every plot brings its own words (``alt``) and stays readable in black and white: shape and filling
tell apart what grey also tells. A suppressed value is never drawn, its row says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from . import wording
from .plotting import (
    INK,
    MIDDLE,
    PALE,
    WIDTH,
    Chart,
    canvas,
    drawn_once,
    finish,
    label_rows,
    margin,
    percent_axis,
    wrapped,
)

Row = Mapping[str, Any]
# tier -> marker, face, colour: told apart by shape and filling, not by colour alone
TIERS = {
    "confirmed": ("o", INK, INK),
    "possible": ("D", "white", INK),
    "rest": ("o", MIDDLE, MIDDLE),
    "unranked": ("o", MIDDLE, MIDDLE),
}
WITHHELD = "样本不足，不显示"


def point(ax: Axes, y: float, estimate: Row, tier: str = "rest", size: float = 6) -> None:
    """One estimate with its interval; a withheld one leaves words in place of a mark."""
    if not wording.shown(estimate):
        ax.text(0.02, y, WITHHELD, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
        return
    marker, face, colour = TIERS[tier]
    if estimate["low"] is not None:
        ax.plot([estimate["low"], estimate["high"]], [y, y], color=colour, linewidth=1.4, zorder=2)
    ax.plot(
        estimate["value"], y, marker=marker, markersize=size, markerfacecolor=face,
        markeredgecolor=colour, markeredgewidth=1.2, zorder=3,
    )  # fmt: skip


def highest_of(estimates: Sequence[Row]) -> float:
    return max((e["high"] or e["value"] for e in estimates if wording.shown(e)), default=0.1)


def _sorted(domains: Sequence[Row], axis: str) -> list[Row]:
    """Largest first, withheld last; the order of the questionnaire breaks ties."""
    return sorted(domains, key=lambda d: -(d[axis]["value"] if wording.shown(d[axis]) else -1))


@drawn_once
def ranked(domains: Sequence[Row], axis: str = "joint", tau: int = 3, limit: int = 15) -> Chart:
    """Ranked dot plot with 95 % intervals; tiers by mark and by words at the right edge.

    ``domains``: rows of figures.json with ``label``, ``tier`` and the estimate ``axis``.
    """
    rows = _sorted(domains, axis)[:limit]
    figure, (ax,) = canvas(len(rows), left=margin([row["label"] for row in rows]), right=2.25)
    for y, row in enumerate(rows):
        point(ax, y, row[axis], row["tier"] if axis == "joint" else "rest")
        note = wording.share_short(row[axis]) if wording.shown(row[axis]) else ""
        if axis == "joint":
            note = f"{wording.tier(row['tier'], tau)}  {note}"
        ax.text(1.02, y, note, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    label_rows(ax, [row["label"] for row in rows])
    percent_axis(ax, highest_of([row[axis] for row in rows]))
    said = "；".join(
        f"{row['label']}{wording.share_short(row[axis])}，{wording.tier(row['tier'], tau)}"
        for row in rows
    )
    return finish(figure, f"按占比排序的点图，横线为95%置信区间。{said}。")


@drawn_once
def rank_sets(domains: Sequence[Row], axis: str = "joint", tau: int = 3) -> Chart:
    """Bars from the best to the worst rank each item may have, jointly at 95 %."""
    ranked = [d for d in domains if d["rank"][axis]]
    rows = sorted(ranked, key=lambda d: (d["rank"][axis][0], d["rank"][axis][1], d["code"]))
    figure, (ax,) = canvas(len(rows), left=margin([row["label"] for row in rows]), right=0.95)
    ax.axvspan(0.5, tau + 0.5, color="#eceff3", zorder=0)
    for y, row in enumerate(rows):
        low, high = row["rank"][axis]
        sure, open_ = high <= tau, low <= tau
        look: dict[str, Any] = {"facecolor": INK if sure else PALE, "hatch": ""}
        if open_ and not sure:
            look = {"facecolor": "white", "hatch": "////"}
        ax.barh(y, high - low + 0.8, left=low - 0.4, height=0.5, edgecolor=INK, **look)
        text = wording.ranks((low, high))
        ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    label_rows(ax, [row["label"] for row in rows])
    ax.set_xlim(0.4, len(domains) + 0.6)
    ax.set_xticks(range(1, len(domains) + 1))
    ax.set_xlabel("可能的位次（95%联合把握）", fontsize=9, labelpad=2)
    said = "；".join(f"{row['label']}{wording.ranks(row['rank'][axis])}" for row in rows)
    return finish(figure, f"位次区间图，阴影为{wording.top(tau)}。{said}。")


@drawn_once
def three_axes(domains: Sequence[Row], axes: Sequence[str] = ("need", "urgency", "hope")) -> Chart:
    """Need, urgency and hope side by side on one scale, in the order of the joint share."""
    rows = _sorted(domains, "joint")
    figure, panels = canvas(
        len(rows),
        left=margin([row["label"] for row in rows]),
        right=0.12,
        panels=len(axes),
        top=0.32,
    )
    highest = highest_of([row[axis] for row in rows for axis in axes])
    for ax, axis in zip(panels, axes, strict=True):
        for y, row in enumerate(rows):
            point(ax, y, row[axis], size=5)
        ax.set_title(wording.AXIS_WORDS[axis], fontsize=9.5, pad=4)
        percent_axis(ax, highest, ticks=3)
    label_rows(panels[0], [row["label"] for row in rows])
    said = "；".join(
        f"{row['label']}：" + "，".join(f"{a[1]}{_value(row[a[0]])}" for a in _named(axes))
        for row in rows
    )
    return finish(figure, f"需、急、盼三列点图，横线为95%置信区间。{said}。")


def _named(axes: Sequence[str]) -> list[tuple[str, str]]:
    return [(axis, wording.AXIS_WORDS[axis][0]) for axis in axes]


def _value(estimate: Row) -> str:
    return wording.percent(estimate["value"]) if wording.shown(estimate) else WITHHELD


@drawn_once
def gaps(panels: Sequence[tuple[str, Sequence[tuple[str, Row]]]]) -> Chart:
    """Group minus all others in percentage points: one panel per domain, one row per group.

    ``panels``: (domain label, [(group label, gap estimate), ...]); the same groups in each.
    """
    names = [name for name, _ in panels[0][1]]
    figure, axes = canvas(
        len(names), left=margin(names, 13), right=0.12, panels=len(panels), top=0.32
    )
    reach = max((abs(v) for _, r in panels for _, g in r if wording.shown(g)
                 for v in (g["low"], g["high"])), default=0.0) * 1.08 or 0.1  # fmt: skip
    for ax, (title, rows) in zip(axes, panels, strict=True):
        ax.axvline(0, color="black", linewidth=0.8, zorder=1)
        for y, (_, gap) in enumerate(rows):
            point(ax, y, gap, "confirmed" if wording.clear(gap) else "possible", size=5.5)
        if title:
            ax.set_title(wrapped(title, 11), fontsize=9.5, pad=4)
        ax.set_xlim(-reach, reach)
        ax.xaxis.set_major_locator(MaxNLocator(4, symmetric=True))
        ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:+.0f}" if value else "0")
    axes[len(axes) // 2].set_xlabel(
        "与其他妇女相差的百分点（向右为该群体更高）", fontsize=9, labelpad=2
    )
    label_rows(axes[0], names, wrap=13)
    said = "；".join(
        (f"{title}：" if title else "") + "，".join(f"{n}{wording.points(g)}" for n, g in rows)
        for title, rows in panels
    )
    return finish(figure, f"群体差距点图，实心为差异明显，空心为不明显。{said}。")


@drawn_once
def levels(groups: Sequence[tuple[str, Sequence[tuple[str, Row]]]], overall: Row) -> Chart:
    """One share in the categories of several variables, the whole as a dashed line.

    ``groups``: (variable label, [(category label, estimate), ...]).
    """
    lines: list[tuple[str, Row | None]] = []
    for title, rows in groups:
        lines += [(f"【{title}】", None), *rows]
    figure, (ax,) = canvas(len(lines), left=margin([name for name, _ in lines]), right=1.7)
    if wording.shown(overall):
        ax.axvline(overall["value"], color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    for y, (_, estimate) in enumerate(lines):
        if estimate is None:
            continue
        point(ax, y, estimate)
        if wording.shown(estimate):
            text = wording.share_short(estimate)
            ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    label_rows(ax, [name for name, _ in lines])
    percent_axis(ax, highest_of([e for _, e in lines if e is not None] + [overall]))
    said = "；".join(f"{name}{wording.share_short(e)}" for name, e in lines if e is not None)
    return finish(figure, f"分组点图，虚线为总体。{said}。")


@drawn_once
def two_sources(domains: Sequence[Row], volunteers: Sequence[Row]) -> Chart:
    """Probability sample with intervals (solid) beside the volunteers (hollow, no interval).

    A triangle stands where the volunteers' share was also weighed.
    """
    told = {row["code"]: row for row in volunteers}
    rows = _sorted(domains, "need")
    figure, (ax,) = canvas(
        len(rows), left=margin([row["label"] for row in rows]), right=0.15, top=0.34
    )
    for y, row in enumerate(rows):
        point(ax, y - 0.12, row["need"], "confirmed", size=5.5)
        other = told.get(row["code"])
        if other and other["share"] is not None:
            ax.plot(other["share"], y + 0.2, "s", markersize=5.5, markerfacecolor="white",
                    markeredgecolor=MIDDLE, markeredgewidth=1.1)  # fmt: skip
        if other and other.get("calibrated") is not None:
            ax.plot(other["calibrated"], y + 0.2, "^", markersize=5.5, markerfacecolor="white",
                    markeredgecolor=MIDDLE, markeredgewidth=1.1)  # fmt: skip
    label_rows(ax, [row["label"] for row in rows])
    weighed = [v["calibrated"] for v in volunteers if v.get("calibrated") is not None]
    shares = [v["share"] for v in volunteers if v["share"] is not None] + weighed
    percent_axis(ax, max([highest_of([row["need"] for row in rows]), *shares]))
    ax.plot([], [], "o", color=INK, markersize=5.5, label="入户概率样本（横线为95%置信区间）")
    ax.plot([], [], "s", markerfacecolor="white", markeredgecolor=MIDDLE, linestyle="none",
            markersize=5.5, label="线上自愿样本（不推断总体）")  # fmt: skip
    if weighed:
        ax.plot([], [], "^", markerfacecolor="white", markeredgecolor=MIDDLE, linestyle="none",
                markersize=5.5, label="加权后")  # fmt: skip
    ax.legend(loc="upper left", bbox_to_anchor=(0, 1), bbox_transform=figure.transFigure, ncols=3,
              frameon=False, fontsize=9, borderpad=0.3, handletextpad=0.3,
              columnspacing=1.0)  # fmt: skip
    said = "；".join(
        f"{row['label']}入户{_value(row['need'])}，线上"
        + (wording.percent(told[row["code"]]["share"]) if _told(told, row) else WITHHELD)
        for row in rows
    )
    return finish(figure, f"两类样本对照点图，线上自愿样本不推断总体。{said}。")


def _told(told: Mapping[str, Row], row: Row) -> bool:
    return row["code"] in told and told[row["code"]]["share"] is not None


@drawn_once
def tiles(places: Sequence[tuple[str, Row]], columns: int = 4) -> Chart:
    """Equal tiles, one per place: darker is more, hatched is not published. No map, no borders."""
    count = math.ceil(len(places) / columns)
    figure = Figure(figsize=(WIDTH, count * 0.78 + 0.06))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set_xlim(0, columns)
    ax.set_ylim(count, 0)
    values = [e["value"] for _, e in places if wording.shown(e)]
    lowest, spread = min(values, default=0), max(values, default=1) - min(values, default=0) or 1
    for index, (name, estimate) in enumerate(places):
        y, x = divmod(index, columns)
        seen = wording.shown(estimate)
        depth = (estimate["value"] - lowest) / spread if seen else 0
        colour = str(0.97 - 0.32 * depth)
        ax.add_patch(Rectangle(
            (x + 0.02, y + 0.04), 0.96, 0.92, facecolor=colour if seen else "white",
            edgecolor="#7b8492", linewidth=0.7, hatch="" if seen else "////",
        ))  # fmt: skip
        text = wording.share_short(estimate).replace("（", "\n（") if seen else "样本不足"
        ax.text(x + 0.5, y + 0.24, name, ha="center", va="center", fontsize=10, weight="bold")
        box = None if seen else {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.text(x + 0.5, y + 0.64, text, ha="center", va="center", fontsize=9, bbox=box)
    said = "；".join(f"{name}{wording.share_short(e)}" for name, e in places)
    return finish(figure, f"乡镇方格图，颜色越深占比越高。{said}。")


@drawn_once
def steps(rows: Sequence[tuple[str, int]]) -> Chart:
    """A funnel of counts, one bar below the other."""
    figure, (ax,) = canvas(
        len(rows), left=margin([name for name, _ in rows], 13), right=0.7, bottom=0.08
    )
    ax.barh(range(len(rows)), [n for _, n in rows], height=0.55, color=MIDDLE, edgecolor=INK)
    for y, (_, n) in enumerate(rows):
        ax.annotate(str(n), (n, y), (4, 0), textcoords="offset points", va="center", fontsize=9.5)
    label_rows(ax, [name for name, _ in rows], wrap=13)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.grid(False)
    return finish(figure, "逐级数量条形图。" + "；".join(f"{name}{n}" for name, n in rows) + "。")


@drawn_once
def status(rows: Sequence[tuple[str, str, int]]) -> Chart:
    """Actions by state, one bar each: (shape, word, count)."""
    figure, (ax,) = canvas(len(rows), left=1.25, right=0.7, bottom=0.08)
    ax.barh(range(len(rows)), [n for *_, n in rows], height=0.55, color=PALE, edgecolor=INK)
    for y, (*_, n) in enumerate(rows):
        ax.annotate(f"{n}项", (n, y), (4, 0), textcoords="offset points", va="center", fontsize=9.5)
    label_rows(ax, [f"{shape} {word}" for shape, word, _ in rows])
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.grid(False)
    said = "、".join(f"{word}{n}项" for _, word, n in rows)
    return finish(figure, f"办理状态条形图：{said}。")


FIRST, WIDE, SHARP, WATCH, OPEN = "优先解决", "持续推进", "重点帮扶", "一般关注", "待定"


def pressure(domain: Row) -> Row:
    """How urgent: the mean degree among those in need, else the share in urgent need."""
    return domain.get("degree") or domain["urgency"]


def quadrants(domains: Sequence[Row]) -> dict[str, str]:
    """code -> place in the matrix; OPEN where an interval crosses a mean."""
    wide, sharp = _means(domains)
    return {d["code"]: _quadrant(d["need"], pressure(d), wide, sharp) for d in domains}


def _means(domains: Sequence[Row]) -> tuple[float, float]:
    count = len(domains)
    return (sum(d["need"]["value"] for d in domains) / count,
            sum(pressure(d)["value"] for d in domains) / count)  # fmt: skip


def _quadrant(need: Row, urgent: Row, wide: float, sharp: float) -> str:
    for estimate, line in ((need, wide), (urgent, sharp)):
        if estimate["low"] is None or estimate["low"] <= line <= estimate["high"]:
            return OPEN
    if need["value"] > wide:
        return FIRST if urgent["value"] > sharp else WIDE
    return SHARP if urgent["value"] > sharp else WATCH


@drawn_once
def matrix(domains: Sequence[Row]) -> Chart:
    """Need against urgency with both intervals; numbers stand for names, told at the right."""
    placed, (wide, sharp) = quadrants(domains), _means(domains)
    figure = Figure(figsize=(WIDTH, 3.7))
    ax = figure.add_axes((0.085, 0.115, 0.56, 0.865))
    for d in domains:
        x, y, open_ = d["need"], pressure(d), placed[d["code"]] == OPEN
        colour = MIDDLE if open_ else INK
        for bar in ([[x["low"], x["high"]], [y["value"]] * 2],
                    [[x["value"]] * 2, [y["low"], y["high"]]]):  # fmt: skip
            if None not in (*bar[0], *bar[1]):
                ax.plot(*bar, color=PALE, linewidth=1, zorder=1)
        ax.plot(x["value"], y["value"], "o", markersize=5.5, zorder=3, markeredgecolor=colour,
                markerfacecolor="white" if open_ else colour)  # fmt: skip
    ax.axvline(wide, color="black", linewidth=0.8, linestyle=(0, (4, 3)), zorder=2)
    ax.axhline(sharp, color="black", linewidth=0.8, linestyle=(0, (4, 3)), zorder=2)
    ax.margins(0.07)
    ax.tick_params(labelsize=9, length=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:g}%")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value * 100:g}")
    ax.set_xlabel("需要帮助的占比", fontsize=9, labelpad=2)
    ax.set_ylabel("紧迫程度", fontsize=9, labelpad=2)
    _number(ax, [(d["need"]["value"], pressure(d)["value"]) for d in domains])
    for k, d in enumerate(domains):
        figure.text(0.665, 0.95 - k * 0.072, f"{k + 1}　{d['label']}", fontsize=9, va="center")
        figure.text(0.995, 0.95 - k * 0.072, placed[d["code"]], fontsize=9, va="center", ha="right")
    said = "；".join(f"{d['label']}{placed[d['code']]}" for d in domains)
    return finish(figure, f"需要面与紧迫程度的散点图，空心为待定。{said}。")


def _number(ax: Axes, points: Sequence[tuple[float, float]]) -> None:
    """A number beside each point, where it hides least; distances in points of the page."""
    at = [tuple(p) for p in ax.transData.transform(points)]
    taken: list[tuple[float, float]] = list(at)
    scale = ax.figure.dpi / 72
    around = [(8, 7), (-8, 7), (8, -7), (-8, -7), (12, 0), (-12, 0), (0, 12), (0, -12),
              (15, 12), (-15, 12), (15, -12), (-15, -12)]  # fmt: skip
    for k, (x, y) in enumerate(at):
        room = [
            min(math.hypot(x + dx * scale - a, y + dy * scale - b) for a, b in taken)
            for dx, dy in around
        ]
        good = [i for i, r in enumerate(room) if r >= 10 * scale]
        dx, dy = around[good[0] if good else room.index(max(room))]
        taken.append((x + dx * scale, y + dy * scale))
        ax.annotate(str(k + 1), points[k], (dx, dy), textcoords="offset points", ha="center",
                    va="center", fontsize=9)  # fmt: skip
