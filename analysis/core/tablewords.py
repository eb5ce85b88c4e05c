"""A table of the workbench in words: rows for the page, the CSV, its plots and its note."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.core import wording
from surveys.core import disclosure

Row = Mapping[str, Any]
HEAD = ("分组", "项目", "估计", "区间下限", "区间上限", "标准误", "n", "有效 n", "设计效应",
        "自由度", "可能的名次", "说明")  # fmt: skip
MOST_PANELS = 16
HIDDEN = "，不显示"
ROUNDED = (
    "n 按十人取整，比例按不小于两人的步长取整，和数据版的分组数字一致；"
    "平均数按藏得住任何一人数值的步长取整；取整是为了不透露少数人。"
)
UNSURE = "不下结论"
FEW = "样本少于 30 人的组不显示估计，样本虽够、有效样本不足 30 的也不显示。"


def title(result: Row) -> str:
    by = f"，按“{result['by']['label']}”分组" if result["by"] else ""
    only = f"，只看{result['filter']}" if result["filter"] else ""
    return f"“{result['question']['label']}”{by}{only}"


def base(result: Row) -> str:
    """Who was counted and how they were drawn; stands beside every table and plot."""
    whole = f"只看 {result['filter']}" if result["filter"] else "全部受访妇女"
    rate = wording.percent(result["response_rate"]["value"])
    return f"{result['how']}。采用答卷 {result['n']} 份，应答率 {rate}；{whole}。"


def short(result: Row, estimate: Row) -> str:
    """18.9%（17.1%—20.8%）, for a mean 3.2（3.0—3.4）, or why there is no number."""
    if not wording.shown(estimate):
        return wording.withheld(estimate)
    if result["question"]["kind"] != "number":
        return wording.share_short(estimate)
    return number(estimate)


def _lines(text: str) -> list[str]:
    """A narrow cell: the estimate, below it its interval; or that there is none, and why."""
    if text.endswith(HIDDEN):
        return [HIDDEN[1:], text.removesuffix(HIDDEN)]
    head, mark, rest = text.partition("（")
    return [head, rest.replace("）", "")] if mark else [text]


def number(estimate: Row) -> str:
    if not wording.shown(estimate):
        return wording.withheld(estimate)
    if estimate["low"] is None:
        return f"{estimate['value']:.2f}（无区间）"
    return f"{estimate['value']:.2f}（{estimate['low']:.2f}—{estimate['high']:.2f}）"


def compact(result: Row) -> list[dict[str, Any]]:
    """One row per item, one cell (of lines) per class; the last row is the base of every class."""
    classes = result["classes"]
    rows = [
        {"label": row["label"],
         "cells": [_lines(short(result, one["rows"][k]["estimate"])) for one in classes]}
        for k, row in enumerate(classes[0]["rows"])
    ]  # fmt: skip
    if "mean" in classes[0]:
        rows.append({"label": "平均分", "cells": [_lines(number(one["mean"])) for one in classes]})
    rows.append({"label": "回答的人数 n", "cells": [[_answered(one)] for one in classes]})
    return rows


def _answered(one: Row) -> str:
    counts = [r["estimate"]["n"] for r in one["rows"]]
    known = [n for n in counts if n is not None]
    if not known:
        return "不足10"
    return str(known[0]) if len(set(known)) == 1 else f"{min(known)}—{max(known)}"


def long(result: Row) -> list[dict[str, Any]]:
    """Every estimate with all that belongs to it, in words."""
    out = []
    percent = result["question"]["kind"] != "number"
    for one in result["classes"]:
        ranks = one.get("ranks") or [None] * len(one["rows"])
        for row, rank in zip(one["rows"], ranks, strict=True):
            e = row["estimate"]
            shown = wording.shown(e)
            out.append({
                "group": one["label"], "label": row["label"], "shown": shown,
                "value": _value(e["value"], percent) if shown else "",
                "interval": _interval(e, percent) if shown else "",
                "se": _value(e["se"], percent) if shown and e["se"] is not None else "",
                "n": "不足10" if e["n"] is None else e["n"],
                "n_eff": "" if e["n_eff"] is None else round(e["n_eff"]),
                "deff": "" if e["deff"] is None else f"{e['deff']:.2f}",
                "df": "" if e["df"] is None else e["df"],
                "rank": wording.ranks((rank["low"], rank["high"])) if rank else "",
                "tier": rank["tier"] if rank else "",
                "place": wording.tier(rank["tier"], one["tau"]) if rank else "",
                "why": wording.withheld(e) if not shown else e["reason"].replace(",", "，"),
            })  # fmt: skip
    return out


def _value(value: float, percent: bool) -> str:
    return wording.percent(value) if percent else f"{value:.2f}"


def _interval(e: Row, percent: bool) -> str:
    if e["low"] is None:
        return "无区间"
    return f"{_value(e['low'], percent)}—{_value(e['high'], percent)}"


def gaps(result: Row) -> list[dict[str, str]]:
    """First class against the second, item by item."""
    return [
        {"label": g["label"], "words": _gap_words(result, g["gap"], verdict), "clear": verdict}
        for g, verdict in zip(result["gaps"], verdicts(result), strict=True)
    ]


def _gap_words(result: Row, gap: Row, verdict: str) -> str:
    if result["question"]["kind"] == "number":
        return number(gap)
    return wording.apart(gap) if verdict == UNSURE else wording.points(gap)


def verdicts(result: Row) -> list[str]:
    """Of every difference: its interval's word, unless the test of the table says otherwise."""
    places = 2 if result["question"]["kind"] == "number" else 3
    out = []
    for k, row in enumerate(result["gaps"]):
        gap = row["gap"]
        if not wording.shown(gap) or gap["low"] is None:
            out.append("不能判断")
        elif _disagree(result, k):
            out.append(UNSURE)
        else:
            out.append("差异明显" if wording.off_zero(gap, places) else "差异不明显")
    return out


