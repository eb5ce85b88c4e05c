"""The task list of a campaign: how far every step is."""

from __future__ import annotations

from dataclasses import dataclass

from fieldwork.core.outcomes import Disposition
from fieldwork.models import Campaign, Review
from fieldwork.queries.samples import assignments_of, frame_of, sample_of
from surveys.models import Response

TODO, DOING, DONE = "未开始", "进行中", "已完成"


@dataclass(frozen=True)
class Step:
    """One row of the task list: where it leads, how far it is, and what that means in numbers."""

    title: str
    url: str
    state: str
    said: str
    needs: str = "fieldwork.view_campaign"


def steps_of(campaign: Campaign) -> list[Step]:
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
