"""Reads of the top floor: approved responses and the drawn sample, in a fixed order.

Sensitive (L4) answers are opened here for estimation only; sealed sections and contacts never are.
No read stays open longer than one page of rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import orjson
from django.db.models import Count, Max, Min, QuerySet, Sum, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from numpy.typing import NDArray

from analysis.core.export.records import Record
from analysis.core.tabulate import Filed
from fieldwork.core import areas
from fieldwork.core.outcomes import Disposition
from fieldwork.models import Assignment, Campaign, CampaignQuestionnaire, Review, Sample
from surveys import envelope, filing
from surveys.models import Response

PAGE, LONG_PAGE = 500, 20_000
OPEN_PAGE = 2000  # of rows without anything to decrypt
SPARSE = 2  # ids per row from which a page is read by its list
Source = CampaignQuestionnaire.Source
_OUTCOMES = {
    Disposition.NOT_ELIGIBLE.value: "ineligible",
    Disposition.UNKNOWN.value: "unknown",
    "": "unknown",
}


@dataclass(frozen=True)
class Households:
    """The n drawn households in the order of the frame; every array (n,)."""

    context: tuple[str, ...]
    village: NDArray[np.object_]
    township: NDArray[np.object_]
    urban: NDArray[np.bool_]
    pi_psu: NDArray[np.float64]
    drawn: NDArray[np.intp]
    listed: NDArray[np.intp]
    eligible: NDArray[np.intp]
    disposition: tuple[str, ...]

    @property
    def n(self) -> int:
        return len(self.context)


class Document(NamedTuple):
    """One approved response as JSON texts (path -> answer)."""

    row: int
    instance_id: str
    context: str
    channel: str
    plain: str
    sensitive: str
    engine: str
    filed_on: str


def source_of(campaign: Campaign, source: str) -> CampaignQuestionnaire | None:
    rows = campaign.questionnaires.select_related("version", "collection", "campaign")
    return rows.filter(source=source).first()


def approved(source: CampaignQuestionnaire) -> Iterator[Filed]:
    """Every approved response with its design keys, oldest first; withdrawn ones are left out."""
    last = 0
    while True:
        page = list(
            Response.objects.filter(collection=source.collection, id__gt=last).order_by("id")[:PAGE]
        )
        if not page:
            return
        last = page[-1].pk
        wanted = Review.objects.filter(
            instance_id__in=[r.instance_id for r in page], state=Review.State.APPROVED
        )
        flags = dict(wanted.values_list("instance_id", "flags"))
        yield from _filed(source, [r for r in page if r.instance_id in flags], flags)


def approved_count(source: CampaignQuestionnaire) -> int:
    return Review.objects.filter(source=source, state=Review.State.APPROVED).count()


def approved_sum(source: CampaignQuestionnaire) -> tuple[int, int]:
    """How many are approved, and the sum of their review ids: where both agree nothing changed."""
    rows = Review.objects.filter(source=source, state=Review.State.APPROVED)
    found = rows.aggregate(count=Count("id"), total=Sum("id"))
    return found["count"], int(found["total"] or 0)  # PostgreSQL sums to a Decimal


def last_decision(source: CampaignQuestionnaire) -> datetime | None:
    rows = Review.objects.filter(source=source, state=Review.State.APPROVED)
    return rows.aggregate(last=Max("decided_at"))["last"]


def approved_ids(
    source: CampaignQuestionnaire, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[int, str]]:
    """(review, instance) ids of approved responses, decided from or up to a moment, in order."""
    rows = Review.objects.filter(source=source, state=Review.State.APPROVED)
    if since is not None:
        rows = rows.filter(decided_at__gte=since)
    if until is not None:
        rows = rows.filter(decided_at__lte=until)
    found: list[tuple[int, str]] = []
    while True:
        later = rows.filter(id__gt=found[-1][0] if found else 0).order_by("id")
        page = later.values_list("id", "instance_id")[:LONG_PAGE]
        if not page:
            return found
        found.extend(page)


def flagged(page: Sequence[tuple[int, str]]) -> set[str]:
    """Those of a page of `approved_ids` that a check had flagged."""
    rows = _reviews(page).exclude(flags=[])
    return set(rows.values_list("instance_id", flat=True))


def documents(page: Sequence[tuple[int, str]]) -> list[Document]:
    """The documents of a page of `approved_ids`, sensitive parts opened, in the order of filing."""
    wanted = {instance_id for _, instance_id in page}
    rows = (  # as texts, and sorted here: neither a converter nor the store's sort of long rows
        Response.objects.filter(instance_id__in=_reviews(page).values("instance_id"))
        .annotate(text=Cast("answers", TextField()), day=Cast("filed_on", TextField()))
        .values_list(
            "id", "instance_id", "context", "channel", "text", "sensitive", "key_id", "engine",
            "day",
        )
    )  # fmt: skip
    found = sorted((row for row in rows if row[1] in wanted), key=itemgetter(0))
    private = [row for row in found if row[5]]
    opened = envelope.open_many(
        [(row[6], bytes(row[5]), filing.sensitive_aad(row[1])) for row in private]
    )
    clear = {row[0]: raw for row, raw in zip(private, opened, strict=True)}
    if not clear:
        return [Document._make((*row[:5], "{}", *row[7:])) for row in found]
    return [
        Document(*row[:5], (clear.get(row[0]) or b"{}").decode(), *row[7:])
        for row in found
        if clear.get(row[0], b"") is not None
    ]


def _reviews(page: Sequence[tuple[int, str]]) -> QuerySet[Review]:
    """Reviews of a page, perhaps a few more: a range is read several times faster than a list."""
    ids = [number for number, _ in page]
    if ids[-1] - ids[0] < SPARSE * len(ids):
        return Review.objects.filter(id__gte=ids[0], id__lte=ids[-1])
    return Review.objects.filter(id__in=ids)


def _filed(
    source: CampaignQuestionnaire, rows: list[Response], flags: Mapping[str, list[str]]
) -> Iterator[Filed]:
    private = [r for r in rows if r.sensitive]
    opened = envelope.open_many(
        [(r.key_id, bytes(r.sensitive), filing.sensitive_aad(r.instance_id)) for r in private]
    )
    found = {r.pk: raw for r, raw in zip(private, opened, strict=True)}
    for row in rows:
        raw = found.get(row.pk, b"{}")
        if raw is not None:
            keys = {
                "instance_id": row.instance_id, "context": row.context, "mode": row.channel,
                "source": source.source, "version": source.version.version,
                "flagged": bool(flags[row.instance_id]),
            }  # fmt: skip
            yield Filed(row.answers | json.loads(raw), keys)


def open_records(source: CampaignQuestionnaire) -> Iterator[Iterator[Record]]:
    """Pages of approved responses with their open answers only: nothing encrypted is read."""
    text = Cast("answers", TextField())  # parsed here: the field's own parser is most of the time
    for rows in _approved_pages(source):
        page = list(rows.values_list("instance_id", "channel", "context", text))
        yield (Record(name, mode, at, orjson.loads(raw)) for name, mode, at, raw in page)


def open_facts(
    source: CampaignQuestionnaire, paths: Sequence[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """(context, the answers at these paths) of every approved response."""
    picked = [KeyTextTransform(path, "answers") for path in paths]
    for rows in _approved_pages(source):
        for context, *values in list(rows.values_list("context", *picked)):
            yield context, dict(zip(paths, values, strict=True))


def _approved_pages(source: CampaignQuestionnaire) -> Iterator[QuerySet[Response]]:
    """The responses page by page; no read is open while a page is worked on."""
    last, found = 0, Review.objects.filter(source=source, state=Review.State.APPROVED)
    while True:
        ids = list(
            found.filter(id__gt=last).order_by("id").values_list("id", flat=True)[:OPEN_PAGE]
        )
        if not ids:
            return
        page = found.filter(id__gt=last, id__lte=ids[-1]).values("instance_id")
        yield Response.objects.filter(instance_id__in=page)
        last = ids[-1]


def sample_of(campaign: Campaign) -> Sample | None:
    """The newest draw of the campaign."""
    drawn = Sample.objects.filter(frame__campaign=campaign).select_related("frame")
    return drawn.order_by("-id").first()


def households(sample: Sample) -> Households:
    """All drawn households of a sample with their probabilities and final outcomes."""
    rows = list(
        Assignment.objects.filter(household__village__sample=sample)
        .order_by("household__village__village__code", "household__number")
        .values_list(
            "code", "household__village__village__code", "household__village__village__urban",
            "household__village__probability", "household__village__households_listed",
            "household__eligible_women", "disposition",
        )
    )  # fmt: skip
    codes = [row[1] for row in rows]
    count = Counter(codes)
    return Households(
        context=tuple(row[0] for row in rows),
        village=np.array(codes, dtype=object),
        township=np.array([areas.ancestor(c, areas.Level.TOWNSHIP) for c in codes], dtype=object),
        urban=np.array([row[2] for row in rows], dtype=bool),
        pi_psu=np.array([row[3] for row in rows], dtype=float),
        drawn=np.array([count[c] for c in codes], dtype=np.intp),
        listed=np.array([row[4] for row in rows], dtype=np.intp),
        eligible=np.array([row[5] or 1 for row in rows], dtype=np.intp),
        disposition=tuple(row[6] for row in rows),
    )


def outcome(disposition: str) -> str:
    """How the weighting counts a household without an approved response."""
    return _OUTCOMES.get(disposition, "nonresponse")


def field_dates(source: CampaignQuestionnaire) -> list[date]:
    """First and last day on which answers of this source came in."""
    found = Response.objects.filter(collection=source.collection)
    days = found.aggregate(first=Min("filed_on"), last=Max("filed_on"))
    return [day for day in days.values() if day is not None]


def excluded(source: CampaignQuestionnaire) -> list[tuple[str, int]]:
    """(reason, number) of the responses that review did not accept, most frequent first."""
    rows = Review.objects.filter(source=source).exclude(state=Review.State.APPROVED)
    words = Counter(
        row[1] or Review.State(row[0]).label for row in rows.values_list("state", "reason")
    )
    return sorted(words.items(), key=lambda item: (-item[1], item[0]))
