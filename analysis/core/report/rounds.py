"""与上一轮相比: what changed, whether targets were met, and what may not be concluded from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analysis.core import wording
from analysis.core.report import prose
from analysis.core.report.prose import Row

if TYPE_CHECKING:
    from analysis.core.plotting import Chart

Page = dict[str, Any]
SHORT = "与上一轮相比"
CLEAR = ("down", "up")
SEEN = {"up": "上升", "down": "下降", "open": "不能断定", "withheld": "不公布"}
MET = {
    "met": "已达到",
    "missed": "没有达到",
    "open": "现有样本不能断定是否达到",
    "withheld": "数字不公布，不能判断",
    "unnamed": "事先没有写明要下降多少，不作判断",
}


def section(figures: Row) -> Row:
    return figures.get("change") or {}


def words(figures: Row) -> Page | None:
    if not section(figures):
        return None
    if "refused" in section(figures):
        return {"short": SHORT, "title": "与上一轮不能比较", "lines": [section(figures)["refused"]]}
    rows = _rows(figures)
    lines = [
        _basis(figures), *[_clear(r) for r in rows if r["joint"]["change"]["verdict"] in CLEAR],
        _open(rows), _fallback(rows), *_targets(figures, rows), *_compared(figures, rows),
        "以上说的是上一轮之后的变化，不是因为办了事才有的变化；没有对照的，不能归功于办理。",
        _doubts(figures, rows),
    ]  # fmt: skip
    return {
        "short": SHORT, "title": _title(rows), "lines": [line for line in lines if line],
        "table": _table(rows), "plot": _plot(rows),
    }  # fmt: skip


def chart(figures: Row) -> Chart | None:
    if not section(figures) or "refused" in section(figures):
        return None
    from analysis.core import priority_charts  # plots are loaded when the first one is drawn

    return priority_charts.changes([(r["label"], r["joint"]["change"]) for r in _rows(figures)])


def _rows(figures: Row) -> list[Row]:
    """Compared needs with their names, the largest fall first."""
    rows = [
        d | {"label": prose.label(figures, d["code"])}
        for d in section(figures)["domains"] if "refused" not in d
    ]  # fmt: skip
    return sorted(rows, key=lambda d: (_value(d) is None, _value(d) or 0.0))


def _value(row: Row) -> float | None:
    return row["joint"]["change"]["value"]


def _title(rows: list[Row]) -> str:
    parts = [
        f"{wording.listed([r['label'] for r in rows if r['joint']['change']['verdict'] == way], 3)}"
        f"{SEEN[way]}"
        for way in CLEAR if any(r["joint"]["change"]["verdict"] == way for r in rows)
    ]  # fmt: skip
    return f"与上一轮相比，{'，'.join(parts)}" if parts else "与上一轮相比，没有一项变化能够断定"


def _basis(figures: Row) -> str:
    change, since = section(figures), section(figures)["since"]
    both = change["villages"]["both"]
    design = (
        f"两轮共同调查{both}个村，误差按两轮联合抽样设计计算" if both
        else "两轮没有共同的村，误差按两个独立样本计算"
    )  # fmt: skip
    return (
        f"比较的是需要、紧急又盼妇联帮办的占比：上一轮（{since['round']}，数据版"
        f"{since['data_version']}，n={since['n']}）与本轮（n={figures['sample']['n']}）。"
        f"{design}；{change['family']}。"
    )


def _clear(row: Row) -> str:
    joint = row["joint"]
    return (
        f"{row['label']}：由{wording.share_short(joint['before'])}到"
        f"{wording.share_short(joint['after'])}，{_moved(joint['change'])}，"
        f"n={joint['change']['n_before']}和{joint['change']['n']}，"
        f"校正后{_p(joint['change']['p_adjusted'])}。"
    )


def _moved(change: Row) -> str:
    """下降4.5个百分点（95%置信区间下降2.1—6.9个百分点）, of a change that is clear"""
    way = SEEN["up"] if change["value"] > 0 else SEEN["down"]
    small, large = sorted((abs(change["low"]) * 100, abs(change["high"]) * 100))
    return (
        f"{way}{abs(change['value']) * 100:.1f}个百分点"
        f"（95%置信区间{way}{small:.1f}—{large:.1f}个百分点）"
    )


def _p(p: float) -> str:
    return "p<0.001" if p < 0.001 else f"p={p:.3f}"


def _open(rows: list[Row]) -> str:
    names = [r["label"] for r in rows if r["joint"]["change"]["verdict"] == "open"]
    if not names:
        return ""
    return f"{wording.listed(names, 6)}：现有样本不能断定有变化，也不能说没有变化。"


def _fallback(rows: list[Row]) -> str:
    """Regression to the mean, said for what was picked because it stood high."""
    picked = [r for r in rows if r["fallback"] is not None]
    if not picked:
        return ""
    most = max(picked, key=lambda r: r["fallback"])
    return (
        f"{wording.listed([r['label'] for r in picked], 4)}是因为上一轮占比高才被选中的，"
        "其中一部分高只是抽样误差：即使什么都没有变，这一轮平均也会回落，最多的是"
        f"{most['label']}，约{most['fallback'] * 100:.1f}个百分点。下降不超过这个数的，不算改善。"
    )


def _targets(figures: Row, rows: list[Row]) -> list[str]:
    out = []
    for row in rows:
        for target in row["targets"]:
            said = MET[target["verdict"]]
            if target["drop"] is not None:
                aim = f"目标下降{target['drop'] * 100:g}个百分点"
                said = f"{aim}，{_judged(figures, target)}，{said}"
            out.append(f"{row['label']}的事项{target['number']}“{target['title']}”：{said}。")
    return out


def _judged(figures: Row, target: Row) -> str:
    """By whose change a target is judged; versions before this was told used the county's."""
    if not target.get("townships"):
        return "按全县占比判断"
    where = _places(figures, target["townships"])
    if target["area"] == "county":
        return f"办理的是{where}，但{target['why']}，只能按全县占比判断"
    return f"按办理的{where}自己的占比判断（{_stirred(target['change'])}）"


