"""减负自检: the time that opening a source takes of people, and who else asks them just now.

Other campaigns are named by title, unit and dates only, also beyond a reader's own area: the check
is there so that two offices do not knock at one door in the same weeks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fieldwork.core import areas
from fieldwork.models import Campaign, Household
from fieldwork.queries.samples import sample_of
from surveys.core.lint import minutes
from surveys.models import Version

SHOWN, HUNDRED = 6, 100  # questionnaires judged on one page; respondents before a sample is drawn


@dataclass(frozen=True, slots=True)
class Planned:
    """Households drawn, one woman each, and their villages; 0 before a sample is drawn."""

    households: int = 0
    villages: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """One questionnaire, how many fill it in and what that takes of them together."""

    version: Version
    minutes: int
    copies: str
    hours: float


def planned(campaign: Campaign) -> Planned:
    sample = sample_of(campaign)
    if sample is None:
        return Planned()
    households = Household.objects.filter(village__sample=sample).count()
    return Planned(households, sample.villages.count())


def loads(versions: Iterable[Version], planned: Planned) -> list[Load]:
    """A form with figures to be looked up is filled in once a village, others once a household."""
    found = []
    for version in versions:
        each = minutes(version.definition)
        if version.definition.with_property("lookup"):
            count, unit = planned.villages or 1, "村"
        else:
            count = planned.households or HUNDRED
            unit = "户" if planned.households else "人"
        found.append(Load(version, max(1, round(each)), f"{count} {unit}", each * count / 60))
    return found


def overlapping(campaign: Campaign) -> list[Campaign]:
    """Open campaigns with a day and a place in common."""
    live = Campaign.objects.filter(
        state=Campaign.State.OPEN,
        opens_on__lte=campaign.closes_on,
        closes_on__gte=campaign.opens_on,
    ).exclude(pk=campaign.pk)
    mine = campaign.area_code
    return [
        other
        for other in live.select_related("unit").order_by("opens_on", "pk")
        if areas.contains(mine, other.area_code) or areas.contains(other.area_code, mine)
    ]
