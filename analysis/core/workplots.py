"""Plots of the workbench beside those of `charts`: parts of a whole, groups, tiles, weights.

The same rules: shape, filling and words tell what grey tells; what is withheld is never drawn, its
place says so; the words of a plot stand in its ``alt``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import tablewords, wording
from .charts import highest_of, point
from .plotting import (
    INK,
    MIDDLE,
    PALE,
    ROW,
    SIZE,
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
# from one end of a scale to the other: dark and plain, pale, white, pale hatched, dark hatched
_ENDS = ((INK, ""), (MIDDLE, ""), (PALE, ""))
_NEUTRAL = ("white", "")
_HATCH = ("////", "\\\\\\\\", "....")
ACROSS = 3  # small multiples side by side


@drawn_once
def dots(rows: Sequence[tuple[str, Row]], alt: str, percent: bool = True) -> Chart:
    """One dot and interval a row, in the order given, the value in words at the right."""
    names = [name for name, _ in rows]
    figure, (ax,) = canvas(len(rows), left=margin(names), right=1.75)
    for y, (_, e) in enumerate(rows):
        point(ax, y, e, "confirmed")
        if not wording.shown(e):
            continue
        text = wording.share_short(e) if percent else f"{e['value']:.2f}"
        ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    label_rows(ax, names)
    if percent:
        percent_axis(ax, highest_of([e for _, e in rows]))
    else:
        ax.margins(x=0.08)
    return finish(figure, alt)


@drawn_once
def diverging(
    rows: Sequence[tuple[str, Sequence[Row]]], options: Sequence[str], alt: str
) -> Chart:  # fmt: skip
    """Shares of an ordered scale: below the middle to the left, above it to the right.

    rows: (class, estimates of the options in the order of the scale). A scale with a middle has its
    share printed at the right edge, so that neither side gains by it.
    """
    names = [name for name, _ in rows]
    figure, (ax,) = canvas(len(rows), left=margin(names), right=0.75, top=0.62)
    half, odd = len(options) // 2, len(options) % 2
    looks = _looks(len(options))
    for y, (_, shares) in enumerate(rows):
        if not all(wording.shown(e) for e in shares):
            why = next(wording.withheld(e) for e in shares if not wording.shown(e))
            ax.text(0.02, y, why, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
            continue
        left = 0.0
        for k in reversed(range(half)):
            left -= shares[k]["value"]
            _bar(ax, y, left, shares[k]["value"], looks[k])
        right = 0.0
        for k in range(half + odd, len(options)):
            _bar(ax, y, right, shares[k]["value"], looks[k])
            right += shares[k]["value"]
        if odd:
            ax.text(1.02, y, wording.percent(shares[half]["value"]),
                    transform=ax.get_yaxis_transform(), va="center", fontsize=9)  # fmt: skip
    ax.axvline(0, color="black", linewidth=0.9)
    ax.set_xlim(-1, 1)
    ax.set_xticks([-1, -0.5, 0, 0.5, 1], ["100%", "50%", "0", "50%", "100%"], fontsize=9)
    label_rows(ax, names)
    if odd:
        ax.text(1.02, 1.02, f"居中：\n{options[half]}", transform=ax.transAxes, fontsize=9,
                va="bottom")  # fmt: skip
    keys = [Rectangle((0, 0), 1, 1, facecolor=looks[k][0], hatch=looks[k][1], edgecolor=INK)
            for k in range(len(options)) if not (odd and k == half)]  # fmt: skip
    told = [o for k, o in enumerate(options) if not (odd and k == half)]
    ax.legend(keys, told, loc="lower left", bbox_to_anchor=(-0.12, 1), ncols=3, frameon=False,
              fontsize=9, borderpad=0.1, handlelength=1.4, columnspacing=1)  # fmt: skip
    return finish(figure, alt)


def _looks(count: int) -> list[tuple[str, str]]:
    """Fill and hatch per option: plain on the left, hatched on the right, darker outwards."""
    half = count // 2
    left = [_ENDS[min(k, 2)] for k in range(half)]
    right = [(_ENDS[min(k, 2)][0] if k else "#8b97ab", _HATCH[min(k, 2)]) for k in range(half)]
    return [*left, *([_NEUTRAL] if count % 2 else []), *reversed(right)]


def _bar(ax: Axes, y: float, left: float, width: float, look: tuple[str, str]) -> None:
    ax.barh(y, width, left=left, height=0.62, facecolor=look[0], hatch=look[1], edgecolor=INK,
            linewidth=0.6)  # fmt: skip


@drawn_once
def multiples(
    names: Sequence[str], whole: Sequence[Row], panels: Sequence[tuple[str, Sequence[Row]]],
    alt: str, percent: bool = True,
) -> Chart:  # fmt: skip
    """The same rows in every class on one scale, the whole as hollow marks behind."""
    lines = math.ceil(len(panels) / ACROSS)
    height = lines * (len(names) * ROW + 0.42) + 0.3
    left, wide = margin(names, 9), min(ACROSS, len(panels))
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.subplots(lines, wide, sharex=True, sharey=True, squeeze=False)
    figure.subplots_adjust(
        left=left / WIDTH,
        right=0.985,
        top=1 - 0.3 / height,
        bottom=0.28 / height,
        wspace=0.08,
        hspace=0.42 / (len(names) * ROW),
    )
    highest = highest_of([e for _, rows in panels for e in rows] + list(whole))
    for at in range(lines * wide):
        ax = axes[at // wide][at % wide]
        if at >= len(panels):
            ax.set_axis_off()
            continue
        title, rows = panels[at]
        _panel(ax, title, whole, rows)
        if percent:
            percent_axis(ax, highest, ticks=3)
    axes[0][0].set_ylim(len(names) - 0.5, -0.5)
    label_rows(axes[0][0], names, wrap=9)
    return finish(figure, alt)


def _panel(ax: Axes, title: str, whole: Sequence[Row], rows: Sequence[Row]) -> None:
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color="#d9dde3", linewidth=0.5)
    ax.set_axisbelow(True)
    ax.tick_params(left=False, length=3, pad=2, labelsize=9)
    ax.set_title(wrapped(title, 14), fontsize=SIZE, pad=3)
    for y, (all_, e) in enumerate(zip(whole, rows, strict=True)):
        if wording.shown(all_):
            ax.plot(all_["value"], y, "|", color=MIDDLE, markersize=9, markeredgewidth=1.6)
        if wording.shown(e):
            point(ax, y, e, "confirmed")
        else:
            ax.text(0.97, y, "不显示", transform=ax.get_yaxis_transform(), va="center",
                    ha="right", fontsize=9)  # fmt: skip


@drawn_once
def dumbbell(
    rows: Sequence[tuple[str, Row, Row, Row]], ends: tuple[str, str], alt: str,
    percent: bool = True,
) -> Chart:  # fmt: skip
    """Two groups a row, joined; a thick line where they clearly differ, a thin dashed one else.

    rows: (name, first, second, their difference; it is written at the right with its interval).
    """
    names = [row[0] for row in rows]
    figure, (ax,) = canvas(len(rows), left=margin(names), right=1.75, top=0.34)
    for y, (_, one, two, gap) in enumerate(rows):
        if not (wording.shown(one) and wording.shown(two)):
            why = wording.withheld(two if wording.shown(one) else one)
            ax.text(0.02, y, why, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
            continue
        look: Row = {"color": INK, "linewidth": 3} if wording.clear(gap, 3 if percent else 2) else {
            "color": MIDDLE, "linewidth": 1, "linestyle": (0, (3, 2))}  # fmt: skip
        ax.plot([one["value"], two["value"]], [y, y], zorder=1, **look)
        ax.plot(two["value"], y, "s", markersize=6, markerfacecolor="white", markeredgecolor=INK)
        ax.plot(one["value"], y, "o", markersize=6.5, color=INK)
        ax.text(
            1.02,
            y,
            _apart(gap, percent),
            transform=ax.get_yaxis_transform(),
            va="center",
            fontsize=9,
        )
    label_rows(ax, names)
    if percent:
        shown = [e["value"] for row in rows for e in row[1:3] if wording.shown(e)]
        percent_axis(ax, max(shown, default=0.1))
    ax.plot([], [], "o", color=INK, markersize=6.5, label=ends[0])
    ax.plot([], [], "s", markerfacecolor="white", markeredgecolor=INK, linestyle="none",
            markersize=6, label=ends[1])  # fmt: skip
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=9,
              borderpad=0, handletextpad=0.3)  # fmt: skip
    return finish(figure, alt)


def _apart(gap: Row, percent: bool) -> str:
    """+8.4点（+0.8 至 +16.0）"""
    if not wording.shown(gap) or gap["low"] is None:
        return ""
    times, unit, places = (100, "点", 1) if percent else (1, "", 2)
    value, low, high = (f"{gap[key] * times:+.{places}f}" for key in ("value", "low", "high"))
    return f"{value}{unit}（{low} 至 {high}）"


@drawn_once
def coverage(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[float | None]], alt: str
) -> Chart:  # fmt: skip
    """Tiles of places by age: answers achieved over what their share of the population asks for.

    None is a cell that is not shown. Below 0.8 is thick-edged and says 偏少, above 1.25 偏多.
    """
    left = margin(rows, 9)
    figure, (ax,) = canvas(len(rows) * 1.35, left=left, right=0.12, top=0.34, bottom=0.06)
    ax.set_axis_off()
    ax.set_xlim(0, len(columns))
    ax.set_ylim(len(rows), 0)
    for x, name in enumerate(columns):
        ax.text(x + 0.5, -0.12, name, ha="center", va="bottom", fontsize=9.5)
    for y, name in enumerate(rows):
        ax.text(-0.04, y + 0.5, wrapped(name, 9), ha="right", va="center", fontsize=9.5)
        for x, ratio in enumerate(cells[y]):
            _tile(ax, x, y, ratio)
    return finish(figure, alt)


def _tile(ax: Axes, x: int, y: int, ratio: float | None) -> None:
    low = ratio is not None and ratio < 0.8
    shade = 0.98 if ratio is None else 0.97 - 0.2 * min(ratio, 1.6) / 1.6
    ax.add_patch(Rectangle(
        (x + 0.02, y + 0.06), 0.96, 0.88, facecolor=str(shade), edgecolor=INK if low else MIDDLE,
        linewidth=2 if low else 0.7, hatch="////" if ratio is None else "",
    ))  # fmt: skip
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1} if ratio is None else None
    ax.text(x + 0.5, y + 0.5, tablewords.coverage(ratio), ha="center", va="center", fontsize=9.5,
            bbox=box)  # fmt: skip


@drawn_once
def weight_histogram(bins: Sequence[tuple[float, float, int]], alt: str) -> Chart:
    """Respondents by the size of their weight; the area of a bar is its number."""
    figure, (ax,) = canvas(7, left=0.62, right=0.15, bottom=0.46)
    widths = [high - low for low, high, _ in bins]
    heights = [n / width for (_, _, n), width in zip(bins, widths, strict=True)]
    ax.bar([low for low, *_ in bins], heights, widths, align="edge", facecolor=PALE, edgecolor=INK,
           linewidth=0.8)  # fmt: skip
    for (low, high, n), height in zip(bins, heights, strict=True):
        ax.text((low + high) / 2, height, str(n), ha="center", va="bottom", fontsize=9)
    ax.set_ylim(0, max(heights) * 1.15)
    ax.set_yticks([])
    ax.set_ylabel("人数（面积）", fontsize=9)
    ax.set_xlabel("权数：一名受访者代表多少妇女", fontsize=9, labelpad=2)
    return finish(figure, alt)
