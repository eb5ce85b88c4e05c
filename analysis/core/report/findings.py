"""二、主要发现: one finding a page: a claim, its plot, how to read it, who differs, how sure."""

from __future__ import annotations

from typing import Any

from analysis.core import charts, digest, wording
from analysis.core.report import doubts, prose, second
from analysis.core.report.prose import Plates, Row

Page = dict[str, Any]


def compose(figures: Row, plates: Plates) -> list[Page]:
    order = [] if prose.refused(figures) else [_order(figures, plates)]
    pages = [_joint(figures, plates), *order, _axes(figures, plates)]
    pages += second.pages(figures, plates)
    if figures.get("first_choice"):
        pages.append(_first_choice(figures))
    pages += [_group(figures, g, plates) for g in figures["groups"]
              if any(wording.shown(r["gap"]) for r in g["domains"])]  # fmt: skip
    if figures["townships"]:
        pages.append(_places(figures, plates))
    if figures["volunteers"]["n"]:
        pages.append(_volunteers(figures, plates))
    return pages


def _span(domains: list[Row], axis: str) -> str:
    bases = [d[axis]["n"] for d in domains if d[axis]["n"] is not None]
    return f"各项n={min(bases)}—{max(bases)}" if bases else "样本不足"


def _joint(figures: Row, plates: Plates) -> Page:
    domains, tau = figures["domains"], figures["ranking"]["tau"]
    return {
        "title": prose.headline(figures),
        "plate": plates.plate(
            charts.ranked(domains, tau=tau),
            "需要、紧急且盼妇联帮办的占比，横线为95%置信区间", _span(domains, "joint"),
        ),
        "lines": [
            prose.standing(figures) + "。",
            "分母是回答了该项的全部常住成年妇女，各项可以比较；"
            f"未答率最高{wording.rate(prose.most_missing(figures))}。",
            prose.confidence(figures, prose.leading(figures)) + "。",
        ],
    }  # fmt: skip


def _order(figures: Row, plates: Plates) -> Page:
    rank, ranked = figures["ranking"], [d for d in figures["domains"] if d["rank"]["joint"]]
    sure, open_ = (len(prose.placed(figures, tier)) for tier in ("confirmed", "possible"))
    place = wording.top(rank["tau"])
    close = "；".join("与".join(prose.labels(figures, pair)) for pair in rank["borderline"][:2])
    return {
        "title": f"{place}：确定{sure}项，可能{open_}项" if open_ else f"{place}：确定{sure}项",
        "plate": plates.plate(
            charts.rank_sets(figures["domains"], tau=rank["tau"]),
            "各事项可能的名次，全部名次同时成立的把握为95%", _span(ranked, "joint"),
        ),
        "lines": [
            f"实心为确定列入{place}，斜线为可能列入，浅色为其余。横条越长，名次越定不下来。",
            "横条重叠不等于并列，只表示样本还不能区分。",
            *([room] if (room := doubts.unranked(figures)) else []),
            *([f"接近判定界限的：{close}，换一组随机数结论可能改变。"] if close else []),
        ],
    }  # fmt: skip


def _axes(figures: Row, plates: Plates) -> Page:
    return {
        "title": _axes_title(figures),
        "plate": plates.plate(
            charts.three_axes(figures["domains"]),
            "需、急、盼三个方面的占比，横线为95%置信区间", _span(figures["domains"], "need"),
        ),
        "lines": [_axis_line(figures, axis) for axis in ("need", "urgency", "hope")],
    }  # fmt: skip


def _axes_title(figures: Row) -> str:
    """Only a certain first place is called the first; of point estimates it is said."""
    if prose.refused(figures):
        return "需、急、盼三个方面"
    seen = [(words, axis, first) for words, axis in (("需要面最广", "need"), ("最盼帮办", "hope"))
            if (first := prose.foremost(figures, axis))]  # fmt: skip
    if not seen:
        return "需、急、盼三个方面的占比都不公布"
    if all(prose.certain(first, axis) for _, axis, first in seen):
        return _joined([(words, first["label"]) for words, _, first in seen])
    short = {"need": "需要面", "hope": "盼帮办"}
    told = _joined([(short[axis], first["label"]) for _, axis, first in seen])
    return f"按点估计居首的，{told}；名次尚不能都确定"


def _joined(pairs: list[tuple[str, str]]) -> str:
    """需要面最广、最盼帮办的都是甲, or 需要面最广的是甲，最盼帮办的是乙"""
    if len(pairs) > 1 and len({name for _, name in pairs}) == 1:
        return f"{'、'.join(words for words, _ in pairs)}的都是{pairs[0][1]}"
    return "，".join(f"{words}的是{name}" for words, name in pairs)


