"""换一种权重，排序会不会变: the index as a second view, for a reader without statistics.

The same lines and table stand in the report and on the page of a data version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.core import wording
from analysis.core.report import prose
from analysis.core.report.prose import Row

if TYPE_CHECKING:
    from analysis.core.plotting import Chart

Page = dict[str, Any]
PART_WORDS = {"need": "需要面", "degree": "紧迫", "wish": "盼帮办"}
SHORT = "换权重比较"
STEADY, MOST = 0.9995, 0.5


def section(figures: Row) -> Row:
    """The stored section; versions frozen before it existed have none."""
    return figures.get("sensitivity", {}).get("weights") or {}


def rows(figures: Row) -> list[Row]:
    """Issues with their names, most often among the first first."""
    tau = figures["ranking"]["tau"]
    found = [d | {"label": prose.label(figures, d["code"])} for d in section(figures)["domains"]]
    return sorted(found, key=lambda d: (-within(d, tau), d["rank"], d["code"]))


def within(row: Row, tau: int) -> float:
    return float(sum(row["acceptability"][:tau]))


def words(figures: Row) -> Page | None:
    """Title, lines and table; None where no version of the index was computed."""
    if not section(figures):
        return None
    if "refused" in section(figures):
        return {"short": SHORT, "title": SHORT, "lines": [section(figures)["refused"]]}
    found, tau = rows(figures), figures["ranking"]["tau"]
    return {
        "short": SHORT,
        "title": _title(found, tau),
        "lines": [line for line in (
            _what(figures), *_steady(found, tau), _against(figures, found), _apart(figures)
        ) if line],
        "table": _table(found, tau),
        "plot": ("各种权重分法中居各位次的比例，右侧为可能的最好和最差位次", _span(figures)),
    }  # fmt: skip


def chart(figures: Row) -> Chart | None:
    if not section(figures).get("domains"):
        return None
    from analysis.core import priority_charts  # plots are loaded when the first one is drawn

    return priority_charts.acceptability(rows(figures), figures["ranking"]["tau"])


def _span(figures: Row) -> str:
    bases = [d["index"]["n"] for d in section(figures)["domains"]]
    return f"需要者各项n={min(bases)}—{max(bases)}"


def _title(found: list[Row], tau: int) -> str:
    always = [r["label"] for r in found if r["worst"] <= tau]
    place = wording.top(tau)
    if always:
        return f"无论三个方面怎样加权，{wording.listed(always)}都在{place}"
    often = [r["label"] for r in found if within(r, tau) >= MOST]
    if often:
        return f"{wording.listed(often)}在多数权重下居{place}，没有一项始终不变"
    return f"{place}由谁占据取决于怎样加权"


def _what(figures: Row) -> str:
    return (
        "把需要面（多少人需要）、紧迫程度（需要的人有多急）、盼帮办（需要的人里多少盼妇联帮办）"
        "三个方面合成一个指数，作为第二种看法。三个方面孰轻孰重没有公认的标准，"
        f"因此把各种分法都试一遍（均匀抽取{section(figures)['draws'] // 10000}万种），"
        "看每一项排在第几位。"
    )


def _steady(found: list[Row], tau: int) -> list[str]:
    place = wording.top(tau)
    often = [r for r in found if within(r, tau) >= MOST]
    never = [r["label"] for r in found if r["best"] > tau]
    out = [
        "；".join(f"{r['label']}在{_share(within(r, tau))}的分法下居{place}" for r in often) + "。"
    ] if often else []  # fmt: skip
    if never:
        out.append(f"无论怎样加权都不进{place}的：{wording.listed(never)}。")
    return out


def _share(value: float) -> str:
    return "全部" if value >= STEADY else f"{min(value, 0.99):.0%}"


def _against(figures: Row, found: list[Row]) -> str:
    """Beside the headline J_k: the same names or not."""
    tau = figures["ranking"]["tau"]
    if prose.refused(figures):
        return ""
    shown = [d for d in prose.by_axis(figures, "joint") if wording.shown(d["joint"])]
    lead = {d["code"] for d in shown[:tau]}
    here = {r["code"] for r in sorted(found, key=lambda r: r["rank"])[:tau]}
    other = wording.listed(prose.labels(figures, sorted(here - lead)))
    if not other:
        return f"三个方面同等看待时，{wording.top(tau)}与按“三项均达到”的占比排出的相同。"
    return f"三个方面同等看待时，{other}进入{wording.top(tau)}，与按“三项均达到”的占比排出的不同。"


def _apart(figures: Row) -> str:
    gone = prose.labels(figures, section(figures)["left_out"])
    left = f"{wording.listed(gone)}有一个方面不公布或缺题，未计入。" if gone else ""
    return f"这里只看权重的影响，不含抽样误差；结论仍以“三项均达到”的占比和名次区间为准。{left}"


def _table(found: list[Row], tau: int) -> Page:
    place = wording.top(tau).removesuffix("位")
    return {
        "kind": "across",
        "caption": "第二种看法：综合指数（0—100，下行为95%区间）与换权重后的位次",
        "head": ["事项", "指数", "需要者\nn", f"居{place}\n的比例", "可能的\n位次",
                 *[f"不计\n{word}" for word in PART_WORDS.values()]],
        "rows": [
            [r["label"], wording.stacked(r["index"]), r["index"]["n"], f"{within(r, tau):.0%}",
             wording.ranks((r["best"], r["worst"])),
             *[f"第{r['without'][part]}位" for part in PART_WORDS]]
            for r in found
        ],
    }  # fmt: skip
