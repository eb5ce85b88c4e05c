"""Reads of the middle floor: how far a campaign is, its sample by village, its reviews."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast

from fieldwork.core import areas
from fieldwork.core.outcomes import Disposition, ResponseRate, response_rate
from fieldwork.models import (
    Area,
    Assignment,
    Campaign,
    CampaignQuestionnaire,
    Frame,
    Membership,
    Review,
    Sample,
    SampledVillage,
    VillageForm,
)
from fieldwork.services import quality
from surveys.models import Draft, Response

PAGE = 50
TODO, DOING, DONE = "未开始", "进行中", "已完成"


def frame_of(campaign: Campaign) -> Frame | None:
    return campaign.frames.order_by("-id").first()


def sample_of(campaign: Campaign) -> Sample | None:
    """The newest draw of the campaign."""
    drawn = Sample.objects.filter(frame__campaign=campaign).select_related("frame")
    return drawn.order_by("-id").first()


def assignments_of(sample: Sample | None) -> QuerySet[Assignment]:
    if sample is None:
        return Assignment.objects.none()
    return Assignment.objects.filter(household__village__sample=sample)


def names_of(codes: set[str], today: date) -> dict[str, str]:
    """Code -> name of the area on that day; the code itself where none is known."""
    known = dict(Area.objects.on(today).filter(code__in=codes).values_list("code", "name"))
    return {code: known.get(code, code) for code in codes}


@dataclass(frozen=True)
class Township:
    """What the frame holds of one township."""

    name: str
    villages: int
    households: int
    women: int


def townships_of(frame: Frame, today: date) -> list[Township]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for code, households, women in frame.villages.values_list("code", "households", "women"):
        own = sums[areas.ancestor(code, areas.Level.TOWNSHIP)]
        own[:] = own[0] + 1, own[1] + households, own[2] + women
    names = names_of(set(sums), today)
    return [Township(names[code], *sums[code]) for code in sorted(sums)]


# -- the task list -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One row of the task list: where it leads, how far it is, and what that means in numbers."""

    title: str
    url: str
    state: str
    said: str
    needs: str = "fieldwork.view_campaign"


def steps(campaign: Campaign) -> list[Step]:
    sources = campaign.questionnaires.count()
    frame, sample = frame_of(campaign), sample_of(campaign)
    rows = assignments_of(sample)
    drawn, given = rows.count(), rows.filter(interviewer__isnull=False).count()
    done = rows.filter(disposition=Disposition.COMPLETE).count()
    waiting, reviewed = review_counts(campaign)
    villages = frame.villages.count() if frame else 0
    codes = campaign.questionnaires.filter(collection__channel="self_fill").count()
    return [
        Step("问卷与密封密钥", "fieldwork-sources", _state(sources, bool(campaign.public_key)),
             f"已绑定 {sources} 份问卷" if campaign.public_key else "还没有密封密钥"),
        Step("抽样框", "fieldwork-frame", _state(villages, True),
             f"{villages} 个村（社区）" if frame else "还没有导入"),
        Step("抽样", "fieldwork-draw", _state(drawn, True),
             f"抽中 {drawn} 户" if sample else "还没有抽样"),
        Step("分派", "fieldwork-assign", _state(given, given == drawn),
             f"已分派 {given}/{drawn} 户" if drawn else "抽样之后分派", "fieldwork.assign"),
        Step("发放与二维码", "fieldwork-posters", _state(codes, True),
             f"{codes} 个自填二维码" if codes else "没有自填渠道"),
        Step("现场进度", "fieldwork-progress", _state(done, done == drawn),
             f"完成 {done}/{drawn} 户" if drawn else "抽样之后可看"),
        Step("审核", "fieldwork-reviews", _state(reviewed, waiting == 0),
             f"待审核 {waiting} 份，已审核 {reviewed} 份", "fieldwork.review"),
    ]  # fmt: skip


def _state(begun: int, whole: bool) -> str:
    return TODO if not begun else DONE if whole else DOING


