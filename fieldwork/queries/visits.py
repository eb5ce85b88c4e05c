"""What one interviewer has before her: households and village forms, drafts included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from fieldwork.core.outcomes import Disposition
from fieldwork.models import Assignment, CampaignQuestionnaire, Review, VillageForm
from surveys.models import Draft, Response

_CLOSED = {Disposition.COMPLETE, Disposition.NOT_ELIGIBLE, Disposition.REFUSED}


@dataclass(frozen=True)
class Visit:
    assignment: Assignment
    attempts: int
    in_progress: bool
    returned: bool

    @property
    def place(self) -> str:
        return self.assignment.household.village.village.name

    @property
    def finished(self) -> bool:
        return self.assignment.disposition in _CLOSED and not (self.in_progress or self.returned)


def visits_of(assignments: QuerySet[Assignment]) -> list[Visit]:
    """By village and house number, with what is under way and what came back from review."""
    rows = (
        assignments.select_related("household__village__village")
        .annotate(knocks=Count("attempts"))
        .order_by("household__village__village__code", "household__number")
    )
    newest, returned = _newest_drafts(assignments)
    found = []
    for row in rows:
        draft = newest.get(row.code)
        under_way = draft is not None and not draft["submitted"]
        sent_back = draft is not None and draft["instance_id"] in returned
        found.append(Visit(row, row.knocks, under_way, sent_back))
    return found


def _newest_drafts(rows: QuerySet[Any]) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """The newest draft of every code, and the instances a review has sent back."""
    drafts = Draft.objects.filter(context__in=rows.values("code"))
    columns = "context", "instance_id", "submitted"
    newest = {d["context"]: d for d in drafts.order_by("id").values(*columns)}
    sent = [d["instance_id"] for d in newest.values() if d["submitted"]]
    back = Review.objects.filter(instance_id__in=sent, state=Review.State.RETURNED)
    return newest, set(back.values_list("instance_id", flat=True))


@dataclass(frozen=True)
class VillageVisit:
    """The form about one village: whether begun, sent, sent back."""

    form: VillageForm
    in_progress: bool
    submitted: bool
    returned: bool

    @property
    def place(self) -> str:
        return self.form.village.village.name

    @property
    def finished(self) -> bool:
        return self.submitted and not (self.in_progress or self.returned)


def village_forms_of(forms: QuerySet[VillageForm]) -> list[VillageVisit]:
    """By village; only of campaigns that ask about villages."""
    village = CampaignQuestionnaire.Source.VILLAGE
    asked = forms.filter(village__sample__frame__campaign__questionnaires__source=village)
    newest, returned = _newest_drafts(asked)
    arrived = Response.objects.filter(context__in=asked.values("code"))
    filed = set(arrived.values_list("context", flat=True))
    found = []
    for row in asked.select_related("village__village").order_by("village__village__code"):
        draft = newest.get(row.code)
        sent = row.code in filed or (draft is not None and draft["submitted"])
        sent_back = draft is not None and draft["instance_id"] in returned
        under_way = draft is not None and not draft["submitted"]
        found.append(VillageVisit(row, under_way, sent, sent_back))
    return found
