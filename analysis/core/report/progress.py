"""办理通报: counts, three lists, what is late and why, what comes next, all actions in a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from analysis.core import charts, wording
from analysis.core.report.prose import Row

LEGEND = (
    "状态由时限和进展计算：● 正常，▲ 临近时限，◆ 进度偏慢，■ 已逾期，✓ 已销号。"
    "销号须由牵头人以外的人验收。"
)
NEW, CLOSED = ("新增", "待签收"), ("已销号",)


def compose(figures: Row) -> dict[str, Any]:
    actions: Sequence[Row] = figures.get("actions", [])
    meta = figures["meta"]
    late = [a for a in actions if a["light"]["colour"] == "red"]
    return {
        "title": meta["area"]["name"] + "妇女需求事项办理情况通报",
        "lead": _lead(figures, actions, late),
        "plate": _plate(figures, actions),
        "lists": [
            {"title": title, "lines": [_entry(a) for a in chosen] or ["本期无。"]}
            for title, chosen in _three_lists(actions)
        ],
        "as_of": _as_of(figures),
        "late": [_late(a) for a in late] or ["目前没有逾期事项。"],
        "legend": LEGEND,
        "ledger": _ledger(actions),
        "next": _next(figures, actions),
    }


def _three_lists(actions: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    moving = [a for a in actions if a["state"] not in (*NEW, *CLOSED)]
    return [
        ("新增", [a for a in actions if a["state"] in NEW]),
        ("推进", moving),
        ("已销号", [a for a in actions if a["state"] in CLOSED]),
    ]


def _lead(figures: Row, actions: Sequence[Row], late: Sequence[Row]) -> str:
    counts = {title: len(chosen) for title, chosen in _three_lists(actions)}
    return (
        f"截至{wording.day(_as_of(figures))}，依据数据版{figures['meta']['data_version']}"
        f"（入户概率样本n={figures['sample']['n']}）确定的事项共{len(actions)}项："
        f"新增{counts['新增']}项，推进{counts['推进']}项，已销号{counts['已销号']}项；"
        f"其中逾期{len(late)}项。"
    )


def _as_of(figures: Row) -> str:
    """The day the lights were computed; figures without actions know only their own."""
    return str(figures.get("as_of") or figures["meta"]["frozen_at"])[:10]


def _plate(figures: Row, actions: Sequence[Row]) -> dict[str, Any] | None:
    if not actions:
        return None
    lights = Counter((a["light"]["shape"], a["light"]["word"]) for a in actions)
    rows = [(shape, word, n) for (shape, word), n in lights.items()]
    return {
        "chart": charts.status(rows),
        "caption": f"图1　{len(actions)}项事项的办理状态。来源：办理台账，"
        f"截至{wording.day(_as_of(figures))}，n={len(actions)}。",
    }


def _entry(action: Row) -> str:
    return (
        f"{action['number']}　{action['title']}，{action['owner']}牵头，"
        f"时限{wording.day(action['deadline'])}，{action['light']['shape']}{action['light']['word']}。"
    )


def _late(action: Row) -> str:
    reason = action.get("reason") or _last(action) or "牵头单位未说明原因"
    return (
        f"{action['number']}　{action['title']}（{action['owner']}），应于"
        f"{wording.day(action['deadline'])}办结。原因与现状：{reason.rstrip('。')}。"
    )


def _last(action: Row) -> str:
    return str(action["progress"][-1]["text"]) if action["progress"] else ""


def _ledger(actions: Sequence[Row]) -> dict[str, Any]:
    rows = [
        [a["number"], f"{a['title']}（{a['kind']}）", "、".join([a["owner"], *a["co_owners"]]),
         wording.stacked_day(a["deadline"]), f"{a['light']['shape']} {a['light']['word']}",
         _latest(a)]
        for a in actions
    ]  # fmt: skip
    return {
        "kind": "text ledger",
        "head": ["编号", "事项", "牵头与配合", "时限", "状态", "最近进展"],
        "rows": rows or [["—", "还没有确定办理事项", "—", "—", "—", "—"]],
    }


def _latest(action: Row) -> str:
    if not action["progress"]:
        return "尚无进展记录"
    last = action["progress"][-1]
    reached = f"（惠及{last['reached']}人）" if last.get("reached") else ""
    return f"{wording.month_day(last['on'])}　{last['text']}{reached}"


def _next(figures: Row, actions: Sequence[Row]) -> list[str]:
    waiting = sorted(
        (a for a in actions if a["state"] not in CLOSED), key=lambda a: str(a["deadline"])
    )
    if not waiting:
        return ["没有在办事项。"]
    return [
        f"{wording.day(a['deadline'])}前：{a['title']}，{a['owner']}"
        + (f"，{'、'.join(a['co_owners'])}配合。" if a["co_owners"] else "。")
        for a in waiting[:5]
    ]