def _disagree(result: Row, k: int) -> bool:
    """Whether the test, corrected over all items, and the interval of this one part ways.

    One test of all options together says nothing of a single one it finds no fault with; ranks
    are compared otherwise than means.
    """
    tested = (result["test"] or {}).get("results") or []
    gap = result["gaps"][k]["gap"]
    if not tested or result["question"]["kind"] == "number" or not wording.shown(gap):
        return False
    off = wording.off_zero(gap)
    if result["question"]["kind"] == "single":
        return off and not tested[0]["clear"]
    return gap["low"] is not None and off is not bool(tested[k]["clear"])


def tests(result: Row) -> list[str]:
    """What the test says, in sentences; empty without a second variable."""
    test = result["test"]
    if test is None:
        return ["各组有重叠（一人可属于几组），不作检验。"] if result["by"] else []
    if not test["results"]:
        return [test["note"]]
    rows = result["classes"][0]["rows"]
    names = [""] if len(test["results"]) == 1 else [f"“{row['label']}”：" for row in rows]
    several = len(names) > 1 and bool(result["gaps"])
    lines = [
        f"{name}{_tested(one, several and _disagree(result, k))}"
        for k, (name, one) in enumerate(zip(names, test["results"], strict=True))
    ]
    return [f"{test['name']}（样本不足 30 人的组不参加）。{test['note']}{_why(result)}", *lines]


def _why(result: Row) -> str:
    """Why test and intervals may not say the same, where they do not."""
    found = verdicts(result)
    if UNSURE in found:
        return "检验把各项一并判断，下面差的区间逐项计算、不作校正；两者不一致的，不下结论。"
    tested = (result["test"] or {}).get("results") or []
    if result["question"]["kind"] != "number" or not found or not tested:
        return ""
    if found[0] == ("差异不明显" if tested[0]["clear"] else "差异明显"):
        return "秩检验比的是整个分布，下面的差比的是平均数，两者的结论可以不同。"
    return ""


