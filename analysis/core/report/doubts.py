"""说不准的地方: what this survey cannot say, each with the number that shows it."""

from __future__ import annotations

from analysis.core import wording
from analysis.core.report import prose
from analysis.core.report.prose import Row
from analysis.core.thresholds import THRESHOLDS


def compose(figures: Row) -> list[str]:
    return [line for line in (
        _undecided(figures), unranked(figures), _missing(figures), _stricter(figures),
        _small_groups(figures), _places(figures), _silent(figures), _suspect(figures),
    ) if line]  # fmt: skip


def _undecided(figures: Row) -> str:
    rank = figures["ranking"]
    if prose.refused(figures):
        return f"{prose.refused(figures)}，哪几项在前，这次调查说不出来。"
    names = wording.listed(prose.placed(figures, "possible"))
    if not names:
        return ""
    return (
        f"{names}可能列入{wording.top(rank['tau'])}，也可能不在其中，现有样本（"
        f"n={figures['sample']['n']}）分不出先后。"
    )


def unranked(figures: Row) -> str:
    """Needs without a rank beside ranked ones, and what that does to these."""
    names = prose.labels(figures, figures["ranking"].get("unranked", []))
    if not names or prose.refused(figures):
        return ""
    return (
        f"{wording.listed(names)}不公布或样本不足，不排名次；它们可能在任何位置，"
        "其他事项的名次已为它们留出余地。"
    )


def _missing(figures: Row) -> str:
    """Bounds are printed as soon as more than 5 % may be missing; a withheld base tells no rate."""
    parts = [
        f"{d['label']}未答{wording.percent(d['missing_rate'])}，若未答者全都不是或全都是，占比在"
        f"{wording.percent(d['bounds']['joint'][0])}—{wording.percent(d['bounds']['joint'][1])}之间"
        for d in figures["domains"] if d.get("bounds", {}).get("joint")
    ]  # fmt: skip
    worst = prose.most_missing(figures)
    if not parts and worst is not None and worst <= THRESHOLDS.missing_bounds:
        parts.append(
            f"各事项未答率最高{wording.percent(worst)}，未超过"
            f"{THRESHOLDS.missing_bounds:.0%}；未答的人若与答了的人不同，占比会有小的偏差"
        )
    elif not parts and worst is not None:
        parts.append(f"各事项未答率最高{wording.percent(worst)}，其占比不公布，不给上下界")
    if dark := [d["label"] for d in figures["domains"] if d["missing_rate"] is None]:
        parts.append(f"{wording.listed(dark)}的答题人数不公布，未答率不显示")
    return "；".join(parts) + "。"


def _stricter(figures: Row) -> str:
    rows = {r["code"]: r["need"] for r in figures["sensitivity"].get("threshold3", [])}
    loose = prose.by_axis(figures, "need")[:3]
    tight = sorted((d for d in figures["domains"] if d["code"] in rows
                    and wording.shown(rows[d["code"]])),
                   key=lambda d: -rows[d["code"]]["value"])[:3]  # fmt: skip
    if len(tight) < 3:
        return ""
    same = {d["code"] for d in loose} == {d["code"] for d in tight}
    first = tight[0]
    shares = f"{first['label']}{wording.share(rows[first['code']])}，n={rows[first['code']]['n']}"
    if same:
        return f"门槛再高一档，需要面点估计最高的三项不变，最高为{shares}。"
    names = wording.listed([d["label"] for d in tight])
    return f"门槛再高一档，需要面点估计最高的三项变为{names}，最高为{shares}；名次取决于门槛。"


def _small_groups(figures: Row) -> str:
    small = [
        g["label"] for g in figures["groups"]
        if not any(wording.shown(r["gap"]) for r in g["domains"])
    ]  # fmt: skip
    if not small:
        return ""
    return f"{wording.listed(small)}的样本不足，各项占比不作发布，不能说明这些妇女的需要少。"


def _places(figures: Row) -> str:
    weak = [t["name"] for t in figures["townships"] if t["note"]]
    tail = f"其中{wording.listed(weak, 4)}样本不足以排序；" if weak else ""
    return f"乡镇一级只给占比和区间，{tail}未抽中的村不作推断。"


def _silent(figures: Row) -> str:
    missed = {d["code"]: d["n"] for d in figures["sample"].get("dispositions", [])}
    parts = [f"{word}{missed[code]}户" for code, word in (("NC", "多次未遇"), ("R", "拒访"))
             if missed.get(code)]  # fmt: skip
    if not parts:
        return ""
    return f"{'、'.join(parts)}没有声音，外出务工和不愿受访的妇女可能偏少，加权只能部分弥补。"


def _suspect(figures: Row) -> str:
    moves = [(abs(m), d) for d in prose.leading(figures)
             if (m := prose.movement(figures, d["code"])) is not None]  # fmt: skip
    if not moves:
        return "没有比较剔除存疑访问后的结果，把握程度因此不定为“较高”。"
    most, domain = max(moves, key=lambda pair: pair[0])
    return f"剔除存疑访问后，{domain['label']}变动最大，为{most * 100:.1f}个百分点。"
