"""What the three reports say, composed from figures.json: titles, sentences, tables, plots.

Chooses nothing the figures do not decide and computes no new number. Layout is the templates'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.core import charts, wording

Row = Mapping[str, Any]


def brief(figures: Row) -> dict[str, Any]:
    """要情专报: one finding, three figures, who most, three suggestions, one line on the sample."""
    leaders = by_axis(figures, "joint")
    sure = [d for d in leaders if d["tier"] == "confirmed"]
    chosen = (sure + [d for d in leaders if d not in sure])[:3]
    return {
        "title": _headline(figures),
        "lead": _sample_short(figures),
        "points": [_point(d) for d in chosen],
        "standing": _standing(figures) + "。",
        "chart": charts.ranked(leaders[:5]),
        "groups": _most_affected(figures, 2),
        "advice": [_advice(figures, d) for d in chosen],
        "confidence": _confidence(chosen),
        "contact": figures["meta"].get("contact", ""),
    }


def by_axis(figures: Row, axis: str) -> list[Row]:
    """Domains, largest first; withheld last."""
    return sorted(
        figures["domains"],
        key=lambda d: -(d[axis]["value"] if wording.shown(d[axis]) else -1.0),
    )


def label(figures: Row, code: str) -> str:
    return next((d["label"] for d in figures["domains"] if d["code"] == code), code)


def _labels(figures: Row, codes: Sequence[str]) -> list[str]:
    return [label(figures, code) for code in codes]


def _headline(figures: Row) -> str:
    rank = figures["ranking"]
    return wording.headline(
        _labels(figures, rank["confirmed"]), _labels(figures, rank["possible"]), rank["tau"]
    )


def _standing(figures: Row) -> str:
    rank = figures["ranking"]
    return wording.standing(
        _labels(figures, rank["confirmed"]), _labels(figures, rank["possible"]), rank["tau"]
    )


def _sample_line(figures: Row) -> str:
    s = figures["sample"]
    rate = s["response_rate"]
    return (
        f"本次采用{s['how']}，审核通过{s['n']}份，应答率{wording.percent(rate['value'])}"
        f"（{rate['numerator']}÷{rate['denominator']:.0f}），结果代表全县常住成年妇女。"
    )


def _sample_short(figures: Row) -> str:
    s = figures["sample"]
    return (
        f"入户概率抽样调查，{s['villages_drawn']}个村，n={s['n']}，"
        f"应答率{wording.percent(s['response_rate']['value'])}，代表全县常住成年妇女。"
    )


def _point(domain: Row) -> str:
    return (
        f"{domain['label']}：需要、紧急且盼妇联帮办的占{wording.share(domain['joint'])}，"
        f"n={domain['joint']['n']}。"
    )


def _confidence(domains: Sequence[Row]) -> str:
    found = wording.weakest([wording.confidence(d["joint"], None) for d in domains])
    return f"把握程度：{found.word}（{found.why}）"


def _most_affected(figures: Row, count: int) -> list[str]:
    """The clearest gaps of special groups in the leading domains, as sentences."""
    lead = {d["code"] for d in figures["domains"] if d["tier"] != "rest"}
    found = [
        (row["gap"]["value"], group, row)
        for group in figures["groups"]
        for row in group["domains"]
        if row["code"] in lead and wording.clear(row["gap"]) and row["gap"]["value"] > 0
    ]
    found.sort(key=lambda item: -item[0])
    lines = [
        f"{group['label']}的妇女在{label(figures, row['code'])}上比其他妇女"
        f"{wording.points(row['gap'])}，n={row['joint']['n']}"
        for _, group, row in found[:count]
    ]
    return lines or ["列入排序的事项中，未发现特殊群体与其他妇女有明显差距"]


def _advice(figures: Row, domain: Row) -> str:
    action = next(
        (a for a in figures.get("actions", []) if _about(figures, a) == domain["code"]), None
    )
    if action:
        return (
            f"{action['owner']}牵头，{action['title']}，{wording.day(action['deadline'])}前见效，"
            f"以下一轮{domain['label']}占比是否下降检验。"
        )
    return (
        f"县妇联会同有关部门，就{domain['label']}提出办理方案，三个月内报告，"
        f"以下一轮占比是否下降检验。"
    )


def _about(figures: Row, action: Row) -> str:
    issues = {i["number"]: i["domain"] for i in figures.get("issues", [])}
    return str(issues.get(action.get("issue", ""), ""))


def survey(figures: Row) -> dict[str, Any]:
    """调研报告: summary, situation, findings, problems, advice, technical note, tables."""
    return {
        "title": figures["meta"]["title"] + "报告",
        "summary": _summary(figures),
        "situation": _situation(figures),
        "dispositions": figures["sample"].get("dispositions", []),
        "findings": _findings(figures),
        "problems": _problems(figures),
        "advice": [_advice(figures, d) for d in by_axis(figures, "joint")[:5]],
        "technical": _technical(figures),
        "tables": _tables(figures),
    }


def _summary(figures: Row) -> list[str]:
    top = by_axis(figures, "joint")[0]
    need = by_axis(figures, "need")[0]
    lines = [
        _standing(figures) + "。",
        f"需要面最广的是{need['label']}，{wording.share(need['need'])}的妇女半年内需要帮助。",
        f"需要、紧急且盼妇联帮办最集中的是{top['label']}，{wording.share(top['joint'])}，"
        f"约{wording.women(top['women'])}。",
        *[line + "。" for line in _most_affected(figures, 2)],
    ]
    crowd = figures["volunteers"]
    if crowd["n"]:
        lines.append(f"另有线上自愿样本{crowd['n']}份，只作线索，不推断总体。")
    return lines[:6]


def _situation(figures: Row) -> list[str]:
    s = figures["sample"]
    out = [
        _sample_line(figures),
        f"抽样框有{s['villages_frame']}个村（社区），抽中{s['villages_drawn']}个、"
        f"{s['households_drawn']}户，完成{s['completed']}份，审核通过{s['approved']}份。",
        f"应答率按{s['response_rate']['formula']}计算。",
        f"设计效应中位数{s['deff_median']:.2f}，自由度{s['df']}，权数不等引起的损失（Kish）"
        f"{s['kish']:.2f}。",
    ]
    if s.get("excluded"):
        parts = "、".join(f"{e['reason']}{e['n']}份" for e in s["excluded"])
        out.append(f"未采用的答卷：{parts}。")
    return out


def _findings(figures: Row) -> list[dict[str, Any]]:
    domains = figures["domains"]
    pages = [
        {
            "title": "需急盼：哪些事最要紧",
            "chart": charts.ranked(domains),
            "lines": [_standing(figures) + "。",
                      "占比指需要帮助、三个月内急、又盼妇联帮办的妇女，三项同时达到。"],
        },
        {
            "title": "名次有多大把握",
            "chart": charts.rank_sets(domains),
            "lines": ["横条为各事项可能的名次，全部名次同时成立的把握为95%。",
                      "横条重叠不等于并列，只表示样本还不能区分。"],
        },
        {
            "title": "需、急、盼三个方面",
            "chart": charts.three_axes(domains),
            "lines": [_axis_line(figures, axis) for axis in ("need", "urgency", "hope")],
        },
    ]  # fmt: skip
    pages += [_group_page(figures, group) for group in figures["groups"][:4]]
    if figures["volunteers"]["n"]:
        pages.append(
            {
                "title": "线上自愿样本与入户样本对照",
                "chart": charts.two_sources(domains, figures["volunteers"]["domains"]),
                "lines": [figures["volunteers"]["note"] + "。"],
            }
        )
    return pages


def _axis_line(figures: Row, axis: str) -> str:
    first = by_axis(figures, axis)[0]
    name = wording.AXIS_WORDS[axis]
    return (
        f"{name}：最高为{first['label']}，{wording.share(first[axis])}，n={first[axis]['n']}，"
        f"名次{wording.ranks(first['rank'][axis])}。"
    )


def _group_page(figures: Row, group: Row) -> dict[str, Any]:
    rows = [(label(figures, r["code"]), r["gap"]) for r in group["domains"]]
    shown = [(name, gap) for name, gap in rows if wording.shown(gap)]
    clear = sorted(
        ((n, g) for n, g in shown if wording.clear(g)), key=lambda item: -abs(item[1]["value"])
    )
    lines = [f"占全县妇女{wording.share(group['share'])}，样本n={group['n']}。"]
    lines += [f"{name}比其他妇女{wording.points(gap)}。" for name, gap in clear[:3]]
    if not clear:
        lines.append("与其他妇女相比，各事项差距的区间均跨零，差异不明显。")
    chart = charts.gaps([(group["label"], shown)]) if shown else None
    return {"title": f"{group['label']}的妇女", "chart": chart, "lines": lines}


def _problems(figures: Row) -> list[dict[str, Any]]:
    out = []
    for domain in by_axis(figures, "joint")[:3]:
        out.append(
            {
                "title": domain["label"],
                "lines": [
                    f"需要帮助的占{wording.share(domain['need'])}；需要且紧急的占"
                    f"{wording.share(domain['urgency'])}；需要且盼妇联帮办的占"
                    f"{wording.share(domain['hope'])}。n={domain['need']['n']}。",
                    f"三项均达到的约{wording.women(domain['women'])}，"
                    f"名次{wording.ranks(domain['rank']['joint'])}。",
                    f"有{wording.percent(domain['missing_rate'])}的妇女未回答全部分项，未计入。",
                ],
            }
        )
    return out


def _technical(figures: Row) -> list[str]:
    m, s, r = figures["method"], figures["sample"], figures["ranking"]
    versions = "、".join(f"{q['title']} {q['version']}" for q in figures["meta"]["questionnaires"])
    return [
        f"问卷版本：{versions}。数据版{figures['meta']['data_version']}，"
        f"{wording.day(figures['meta']['frozen_at'])}冻结，程序版本{figures['meta']['revision']}。",
        f"抽样：{s['how']}。",
        m["weights"] + "。",
        m["variance"] + "。",
        m["calibration"] + "。",
        m["thresholds"] + "。",
        f"排序：{r['family']}，同时成立的把握{1 - r['alpha']:.0%}，模拟{r['draws']}次，"
        f"种子{r['seed']}。",
        f"把握程度：{wording.CONFIDENCE_RULE}",
    ]


def _tables(figures: Row) -> list[dict[str, Any]]:
    tables = [
        {
            "kind": "wide estimates",
            "caption": f"附表{i}　{wording.AXIS_WORDS[axis]}，占常住成年妇女的比例",
            "head": ["事项", "占比", "95%区间", "n", "有效n", "可能名次"],
            "rows": [_table_row(d, axis) for d in by_axis(figures, axis)],
        }
        for i, axis in enumerate(("joint", "need", "urgency", "hope"), start=1)
    ]
    lead = by_axis(figures, "need")[:3]
    tables.append(
        {
            "kind": "places",
            "caption": "附表5　各乡镇需要帮助的占比（最普遍的三项，括号内为95%区间）",
            "head": ["乡镇", "n", *[d["label"] for d in lead]],
            "rows": [
                [t["name"], t["n"], *[_within(t, d["code"]) for d in lead]]
                for t in figures["townships"]
            ],
        }
    )
    return tables


def _table_row(domain: Row, axis: str) -> list[Any]:
    e = domain[axis]
    if not wording.shown(e):
        return [domain["label"], wording.withheld(e), "", e["n"] or "", "", ""]
    return [domain["label"], wording.percent(e["value"]), wording.interval(e), e["n"],
            f"{e['n_eff']:.0f}", wording.ranks(domain["rank"][axis])]  # fmt: skip


def _within(place: Row, code: str) -> str:
    row = next(d for d in place["domains"] if d["code"] == code)["need"]
    if not wording.shown(row):
        return "不公布"
    return f"{wording.percent(row['value'])}\n（{wording.interval(row)}）"


def progress(figures: Row) -> dict[str, Any]:
    """办理通报: counts, what is late and why, every action in one table."""
    actions, counts = figures.get("actions", []), figures.get("action_counts", {})
    late = [a for a in actions if a["light"]["colour"] == "red"]
    return {
        "title": figures["meta"]["area"]["name"] + "妇女需求事项办理情况通报",
        "lead": (
            f"截至{wording.day(figures['meta']['frozen_at'])}，依据数据版"
            f"{figures['meta']['data_version']}确定的事项共{counts.get('total', 0)}项，"
            f"已销号{counts.get('closed', 0)}项，办理中{counts.get('moving', 0)}项，"
            f"待签收{counts.get('new', 0)}项，逾期{counts.get('overdue', 0)}项。"
        ),
        "late": [f"{a['title']}（{a['owner']}），应于{wording.day(a['deadline'])}办结。"
                 for a in late] or ["目前没有逾期事项。"],
        "rows": actions,
    }  # fmt: skip
