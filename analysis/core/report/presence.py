"""在场与方式: answers given otherwise with somebody present or by another mode, worded 关联."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.core import wording
from analysis.core.report import prose
from analysis.core.report.prose import Row

if TYPE_CHECKING:
    from analysis.core.plotting import Chart

Page = dict[str, Any]
SHORT = "在场与方式"
ALPHA = 0.05


def words(figures: Row) -> Page | None:
    found = figures.get("presence") or []
    if not found:
        return None
    clear = [(q, c, d) for q in found for c in q["classes"] for d in c["domains"] if _clear(d)]
    return {
        "short": SHORT,
        "title": "有没有旁人在场、用什么方式问，与回答有关联" if clear
        else "旁人在场与访问方式，没有查出与回答的明显关联",
        "lines": [
            *[_asked(q) for q in found],
            *[_told(figures, *one) for one in sorted(clear, key=lambda o: -abs(o[2]["value"]))[:4]],
            "这是关联，不是影响：谁在家时有旁人，本来就与她的处境有关；未作任何数字上的修正。",
        ],
        "table": _table(figures, found[0]),
    }  # fmt: skip


def chart(figures: Row) -> Chart | None:
    """No plot: the table says it all."""
    return None


def _clear(row: Row) -> bool:
    return row["p_adjusted"] is not None and row["p_adjusted"] < ALPHA and wording.clear(row)


def _asked(question: Row) -> str:
    groups = "、".join(f"“{c['label']}”（n={c['n']}）" for c in question["classes"])
    held = wording.listed(question["adjusted"])
    return (
        f"{question['label']}：以“{question['base']['label']}”（n={question['base']['n']}）为准，"
        f"看{groups}；" + (f"已使{held}可比；" if held else "") + f"{question['family']}。"
    )


def _told(figures: Row, question: Row, group: Row, row: Row) -> str:
    way = "高" if row["value"] > 0 else "低"
    low, high = sorted((abs(row["low"]), abs(row["high"])))
    return (
        f"“{group['label']}”时，说需要{prose.label(figures, row['code'])}帮助的{way}"
        f"{abs(row['value']) * 100:.1f}个百分点（95%置信区间{low * 100:.1f}—{high * 100:.1f}），"
        f"n={row['n']}。"
    )


def _table(figures: Row, question: Row) -> Page:
    return {
        "kind": "across",
        "caption": f"与“{question['base']['label']}”时相比，需要帮助的占比相差的百分点"
        "（下行为95%区间，*为校正后仍明显）",
        "head": ["事项", *[f"{c['label']}\nn={c['n']}" for c in question["classes"]]],
        "rows": [
            [d["label"], *[_cell(row) for c in question["classes"] for row in c["domains"]
                           if row["code"] == d["code"]]]
            for d in prose.by_axis(figures, "need")
        ],
    }  # fmt: skip


def _cell(row: Row) -> str:
    if row["value"] is None:
        return "不显示"
    mark = "*" if _clear(row) else ""
    return f"{row['value'] * 100:+.1f}{mark}\n{row['low'] * 100:+.1f}至{row['high'] * 100:+.1f}"