def _axis_line(figures: Row, axis: str) -> str:
    first = prose.foremost(figures, axis)
    if first is None:
        why = wording.withheld(prose.by_axis(figures, axis)[0][axis])
        return f"{wording.AXIS_WORDS[axis]}：没有一项可以公布（{why}）。"
    rank = first["rank"][axis]
    place = f"名次{wording.ranks(rank)}" if rank else wording.UNRANKED
    most = "最高" if prose.certain(first, axis) else "点估计最高"
    return (
        f"{wording.AXIS_WORDS[axis]}：{most}为{first['label']}，{wording.share(first[axis])}，"
        f"n={first[axis]['n']}，{place}。"
    )


def _first_choice(figures: Row) -> Page:
    urgent, hoped = ({r["code"]: r for r in figures["first_choice"].get(axis, [])}
                     for axis in ("first_urgent", "first_hope"))  # fmt: skip
    named = {c: r["label"] for c, r in [*hoped.items(), *urgent.items()]}
    order = sorted(named, key=lambda c: -(_value(urgent.get(c)) or _value(hoped.get(c)) or 0))
    bases = [next((r["share"]["n"] for r in rows.values() if r["share"]["n"]), "不公布")
             for rows in (urgent, hoped)]  # fmt: skip
    return {
        "title": _chosen(urgent, "最急") or _chosen(hoped, "最盼") or "只选一件时",
        "plate": None,
        "lines": [
            f"另请每人只选一件最急的（n={bases[0]}）和一件最盼的（n={bases[1]}），"
            "作为第二种看法，不参与上面的排序。",
        ],
        "table": {
            "caption": f"只选一件的占比（%，括号内为95%区间；最急n={bases[0]}，最盼n={bases[1]}）",
            "head": ["事项", "最急的一件", "最盼的一件"],
            "rows": [[named[c], _one(urgent.get(c)), _one(hoped.get(c))] for c in order],
        },
    }


def _chosen(rows: dict[str, Row], what: str) -> str:
    """The option chosen most often; its lead is not tested, so it is called a point estimate."""
    first = max(rows.values(), key=lambda r: _value(r) or 0, default=None)
    if first is None or not _value(first):
        return ""
    return f"只选{what}的一件时，点估计最高的是{wording.quoted([first['label']])}"


def _value(row: Row | None) -> float | None:
    return row["share"]["value"] if row and wording.shown(row["share"]) else None


def _one(row: Row | None) -> str:
    if row is None:
        return "—"
    return wording.cell(row["share"]).replace("\n", "") if wording.shown(row["share"]) else "不显示"


def _group(figures: Row, group: Row, plates: Plates) -> Page:
    who = wording.women_of(group["label"])
    rows = [(prose.label(figures, r["code"]), r) for r in group["domains"]]
    shown = [(name, r) for name, r in rows if wording.shown(r["gap"])]
    clear = sorted(((n, r) for n, r in shown if wording.clear(r["gap"])),
                   key=lambda item: -abs(item[1]["gap"]["value"]))  # fmt: skip
    n = group["n"]
    return {
        "title": _differs(who, clear) or _alike(who, group),
        "plate": plates.plate(
            charts.gaps([("", [(name, r["gap"]) for name, r in shown])]),
            f"{who}与其他妇女相差的百分点，横线为95%置信区间", f"该群体n={n}",
        ),
        "lines": [
            f"占全县妇女{wording.share(group['share'])}，样本n={n}。" + _top(figures, group),
            *[f"{name}比其他妇女{wording.points(r['gap'])}。" for name, r in clear[:2]],
            ("" if clear else f"{digest.no_gap(group)}。") + _detectable(shown),
        ],
    }  # fmt: skip


def _differs(who: str, clear: list[tuple[str, Row]]) -> str:
    """What a group needs more than the others; only what it needs less where there is no more."""
    more = [name for name, r in clear if r["gap"]["value"] > 0]
    less = [name for name, r in clear if r["gap"]["value"] < 0]
    if more:
        return f"{who}更需要{wording.listed(more[:2])}"
    return f"{who}对{wording.listed(less[:2])}的需要低于其他妇女" if less else ""


def _alike(who: str, group: Row) -> str:
    few = group["top"].get("note")
    return f"{who}样本少，看不出与其他妇女的差别" if few else f"{who}与其他妇女差别不明显"


def _top(figures: Row, group: Row) -> str:
    top = group["top"]
    if top.get("confirmed"):
        names = wording.listed(prose.labels(figures, top["confirmed"]))
        family = f"（{top['family']}）" if top.get("family") else ""
        return f"群体内部确定列入{wording.top(figures['ranking']['tau'])}的是{names}{family}。"
    return "群体内部样本不足以排序。" if top.get("note") else "群体内部名次尚不能确定。"


def _detectable(shown: list[tuple[str, Row]]) -> str:
    told = wording.detectable([r["gap"] for _, r in shown])
    return f"该题跳过者不计入对照。{told}。" if told else "该题跳过者不计入对照。"


