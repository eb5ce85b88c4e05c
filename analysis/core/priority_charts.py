"""Plots beside the ranking: what the weights change, what the rounds changed, what a model adds.

Same rules as `charts.py`: every plot brings its own words, grey alone tells nothing apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.core import wording
from analysis.core.charts import Row
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
)

# the first ranks and all others: face and hatch, dark to white
BANDS = ((INK, ""), (MIDDLE, ""), (PALE, ""), ("white", "////"))


@drawn_once
def acceptability(rows: Sequence[Row], tau: int = 3) -> Chart:
    """Of all weightings, the share under which an issue comes first, second, third, or later.

    ``rows``: label, acceptability (one share per rank), best and worst rank; in printing order.
    """
    figure, (ax,) = canvas(
        len(rows), left=margin([r["label"] for r in rows]), right=1.55, top=0.36
    )
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
    for name, (face, hatch) in zip(names, looks, strict=True):
        ax.bar(0, 0, facecolor=face, hatch=hatch, edgecolor=INK, linewidth=0.5, label=name)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(names), frameon=False,
              fontsize=9, borderpad=0, handletextpad=0.4, columnspacing=1.2)  # fmt: skip
    said = "；".join(
        f"{r['label']}{wording.top(tau)}占{sum(r['acceptability'][:tau]):.0%}，"
        f"{wording.ranks((r['best'], r['worst']))}"
        for r in rows
    )
    return finish(figure, f"各种权重分法中各事项居第几位的堆叠条形图。{said}。")


def points_axis(ax: Any, reach: float) -> None:
    """Differences of shares in percentage points around zero."""
    ax.axvline(0, color="black", linewidth=0.8, zorder=1)
    ax.set_xlim(-reach, reach)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value * 100:+.0f}" if value else "0")
