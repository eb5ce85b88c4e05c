"""The disclosure note that goes with every export: what it holds, what was taken out, its rules."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from analysis.core.export.cells import MISSING
from analysis.core.export.plan import Gate, Item, Plan, first
from analysis.core.export.rows import Rows
from surveys.core.disclosure import FLOOR

DRAWN = {
    "probability": (
        "分层二阶段概率抽样：乡镇为层，按户数不等概率抽村（社区），村内抽户，户内抽一名妇女"
    ),
    "volunteer": "自愿扫码填答，不是随机抽取，不能代表本地全体妇女，不得据此推断总体百分比",
    "contact": "工作对象填答，不是随机抽取，不能代表本地全体妇女",
    "village": "村（社区）妇联填报，每村一份，不是对个人的调查",
}


@dataclass(frozen=True)
class Asked:
    """Who asked for the export, what for, of what, and until when it is kept."""

    campaign: str
    questionnaire: str
    source: str
    source_words: str
    by: str
    purpose: str
    made: str
    expires: str
    weights: str


def weighted(effect: float) -> str:
    """What was done to the weights, and how far errors can be computed from the file.

    effect: median design effect of the needs' shares; told upwards in tenths, at least 1.
    """
    deff = max(math.ceil(effect * 10 - 1e-9) / 10, 1.0)
    return (
        "设计权数经无应答调整和边际校准（与此刻冻结的数据版同一算法），然后在识别信息显示得相同的答卷"
        f"（每组至少 {FLOOR} 份；户内妇女数隐去的，在同一年龄段隐去的答卷）之间取平均，再调到合计"
        "不变：每个人自己的权数会透露她家有几名妇女、住在哪个村，不带出。加权比例因此只是近似，"
        "与系统里的结果会有小差别，要准确的数字请用工作台或数据版。层和村的代号也不带出，"
        "文件里算不出设计误差：按简单随机抽样算出的方差请乘以"
        f"{deff:.1f}（各项需要比例设计效应的中位数，向上取），即标准误乘以 {math.sqrt(deff):.2f}；"
        "这只是粗略的数，按村差别大的题会偏小。要准确的误差请用工作台，那里按抽样设计计算。"
    )


def lines(asked: Asked, rows: Rows) -> list[str]:
    """The note, line by line. Numbers of persons are totals of the whole file."""
    total = sum(rows.counts.values())
    out = rows.verdict.left_out(rows.counts)
    return [
        "导出说明（去标识的逐份数据，仅限本单位为下列目的使用）",
        f"调研：{asked.campaign}",
        f"问卷：{asked.questionnaire}",
        f"样本来源：{asked.source_words}。{DRAWN[asked.source]}。",
        f"权数：{asked.weights}",
        f"导出人：{asked.by}。目的：{asked.purpose}",
        f"导出时间：{asked.made}。系统内的文件 {asked.expires} 销毁；下载的文件用完请删除。",
        f"审核通过的答卷 {total} 份，文件里 {total - out} 份。",
        *([f"其中 {out} 份因识别信息太特殊，整份没有导出。"] if out else []),
        *_coarsened(rows),
        *_withheld(rows.plan),
        "缺失代码："
        + "；".join(f"{int(c)}={w}" for c, w in MISSING.items())
        + "。文字列写成括号里的同一句话。",
        "以 = + - @ 开头的文字前面加了一个单引号，防止被表格软件当公式计算。",
        "答卷代号每次导出都重新编，和其他导出对不上。不得试图认出任何人或村。",
    ]


def _coarsened(rows: Rows) -> list[str]:
    """Which facts were coarsened, and for how many records each was hidden."""
    hidden: Counter[int] = Counter()
    routed = 0
    routes = {at for at, fact in enumerate(rows.facts) if isinstance(fact.of, Gate)}
    for key, gone in rows.verdict.hidden.items():
        hidden.update(dict.fromkeys(gone or (), rows.counts[key]))
        routed += rows.counts[key] if routes & (gone or set()) else 0
    names = {
        at: first(f.of.question.label) for at, f in enumerate(rows.facts) if isinstance(f.of, Item)
    }
    if rows.townships:
        names[len(rows.facts)] = "乡镇（街道）"
    said = "；".join(f"{name} 隐去 {hidden[at]} 份" for at, name in names.items())
    found = [
        f"识别信息按 k={FLOOR} 检查：同样识别信息的答卷不足 {FLOOR} 份时隐去该项（代码 -996）。"
        + (f"{said}。" if said else "本问卷没有标出识别信息。")
    ]
    if routed:
        found.append(
            f"有些题只问符合条件的人，问没问会透露识别信息：{routed} 份的这类题也隐去了一部分。"
        )
    return [*found, "年龄归并为年龄段，日期只到月，地点只到乡镇（街道）。"]


def _withheld(plan: Plan) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for question, reason in plan.withheld:
        by_reason.setdefault(reason, []).append(question.name)
    return [
        f"没有带出 {len(names)} 题：{reason}（{'、'.join(names)}）。"
        for reason, names in by_reason.items()
    ]