def _stirred(change: Row) -> str:
    """上升3.0个百分点，95%置信区间-1.0至+7.0，n=200和210"""
    way = SEEN["down"] if change["value"] < 0 else SEEN["up"]
    said = f"{way}{abs(change['value']) * 100:.1f}个百分点，"
    ends = (
        "无区间" if change["low"] is None
        else f"95%置信区间{change['low'] * 100:+.1f}至{change['high'] * 100:+.1f}"
    )  # fmt: skip
    return f"{said}{ends}，n={change['n_before']}和{change['n']}"


def _places(figures: Row, codes: Sequence[str]) -> str:
    names = {t["code"]: t["name"] for t in figures["townships"]}
    return wording.listed([names.get(code, code) for code in codes], 4)


def _compared(figures: Row, rows: list[Row]) -> list[str]:
    out = []
    for row in rows:
        found = row["compared"]
        if found is None:
            continue
        if "refused" in found:
            out.append(f"{row['label']}：{found['refused']}，只能说之后，不能说效果。")
            continue
        where = _places(figures, found["townships"])
        out.append(
            f"{row['label']}在{where}办理：办理的乡镇{_moving(found['with'])}，"
            f"其他乡镇{_moving(found['without'])}；{_against(found)}。"
        )
    return out


def _moving(rounds: list[Row]) -> str:
    """由37.9%（28.3%—48.5%）到18.0%（15.1%—21.3%）"""
    return "由" + "到".join(wording.share_short(one) for one in rounds)


def _against(found: Row) -> str:
    did = found["difference"]
    if not wording.shown(did):
        return f"与其他乡镇的对照{wording.withheld(did)}"
    if did["low"] is None:
        return "自由度太小，与其他乡镇的对照不给区间，不作判断"
    low, high = (abs(did[key]) * 100 for key in ("low", "high"))
    said = _faster(did["value"], *(_step(found[side]) for side in ("with", "without")))
    if not wording.clear(did):
        return f"{said}，95%置信区间含零，不能断定有差别，n={did['n_before']}和{did['n']}"
    small, large = sorted((low, high))
    return f"{said}（95%置信区间{small:.1f}—{large:.1f}），n={did['n_before']}和{did['n']}"


def _step(rounds: Sequence[Row]) -> float:
    return float(rounds[1]["value"] - rounds[0]["value"])


def _faster(apart: float, with_: float, without: float) -> str:
    """Who moved how much more, from what both really did: nobody is said to fall who rose."""
    size = f"{abs(apart) * 100:.1f}个百分点"
    if with_ <= 0 and without <= 0:
        return f"同一时期比没有办理的乡镇{'少' if apart > 0 else '多'}下降{size}"
    if with_ >= 0 and without >= 0:
        return f"同一时期比没有办理的乡镇{'多' if apart > 0 else '少'}上升{size}"
    way, other = (SEEN["up"], SEEN["down"]) if with_ > 0 else (SEEN["down"], SEEN["up"])
    return f"同一时期办理的乡镇{way}而没有办理的{other}，变化相差{size}"


def _doubts(figures: Row, rows: list[Row]) -> str:
    refused = [
        f"{prose.label(figures, d['code'])}（{d['refused']}）"
        for d in section(figures)["domains"] if "refused" in d
    ]  # fmt: skip
    reworded = [f"{r['label']}（{r['caution']}）" for r in rows if r["caution"]]
    parts = [f"不能比较的：{wording.listed(refused, 6)}"] if refused else []
    parts += [f"比较时需注意的：{wording.listed(reworded, 6)}"] if reworded else []
    return "；".join(parts) + "。" if parts else ""


def _table(rows: list[Row]) -> Page:
    return {
        "kind": "across",
        "caption": "需急盼占比的变化（%，下行为95%区间；变化单位为百分点，p按BH校正）",
        "head": ["事项", "上一轮", "本轮", "变化", "校正p", "看法"],
        "rows": [
            [r["label"], *[wording.stacked(r["joint"][at]) for at in ("before", "after")],
             _points(r["joint"]["change"]), _value_p(r["joint"]["change"]),
             SEEN[r["joint"]["change"]["verdict"]]]
            for r in rows
        ],
    }  # fmt: skip


def _points(change: Row) -> str:
    if not wording.shown(change):
        return "不显示"
    value = f"{change['value'] * 100:+.1f}"
    if change["low"] is None:
        return value
    return f"{value}\n{change['low'] * 100:+.1f}至{change['high'] * 100:+.1f}"


def _value_p(change: Row) -> str:
    return "—" if change["p_adjusted"] is None else _p(change["p_adjusted"]).removeprefix("p=")


def _plot(rows: list[Row]) -> tuple[str, str]:
    bases = [n for r in rows for n in (r["joint"]["change"]["n_before"], r["joint"]["change"]["n"])
             if n is not None]  # fmt: skip
    base = f"两轮各项n={min(bases)}—{max(bases)}" if bases else "样本不足"
    return "与上一轮相比需急盼占比的变化，横线为95%置信区间，实心为校正后仍可断定", base
