"""Draw the sample from the frame and make the assignments; probabilities and seed are kept."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone

from fieldwork.core import areas, sampling
from fieldwork.models import (
    Assignment,
    Campaign,
    Frame,
    FrameVillage,
    Household,
    Sample,
    SampledVillage,
    VillageForm,
)
from fieldwork.queries import samples
from surveys import audit
from surveys.models import Draft

_FEWEST = 2  # villages drawn by chance in a township, for a variance


@dataclass(frozen=True)
class Plan:
    """How much to draw: villages in all, at least so many per township, households per village."""

    villages: int
    per_township: int = 10
    households: int = 15
    # the villages of the last round once more; then the two numbers of villages say nothing
    keep: bool = False


class DrawRefused(ValueError):
    """The plan does not fit the frame, or the sample is being worked on already."""


@dataclass(frozen=True)
class Share:
    """What one township has in the frame and gives to the sample."""

    township: str
    villages: int
    households: int
    drawn: int


def allocation(frame: Frame, plan: Plan) -> list[Share]:
    """Villages of the sample per township. DrawRefused when the plan does not fit the frame."""
    villages = list(frame.villages.all())
    count = Counter(_township(v.code) for v in villages)
    households: Counter[str] = Counter()
    for village in villages:
        households[_township(village.code)] += village.households
    given = _kept(frame, villages) if plan.keep else _given(plan, count, households)
    return [Share(name, count[name], households[name], given[name]) for name in sorted(count)]


def _township(code: str) -> str:
    return areas.ancestor(code, areas.Level.TOWNSHIP)


def _given(plan: Plan, count: Counter[str], households: Counter[str]) -> dict[str, int]:
    """Villages to draw per township, by households."""
    if plan.villages < plan.per_township * len(count):
        raise DrawRefused(
            f"共 {len(count)} 个乡镇，每个至少 {plan.per_township} 个村，"
            f"总数至少要 {plan.per_township * len(count)} 个。"
        )
    sizes = {name: float(size) for name, size in households.items()}
    given = sampling.allocate(sizes, plan.villages, plan.per_township)
    short = [name for name in sorted(given) if given[name] > count[name]]
    if short:
        name = short[0]
        raise DrawRefused(f"{name} 只有 {count[name]} 个村，不够抽 {given[name]} 个，请减少村数。")
    return given


def _kept(frame: Frame, villages: list[FrameVillage]) -> dict[str, int]:
    """Villages per township when those of the last round are kept."""
    drawn = _panel(frame, villages)
    given = Counter(_township(villages[index].code) for index in drawn.index)
    by_chance = Counter(
        _township(villages[index].code)
        for index, probability in zip(drawn.index, drawn.probability, strict=True)
        if probability < 1
    )
    lonely = sorted(name for name, n in by_chance.items() if n < _FEWEST)
    bare = sorted({_township(v.code) for v in villages} - set(given))
    if bare or lonely:
        raise DrawRefused(
            f"{'、'.join(bare + lonely)} 上一轮的村在现在的抽样框里不足 {_FEWEST} 个，算不出误差，"
            "不能沿用。请重新抽村。"
        )
    return given


def _panel(frame: Frame, villages: list[FrameVillage]) -> sampling.Drawn:
    """The villages of the last round in today's frame. DrawRefused when there was none."""
    last = samples.sample_before(frame.campaign)
    if last is None:
        raise DrawRefused("同一地区以前没有抽过样，没有上一轮村居可以沿用。")
    sized = last.frame.villages.filter(households__gt=0)  # others had no chance to be drawn
    before = set(sized.values_list("code", flat=True))
    kept = dict(last.villages.values_list("village__code", "probability"))
    return sampling.keep_villages([v.code for v in villages], before, kept)


def worked_on(campaign: Campaign) -> bool:
    """Whether anybody has been to a drawn household, or has begun to ask."""
    rows = Assignment.objects.filter(household__village__sample__frame__campaign=campaign)
    forms = VillageForm.objects.filter(village__sample__frame__campaign=campaign)
    codes = rows.values("code").union(forms.values("code"))
    begun = Draft.objects.filter(context__in=codes)
    touched = rows.exclude(disposition="") | rows.filter(household__selected_order__isnull=False)
    return touched.exists() or begun.exists()


def replace_sample(frame: Frame, plan: Plan, *, seed: int, by: str, now: datetime) -> Sample:
    """Draw, and discard an earlier sample nobody has worked on. DrawRefused otherwise."""
    if worked_on(frame.campaign):
        raise DrawRefused("已经开始走访，不能重新抽样。")
    earlier = Sample.objects.filter(frame__campaign=frame.campaign)
    with transaction.atomic():
        for sample in earlier:
            Assignment.objects.filter(household__village__sample=sample).delete()
            audit.record(by, "discard_sample", str(sample), at=now, detail=sample.plan)
        earlier.delete()
        return draw_sample(frame, plan, seed=seed, by=by, now=now)


def draw_sample(frame: Frame, plan: Plan, *, seed: int, by: str, now: datetime) -> Sample:
    """Townships are strata; villages PPS to households, or those of the last round kept;

    households at random in each village.
    """
    rng = np.random.default_rng(seed)
    villages = list(frame.villages.all())
    strata = [_township(v.code) for v in villages]
    sizes = np.array([v.households for v in villages], dtype=float)
    per_stratum = {share.township: share.drawn for share in allocation(frame, plan)}
    if plan.keep:
        kept = _panel(frame, villages)
        households = sampling.draw_households(sizes, kept, plan.households, rng)
        drawn = sampling.TwoStage(kept, households)
    else:
        drawn = sampling.draw_two_stages(sizes, np.array(strata), per_stratum, plan.households, rng)
    with transaction.atomic():
        sample = Sample.objects.create(
            frame=frame, seed=seed, plan=asdict(plan), drawn_on=timezone.localdate(now)
        )
        chosen = _store_villages(sample, villages, strata, drawn.villages)
        count = _store_households(chosen, drawn.households)
        detail = {"seed": seed, "villages": len(chosen), "households": count}
        if plan.keep:
            detail["keep"] = True
        audit.record(by, "draw_sample", str(sample), at=now, detail=detail)
    return sample


def _store_villages(
    sample: Sample, villages: list[FrameVillage], strata: list[str], drawn: sampling.Drawn
) -> list[SampledVillage]:
    chosen = SampledVillage.objects.bulk_create(
        [
            SampledVillage(
                sample=sample,
                village=villages[index],
                stratum=strata[index],
                probability=float(probability),
                households_listed=villages[index].households,
            )
            for index, probability in zip(drawn.index, drawn.probability, strict=True)
        ]
    )
    VillageForm.objects.bulk_create(
        [VillageForm(village=village, code=secrets.token_hex(12)) for village in chosen]
    )
    return chosen


def _store_households(chosen: list[SampledVillage], drawn: tuple[sampling.Drawn, ...]) -> int:
    households = [
        Household(village=village, number=int(number) + 1, probability=float(probability))
        for village, found in zip(chosen, drawn, strict=True)
        for number, probability in zip(found.index, found.probability, strict=True)
    ]
    stored = Household.objects.bulk_create(households, batch_size=500)
    Assignment.objects.bulk_create(
        [Assignment(household=h, code=secrets.token_hex(12)) for h in stored], batch_size=500
    )
    return len(stored)
