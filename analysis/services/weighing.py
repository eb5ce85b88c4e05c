"""The researcher's page of weights: what a data version was weighed from, step by step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from analysis.core import diagnostics, gate, rounding, tablegate, tablewords
from analysis.core.ages import AGES
from analysis.core.spec import AREA
from analysis.core.variables import AGE, Variable
from analysis.models import DataVersion
from analysis.services import ground, tables
from surveys.core.cells import OR, Key, either

if TYPE_CHECKING:
    from analysis.core.plotting import Chart

MIDDLE = (rounding.TENS - 1) / 2


@dataclass(frozen=True)
class Coverage:
    """Answers over what the population asks for: places by age, None where it is not shown."""

    rows: list[str]
    columns: list[str]
    cells: list[list[float | None]]


@dataclass(frozen=True)
class Told:
    """What counts persons of classes, as it may leave."""

    balances: list[diagnostics.Balance]
    coverage: Coverage | None


@dataclass(frozen=True)
class Weighing:
    """told: None until somebody asks for it, because it lets numbers out."""

    stages: list[diagnostics.Stage]
    bins: list[tuple[float, float, int]]
    told: Told | None


def of(version: DataVersion) -> Weighing:
    """`ground.NotReady` in words where the version cannot be looked into on a page."""
    base = _base(version)
    stages = diagnostics.chain(base.facts, base.weighted.design, base.weighted.steps)
    bins = diagnostics.histogram(base.weighted.design.weights)
    return Weighing(stages, bins, tables.once_more(base, lambda door: _told(base, door)))


def ask(version: DataVersion, *, by: str, now: datetime) -> None:
    """Let the check against the population out, once and for all."""
    base = _base(version)
    tables.let_out(
        base, lambda door: _told(base, door), lambda found: None,
        what="与人口核对", by=by, now=now,
    )  # fmt: skip


def _base(version: DataVersion) -> ground.Base:
    if not ground.quick(version):
        raise ground.NotReady(
            "这份问卷的出生年份属于敏感题，或者样本很大，权重过程只由后台计算；"
            "各步合计见数据版页和调研报告的技术说明。"
        )
    base = ground.for_page(version)
    if base.at != version.snapshots[str(ground.source_of(version).pk)]:
        raise ground.NotReady(
            "冻结以后有答卷由本人撤回。再列一遍权重过程，同以前列出的一对照会推算出撤回的人；"
            "冻结时的各步合计见数据版页和调研报告的技术说明。"
        )
    return base


def _told(base: ground.Base, door: gate.Release) -> Told:
    """Margins and coverage in one request, so that they are judged beside each other."""
    offered = tables.known(base.version)
    area, age = offered[AREA], offered.get(AGE)
    covered = age is not None and all(place.by_age for place in base.places)
    present = tablegate.people(base.official, [area, *([age] if age and covered else [])])
    for margin, labels, sizes in base.margins:
        if (name := _attribute(margin)) not in present.values:
            given = [_value(label) for label in np.asarray(labels)]
            present.add(name, given, sorted({*given, *map(_value, sizes)}))
    found = diagnostics.balance(
        base.margins, base.weighted.adjusted, base.weighted.design.weights
    )  # fmt: skip
    cells = [_key(one.name, cell.parts) for one in found for cell in one.cells]
    grid = _grid(area, age) if age and covered else {}
    counts = tablegate.counts([*cells, *grid.values()], present, door)
    balances = [
        _balance(one, [counts[_key(one.name, cell.parts)] for cell in one.cells], base)
        for one in found
    ]
    return Told(balances, _coverage(base, area, grid, counts) if grid else None)


def _attribute(margin: str) -> str:
    """What the gate calls a margin; townships have their name already."""
    return "township" if margin == "乡镇" else f"margin:{margin}"


def _value(label: object) -> str:
    return str(label).replace(OR, "，")


def _key(margin: str, parts: Iterable[str]) -> Key:
    """A cell of a margin, which may be several joined."""
    return frozenset({(_attribute(margin), either(map(_value, parts)))})


def _balance(
    one: diagnostics.Balance, counts: Sequence[int | None], base: ground.Base
) -> diagnostics.Balance:
    """A margin with townships by their names; what counts persons no finer than elsewhere."""
    names, n = base.official.townships, base.official.columns.n

    def cell(given: diagnostics.Cell, count: int | None) -> diagnostics.Cell:
        label = "＋".join(names.get(part, _value(part)) for part in given.parts)
        before = None if count is None or given.before is None else rounding.share(given.before, n)
        return replace(given, label=label, n=count, before=before)

    return replace(one, cells=tuple(map(cell, one.cells, counts)))


def _grid(area: Variable, age: Variable) -> dict[tuple[str, str], Key]:
    """Townships by age."""
    return {
        (place, band): frozenset({area.attribute(place), age.attribute(band)})
        for place, _ in area.classes for band, *_ in AGES
    }  # fmt: skip


def _coverage(
    base: ground.Base, area: Variable, grid: Mapping[tuple[str, str], Key],
    counts: Mapping[Key, int | None],
) -> Coverage:  # fmt: skip
    """Persons are told in tens, so the middle of the ten stands over what is asked for."""
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    for place in base.places:
        for band, women in place.by_age.items():
            wanted[place.township, band] += women
    n, women = base.official.columns.n, sum(wanted.values())
    ratios = [
        [_ratio(counts[grid[place, band]], n * wanted[place, band] / women) for band, *_ in AGES]
        for place, _ in area.classes
    ]
    return Coverage([name for _, name in area.classes], [label for _, label, *_ in AGES], ratios)


def _ratio(achieved: int | None, wanted: float) -> float | None:
    if achieved is None or not wanted:
        return None
    return (achieved + MIDDLE if achieved else 0) / wanted


def said(found: Weighing) -> dict[str, str]:
    """The plots in words."""
    bars = "；".join(f"{low:.1f}至{high:.1f}约{n}人" for low, high, n in found.bins)
    told = {"histogram": f"权数直方图：{bars}。"}
    coverage = found.told and found.told.coverage
    if coverage:
        told["coverage"] = "覆盖方格图，完成数占按人口应有数的比例：" + "；".join(
            f"{row}" + "，".join(f"{column}{tablewords.coverage(cell)}" for column, cell
                                in zip(coverage.columns, cells, strict=True))
            for row, cells in zip(coverage.rows, coverage.cells, strict=True)
        ) + "。"  # fmt: skip
    return told


def plot(found: Weighing, name: str) -> Chart:
    """KeyError for a plot the page does not have."""
    from analysis.core import workplots  # matplotlib is loaded when the first plot is drawn

    words = said(found)[name]
    if name == "histogram":
        return workplots.weight_histogram(found.bins, words)
    assert found.told is not None
    assert found.told.coverage is not None
    told = found.told.coverage
    return workplots.coverage(told.rows, told.columns, told.cells, words)
