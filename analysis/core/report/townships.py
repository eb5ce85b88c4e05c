"""乡镇模型估计: the model's values beside the direct ones, in the order of codes, never ranked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from analysis.core import wording
from analysis.core.report import prose
from analysis.core.report.prose import Row

if TYPE_CHECKING:
    from analysis.core.plotting import Chart

Page = dict[str, Any]
SHORT = "乡镇模型估计"
CLEARLY = 0.9
NONE = "没有一项通过模型检验，只用直接估计"


def section(figures: Row) -> Row:
    return figures.get("models") or {}


def words(figures: Row) -> Page | None:
    if not section(figures):
        return None
    modelled, refused = _modelled(figures), _refused(figures)
    if not modelled:
        return {"short": SHORT, "title": NONE, "lines": [_what("抽样框资料"), refused]}
    lead = modelled[0]
    more = f"；另有{len(modelled) - 1}项通过检验，数字见随附数据表" if len(modelled) > 1 else ""
    lines = [
        _what(_known(figures, lead)),
        f"下图表为{lead['label']}{more}。乡镇按代码排列，不排名次；直接估计仍是正式数字。",
        _gain(figures, lead), refused,
    ]  # fmt: skip
    return {
        "short": SHORT, "title": f"借助抽样框资料估计各乡镇的{lead['label']}需要（模型估计）",
        "lines": [line for line in lines if line], "table": _table(figures, lead),
        "plot": (f"各乡镇需要{lead['label']}帮助的占比：实心为直接估计，空心为模型估计，"
                 "横线为95%区间", _span(lead)),
    }  # fmt: skip


def chart(figures: Row) -> Chart | None:
    modelled = _modelled(figures) if section(figures) else []
    if not modelled:
        return None
    from analysis.core import priority_charts  # plots are loaded when the first one is drawn

    return priority_charts.two_estimates(
        [(name, direct, model) for name, direct, model in _pairs(figures, modelled[0])]
    )


def _modelled(figures: Row) -> list[Row]:
    """Domains with a model, the most needed first."""
    found = {d["code"]: d for d in section(figures)["domains"] if "refused" not in d}
    return [
        found[d["code"]] | {"label": d["label"]}
        for d in prose.by_axis(figures, "need") if d["code"] in found
    ]  # fmt: skip


def _pairs(figures: Row, lead: Row) -> list[tuple[str, Row, Row]]:
    """(township, direct, model) of one domain, by code."""
    mine = {row["code"]: row for row in lead["rows"]}
    return [
        (t["name"], d["need"], mine[t["code"]])
        for t in figures["townships"] for d in t["domains"]
        if d["code"] == lead["code"] and t["code"] in mine
    ]  # fmt: skip


def _known(figures: Row, lead: Row) -> str:
    """The covariates of this model: few publishable townships carry fewer, the first ones."""
    names = section(figures)["covariates"][: len(lead["beta"]) - 1]
    return wording.listed(names) or "全县平均"


def _what(known: str) -> str:
    return (
        "乡镇样本小、区间宽时，用模型（Fay-Herriot）把直接估计与按"
        f"{known}推算的值加权合并：样本越少，借用越多。"
    )


def _gain(figures: Row, lead: Row) -> str:
    pairs = _pairs(figures, lead)
    direct = sum(d["se"] for _, d, _ in pairs) / len(pairs)
    model = sum(m["se"] for _, _, m in pairs) / len(pairs)
    borrowed = [1 - m["shrinkage"] for _, _, m in pairs]
    return (
        f"模型估计的误差平均{model * 100:.1f}个百分点，"
        f"直接估计平均{direct * 100:.1f}个百分点。{_verdict(model, direct)}"
        f"借用的比重为{min(borrowed):.0%}至{max(borrowed):.0%}。误差依赖模型成立，"
        "与直接估计差别很大的乡镇应以实地了解为准。"
    )


def _verdict(model: float, direct: float) -> str:
    if model < CLEARLY * direct:
        return ""
    if direct < CLEARLY * model:
        return "模型的误差更大，这一项用模型没有好处。"
    return "两者相近，这一项用模型没有明显好处。"


def _refused(figures: Row) -> str:
    reasons = Counter(d["refused"] for d in section(figures)["domains"] if "refused" in d)
    if not reasons:
        return ""
    names = {
        reason: prose.labels(figures, [d["code"] for d in section(figures)["domains"]
                                       if d.get("refused") == reason]) for reason in reasons
    }  # fmt: skip
    return "；".join(f"{wording.listed(named, 4)}：{why}" for why, named in names.items()) + "。"


def _span(lead: Row) -> str:
    bases = [row["n"] for row in lead["rows"]]
    return f"各乡镇n={min(bases)}—{max(bases)}"


def _table(figures: Row, lead: Row) -> Page:
    return {
        "kind": "across",
        "caption": f"需要{lead['label']}帮助的占比（%，下行为95%区间），模型估计供参考，不排名次",
        "head": ["乡镇", "直接估计", "模型估计", "借用比重", "n"],
        "rows": [
            [name, wording.stacked(direct), wording.stacked(model),
             f"{1 - model['shrinkage']:.0%}", model["n"]]
            for name, direct, model in _pairs(figures, lead)
        ],
    }  # fmt: skip