def _tested(one: Row, unsure: bool = False) -> str:
    if one["p"] is not None and not math.isfinite(one["p"]):  # of tables kept by earlier code
        return "没有可比的差异或自由度不足，不作检验"
    verdict = "各组有差别" if one["clear"] else "看不出各组有差别"
    if unsure:
        verdict = f"检验与区间不一致，{UNSURE}"
    if one["p"] is None:
        return f"{verdict}（p {'<' if one['clear'] else '≥'} 0.05）"
    p = "p < 0.001" if one["p"] < 0.001 else f"p = {one['p']:.3f}"
    df = "，".join(f"{d:.1f}" for d in one["df"])
    return f"{verdict}（F = {one['statistic']:g}，自由度 {df}，{p}）"


def guards(result: Row) -> list[str]:
    """Words for groups too small to be spoken of, and for needs that are not ranked."""
    gone = [one["label"] for one in result["classes"]
            if all(not wording.shown(r["estimate"]) for r in one["rows"])]  # fmt: skip
    few = [f"{wording.quoted(gone)}没有可以显示的估计。{FEW}"] if gone else []
    return few + [
        f"{wording.quoted(who)}不排名次：{why}。" for why, who in _unranked(result).items()
    ]


def _unranked(result: Row) -> dict[str, list[str]]:
    """Reason -> classes whose needs are not ranked for it."""
    found: dict[str, list[str]] = {}
    for one in result["classes"]:
        if one.get("note"):
            found.setdefault(one["note"], []).append(one["label"])
    return found


def plots(result: Row) -> dict[str, str]:
    """Name -> caption of the plots that fit a table; `pictures.draw` makes them."""
    classes, found = result["classes"], {}
    if not result["by"]:
        if not classes[0].get("ranks"):
            found["dots"] = "估计与 95% 置信区间"
        else:
            found["ranked"] = "按占比排序，实心为确定前列，菱形为可能前列"
            found["ranks"] = "每项可能的位次（全部位次同时成立的把握为 95%）"
    elif result["question"]["kind"] == "number":
        found["heads"] = "各组平均与 95% 置信区间"
    elif len(classes) <= MOST_PANELS:
        found["classes"] = "各组与全体（竖线）对照"
    if result["question"]["order"]:
        found["spread"] = "由低到高的分布：左低右高，居中的另列"
    if result["gaps"]:
        found["pair"] = "两组对照：粗线为差异明显，细虚线为不明显或不下结论"
    return found


def said(result: Row) -> str:
    """The plot in words."""
    told = [
        (f"{one['label']}：" if result["by"] else "")
        + "，".join(f"{r['label']}{short(result, r['estimate'])}" for r in one["rows"])
        for one in result["classes"]
    ]
    return f"{title(result)}。括号内为95%置信区间。" + "；".join(told) + "。"


def csv(result: Row, note: Sequence[str]) -> str:
    """The long table with numbers as numbers; the note stands below it."""
    lines: list[Sequence[object]] = [HEAD]
    for one in result["classes"]:
        ranks = one.get("ranks") or [None] * len(one["rows"])
        for row, rank in zip(one["rows"], ranks, strict=True):
            e = row["estimate"]
            place = wording.ranks((rank["low"], rank["high"])) if rank else ""
            lines.append([
                one["label"], row["label"], e["value"], e["low"], e["high"], e["se"], e["n"],
                e["n_eff"], e["deff"], e["df"], place, e["reason"],
            ])  # fmt: skip
    return disclosure.csv_text([*lines, [], *[[line] for line in note]])


def coverage(ratio: float | None) -> str:
    """Answers achieved over what the share of the population asks for: 92%　合适"""
    if ratio is None:
        return "不足10人，不显示"
    word = "偏少" if ratio < 0.8 else "偏多" if ratio > 1.25 else "合适"
    return f"{ratio * 100:.0f}%　{word}"
