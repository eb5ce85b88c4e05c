"""技术说明 and 附表: how it was done (after AAPOR's disclosure list) and every published table."""

from __future__ import annotations

from typing import Any

from analysis.core import rounding, wording
from analysis.core.report import prose
from analysis.core.report.prose import Row

Table = dict[str, Any]
AXES = ("joint", "need", "urgency", "hope")
ACROSS = 4  # townships or groups beside each other in one table


def technical(figures: Row) -> list[tuple[str, str]]:
    m, s, r, meta = (figures[key] for key in ("method", "sample", "ranking", "meta"))
    rate = s["response_rate"]
    forms = "、".join(f"{q['title']}{q['version']}" for q in meta["questionnaires"])
    return [
        ("主办", meta.get("sponsor") or f"{meta['area']['name']}妇女联合会"),
        ("总体", f"{meta['area']['name']}常住成年妇女，约{s['population_women']}人"),
        ("抽样框", f"{s['villages_frame']}个村（社区）及其住户名单；名单以外的住户没有机会被抽中"),
        ("时间", wording.span(s["dates"])),
        ("方式", m.get("modes") or "入户面访；敏感部分由本人填写；线上自愿样本另列"),
        ("抽样", s["how"] + (f"，随机种子{s['seed']}" if s.get("seed") is not None else "")),
        ("样本量", f"抽中{s['households_drawn']}户，完成{s['completed']}份，采用{s['approved']}份"),
        ("应答率", f"{rate['formula']}＝{rate['numerator']:g}÷{rate['denominator']:.0f}"
                   f"＝{wording.percent(rate['value'])}"),
        ("权数", m["weights"]),
        ("校准", m["calibration"]),
        ("方差", m["variance"]),
        ("精度", f"设计效应中位数{wording.effect(s['deff_median'])}，自由度{s['df']}，"
                 f"权数不等的损失（Kish）{s['kish']:.2f}"),
        ("指标", f"需＝需要帮助{_counted(figures, 'need')}；"
                 f"急＝需要且紧急{_counted(figures, 'urgency')}；"
                 f"盼＝需要且盼妇联帮办{_counted(figures, 'hope')}；需急盼＝三项均达到。"
                 "分母为答了该项的全部妇女，不需要的按0计；需要而后续问题未答的按未答计，"
                 "未答率按权数计算、向上取到十人，超过5%的给出上下界"),
        ("排序", prose.refused(figures) or (
            f"{r['family']}，同时成立的把握{1 - r['alpha']:.0%}，模拟{r['draws']}次，"
            f"种子{r['seed']}；只说确定和可能，不用区间重叠分档")),
        *_groups(figures),
        *_beside(figures),
        ("发布门槛", m["thresholds"]),
        ("把握程度", wording.CONFIDENCE_RULE.rstrip("。")),
        ("复核", "用时过短、连续雷同、真实性存疑的答卷经复核不予采用，份数见“基本情况”"),
        ("局限", "见第三部分“说不准的地方”"),
        ("版本", f"{forms}；数据版{meta['data_version']}，{wording.day(meta['frozen_at'])}冻结，"
                 f"程序版本{meta['revision']}" + _since(figures)),
    ]  # fmt: skip


def _groups(figures: Row) -> list[tuple[str, str]]:
    """How many comparisons of groups were made, and what they had to stand."""
    family = prose.gap_family(figures)
    return [("群体比较", family)] if family else []


def _beside(figures: Row) -> list[tuple[str, str]]:
    """How the second views were computed, for those this version has."""
    out = []
    weights = figures["sensitivity"].get("weights", {})
    if weights.get("domains"):
        out.append(("换权重", (
            "指数＝需要面、紧迫程度、盼帮办三者的加权几何平均，误差按联合协方差线性化；"
            f"权重在三者合计为1的范围内均匀抽取{weights['draws']}种（种子{weights['seed']}），"
            "另加线性合成、去掉一面、只看一面，取最好和最差位次；不含抽样误差"
        )))  # fmt: skip
    if figures.get("change", {}).get("domains"):
        out.append(("两轮比较", (
            "差别的方差＝两轮方差之和减两倍协方差，协方差来自两轮共同的村；"
            f"{figures['change']['family']}；上一轮取其冻结数字"
        )))  # fmt: skip
    if figures.get("models"):
        out.append(("乡镇模型", (
            "Fay-Herriot模型，限制极大似然估计乡镇间方差，均方误差用Prasad-Rao公式；"
            "少于8个可公布的乡镇、乡镇间无差别或残差偏离正态的不用；模型估计不排名次"
        )))  # fmt: skip
    return out


def _since(figures: Row) -> str:
    """What changed behind a frozen version; its tables do not."""
    gone = figures.get("withdrawn", 0)
    return f"；冻结后有{gone}份答卷由本人撤回并已销毁，本版汇总数字不变" if gone else ""


def _counted(figures: Row, axis: str) -> str:
    """The answers that reach the form's own threshold, as she was offered them."""
    ways = {tuple(q["counted"]) for q in figures.get("wording", []) if q["axis"] == axis}
    if len(ways) > 1:
        return "（各项答法不同，见附表“题目原文”）"
    return "".join(f"（答“{'”或“'.join(way)}”）" for way in ways)


def technical_tables(figures: Row) -> list[Table]:
    steps = figures["method"].get("steps", [])
    if not steps:
        return []
    notes = [f"{s['name']}：{note}" for s in steps for note in s.get("notes", [])]
    return [
        {
            "kind": "steps",
            "caption": "加权步骤",
            "head": ["步骤", "n", "权数合计", "最小", "最大", "Kish", "系数范围"],
            "rows": [
                [s["name"], s["n"], f"{s['total']:.0f}", f"{rounding.extreme(s['smallest']):g}",
                 f"{rounding.extreme(s['largest']):g}", f"{s['kish']:.2f}",
                 f"{s['factor_low']:.1f}—{s['factor_high']:.1f}"]
                for s in steps
            ],
            "notes": notes,
        }
    ]  # fmt: skip


