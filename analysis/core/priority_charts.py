"""Plots beside the ranking: what the weights change, what the rounds changed, what a model adds.

Same rules as `charts.py`: every plot brings its own words, grey alone tells nothing apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.patches import Patch

from analysis.core import wording
from analysis.core.charts import Row, point
from analysis.core.plotting import (
    INK,
    MIDDLE,
    PALE,
    Chart,
    canvas,
    drawn_once,
    finish,
    label_rows,
    margin,
    percent_axis,
)

# the first ranks and all others: face and hatch, dark to white
BANDS = ((INK, ""), (MIDDLE, ""), (PALE, ""), ("white", "////"))


@drawn_once
def acceptability(rows: Sequence[Row], tau: int = 3) -> Chart:
    """Of all weightings, the share under which an issue comes first, second, third, or later.

    ``rows``: label, acceptability (one share per rank), best and worst rank; in printing order.
    """
    figure, (ax,) = canvas(len(rows), left=margin([r["label"] for r in rows]), right=1.55, top=0.36)
    names = [*[f"第{k}位" for k in range(1, tau + 1)], f"第{tau + 1}位及以后"]
    looks = [*BANDS[:tau], BANDS[-1]]
    for y, row in enumerate(rows):
        shares = [*row["acceptability"][:tau], sum(row["acceptability"][tau:])]
        start = 0.0
        for share, (face, hatch) in zip(shares, looks, strict=True):
            ax.barh(y, share, left=start, height=0.56, facecolor=face, hatch=hatch,
                    edgecolor=INK, linewidth=0.5)  # fmt: skip
            start += share
        place = wording.ranks((row["best"], row["worst"]))
        note = f"{wording.top(tau)} {sum(shares[:tau]):.0%}  {place}"
        ax.text(1.02, y, note, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    label_rows(ax, [r["label"] for r in rows])
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    keys = [Patch(facecolor=face, hatch=hatch, edgecolor=INK, linewidth=0.5, label=name)
            for name, (face, hatch) in zip(names, looks, strict=True)]  # fmt: skip
    ax.legend(handles=keys, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(names),
              frameon=False, fontsize=9, borderpad=0, handletextpad=0.4,
              columnspacing=1.2)  # fmt: skip
    said = "；".join(
        f"{r['label']}{wording.top(tau)}占{sum(r['acceptability'][:tau]):.0%}，"
        f"{wording.ranks((r['best'], r['worst']))}"
        for r in rows
    )
    return finish(figure, f"各种权重分法中各事项居第几位的堆叠条形图。{said}。")


@drawn_once
def changes(rows: Sequence[tuple[str, Row]]) -> Chart:
    """Differences between two rounds in percentage points; solid where the change is certain."""
    shown = [row for _, row in rows if wording.shown(row)]
    reach = max((abs(row[key]) for row in shown for key in ("value", "low", "high")
                 if row[key] is not None), default=0.05) * 1.08  # fmt: skip
    figure, (ax,) = canvas(len(rows), left=margin([name for name, _ in rows]), right=1.25)
    ax.axvline(0, color="black", linewidth=0.8, zorder=1)
    for y, (_, row) in enumerate(rows):
        sure = row.get("verdict") in ("up", "down")
        point(ax, y, row, "confirmed" if sure else "possible", size=5.5)
        if wording.shown(row):
            note = f"{row['value'] * 100:+.1f}  {'可断定' if sure else '不能断定'}"
            ax.text(1.02, y, note, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    ax.set_xlim(-reach, reach)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:+g}" if value else "0")
    ax.set_xlabel("变化的百分点（向左为下降）", fontsize=9, labelpad=2)
    label_rows(ax, [name for name, _ in rows])
    said = "；".join(
        f"{name}{row['value'] * 100:+.1f}个百分点" if wording.shown(row) else f"{name}不显示"
        for name, row in rows
    )
    return finish(figure, f"两轮变化点图，横线为95%置信区间，实心为可断定。{said}。")


@drawn_once
def two_estimates(rows: Sequence[tuple[str, Row, Row]]) -> Chart:
    """Direct estimate (solid) above the model's (hollow) for each place, each with its interval."""
    figure, (ax,) = canvas(len(rows), left=margin([r[0] for r in rows]), right=0.15, top=0.34)
    for y, (_, direct, model) in enumerate(rows):
        point(ax, y - 0.16, direct, "confirmed", size=5.5)
        point(ax, y + 0.2, model, "possible", size=5)
    label_rows(ax, [r[0] for r in rows])
    percent_axis(ax, max(row["high"] or row["value"] for r in rows for row in r[1:]))
    look: dict[str, Any] = {"color": INK, "linestyle": "none", "markersize": 5.5}
    ax.plot([], [], "o", label="直接估计", **look)
    ax.plot([], [], "D", label="模型估计（供参考）", markerfacecolor="white", **look)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=9,
              borderpad=0, handletextpad=0.3)  # fmt: skip
    said = "；".join(
        f"{name}直接{wording.share_short(direct)}，模型{wording.share_short(model)}"
        for name, direct, model in rows
    )
    return finish(figure, f"乡镇直接估计与模型估计对照点图，横线为95%区间。{said}。")
