"""Freeze a data version: approved responses and drawn sample become figures, once and for ever."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from analysis import queries, revision
from analysis.core import figures, gate, joined, needs, official, population
from analysis.core.columns import Columns
from analysis.core.thresholds import THRESHOLDS
from analysis.core.variance import LonelyStrata
from analysis.core.weights import Weighted
from analysis.models import DataVersion
from analysis.services import description, rounds, snapshot
from analysis.services.description import Ground
from analysis.services.snapshot import Snapshot
from fieldwork.models import Area, Campaign
from surveys import audit
from surveys.core.definition import Definition

Row = dict[str, Any]


class CannotFreeze(ValueError):
    """Nothing can be estimated yet; the text says what is missing and where to get it."""


def freeze(campaign: Campaign, *, by: str, now: datetime) -> DataVersion:
    """A new data version of the campaign from everything approved so far."""
    ground = _ground(campaign, now)
    try:
        found, weighted, margins = _official(ground)
    except LonelyStrata as error:
        raise CannotFreeze(f"{error}。请等这些乡镇再有一个村的答卷审核通过。") from None
    number = campaign.data_versions.count() + 1
    volunteers = _volunteers(campaign)
    taken = [ground.snapshot, *([volunteers[0]] if volunteers else [])]
    try:
        built = figures.build(
            found,
            volunteers[1] if volunteers else None,
            description.meta(ground, number),
            description.sample(ground),
            description.method(weighted.steps, margins),
            earlier=[version.figures for version in campaign.data_versions.order_by("number")],
            frame=description.places(ground.sample),
            before=rounds.before(campaign, lambda last: _official(_ground(last, now))[0]),
        )
    except gate.TooClose:
        raise CannotFreeze(
            "新增或减少的答卷太少，与上一个数据版相比会推算出个人。等答卷再多一些时再冻结。"
        ) from None
    text = json.dumps(built, ensure_ascii=False, indent=1, sort_keys=True)
    with transaction.atomic():
        version = DataVersion.objects.create(
            campaign=campaign,
            number=number,
            figures_json=text,
            snapshots={str(one.source.pk): one.generation for one in taken},
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            revision=revision.fingerprint(),
            frozen_at=now,
            frozen_by=by,
        )
        detail = {"version": str(version), "sha256": version.sha256}
        audit.record(by, "freeze", str(campaign), at=now, data_class="L2", detail=detail)
    return version


def weights(campaign: Campaign, now: datetime) -> dict[str, tuple[float, str, str]]:
    """Assignment code -> (final weight, township, village) of every approved respondent.

    The weights a data version frozen now would use. CannotFreeze says why there are none.
    """
    ground = _ground(campaign, now)
    try:
        _, weighted, _ = _official(ground)
    except LonelyStrata as error:
        raise CannotFreeze(str(error)) from None
    house = ground.households
    answered = [k for k, context in enumerate(house.context) if context in ground.rows]
    return {
        house.context[k]: (float(weight), str(house.township[k]), str(house.village[k]))
        for k, weight in zip(answered, weighted.design.weights, strict=True)
    }


def join_samples(campaign: Campaign, now: datetime) -> joined.Joined:
    """Both samples joined, from the answers of the newest data version only.

    CannotFreeze when there is none or answers came and went since; `joined.Refused` at the gate.
    """
    version = campaign.data_versions.first()
    crowd = _volunteers(campaign)
    if version is None or crowd is None:
        raise CannotFreeze("还没有数据版或没有线上自愿样本：请先冻结一版。")
    found = _official(_ground(campaign, now))[0]
    counts = found.columns.n, crowd[1][1].n
    if counts != (version.figures["sample"]["n"], version.figures["volunteers"]["n"]):
        raise CannotFreeze("冻结以后答卷有增减，两次结果对照可能推算出个人：请先冻结新的一版。")
    return joined.join(found, *crowd[1])


def township_names(campaign: Campaign, codes: set[str]) -> dict[str, str]:
    """Code -> name on the day the campaign opened; the code itself where no name is known."""
    known = Area.objects.on(campaign.opens_on).filter(code__in=codes)
    return {code: code for code in codes} | dict(known.values_list("code", "name"))


def _ground(campaign: Campaign, now: datetime) -> Ground:
    source = queries.source_of(campaign, queries.Source.PROBABILITY)
    sample = queries.sample_of(campaign)
    if source is None or sample is None:
        raise CannotFreeze("还没有概率样本：请先在“现场”里导入抽样框、抽样并发放入户问卷。")
    if not needs.plan(source.version.definition).domains:
        raise CannotFreeze("这份问卷没有标出需要、紧急、期盼的题目，不能排序。")
    taken, kept = snapshot.load(source)
    rows: dict[str, int] = {}
    for index, context in enumerate(kept.contexts):
        rows.setdefault(context, index)
    house = queries.households(sample)
    answered = sum(context in rows for context in house.context)
    if answered < THRESHOLDS.base:
        raise CannotFreeze(
            f"审核通过的入户答卷只有 {answered} 份，不足 {THRESHOLDS.base} 份，不能推断。"
        )
    return Ground(campaign, source, sample, house, taken, kept, rows, now)


def _official(ground: Ground) -> tuple[figures.Official, Weighted, list[str]]:
    house, definition = ground.households, ground.source.version.definition
    outcome = [
        "responded" if context in ground.rows else queries.outcome(disposition)
        for context, disposition in zip(house.context, house.disposition, strict=True)
    ]
    rows = np.array([o == "responded" for o in outcome])
    columns = _columns(ground, rows)
    margins = population.margins(
        description.places(ground.sample), house.township[rows], house.urban[rows],
        _ages(columns, definition, ground.year),
    )  # fmt: skip
    weighted, _ = official.weigh(
        official.SampleFacts(
            stratum=house.township, village=house.village, pi_psu=house.pi_psu,
            drawn=house.drawn, listed=house.listed, eligible=house.eligible,
            outcome=outcome, classes=house.village,
        ),
        margins,
    )  # fmt: skip
    townships = township_names(ground.campaign, set(house.township[rows]))
    found = figures.Official(columns, weighted.design, definition, townships, ground.year)
    return found, weighted, [name for name, _, _ in margins]


def _columns(ground: Ground, rows: np.ndarray) -> Columns:
    """The respondents in the design's order, with the keys the tables are cut by."""
    house, found = ground.households, np.flatnonzero(rows)
    order = np.array([ground.rows[house.context[index]] for index in found], dtype=np.intp)
    return ground.kept.columns(
        order, {"psu": house.village[found], "township": house.township[found]}
    )


def _ages(columns: Any, definition: Any, year: int) -> np.ndarray | None:
    name = needs.role_column(definition, "birth_year")
    if name is None or name not in columns.numbers:
        return None
    return population.age_classes(year - columns.numbers[name])


def _volunteers(campaign: Campaign) -> tuple[Snapshot, tuple[Definition, Columns]] | None:
    source = queries.source_of(campaign, queries.Source.VOLUNTEER)
    if source is None:
        return None
    taken, kept = snapshot.load(source)
    return taken, (source.version.definition, kept.columns())
