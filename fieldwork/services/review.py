"""Review: pull filed responses, flag them, and record what a person decided."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from fieldwork.models import Assignment, CampaignQuestionnaire, Review
from surveys import audit
from surveys.models import Response

PAGE = 500
# what a decision may follow; approved and void are final
_MOVES = {
    Review.State.PENDING: {Review.State.APPROVED, Review.State.RETURNED, Review.State.VOID},
    Review.State.RETURNED: {Review.State.APPROVED, Review.State.VOID},
}


class MoveRefused(ValueError):
    """The review has been decided already, or the decision lacks its reason."""


def pull(source: CampaignQuestionnaire) -> int:
    """A pending review for every filed response that has none yet. Safe to repeat."""
    made, last = 0, 0
    while True:
        page = list(
            Response.objects.filter(collection=source.collection, id__gt=last)
            .order_by("id")
            .values_list("id", "instance_id", "flags", "context")[:PAGE]
        )
        if not page:
            return made
        last = page[-1][0]
        known = set(
            Review.objects.filter(instance_id__in=[row[1] for row in page]).values_list(
                "instance_id", flat=True
            )
        )
        fresh = [row for row in page if row[1] not in known]
        with transaction.atomic():
            Review.objects.bulk_create(
                [Review(instance_id=i, source=source, flags=f) for _, i, f, _ in fresh],
                ignore_conflicts=True,
            )
            Assignment.objects.filter(code__in=[c for *_, c in fresh if c]).update(
                disposition="complete"
            )
        made += len(fresh)


def moves(review: Review) -> set[Review.State]:
    """What may still be decided about it."""
    return _MOVES.get(Review.State(review.state), set())


def decide(review: Review, state: str, *, by: str, now: datetime, reason: str = "") -> Review:
    """Approve, return or void one response. MoveRefused when that is not possible."""
    if state not in Review.State.values:
        raise MoveRefused("请选择通过、退回或作废。")
    wanted = Review.State(state)
    if wanted not in moves(review):
        raise MoveRefused("这份答卷已经审核过，不能再改。")
    if wanted != Review.State.APPROVED and not reason.strip():
        raise MoveRefused("退回或作废请写明理由。")
    with transaction.atomic():
        changed = Review.objects.filter(pk=review.pk, state=review.state).update(
            state=wanted, reason=reason.strip(), decided_by=by, decided_at=now
        )
        if not changed:
            raise MoveRefused("刚才有人审核了这份答卷，请刷新后再看。")
        detail = {"reason": reason.strip()} if reason.strip() else {}
        audit.record(by, f"review_{wanted}", review.instance_id, at=now, detail=detail)
    review.refresh_from_db()
    return review


def clean(source: CampaignQuestionnaire, among: QuerySet[Review] | None = None) -> QuerySet[Review]:
    """Pending responses without a flag, of all or of those somebody may decide."""
    rows = Review.objects.all() if among is None else among
    return rows.filter(source=source, state=Review.State.PENDING, flags=[])


def approve_clean(
    source: CampaignQuestionnaire,
    *,
    by: str,
    now: datetime,
    among: QuerySet[Review] | None = None,
) -> int:
    """Approve every pending response without a flag, in one act with one audit row."""
    with transaction.atomic():
        count = clean(source, among).update(
            state=Review.State.APPROVED, decided_by=by, decided_at=now
        )
        audit.record(by, "review_approve_clean", str(source), at=now, detail={"count": count})
    return count


def forget(ids: Collection[str]) -> int:
    """Drop the reviews of withdrawn responses; how many there were. Safe to repeat."""
    known, gone = list(ids), 0
    for start in range(0, len(known), PAGE):
        rows = Review.objects.filter(instance_id__in=known[start : start + PAGE])
        gone += rows.delete()[0]
    return gone
