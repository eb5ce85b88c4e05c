"""Freeze a data version: approved responses and drawn sample become figures, once and for ever."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from analysis import queries, revision
from analysis.core import (
    change,
    diagnostics,
    estimate,
    figures,
    gate,
    joined,
    needs,
    official,
    population,
)
from analysis.core.columns import Columns
from analysis.core.snapshot import Kept
from analysis.core.thresholds import THRESHOLDS
from analysis.core.variance import LonelyStrata
from analysis.core.weights import Weighted, named
from analysis.models import DataVersion
from analysis.services import description, mentions, released, rounds, snapshot
from analysis.services.description import Ground
from analysis.services.snapshot import Snapshot
from fieldwork.models import Area, Campaign, CampaignQuestionnaire, Sample
from surveys import audit
from surveys.core.definition import Definition

Row = dict[str, Any]
Weighing = tuple[Columns, official.SampleFacts, list[official.Margin]]
ATTEMPTS = 3


class CannotFreeze(ValueError):
    """Nothing can be estimated yet; the text says what is missing and where to get it."""


def freeze(
    campaign: Campaign, *, by: str, now: datetime, number: int | None = None
) -> DataVersion:  # fmt: skip
    """A new data version of the campaign from everything approved so far.

    number: which one is meant, the next where it is left out. When somebody else made it meanwhile,
    that one is returned and nothing is written.
    """
    ground = _ground(campaign, now)
    found, weighted, margins = official_of(ground, weighing(ground))
    for _ in range(ATTEMPTS):
        if number and (made := campaign.data_versions.filter(number=number).first()):
            return made
        with suppress(released.OutrunBySomeone):
            return _freeze(ground, number, found, weighted, margins, by)
    raise CannotFreeze("有人同时在查看或发布同一份问卷的表格，请过一会儿再冻结。")


def _freeze(
    ground: Ground, number: int | None, found: figures.Official, weighted: Weighted,
    margins: list[str], by: str,
) -> DataVersion:  # fmt: skip
    """The figures are computed outside the transaction: nobody waits for them."""
    campaign, now = ground.campaign, ground.now
    number = number or campaign.data_versions.count() + 1
    volunteers = _volunteers(campaign)
    taken = [ground.snapshot, *([volunteers[0]] if volunteers else [])]
    books = [released.read(one.source) for one in taken]
    doors = [gate.Release(t.generation, b.ledger) for t, b in zip(taken, books, strict=True)]
    before, book = _before(campaign, now)
    try:
        built = figures.build(
            found,
            volunteers[1] if volunteers else None,
            description.meta(ground, number),
            description.sample(ground),
            description.method(weighted.steps, margins),
            releases=figures.Releases(*doors),
            frame=description.places(ground.sample),
            before=before,
        )
    except gate.TooClose:
        raise CannotFreeze(
            "新增或减少的答卷太少，与上一个数据版相比会推算出个人。等答卷再多一些时再冻结。"
        ) from None
    built["mentions"] = mentions.tables(
        ground.source, found.design, found.columns.keys["instance_id"].tolist(), doors[0]
    )  # fmt: skip
    text = json.dumps(built, ensure_ascii=False, indent=1, sort_keys=True)
    with transaction.atomic():
        for one in [*books, *([book] if book else [])]:
            released.keep(one, what=f"数据版V{number}", by=by, now=now)
        if campaign.data_versions.filter(number=number).exists():  # the books are locked by now
            raise released.OutrunBySomeone
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


def _before(
    campaign: Campaign, now: datetime
) -> tuple[change.Before | str | None, released.Book | None]:  # fmt: skip
    """The round before with what left of it so far, since more of it is told now."""
    grounds: list[Ground] = []

    def estimate(last: Campaign) -> figures.Official:
        grounds.append(_ground(last, now))
        return official_of(grounds[-1], weighing(grounds[-1]))[0]

    found = rounds.before(campaign, estimate)
    if found is None or isinstance(found, str):
        return found, None
    taken = grounds[-1].snapshot
    book = released.read(taken.source)
    last = grounds[-1].campaign.data_versions.first()
    whole = last is not None and last.snapshots.get(str(taken.source.pk)) == taken.generation
    return replace(found, door=gate.Release(taken.generation, book.ledger), whole=whole), book


@dataclass(frozen=True)
class Weights:
    """Assignment code -> (final weight, township) of every approved respondent, and the median
    design effect of the needs' shares under the design."""

    places: dict[str, tuple[float, str]]
    effect: float


