"""The queue of reviews and what each of its lines says."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, QuerySet, TextField
from django.db.models.functions import Cast

from fieldwork.models import Assignment, Campaign, CampaignQuestionnaire, Review, VillageForm
from fieldwork.services import quality
from surveys.models import Response

PAGE = 50


@dataclass(frozen=True)
class Queue:
    """One page of the queue, the counts its filters show, and where the next page begins."""

    rows: list[Review]
    states: dict[str, int]
    flags: dict[str, int]
    after: int


def queue_of(
    reviews: QuerySet[Review], source: CampaignQuestionnaire, state: str, flag: str, after: int
) -> Queue:
    mine = reviews.filter(source=source)
    states = dict(mine.values_list("state").annotate(n=Count("pk")).order_by())
    shown = mine.filter(state=state)
    flags: dict[str, int] = defaultdict(int)
    for words, count in shown.values_list("flags").annotate(n=Count("pk")).order_by():
        for word in words or ["clean"]:
            flags[word] += count
    page = list(_flagged(shown, flag).filter(pk__gt=after).order_by("pk")[: PAGE + 1])
    following = page[PAGE - 1].pk if len(page) > PAGE else 0
    return Queue(page[:PAGE], states, dict(flags), following)


def review_sources(campaign: Campaign) -> list[tuple[CampaignQuestionnaire, int, dict[str, int]]]:
    """(source, filed responses, reviews by state) for every source of a campaign."""
    found = []
    for source in campaign.questionnaires.select_related("version__questionnaire", "collection"):
        filed = Response.objects.filter(collection=source.collection_id).count()
        states = source.reviews.values_list("state").annotate(n=Count("pk")).order_by()
        found.append((source, filed, dict(states)))
    return found


@dataclass(frozen=True)
class Line:
    """One row of the queue: the review, its response, and where and by whom it was asked."""

    review: Review
    response: Response
    asked: Assignment | VillageForm | None

    @property
    def place(self) -> str:
        if self.asked is None:
            return ""
        work = self.asked
        drawn = work.village if isinstance(work, VillageForm) else work.household.village
        return drawn.village.name

    @property
    def words(self) -> list[str]:
        return [quality.word(flag) for flag in self.review.flags]


def described(reviews: list[Review]) -> list[Line]:
    ids = [r.instance_id for r in reviews]
    responses = {
        r.instance_id: r
        for r in Response.objects.filter(instance_id__in=ids).defer("answers", "sensitive")
    }
    codes = [r.context for r in responses.values() if r.context]
    asked = Assignment.objects.filter(code__in=codes).select_related("interviewer")
    forms = VillageForm.objects.filter(code__in=codes).select_related("interviewer")
    by_code: dict[str, Assignment | VillageForm] = {}
    by_code |= {a.code: a for a in asked.select_related("household__village__village")}
    by_code |= {f.code: f for f in forms.select_related("village__village")}
    return [
        Line(r, responses[r.instance_id], by_code.get(responses[r.instance_id].context))
        for r in reviews
    ]


def _flagged(rows: QuerySet[Review], flag: str) -> QuerySet[Review]:
    if not flag:
        return rows
    if flag == "clean":
        return rows.filter(flags=[])
    return rows.annotate(words=Cast("flags", TextField())).filter(words__contains=f'"{flag}"')