def _places(figures: Row, plates: Plates) -> Page:
    lead = prose.by_axis(figures, "need")[0]
    if not wording.shown(lead["need"]):
        return {"title": "各乡镇样本", "plate": None, "table": _coverage(figures),
                "lines": ["各事项占比均不公布，这里只列各乡镇的样本。"]}  # fmt: skip
    pairs = [(t["name"], d["need"]) for t in figures["townships"] for d in t["domains"]
             if d["code"] == lead["code"]]  # fmt: skip
    shown = sorted((p for p in pairs if wording.shown(p[1])), key=lambda p: -p[1]["value"])
    bases = [e["n"] for _, e in pairs if e["n"] is not None]
    whole, base = lead["need"], lead["need"]["n"]
    lines = [
        f"全县为{wording.share(whole)}，n={base}。" if wording.shown(whole)
        else f"全县的占比不公布（{wording.withheld(whole)}）。"
    ]  # fmt: skip
    if len(shown) > 1:
        (high, a), (low, b) = shown[0], shown[-1]
        apart = a["low"] is not None and b["high"] is not None and a["low"] > b["high"]
        lines.append(
            f"最高{high}{wording.share_short(a)}，n={a['n']}；最低{low}{wording.share_short(b)}，"
            f"n={b['n']}；两者区间{'不相交' if apart else '相交，不能说明有差别'}。"
        )
    lines.append("乡镇之间不排名次；未抽中的村不作推断。")
    return {
        "title": f"各乡镇的{lead['label']}需要",
        "plate": plates.plate(
            charts.tiles(pairs), f"各乡镇需要{lead['label']}帮助的占比，括号内为95%置信区间",
            f"各乡镇n={min(bases)}—{max(bases)}" if bases else "样本不足",
        ),
        "lines": lines,
        "table": _coverage(figures),
    }  # fmt: skip


def _volunteers(figures: Row, plates: Plates) -> Page:
    crowd = figures["volunteers"]
    return {
        "title": "线上自愿样本只作线索，与入户样本不能混用",
        "plate": plates.plate(
            charts.two_sources(figures["domains"], crowd["domains"]),
            "入户概率样本与线上自愿样本（不推断总体）需要帮助的占比",
            f"n={figures['sample']['n']}；线上自愿样本n={crowd['n']}，无区间",
        ),
        "lines": [
            crowd["note"].rstrip("。") + "。",
            *_weighed(figures),
            "自愿填写的人与全县妇女可能不同；本报告的结论都只依据入户样本。",
            "把握程度：较低（自愿样本，不推断总体）。",
        ],
        **_both(figures),
    }


def _weighed(figures: Row) -> list[str]:
    """How the volunteers were weighed, and what the weights did not mend."""
    crowd = figures["volunteers"]
    how = crowd.get("calibration")
    if how is None:
        return []
    if "refused" in how:
        return [how["refused"] + "。"]
    against = crowd["against"]
    return [
        f"按{wording.listed(how['margins'])}加权以后（系数限{how['factor_low']:.1f}—"
        f"{how['factor_high']:.1f}），{_against(against)}。"
    ]


def _against(against: Row) -> str:
    """What is left apart after weighting; that nothing was found proves no likeness."""
    common, apart = against["common"], len(against["beyond"])
    if not apart:
        return (
            f"共同的{common}项中没有一项与入户结果相差超过入户标准误的两倍；"
            "这不证明两个样本相同，仍不合并估计"
        )
    tail = (
        "因此不把两个样本合并估计" if not against["joined"]
        else "差别在容许范围内，但仍不合并估计"
    )  # fmt: skip
    return (
        f"{common}项中仍有{apart}项与入户结果相差超过入户标准误的两倍："
        f"愿意自己来填的人另有不同，加权补不上，{tail}"
    )


def _both(figures: Row) -> Page:
    """Official and volunteers' shares beside each other; the latter without any error."""
    rows = {d["code"]: d for d in figures["volunteers"]["domains"]}
    if not any(d.get("calibrated") is not None for d in rows.values()):
        return {}
    return {
        "table": {
            "kind": "across",
            "caption": "需要帮助的占比（%，下行为95%区间）；线上自愿样本不计误差、不排名次",
            "head": ["事项", "入户概率样本", "线上自愿\n原始", "线上自愿\n加权后", "线上n"],
            "rows": [
                [d["label"], wording.stacked(d["need"]),
                 *[_plain(rows.get(d["code"], {}).get(key)) for key in ("share", "calibrated")],
                 rows.get(d["code"], {}).get("n", "—")]
                for d in prose.by_axis(figures, "need")
            ],
        }
    }  # fmt: skip


def _plain(share: float | None) -> str:
    return "不显示" if share is None else f"{share * 100:.1f}"


def _coverage(figures: Row) -> Page:
    places = figures["townships"]
    counted = any(t.get("villages") for t in places)
    head = ["乡镇", *(["抽中村"] if counted else []), "n", "自由度", "能否排序"]
    rows = [
        [t["name"], *([t.get("villages") or "—"] if counted else []),
         t["n"] if t["n"] is not None else "不显示",
         "—" if t["df"] is None else t["df"], t["note"] or "可排序"]
        for t in places
    ]  # fmt: skip
    return {
        "caption": "各乡镇样本",
        "head": head,
        "rows": rows,
        "kind": "coverage",
    }