def review_counts(campaign: Campaign) -> tuple[int, int]:
    """(waiting, decided); a filed response nobody has pulled yet waits as well."""
    reviews = Review.objects.filter(source__campaign=campaign)
    decided = reviews.exclude(state=Review.State.PENDING).count()
    filed = Response.objects.filter(collection__campaign_questionnaire__campaign=campaign).count()
    return max(filed - decided, 0), decided


# -- villages of the sample ----------------------------------------------------------------------


@dataclass
class VillageRow:
    village: SampledVillage
    township: str
    households: int = 0
    unassigned: int = 0
    names: list[str] = field(default_factory=list)


def villages_of(sample: Sample, today: date) -> list[VillageRow]:
    """Drawn villages with how many households each has and who goes there."""
    villages = list(sample.villages.select_related("village").order_by("village__code"))
    townships = names_of({v.stratum for v in villages}, today)
    rows = {v.pk: VillageRow(v, townships[v.stratum]) for v in villages}
    counted = (
        assignments_of(sample)
        .values_list(
            "household__village_id", "interviewer__first_name", "interviewer__username"
        )
        .annotate(n=Count("pk"))
    )  # fmt: skip
    for village_id, first_name, username, count in counted.order_by("interviewer__username"):
        row = rows[village_id]
        row.households += count
        if username is None:
            row.unassigned += count
        else:
            row.names.append(f"{first_name or username} {count} 户")
    return list(rows.values())


@dataclass(frozen=True)
class Load:
    """What one interviewer holds. Shown in the order of units and names, never by size."""

    membership: Membership
    villages: int
    households: int
    open: int


def loads(sample: Sample, members: QuerySet[Membership]) -> list[Load]:
    counted = assignments_of(sample).values("interviewer_id").annotate(
        villages=Count("household__village", distinct=True),
        households=Count("pk"),
        open=Count("pk", filter=~Q(disposition=Disposition.COMPLETE)),
    )  # fmt: skip
    by_user = {row["interviewer_id"]: row for row in counted}
    none = {"villages": 0, "households": 0, "open": 0}
    found = []
    for member in members:
        row = by_user.get(member.user_id, none)
        found.append(Load(member, row["villages"], row["households"], row["open"]))
    return found


# -- an interviewer's own visits -----------------------------------------------------------------

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


# -- progress ------------------------------------------------------------------------------------


@dataclass
class Progress:
    """Counts of one township, or of the whole campaign."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    villages: set[int] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)

    @property
    def drawn(self) -> int:
        return self.outcomes.total()

    @property
    def contacted(self) -> int:
        return self.drawn - self.outcomes[""]

    @property
    def complete(self) -> int:
        return self.outcomes[Disposition.COMPLETE]

    @property
    def rate(self) -> ResponseRate | None:
        """RR3 so far: households nobody has been to count as unknown. None before any outcome."""
        try:
            return response_rate(o or Disposition.UNKNOWN for o in self.outcomes.elements())
        except ValueError:
            return None


def progress(sample: Sample, today: date) -> tuple[Progress, list[Progress]]:
    """The whole, and every township in the order of its code."""
    counted = (
        assignments_of(sample)
        .values_list("household__village__stratum", "household__village_id", "disposition")
        .annotate(n=Count("pk"))
    )
    rows = list(counted)
    names = names_of({row[0] for row in rows}, today)
    whole, parts = Progress("合计"), {code: Progress(names[code]) for code in sorted(names)}
    for township, village, disposition, count in rows:
        for part in (whole, parts[township]):
            part.outcomes[disposition] += count
            part.villages.add(village)
            if disposition == Disposition.COMPLETE:
                part.reached.add(village)
    return whole, list(parts.values())


# -- reviews -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Queue:
    """One page of the queue, the counts its filters show, and where the next page begins."""

    rows: list[Review]
    states: dict[str, int]
    flags: dict[str, int]
    after: int


def queue(
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
