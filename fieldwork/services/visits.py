"""A visit: knock, draw one woman of the household, begin her interview, and its end."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from fieldwork.core import sampling
from fieldwork.core.outcomes import Disposition
from fieldwork.models import (
    Assignment,
    CampaignQuestionnaire,
    ContactAttempt,
    Household,
    Review,
    VillageForm,
)
from surveys import audit, drafts, filing, packing

# what an interviewer may note at the door; a complete interview notes itself
AT_THE_DOOR = {
    Disposition.NO_CONTACT: "家里没人",
    Disposition.REFUSED: "拒绝访问",
    Disposition.OTHER_ELIGIBLE: "有合格妇女，这次没访成",
    Disposition.NOT_ELIGIBLE: "没有 18 岁以上妇女，或是空户",
    Disposition.UNKNOWN: "看不出有没有人住",
}
_WORDS = {d.value: d.label for d in Disposition} | AT_THE_DOOR
MOST_WOMEN = 20


def word(result: str) -> str:
    """A contact's result as people read it."""
    return _WORDS[result]


class VisitRefused(ValueError):
    """This cannot be done now; the text says why."""


def record_attempt(assignment: Assignment, result: str, *, now: datetime, note: str = "") -> None:
    """One knock and what came of it. The newest is the household's outcome so far."""
    if result not in AT_THE_DOOR:
        raise VisitRefused("请选择一个接触结果。")
    if assignment.disposition == Disposition.COMPLETE:
        raise VisitRefused("这一户已经完成，不用再记接触。")
    with transaction.atomic():
        _note(assignment, result, now, note)


def _note(assignment: Assignment, result: str, now: datetime, note: str = "") -> None:
    ContactAttempt.objects.create(assignment=assignment, at=now, result=result, note=note)
    assignment.disposition = result
    assignment.save(update_fields=["disposition"])


def select_woman(assignment: Assignment, eligible: int, *, by: str, now: datetime) -> int:
    """Which woman by age, 1 = the oldest. Drawn once; asking again gives the first answer."""
    if not 1 <= eligible <= MOST_WOMEN:
        raise VisitRefused(f"人数请填 1 到 {MOST_WOMEN}。一位也没有，请记“没有 18 岁以上妇女”。")
    household = assignment.household
    order = _order(household.village.sample.seed, assignment.code, eligible)
    with transaction.atomic():
        fresh = Household.objects.filter(pk=household.pk, selected_order__isnull=True)
        if fresh.update(eligible_women=eligible, selected_order=order):
            audit.record(by, "select_woman", assignment.code, at=now)
    household.refresh_from_db()
    return int(household.selected_order or 0)


def _order(seed: int, code: str, eligible: int) -> int:
    """Fixed by the sample's seed and the assignment, so nobody can try again."""
    own = int.from_bytes(hashlib.sha256(code.encode()).digest()[:8], "big")
    rng = np.random.default_rng([seed % 2**63, own])
    return int(sampling.draw_one([eligible], rng)[0]) + 1


def source_of(assignment: Assignment) -> CampaignQuestionnaire | None:
    """The questionnaire of the drawn sample's campaign."""
    campaign = assignment.household.village.sample.frame.campaign
    rows = campaign.questionnaires.select_related("collection__version")
    return rows.filter(source=CampaignQuestionnaire.Source.PROBABILITY).first()


def returned(work: Assignment | VillageForm) -> Review | None:
    """The review that sent this interview or form back, if it is the newest one."""
    opened = drafts.by_context(work.code)
    if opened is None or not opened.row.submitted:
        return None
    rows = Review.objects.filter(instance_id=opened.row.instance_id)
    return rows.filter(state=Review.State.RETURNED).first()


def begin(assignment: Assignment, user: Any, *, now: datetime) -> None:
    """Open the interview, or go on with the one that is open. VisitRefused when it may not be."""
    opened = drafts.by_context(assignment.code)
    if opened is not None and not opened.row.submitted:
        return
    if opened is not None and returned(assignment) is None:
        raise VisitRefused("这一户的访问已经提交。")
    household, source = assignment.household, source_of(assignment)
    if household.selected_order is None:
        raise VisitRefused("请先做户内抽选。")
    today = timezone.localdate(now)
    if source is None or not source.collection.is_open(today):
        raise VisitRefused("现在不在调查时间里，或问卷还没有发放，请问督导员。")
    drafts.start(
        source.collection,
        today,
        context=assignment.code,
        system=_facts(assignment, source, user),
        started=now,
    )


def _facts(assignment: Assignment, source: CampaignQuestionnaire, user: Any) -> dict[str, str]:
    """What the questionnaire asks the system to fill: the household's place in the sample."""
    household = assignment.household
    village, version = household.village, source.collection.version
    facts = {
        "stratum": village.stratum,
        "psu": village.village.code,
        "pi_psu": f"{village.probability:.10g}",
        "households_listed": village.households_listed,
        "households_drawn": village.households.count(),
        "household": household.number,
        "eligible_women": household.eligible_women,
        "selected_order": household.selected_order,
        "interviewer": filing.pseudonym(f"interviewer|{user.pk}")[:12],
        "rotation": packing.rotation(version.definition, assignment.code),
    }
    return source.collection.facts.get("system", {}) | {k: str(v) for k, v in facts.items()}


def finish(assignment: Assignment, *, now: datetime) -> None:
    """Her interview has arrived. Safe to repeat."""
    if assignment.disposition != Disposition.COMPLETE:
        with transaction.atomic():
            _note(assignment, Disposition.COMPLETE, now)


def decline(assignment: Assignment, *, now: datetime) -> None:
    """She said no on the consent page."""
    with transaction.atomic():
        _note(assignment, Disposition.REFUSED, now)
