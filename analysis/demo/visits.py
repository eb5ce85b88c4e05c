"""Draw the sample, one woman a household, assign the visits; note who was not interviewed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.demo import respondents, sending
from analysis.demo.stage import Stage
from fieldwork.core.outcomes import Disposition
from fieldwork.models import Assignment, ContactAttempt, Household, VillageForm
from fieldwork.queries import samples
from fieldwork.services import drawing

_LOST = (Disposition.REFUSED, Disposition.NO_CONTACT, Disposition.OTHER_ELIGIBLE,
         Disposition.UNKNOWN)  # fmt: skip


@dataclass(frozen=True)
class Fielded:
    """The drawn households in the order of the frame, the woman drawn in each, who answered."""

    rows: list[Assignment]
    woman: np.ndarray
    answered: np.ndarray


def interview(stage: Stage, per_village: int) -> Fielded:
    """Draw, assign, and let the drawn women answer or not."""
    stage.say("抽样：村、户 …")
    keep = samples.sample_before(stage.campaign) is not None
    plan = drawing.Plan(respondents.VILLAGES, respondents.PER_TOWNSHIP, per_village, keep=keep)
    seed = stage.rng.randrange(2**31)
    frame = stage.campaign.frames.get()
    sample = drawing.draw_sample(frame, plan, seed=seed, by="yanjiu", now=stage.now)
    rows = list(
        Assignment.objects.filter(household__village__sample=sample)
        .select_related("household__village__village")
        .order_by("household__village__village__code", "household__number")
    )
    women = _select(stage, rows)
    answers = respondents.responds(stage.place, women, np.random.default_rng(seed))
    _assign(stage, rows)
    _close_unanswered(stage, rows, answers)
    done = [(row, int(w)) for row, w, yes in zip(rows, women, answers, strict=True) if yes]
    sending.send(stage, sending.interviews(stage, done), "入户访问")
    forms = VillageForm.objects.filter(village__sample=sample).select_related("interviewer")
    ordered = list(forms.select_related("village__village").order_by("village__village__code"))
    sending.send(stage, sending.village_forms(stage, ordered), "村（社区）卷")
    return Fielded(rows, women, answers)


def _select(stage: Stage, rows: list[Assignment]) -> np.ndarray:
    """The woman drawn in each household, kept with the household."""
    place = stage.place
    index = {code: i for i, code in enumerate(place.village_code)}
    start = np.concatenate([[0], np.cumsum(place.village_households)[:-1]])
    house = np.array(
        [start[index[r.household.village.village.code]] + r.household.number - 1 for r in rows]
    )
    orders = [stage.rng.randrange(int(place.household_women[h])) for h in house]
    alike: dict[tuple[int, int], list[int]] = {}
    for row, h, order in zip(rows, house, orders, strict=True):
        found = (int(place.household_women[h]), order + 1)
        alike.setdefault(found, []).append(row.household_id)
    for (eligible, selected), ids in alike.items():
        _update(Household, ids, eligible_women=eligible, selected_order=selected)
    return place.first_woman[house] + np.array(orders)


def _assign(stage: Stage, rows: list[Assignment]) -> None:
    """Two interviewers a township, village by village."""
    villages: dict[str, int] = {}
    for row in rows:
        village, township = row.household.village.village.code, row.household.village.stratum
        turn = villages.setdefault(village, len(villages))
        row.interviewer = stage.people.interviewers[township][turn % 2]
    for users in stage.people.interviewers.values():
        for user in users:
            mine = [row for row in rows if row.interviewer_id == user.pk]
            _update(Assignment, [row.pk for row in mine], interviewer=user)
            gone_to = {row.household.village_id for row in mine}
            VillageForm.objects.filter(village__in=gone_to).update(interviewer=user)


def _close_unanswered(stage: Stage, rows: list[Assignment], answers: np.ndarray) -> None:
    lost = [row for row, yes in zip(rows, answers, strict=True) if not yes]
    for row in lost:
        row.disposition = stage.rng.choices(_LOST, (44, 41, 11, 4))[0].value
    for result in _LOST:
        ids = [row.pk for row in lost if row.disposition == result.value]
        _update(Assignment, ids, disposition=result.value)
    ContactAttempt.objects.bulk_create(
        [ContactAttempt(assignment=row, at=stage.moment(), result=row.disposition) for row in lost],
        batch_size=300,
    )


def _update(model: type[Household] | type[Assignment], ids: list[int], **values: Any) -> None:
    for first in range(0, len(ids), 500):
        model.objects.filter(pk__in=ids[first : first + 500]).update(**values)
