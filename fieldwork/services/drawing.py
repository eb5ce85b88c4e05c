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
    Frame,
    FrameVillage,
    Household,
    Sample,
    SampledVillage,
)
from surveys import audit


@dataclass(frozen=True)
class Plan:
    """How much to draw: villages in all, at least so many per township, households per village."""

    villages: int
    per_township: int = 10
    households: int = 15


def draw_sample(frame: Frame, plan: Plan, *, seed: int, by: str, now: datetime) -> Sample:
    """Townships are strata; villages PPS to households; households at random in each village."""
    rng = np.random.default_rng(seed)
    villages = list(frame.villages.all())
    strata = [areas.ancestor(v.code, areas.Level.TOWNSHIP) for v in villages]
    sizes = np.array([v.households for v in villages], dtype=float)
    per_stratum = sampling.allocate(
        {s: float(sizes[[x == s for x in strata]].sum()) for s in set(strata)},
        plan.villages,
        plan.per_township,
    )
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
    return SampledVillage.objects.bulk_create(
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
