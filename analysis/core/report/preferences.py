"""排序题: what women put first when asked to order options, in one table a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.core import wording
from analysis.core.report.prose import Row

if TYPE_CHECKING:
    from analysis.core.plotting import Chart

Page = dict[str, Any]
SHORT = "排序题"


def words(figures: Row) -> Page | None:
    """The first rank question; the tables of all are published as files."""
    asked = figures.get("rankings") or []
    if not asked:
        return None
    one = asked[0]
    rows = sorted(one["rows"], key=lambda r: -(r["borda"]["value"] or 0.0))
    first = next((r for r in rows if wording.shown(r["first"])), None)
    lines = [
        f"问题：“{one['label']}”，请按先后排列，回答者n={one['n']}。"
        f"得分为第一位3分、第二位2分、第三位1分的平均；"
        "强度按被排在哪些选项之前推算，合计100。",
        "" if first is None else
        f"平均得分最高且可公布的是{first['label']}：排第一的占{wording.share(first['first'])}，"
        f"n={first['first']['n']}。先后之间未作检验，不说名次。",
        f"强度不能推算：{one['refused']}。" if one["refused"] else "",
        f"另有{len(asked) - 1}道排序题，见随附数据表。" if len(asked) > 1 else "",
    ]  # fmt: skip
    return {
        "short": SHORT, "title": "排先后的题目",
        "lines": [line for line in lines if line], "table": _table(one, rows),
    }  # fmt: skip


def chart(figures: Row) -> Chart | None:
    """No plot: the table says it all."""
    return None


def _table(one: Row, rows: list[Row]) -> Page:
    whole = any(r["best_worst"] for r in rows)
    return {
        "kind": "across",
        "caption": f"{one['label']}（%，得分除外；下行为95%区间，n={one['n']}）",
        "head": ["选项", "排第一", f"排前{one['places']}", "平均得分",
                 *(["第一减\n末位"] if whole else []), "强度"],
        "rows": [
            [r["label"], wording.stacked(r["first"]), wording.stacked(r["top"]),
             _score(r["borda"]), *([wording.stacked(r["best_worst"])] if whole else []),
             wording.stacked(r["worth"]) if r["worth"] else "—"]
            for r in rows
        ],
    }  # fmt: skip


def _score(row: Row) -> str:
    if not wording.shown(row):
        return "不显示"
    return wording.times(row)