def weights(campaign: Campaign, now: datetime, *, opened: bool = False) -> Weights:
    """The weights a data version frozen now would use. CannotFreeze says why there are none.

    opened: from the open columns of the snapshot as it lies, which is what a page may read; they
    are the same where `ground.light` and `snapshot.is_current`.
    """
    ground = _ground(campaign, now, opened=opened)
    found, weighted, _ = official_of(ground, weighing(ground))
    house = ground.households
    answered = [k for k, context in enumerate(house.context) if context in ground.rows]
    places = {
        house.context[k]: (float(weight), str(house.township[k]))
        for k, weight in zip(answered, weighted.design.weights, strict=True)
    }
    wanted = needs.indicators(needs.plan(found.definition), found.columns).need
    return Weights(places, float(np.nanmedian(estimate.share(found.design, wanted).deff)))


def join_samples(campaign: Campaign, now: datetime) -> joined.Joined:
    """Both samples joined, from the answers of the newest data version only.

    CannotFreeze when there is none or answers came and went since; `joined.Refused` at the gate.
    """
    version = campaign.data_versions.first()
    crowd = _volunteers(campaign)
    if version is None or crowd is None:
        raise CannotFreeze("还没有数据版或没有线上自愿样本：请先冻结一版。")
    ground = _ground(campaign, now)
    taken = {str(one.source.pk): one.generation for one in (ground.snapshot, crowd[0])}
    if taken != version.snapshots:
        raise CannotFreeze("冻结以后答卷有增减，两次结果对照可能推算出个人：请先冻结新的一版。")
    found, weighted, _ = official_of(ground, weighing(ground))
    return joined.join(found, weighted, *crowd[1])


def township_names(campaign: Campaign, codes: set[str]) -> dict[str, str]:
    """Code -> name on the day the campaign opened; the code itself where no name is known."""
    known = Area.objects.on(campaign.opens_on).filter(code__in=codes)
    return {code: code for code in codes} | dict(known.values_list("code", "name"))


def bound(campaign: Campaign) -> tuple[CampaignQuestionnaire, Sample]:
    """What can be weighed. CannotFreeze when there is nothing, before any answer is read."""
    source = queries.source_of(campaign, queries.Source.PROBABILITY)
    sample = queries.sample_of(campaign)
    if source is None or sample is None:
        raise CannotFreeze("还没有概率样本：请先在“现场”里导入抽样框、抽样并发放入户问卷。")
    if not needs.plan(source.version.definition).domains:
        raise CannotFreeze("这份问卷没有标出需要、紧急、期盼的题目，不能排序。")
    return source, sample


def _ground(campaign: Campaign, now: datetime, *, opened: bool = False) -> Ground:
    source, sample = bound(campaign)
    taken, kept = snapshot.opened(source) if opened else snapshot.load(source)
    return ground_of(source, sample, taken, kept, now)


def ground_of(
    source: CampaignQuestionnaire, sample: Sample, taken: Snapshot, kept: Kept, now: datetime
) -> Ground:
    """Answers and drawn households side by side. CannotFreeze when they are too few."""
    rows: dict[str, int] = {}
    for index, context in enumerate(kept.contexts):
        rows.setdefault(context, index)
    house = queries.households(sample)
    answered = sum(context in rows for context in house.context)
    if answered < THRESHOLDS.base:
        raise CannotFreeze(
            f"审核通过的入户答卷只有 {answered} 份，不足 {THRESHOLDS.base} 份，不能推断。"
        )
    return Ground(source.campaign, source, sample, house, taken, kept, rows, now)


def official_of(ground: Ground, given: Weighing) -> tuple[figures.Official, Weighted, list[str]]:
    """Columns and calibrated design, the log of the weights, the names of the margins.

    CannotFreeze when the design cannot be estimated or the weights do not meet the margins.
    """
    columns, facts, margins = given
    try:
        weighted, _ = official.weigh(facts, margins)
    except LonelyStrata as error:
        raise CannotFreeze(_lonely(ground.campaign, error)) from None
    except ValueError as error:
        raise CannotFreeze(f"{diagnostics.complaint(margins, facts, error)}") from None
    # where villages were drawn and nobody's answers are in yet, the tables say so
    townships = township_names(ground.campaign, set(ground.households.township))
    definition = ground.source.version.definition
    found = figures.Official(columns, weighted.design, definition, townships, ground.year)
    return found, named(weighted, townships), [name for name, _, _ in margins]


def _lonely(campaign: Campaign, error: LonelyStrata) -> str:
    names = township_names(campaign, set(error.strata))
    told = "、".join(names[code] for code in error.strata)
    return (
        f"{told}只有一个村有审核通过的答卷，算不出抽样误差。"
        "请等这些乡镇再有一个村的答卷审核通过后再冻结。"
    )


def weighing(ground: Ground) -> Weighing:
    """What the weights are made of: respondents' columns, the drawn households, the margins."""
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
    facts = official.SampleFacts(
        stratum=house.township, village=house.village, pi_psu=house.pi_psu,
        drawn=house.drawn, listed=house.listed, eligible=house.eligible,
        outcome=outcome, classes=house.village,
    )  # fmt: skip
    return columns, facts, margins


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