def tables(figures: Row) -> list[Table]:
    found = [_axis(figures, axis) for axis in AXES]
    found += _within(figures)
    found += _across_groups(figures)
    found += _ratios(figures)
    found += _across_townships(figures)
    if figures.get("wording"):
        found.append(_wording(figures))
    for number, table in enumerate(found, start=1):
        table["caption"] = f"附表{number}　{table['caption']}"
    return found


def _axis(figures: Row, axis: str) -> Table:
    return {
        "kind": "estimates",
        "caption": f"{wording.AXIS_WORDS[axis]}，占常住成年妇女的比例",
        "head": ["事项", "占比", "95%区间", "n", "有效n", "未答", "名次"],
        "rows": [estimate(d, axis) for d in prose.by_axis(figures, axis)],
        "notes": [
            f"{d['label']}未答者全否或全是时，占比为{wording.percent(d['bounds'][axis][0])}—"
            f"{wording.percent(d['bounds'][axis][1])}。"
            for d in figures["domains"] if d.get("bounds", {}).get(axis)
        ],
    }  # fmt: skip


def estimate(domain: Row, axis: str) -> list[Any]:
    e = domain[axis]
    missing = domain.get("missing", {}).get(axis, domain["missing_rate"])
    if not wording.shown(e):
        return [domain["label"], "不显示", "—", e["n"] or "不显示", "—",
                wording.rate(missing), "—"]  # fmt: skip
    return [domain["label"], wording.percent(e["value"]), wording.interval(e), e["n"],
            f"{e['n_eff']:.0f}", wording.rate(missing),
            wording.ranks(domain["rank"][axis])]  # fmt: skip


def _within(figures: Row) -> list[Table]:
    """U_k and E_k: how urgent and how wished among the women in need."""
    rows = [d for d in figures["domains"] if d.get("degree") and d.get("wish")]
    if not rows:
        return []
    return [
        {
            "caption": "需要者当中：紧迫程度（0—100）与盼妇联帮办的占比（%），下行为95%区间",
            "head": ["事项", "紧迫程度", "n", "盼帮办", "n"],
            "rows": [
                [d["label"], wording.stacked(d["degree"]), d["degree"]["n"] or "不显示",
                 wording.stacked(d["wish"]), d["wish"]["n"] or "不显示"]
                for d in rows
            ],
        }
    ]  # fmt: skip


def _across_groups(figures: Row) -> list[Table]:
    groups = [g for g in figures["groups"]
              if any(wording.shown(d["joint"]) for d in g["domains"])]  # fmt: skip
    return [
        {
            "kind": "across",
            "caption": "特殊群体中需急盼的占比（%，下行为95%区间）",
            "head": ["事项", *[f"{g['label']}\n{_n(g)}" for g in some]],
            "rows": [
                [d["label"], *[wording.stacked(_of(g, d["code"])["joint"]) for g in some]]
                for d in figures["domains"]
            ],
        }
        for some in (groups[i : i + ACROSS] for i in range(0, len(groups), ACROSS))
    ]


def _ratios(figures: Row) -> list[Table]:
    """Where a group stands in ratios, for every group with any number to tell."""
    return [
        {
            "kind": "across",
            "caption": f"{wording.women_of(g['label'])}与其他妇女之比（需急盼，下行为95%区间；"
            "代表比＝在该项需求者中的占比÷在全体妇女中的占比）",
            "head": ["事项", f"本群体%\n{_n(g)}", "其他妇女%", "倍数", "占该项\n需求者%", "代表比"],
            "rows": [
                [prose.label(figures, d["code"]), wording.stacked(d["joint"]),
                 wording.stacked(d["complement"]), wording.times(d["risk_ratio"]),
                 wording.stacked(d["part"]) if d["part"] else "不显示",
                 wording.times(d["representation"])]
                for d in g["domains"]
            ],
        }
        for g in figures["groups"] if any(d.get("risk_ratio") for d in g["domains"])
    ]  # fmt: skip


def _across_townships(figures: Row) -> list[Table]:
    places = figures["townships"]
    return [
        {
            "kind": "across",
            "caption": "各乡镇需要帮助的占比（%，下行为95%区间），末列为全县",
            "head": ["事项", *[f"{t['name']}\n{_n(t)}" for t in some],
                     f"全县\nn={figures['sample']['n']}"],
            "rows": [
                [d["label"], *[wording.stacked(_of(t, d["code"])["need"]) for t in some],
                 wording.stacked(d["need"])]
                for d in figures["domains"]
            ],
        }
        for some in (places[i : i + ACROSS] for i in range(0, len(places), ACROSS))
    ]  # fmt: skip


def _n(part: Row) -> str:
    return f"n={part['n']}" if part["n"] is not None else "n不显示"


def _of(part: Row, code: str) -> Row:
    return next(d for d in part["domains"] if d["code"] == code)


def _wording(figures: Row) -> Table:
    names = {"need": "需", "urgency": "急", "hope": "盼"}
    rows = [
        [prose.label(figures, q["code"]), names[q["axis"]], q["text"], "、".join(q["counted"])]
        for q in figures["wording"]
    ]
    return {
        "kind": "text wording",
        "caption": "题目原文",
        "head": ["事项", "面", "题目", "算作达到的回答"],
        "rows": rows,
    }
