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
}
WITHHELD = "样本不足，不显示"


def _point(ax: Axes, y: float, estimate: Row, tier: str = "rest", size: float = 6) -> None:
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


def _highest(estimates: Sequence[Row]) -> float:
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
        _point(ax, y, row[axis], row["tier"] if axis == "joint" else "rest")
        note = wording.share_short(row[axis]) if wording.shown(row[axis]) else ""
        if axis == "joint":
            note = f"{wording.tier(row['tier'], tau)}  {note}"
        ax.text(1.02, y, note, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    label_rows(ax, [row["label"] for row in rows])
    percent_axis(ax, _highest([row[axis] for row in rows]))
    said = "；".join(
        f"{row['label']}{wording.share_short(row[axis])}，{wording.tier(row['tier'], tau)}"
        for row in rows
    )
    return finish(figure, f"按占比排序的点图，横线为95%置信区间。{said}。")


@drawn_once
def rank_sets(domains: Sequence[Row], axis: str = "joint", tau: int = 3) -> Chart:
    """Bars from the best to the worst rank each item may have, jointly at 95 %."""
    rows = sorted(domains, key=lambda d: (d["rank"][axis][0], d["rank"][axis][1], d["code"]))
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
    ax.set_xlim(0.4, len(rows) + 0.6)
    ax.set_xticks(range(1, len(rows) + 1))
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
    highest = _highest([row[axis] for row in rows for axis in axes])
    for ax, axis in zip(panels, axes, strict=True):
        for y, row in enumerate(rows):
            _point(ax, y, row[axis], size=5)
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
                 for v in (g["low"], g["high"])), default=0.1) * 1.08  # fmt: skip
    for ax, (title, rows) in zip(axes, panels, strict=True):
        ax.axvline(0, color="black", linewidth=0.8, zorder=1)
        for y, (_, gap) in enumerate(rows):
            _point(ax, y, gap, "confirmed" if wording.clear(gap) else "possible", size=5.5)
        ax.set_title(wrapped(title, 11), fontsize=9.5, pad=4)
        ax.set_xlim(-reach, reach)
        ax.xaxis.set_major_locator(MaxNLocator(4, symmetric=True))
        ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:+.0f}" if value else "0")
    axes[len(axes) // 2].set_xlabel(
        "与其他妇女相差的百分点（向右为该群体更高）", fontsize=9, labelpad=2
    )
    label_rows(axes[0], names, wrap=13)
    said = "；".join(f"{title}：" + "，".join(f"{n}{wording.points(g)}" for n, g in rows)
                    for title, rows in panels)  # fmt: skip
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
        _point(ax, y, estimate)
        if wording.shown(estimate):
            text = wording.share_short(estimate)
            ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    label_rows(ax, [name for name, _ in lines])
    percent_axis(ax, _highest([e for _, e in lines if e is not None] + [overall]))
    said = "；".join(f"{name}{wording.share_short(e)}" for name, e in lines if e is not None)
    return finish(figure, f"分组点图，虚线为总体。{said}。")


@drawn_once
def two_sources(domains: Sequence[Row], volunteers: Sequence[Row]) -> Chart:
    """Probability sample with intervals (solid) beside the volunteers (hollow, no interval)."""
    told = {row["code"]: row for row in volunteers}
    rows = _sorted(domains, "need")
    figure, (ax,) = canvas(
        len(rows), left=margin([row["label"] for row in rows]), right=0.15, top=0.34
    )
    for y, row in enumerate(rows):
        _point(ax, y - 0.12, row["need"], "confirmed", size=5.5)
        other = told.get(row["code"])
        if other and other["share"] is not None:
            ax.plot(other["share"], y + 0.2, "s", markersize=5.5, markerfacecolor="white",
                    markeredgecolor=MIDDLE, markeredgewidth=1.1)  # fmt: skip
    label_rows(ax, [row["label"] for row in rows])
    shares = [v["share"] for v in volunteers if v["share"] is not None]
    percent_axis(ax, max([_highest([row["need"] for row in rows]), *shares]))
    ax.plot([], [], "o", color=INK, markersize=5.5, label="入户概率样本（横线为95%置信区间）")
    ax.plot([], [], "s", markerfacecolor="white", markeredgecolor=MIDDLE, linestyle="none",
            markersize=5.5, label="线上自愿样本（不推断总体）")  # fmt: skip
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=9,
              borderpad=0, handletextpad=0.3)  # fmt: skip
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
    """Actions by state in one bar: (shape, word, count); told apart by hatching and words."""
    hatches = ("", "///", "..", "xxx", "\\\\\\\\", "+++")
    greys = ("#5a6f8f", "white", "#c3cbd6", "white", "#e9ecf0", "white")
    total = sum(n for *_, n in rows) or 1
    figure = Figure(figsize=(WIDTH, 1.05))
    ax = figure.add_axes((0.005, 0.38, 0.99, 0.54))
    ax.set_axis_off()
    left = 0.0
    for index, (shape, word, n) in enumerate(row for row in rows if row[2]):
        look = {"color": greys[index % 6], "hatch": hatches[index % 6]}
        ax.barh(0, n / total, left=left, height=1, edgecolor=INK, linewidth=0.8,
                facecolor=look["color"], hatch=look["hatch"])  # fmt: skip
        text = f"{shape}{word}{n}项"
        drop = -0.75 if index % 2 == 0 else -1.1
        ax.text(left + n / total / 2, drop, text, ha="center", va="center", fontsize=9.5)
        left += n / total
    ax.set_xlim(0, 1)
    ax.set_ylim(-1.35, 0.5)
    said = "、".join(f"{word}{n}项" for _, word, n in rows)
    return finish(figure, f"办理状态条形图：{said}。")
