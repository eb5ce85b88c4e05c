"""From which generation to which a response stays in the snapshot of its source.

A row carries the generation it came in. Where the snapshot is built anew, data versions tell: one
holds what was approved before it was frozen. Whoever takes her answers back ends a stay, and one
`Departure` without a name says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from analysis import queries
from analysis.models import Departure
from fieldwork.models import CampaignQuestionnaire, Review
from fieldwork.services import review

Ids = tuple[int, str]  # of a review and its instance
PAGE = 500


def versions(source: CampaignQuestionnaire) -> list[tuple[int, datetime]]:
    """(generation, time) of every data version frozen from a source, oldest first."""
    rows = source.campaign.data_versions.order_by("frozen_at", "id")
    found = rows.values_list("snapshots", "frozen_at")
    return [(held[str(source.pk)], at) for held, at in found if str(source.pk) in held]


def arrivals(
    source: CampaignQuestionnaire, ids: Sequence[Ids], generation: int
) -> list[tuple[int, list[Ids]]]:
    """(generation, approved responses that came in with it) when nothing on disk says it.

    What was approved after the newest version was frozen comes in with ``generation``, so that no
    earlier version swallows it.
    """
    found, rest, since = [], list(ids), None
    for number, frozen_at in versions(source):
        held = {review_id for review_id, _ in queries.approved_ids(source, since, frozen_at)}
        found.append((number, [one for one in rest if one[0] in held]))
        rest, since = [one for one in rest if one[0] not in held], frozen_at
    return [*found, (generation, rest)]


def reviews(names: Sequence[str]) -> list[Ids]:
    """The reviews there are of these instances."""
    found: list[Ids] = []
    for start in range(0, len(names), PAGE):
        rows = Review.objects.filter(instance_id__in=names[start : start + PAGE])
        found.extend(rows.values_list("id", "instance_id"))
    return found


def end(
    source: CampaignQuestionnaire, names: Sequence[str], came: Mapping[str, int], until: int
) -> None:
    """Drop the reviews of withdrawn responses and note those that were held: both or neither.

    came: instance -> generation it came in. A review goes once, so no departure is noted twice,
    however often a killed refresh begins again.
    """
    today = timezone.localdate()
    with transaction.atomic():
        since = [came[name] for _, name in reviews(names) if name in came]
        Departure.objects.bulk_create(
            [Departure(source=source, since=s, until=until, left_on=today) for s in since]
        )
        review.forget(names)
