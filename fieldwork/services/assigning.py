"""Give households to interviewers, and take back what nobody has begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from fieldwork.core.outcomes import Disposition
from fieldwork.models import Assignment, VillageForm
from surveys import audit
from surveys.models import Draft


@dataclass(frozen=True)
class Given:
    """How many households changed hands, and how many stay because somebody works on them."""

    moved: int
    kept: int


def assign(
    rows: QuerySet[Assignment], interviewer: User, *, by: str, now: datetime, target: str
) -> Given:
    """Complete interviews and those in progress stay with whoever holds them."""
    wanted = rows.exclude(interviewer=interviewer)
    codes = list(wanted.values_list("code", flat=True))
    drafts = Draft.objects.filter(context__in=wanted.values("code"))
    begun = set(drafts.values_list("context", flat=True))
    done = set(wanted.filter(disposition=Disposition.COMPLETE).values_list("code", flat=True))
    free = [code for code in codes if code not in begun | done]
    with transaction.atomic():
        for start in range(0, len(free), 500):
            part = Assignment.objects.filter(code__in=free[start : start + 500])
            part.update(interviewer=interviewer)
        detail = {"interviewer": interviewer.get_username(), "households": len(free)}
        audit.record(by, "assign", target, at=now, detail=detail)
    return Given(len(free), len(codes) - len(free))


def assign_forms(
    rows: QuerySet[VillageForm], interviewer: User, *, by: str, now: datetime, target: str
) -> Given:
    """The forms of whole villages; one that is begun stays with whoever began it."""
    wanted = list(rows.exclude(interviewer=interviewer).values_list("code", flat=True))
    drafts = Draft.objects.filter(context__in=wanted)
    begun = set(drafts.values_list("context", flat=True))
    free = [code for code in wanted if code not in begun]
    with transaction.atomic():
        VillageForm.objects.filter(code__in=free).update(interviewer=interviewer)
        detail = {"interviewer": interviewer.get_username(), "village_forms": len(free)}
        audit.record(by, "assign", target, at=now, detail=detail)
    return Given(len(free), len(begun))
