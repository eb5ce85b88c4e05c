"""Draw the sample from the frame and make the assignments; probabilities and seed are kept."""

from __future__ import annotations

import secrets
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
from surveys import audit
from surveys.models import Draft


@dataclass(frozen=True)
class Plan:
    """How much to draw: villages in all, at least so many per township, households per village."""

    villages: int
    per_township: int = 10
    households: int = 15


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
    """Villages to draw per township, by households. DrawRefused when the plan does not fit."""
    count: dict[str, int] = {}
    households: dict[str, int] = {}
    for code, size in frame.villages.values_list("code", "households"):
        township = areas.ancestor(code, areas.Level.TOWNSHIP)
        count[township] = count.get(township, 0) + 1
        households[township] = households.get(township, 0) + size
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
    return [Share(name, count[name], households[name], given[name]) for name in sorted(given)]


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
    """Townships are strata; villages PPS to households; households at random in each village."""
    rng = np.random.default_rng(seed)
    villages = list(frame.villages.all())
    strata = [areas.ancestor(v.code, areas.Level.TOWNSHIP) for v in villages]
    sizes = np.array([v.households for v in villages], dtype=float)
    per_stratum = {share.township: share.drawn for share in allocation(frame, plan)}
    drawn = sampling.draw_two_stages(sizes, np.array(strata), per_stratum, plan.households, rng)
    with transaction.atomic():
        sample = Sample.objects.create(
            frame=frame, seed=seed, plan=asdict(plan), drawn_on=timezone.localdate(now)
        )
        chosen = _store_villages(sample, villages, strata, drawn.villages)
        count = _store_households(chosen, drawn.households)
        detail = {"seed": seed, "villages": len(chosen), "households": count}
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
