"""Frame and sample of a campaign: townships, drawn villages, who interviews where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet

from fieldwork.core import areas
from fieldwork.core.outcomes import Disposition
from fieldwork.models import (
    Area,
    Assignment,
    Campaign,
    Frame,
    Membership,
    Sample,
    SampledVillage,
)


def frame_of(campaign: Campaign) -> Frame | None:
    return campaign.frames.order_by("-id").first()


def sample_of(campaign: Campaign) -> Sample | None:
    """The newest draw of the campaign."""
    drawn = Sample.objects.filter(frame__campaign=campaign).select_related("frame__campaign")
    return drawn.order_by("-id").first()


def sample_before(campaign: Campaign) -> Sample | None:
    """The draw of the last earlier campaign in the very same area."""
    earlier = Campaign.objects.filter(
        area_code=campaign.area_code, opens_on__lt=campaign.opens_on, frames__samples__isnull=False
    )
    last = earlier.order_by("-opens_on", "-pk").first()
    return sample_of(last) if last else None


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
