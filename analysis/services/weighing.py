"""The researcher's page of weights: what a data version was weighed from, step by step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from analysis.core import diagnostics, tablegate, tablewords
from analysis.core.ages import AGES
from analysis.core.design import Floats
from analysis.core.spec import AREA
from analysis.core.variables import AGE
from analysis.models import DataVersion
from analysis.services import ground
from analysis.services.tables import known, let_out

if TYPE_CHECKING:
    from analysis.core.plotting import Chart


@dataclass(frozen=True)
class Coverage:
    """Answers over what the population asks for: places by age, None where it is not shown."""

    rows: list[str]
    columns: list[str]
    cells: list[list[float | None]]


@dataclass(frozen=True)
class Weighing:
    stages: list[diagnostics.Stage]
    bins: list[tuple[float, float, int]]
    balances: list[diagnostics.Balance]
    coverage: Coverage | None


def of(version: DataVersion, *, by: str, now: datetime) -> Weighing:
    """`ground.NotReady` in words where the version cannot be looked into on a page."""
    if not ground.quick(version):
        raise ground.NotReady(
            "这份问卷的出生年份属于敏感题，或者样本很大，权重过程只由后台计算；"
            "各步合计见数据版页和调研报告的技术说明。"
        )
    base = ground.for_page(version)
    stages = diagnostics.chain(base.facts, base.weighted.design, base.weighted.steps)
    before = base.weighted.adjusted
    after = base.weighted.design.weights
    return Weighing(
        stages, diagnostics.histogram(after), _balances(base, before, after),
        _coverage(base, by, now),
    )  # fmt: skip


def _balances(base: ground.Base, before: Floats, after: Floats) -> list[diagnostics.Balance]:
    """Margins with townships by their names, cells of age by town and country readable."""
    names = base.official.townships

    def words(cell: str) -> str:
        parts = [names.get(one, one.replace("|", "，")) for one in cell.split("+")]
        return "＋".join(parts)

    found = diagnostics.balance(base.margins, before, after)
    return [
        replace(one, cells=tuple(replace(cell, label=words(cell.label)) for cell in one.cells))
        for one in found
    ]


def _coverage(base: ground.Base, by: str, now: datetime) -> Coverage | None:
    """Townships by age; None where frame or questionnaire tell no ages."""
    offered = known(base.version)
    area, age = (offered.get(key) for key in (AREA, AGE))
    if age is None or area is None or not all(place.by_age for place in base.places):
        return None
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    for place in base.places:
        for band, women in place.by_age.items():
            wanted[place.township, band] += women
    present = tablegate.people(base.official, [age, area])
    cells = [
        frozenset({area.attribute(place), age.attribute(band)})
        for place, _ in area.classes for band, *_ in AGES
    ]  # fmt: skip
    counts = let_out(
        base.version, lambda door: tablegate.counts(cells, present, door), lambda found: None,
        what="覆盖情况", by=by, now=now,
    )  # fmt: skip
    n, women = base.official.columns.n, sum(wanted.values())

    def ratio(place: str, band: str) -> float | None:
        key = frozenset({area.attribute(place), age.attribute(band)})
        return _ratio(counts[key], n * wanted[place, band] / women)

    ratios = [[ratio(place, band) for band, *_ in AGES] for place, _ in area.classes]
    return Coverage([name for _, name in area.classes], [label for _, label, *_ in AGES], ratios)


def _ratio(achieved: int | None, wanted: float) -> float | None:
    return None if achieved is None or not wanted else achieved / wanted


def said(found: Weighing) -> dict[str, str]:
    """The plots in words."""
    bars = "；".join(f"{low:.1f}至{high:.1f}有{n}人" for low, high, n in found.bins)
    told = {"histogram": f"权数直方图：{bars}。"}
    if found.coverage:
        told["coverage"] = "覆盖方格图，完成数占按人口应有数的比例：" + "；".join(
            f"{row}" + "，".join(f"{column}{tablewords.coverage(cell)}" for column, cell
                                in zip(found.coverage.columns, cells, strict=True))
            for row, cells in zip(found.coverage.rows, found.coverage.cells, strict=True)
        ) + "。"  # fmt: skip
    return told


def plot(found: Weighing, name: str) -> Chart:
    """KeyError for a plot the page does not have."""
    from analysis.core import workplots  # matplotlib is loaded when the first plot is drawn

    words = said(found)[name]
    if name == "histogram":
        return workplots.weight_histogram(found.bins, words)
    assert found.coverage is not None
    return workplots.coverage(found.coverage.rows, found.coverage.columns, found.coverage.cells,
                              words)  # fmt: skip
