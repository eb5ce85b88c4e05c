"""Progress of the fieldwork, and review: the queue of one source, one interview, its decision."""

from __future__ import annotations

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fieldwork import access
from fieldwork.models import CampaignQuestionnaire, Review
from fieldwork.queries.progress import progress_of
from fieldwork.queries.reviews import described, queue_of, review_sources
from fieldwork.queries.samples import sample_of
from fieldwork.services import quality, reading
from fieldwork.services import review as service
from surveys import typed

REVIEW = "fieldwork.review"


@login_required
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = access.campaign_for(request.user, pk)
    sample, today = sample_of(campaign), timezone.localdate()
    whole, parts = progress_of(sample, today) if sample else (None, [])
    context = {"campaign": campaign, "sample": sample, "whole": whole, "parts": parts}
    return render(request, "fieldwork/progress.html", context)


@login_required
@require_safe
def reviews(request: HttpRequest, pk: int) -> HttpResponse:
    """The sources of a campaign with what waits in each."""
    campaign = access.campaign_for(request.user, pk, REVIEW)
    context = {"campaign": campaign, "rows": review_sources(campaign)}
    return render(request, "fieldwork/reviews.html", context)


@login_required
@require_safe
def queue(request: HttpRequest, pk: int) -> HttpResponse:
    source = access.source_for(request.user, pk, REVIEW)
    state = request.GET.get("state", Review.State.PENDING)
    flag, after = request.GET.get("flag", ""), request.GET.get("after", "0")
    found = queue_of(
        access.reviews_for(request.user),
        source,
        state,
        flag,
        typed.whole(after) or 0,
    )
    context = {
        "source": source,
        "campaign": source.campaign,
        "queue": found,
        "rows": described(found.rows),
        "state": state,
        "flag": flag,
        "states": [(v, label, found.states.get(v, 0)) for v, label in Review.State.choices],
        "flags": [(f, quality.word(f), n) for f, n in sorted(found.flags.items())],
        "clean": service.clean(source, access.reviews_for(request.user)).count(),
    }
    return render(request, "fieldwork/queue.html", context)


@login_required
@require_POST
def pull(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in what has been filed since, and judge all of it anew."""
    source = access.source_for(request.user, pk, REVIEW)
    made, changed = service.pull(source), quality.refresh(source)
    notices.success(request, f"新到 {made} 份，重新判断后有 {changed} 份的提示变了。")
    return redirect("fieldwork-queue", pk=pk)


@login_required
@require_http_methods(["GET", "POST"])
def approve_clean(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked first, then done in one act."""
    source = access.source_for(request.user, pk, REVIEW)
    among = access.reviews_for(request.user)
    if request.method == "POST":
        by = request.user.get_username()
        count = service.approve_clean(source, by=by, now=timezone.now(), among=among)
        notices.success(request, f"已通过 {count} 份没有提示的答卷。")
        return redirect("fieldwork-queue", pk=pk)
    context = {
        "source": source,
        "campaign": source.campaign,
        "count": service.clean(source, among).count(),
    }
    return render(request, "fieldwork/approve_clean.html", context)


@login_required
@require_safe
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One interview. Opening it is an act of its own in the journal."""
    return _review_page(request, access.review_for(request.user, pk))


def _review_page(request: HttpRequest, row: Review, refusal: str = "") -> HttpResponse:
    by, source = request.user.get_username(), row.source
    read = reading.read(row, by=by, now=timezone.now())
    context = {
        "review": row,
        "source": source,
        "campaign": source.campaign,
        "read": read,
        "flags": [quality.word(flag) for flag in row.flags],
        "moves": service.moves(row),
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
    }
    status = 422 if refusal else 200
    return render(request, "fieldwork/review.html", context, status=status)


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    row = access.review_for(request.user, pk)
    state, reason = request.POST.get("state", ""), request.POST.get("reason", "")
    by = request.user.get_username()
    try:
        service.decide(row, state, by=by, now=timezone.now(), reason=reason)
    except service.MoveRefused as refusal:
        return _review_page(request, row, str(refusal))
    notices.success(request, f"已{row.get_state_display()}。")
    following = _next(request, row.source)
    if following:
        return redirect("fieldwork-review", pk=following.pk)
    return redirect("fieldwork-queue", pk=row.source_id)


def _next(request: HttpRequest, source: CampaignQuestionnaire) -> Review | None:
    waiting = access.reviews_for(request.user).filter(source=source, state=Review.State.PENDING)
    return waiting.order_by("pk").first()
