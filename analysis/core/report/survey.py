"""调研报告: summary, who answered, findings, the foremost problems, advice, method, tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from analysis.core import charts, rounding, wording
from analysis.core.report import annex, doubts, findings, prose, voices
from analysis.core.report.prose import Row
from analysis.core.thresholds import THRESHOLDS

POINTS = 6  # of the summary, the last on certainty
PLATE_ROWS = 8  # of a plot that shares its page with a table and the text
TEXT = "text"  # a table whose cells are words; all others are numbers right of the first column


def compose(figures: Row) -> dict[str, Any]:
    plates = prose.Plates(figures)
    content = {
        "title": figures["meta"]["title"] + "报告",
        "summary": _summary(figures),
        "situation": _situation(figures),
        "situation_tables": [t for t in (_outcomes(figures), _composition(figures)) if t["rows"]],
        "findings": findings.compose(figures, plates),
        "problems_lead": _problems_lead(figures),
        "problems": [_problem(figures, d, plates) for d in prose.leading(figures)],
        "matrix": _matrix(figures, plates),
        "voices": voices.compose(figures),
        "doubts": doubts.compose(figures),
        "advice_lead": _advice_lead(figures),
        "advice": _advice(figures),
        "technical": annex.technical(figures),
        "technical_tables": annex.technical_tables(figures),
        "tables": annex.tables(figures),
    }  # fmt: skip
    said = json.dumps(content, ensure_ascii=False, default=lambda chart: chart.alt)
    return content | {"mark": wording.review_note(said)}


def _summary(figures: Row) -> list[str]:
    lines = [prose.standing(figures) + "。", *_foremost(figures)]
    for group, row in prose.clearest_gaps(figures, prose.contenders(figures))[:2]:
        lines.append(
            f"{wording.women_of(group['label'])}在{prose.label(figures, row['code'])}上比其他妇女"
            f"{wording.points(row['gap'])}，n={row['joint']['n']}。"
        )
    crowd = figures["volunteers"]["n"]
    aside = [f"另有线上自愿样本{crowd}份，只作线索，不推断总体。"] if crowd else []
    sure = prose.confidence(figures, prose.leading(figures)) + "。"
    return [*lines[: POINTS - 1 - len(aside)], *aside, sure]


def _foremost(figures: Row) -> list[str]:
    """The largest shares of need and of all three together, with what ranks they may have."""
    need, joint = (prose.foremost(figures, axis) for axis in ("need", "joint"))
    lines = []
    if need:
        head, tail = _first("需要面", "最广", need, "need")
        lines.append(f"{head}，{wording.share(need['need'])}的妇女需要帮助，"
                     f"n={need['need']['n']}{tail}。")  # fmt: skip
    if joint:
        head, tail = _first("需要、紧急且盼妇联帮办", "最集中", joint, "joint")
        lines.append(f"{head}，占{wording.share(joint['joint'])}，约{wording.women(joint['women'])}，"
                     f"n={joint['joint']['n']}{tail}。")  # fmt: skip
    return lines


def _first(what: str, most: str, domain: Row, axis: str) -> tuple[str, str]:
    """A largest point estimate is called the largest only where its rank is certain."""
    if prose.certain(domain, axis):
        return f"{what}{most}的是{domain['label']}", ""
    rank = domain["rank"][axis]
    place = f"名次可能在{wording.ranks(rank)}" if rank else wording.UNRANKED
    return f"{what}点估计最高的是{domain['label']}", f"，{place}"


def _situation(figures: Row) -> list[str]:
    s, meta = figures["sample"], figures["meta"]
    rate = s["response_rate"]
    out = [
        f"本次调查于{wording.span(s['dates'])}在{meta['area']['name']}进行，采用{s['how']}。",
        f"抽样框有{s['villages_frame']}个村（社区），抽中{s['villages_drawn']}个、"
        f"{s['households_drawn']}户；完成访问{s['completed']}份，审核通过{s['approved']}份，"
        f"应答率{wording.percent(rate['value'])}（{rate['numerator']:g}÷{rate['denominator']:.0f}）。"
        f"结果代表全县约{s['population_women']}名常住成年妇女。",
    ]
    if s.get("excluded"):
        parts = "、".join(f"{e['reason']}{_answers(e['n'])}" for e in s["excluded"])
        out.append(f"未采用的答卷（份数取整到十）：{parts}。")
    alone = s.get("presence", {}).get("alone")
    if alone:
        out.append(f"询问需求时只有本人在场的占{wording.share(alone)}，n={alone['n']}。")
    return out


def _answers(n: int | None) -> str:
    """An earlier version may have told fewer than ten."""
    if n is None or n < THRESHOLDS.cell:
        return f"不足{THRESHOLDS.cell}份"
    return f"{rounding.tens(n)}份"


def _outcomes(figures: Row) -> dict[str, Any]:
    rows = figures["sample"].get("dispositions", [])
    return {
        "caption": "表1　访问结果",
        "head": ["结果", "户数"],
        "rows": [[r["label"], r["n"]] for r in rows],
    }


def _composition(figures: Row) -> dict[str, Any]:
    """Who answered, beside the women they stand for."""
    n = figures["sample"]["n"]
    rows = [
        [f"{b['label']}：{r['label']}", r["n"], wording.percent(r["n"] / n),
         wording.percent(r["share"]["value"]) if wording.shown(r["share"]) else "—",
         wording.interval(r["share"]) if wording.shown(r["share"]) else "—"]
        for b in figures["breakdowns"] for r in b["rows"]
    ]  # fmt: skip
    return {
        "caption": f"表2　谁回答了问卷（样本n={n}；加权后代表全县常住成年妇女）",
        "head": ["类别", "n", "样本占比", "加权占比", "95%区间"],
        "rows": rows,
        "kind": "composition",
    }


def _problems_lead(figures: Row) -> str:
    """That the order below is none, where the sample bears none."""
    if not prose.refused(figures):
        return ""
    return f"{prose.refused(figures)}。以下按占比大小列出，先后不作结论。"


def _problem(figures: Row, domain: Row, plates: prose.Plates) -> dict[str, Any]:
    sure = prose.confidence(figures, [domain]).partition("（")[0]
    lines = [f"三项均达到约{wording.women(domain['women'])}。{sure}。"]
    for group, row in prose.clearest_gaps(figures, [domain["code"]])[:1]:
        lines.append(
            f"{wording.women_of(group['label'])}比其他妇女{wording.points(row['gap'])}，"
            f"n={row['joint']['n']}。"
        )
    issue = prose.issue_of(figures, domain["code"])
    if issue and issue["decision"]:
        d = issue["decision"]
        lines.append(
            f"研究决定：{d['result']}（{d['by']}，{wording.day(d['on'])}）。"
            f"党政所急：{d['party']}。妇联所能：{d['ours']}。"
        )
    return {
        "title": f"{domain['label']}：约{domain['women']['value']:.0f}名妇女需急盼",
        "plate": _classes(figures, domain, plates),
        "table": {
            "kind": "problem",
            "head": ["全县常住成年妇女", "占比", "95%区间", "n", "可能名次"],
            "rows": [
                [wording.AXIS_WORDS[axis], *annex.estimate(domain, axis)[1:4],
                 wording.ranks(domain["rank"][axis])]
                for axis in ("need", "urgency", "hope", "joint")
            ],
        },
        "lines": lines,
    }  # fmt: skip


def _classes(figures: Row, domain: Row, plates: prose.Plates) -> dict[str, Any] | None:
    """The need in the classes of the first background questions that fit."""
    chosen: list[tuple[str, list[tuple[str, Row]]]] = []
    for b in figures["breakdowns"]:
        rows = [(r["label"], d["need"]) for r in b["rows"] for d in r["domains"]
                if d["code"] == domain["code"]]  # fmt: skip
        if sum(len(old) + 1 for _, old in chosen) + len(rows) + 1 <= PLATE_ROWS:
            chosen.append((b["label"], rows))
    if not chosen:
        return None
    bases = [e["n"] for _, rows in chosen for _, e in rows if e["n"] is not None]
    n = f"各类n={min(bases)}—{max(bases)}" if bases else "各类样本不足"
    return plates.plate(
        charts.levels(chosen, domain["need"]),
        f"各类妇女中需要{domain['label']}帮助的占比，横线为95%置信区间，虚线为全县", n,
    )  # fmt: skip


def _matrix(figures: Row, plates: prose.Plates) -> dict[str, Any] | None:
    shown = [d for d in figures["domains"] if wording.shown(d["need"])
             and wording.shown(charts.pressure(d))][:12]  # fmt: skip
    if len(shown) < 2:
        return None
    told = "紧迫程度（需要者平均，0—100）" if shown[0].get("degree") else "需要且紧急的占比"
    chart = charts.matrix(shown)
    placed = charts.quadrants(shown)
    first = [d["label"] for d in shown if placed[d["code"]] == charts.FIRST]
    open_ = sum(1 for name in placed.values() if name == charts.OPEN)
    lines = [
        (f"需要面广且急、应优先解决的有{len(first)}项：{wording.listed(first)}。" if first
         else "没有一项能确定同时高于两条平均线。"),
        f"区间跨过平均线、现有样本定不了位置的有{open_}项，图中以空心表示。",
    ]  # fmt: skip
    bases = [d["need"]["n"] for d in shown]
    return {
        "plate": plates.plate(
            chart, f"需要面与{told}，十字线为各项平均，横竖线为95%置信区间",
            f"各项n={min(bases)}—{max(bases)}",
        ),
        "lines": lines,
    }  # fmt: skip


def _advice_lead(figures: Row) -> str:
    count = sum(bool(prose.actions_of(figures, d["code"])) for d in figures["domains"])
    return (
        f"按“党政所急、妇女所需、妇联所能”研究，已有{count}项需求确定办理事项。"
        "下表逐项列出问题、建议、牵头单位、时限和检验指标；占比后括号内为95%置信区间，"
        "下降以两轮差异的区间不含零为准。"
    )


def _advice(figures: Row) -> dict[str, Any]:
    rows = []
    decided = [i["domain"] for i in figures.get("issues", [])]
    wanted = [*prose.leading(figures, 5),
              *[d for d in figures["domains"] if d["code"] in decided]]  # fmt: skip
    for domain in {d["code"]: d for d in wanted}.values():
        rows += _advised(figures, domain)
    return {
        "kind": f"{TEXT} advice",
        "head": ["问题", "建议", "牵头", "时限", "指标"],
        "rows": rows,
    }


def _advised(figures: Row, domain: Row) -> list[Sequence[object]]:
    joint = domain["joint"]
    share = wording.share_short(joint).replace("（", "\n（")
    problem = f"{domain['label']}\n{share}\nn={joint['n']}"
    issue = prose.issue_of(figures, domain["code"])
    known = "已有部署" if issue and issue["decision"] and issue["decision"]["party"] else "需新增"
    target = "下一轮占比低于本轮"
    actions = prose.actions_of(figures, domain["code"])
    if not actions:
        return [[problem, f"提出办理方案（{known}）", "县妇联会同有关部门", "三个月内报告", target]]
    return [
        [problem, f"{a['title']}（{known}）", "、".join([a["owner"], *a["co_owners"]]),
         wording.stacked_day(a["deadline"]), a.get("target") or target]
        for a in actions
    ]  # fmt: skip
