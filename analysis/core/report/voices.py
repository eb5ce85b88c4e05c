"""妇女自己的话: shares of what was mentioned in open questions, and quotes approved for print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.core import wording

Row = Mapping[str, Any]


def compose(figures: Row) -> dict[str, Any] | None:
    """None when no open question was coded."""
    tables = figures.get("mentions", [])
    if not tables:
        return None
    return {"tables": [_table(t) for t in tables], "quotes": figures.get("quotes", [])}


def _table(table: Row) -> dict[str, Any]:
    rows = [
        [f"{c['name']}：{c['definition']}", wording.percent(c["share"]["value"]),
         wording.interval(c["share"])]
        for c in table["codes"] if wording.shown(c["share"])
    ]  # fmt: skip
    return {
        "kind": "text mentions",
        "caption": f"“{table['label']}”写了想法的妇女中提到各项的占比{size(table)}",
        "head": ["提到的事", "占比", "95%区间"],
        "rows": rows,
        "notes": [note(table)],
    }


def note(table: Row) -> str:
    """How the shares came about, and what is not shown."""
    agreed, hidden = table["agreement"], sum(not wording.shown(c["share"]) for c in table["codes"])
    some = table.get("drawn", table["read"] < table["written"])
    drawn = f"从{_about(table['written'])}份作答中随机抽取" if some else "全部"
    parts = [
        f"{drawn}{_about(table['read'])}份，遮盖姓名、电话、住址后由两人背对背编码、不一致的再裁定",
        "一份可编多项，各项相加不等于100%，没写的不在分母里",
    ]
    if agreed["alpha"] is not None:
        limits = ""
        if agreed["low"] is not None and agreed["high"] is not None:
            limits = f"（95%区间{agreed['low']:.2f}—{agreed['high']:.2f}）"
        parts.insert(1, f"两人一致性α={agreed['alpha']:.2f}{limits}，{_about(agreed['n'])}份")
    if left_out := agreed.get("left_out"):
        parts.append(f"{_about(left_out)}份有人看不懂、编不出，不计入一致性，由裁定确定")
    if hidden:
        parts.append(f"另有{hidden}项因人数少或样本不足不公布")
    return "；".join(parts) + "。"


def size(table: Row) -> str:
    """The base in brackets, where it may be told."""
    return "" if table["n"] is None else f"（n={table['n']}）"


def _about(n: int) -> str:
    return f"约{n}" if n else "不足10"
