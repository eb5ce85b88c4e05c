"""The interviewer's pages: today's visits, one household, and the ends of an interview."""

from __future__ import annotations

from itertools import groupby

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from fieldwork import access
from fieldwork.forms import WomenForm
from fieldwork.models import Assignment
from fieldwork.queries.visits import village_forms_of, visits_of
from fieldwork.services import village_forms
from fieldwork.services import visits as service
from surveys import drafts, receipts


@login_required
@never_cache
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Her own households, village by village; the finished ones on a page of their own."""
    if not request.user.has_perm("fieldwork.interview"):
        raise Http404
    visits = visits_of(access.assignments_for(request.user))
    forms = village_forms_of(access.village_forms_for(request.user))
    finished = request.GET.get("show") == "done"
    shown = [v for v in visits if v.finished == finished]
    finishing = [v.finished for v in visits] + [f.finished for f in forms]
    context = {
        "villages": [
            (village, list(rows)) for village, rows in groupby(shown, key=lambda v: v.place)
        ],
        "forms": [f for f in forms if f.finished == finished],
        "finished": finished,
        "open": len(finishing) - sum(finishing),
        "done": sum(finishing),
        "returned": sum(v.returned for v in visits) + sum(f.returned for f in forms),
    }
    return render(request, "fieldwork/today.html", context)


@login_required
@never_cache
@require_safe
def visit(request: HttpRequest, code: str) -> HttpResponse:
    return _visit_page(request, access.assignment_for(request.user, code), WomenForm())


def _visit_page(request: HttpRequest, assignment: Assignment, form: WomenForm) -> HttpResponse:
    opened = drafts.by_context(assignment.code)
    context = {
        "assignment": assignment,
        "household": assignment.household,
        "village": assignment.household.village.village,
        "attempts": [
            (attempt.at, service.word(attempt.result))
            for attempt in assignment.attempts.order_by("-at")
        ],
        "results": service.AT_THE_DOOR.items(),
        "form": form,
        "in_progress": opened is not None and not opened.row.submitted,
        "submitted": opened is not None and opened.row.submitted,
        "returned": service.returned(assignment),
    }
    status = 422 if form.errors else 200
    return render(request, "fieldwork/visit.html", context, status=status)


@login_required
@require_POST
def attempt(request: HttpRequest, code: str) -> HttpResponse:
    assignment = access.assignment_for(request.user, code)
    result = request.POST.get("result", "")
    try:
        service.record_attempt(assignment, result, now=timezone.now())
    except service.VisitRefused as refusal:
        notices.error(request, str(refusal))
    else:
        notices.success(request, f"已记录：{service.word(result)}。")
    return redirect("fieldwork-visit", code=code)


@login_required
@require_POST
def select(request: HttpRequest, code: str) -> HttpResponse:
    """Draw one woman, once."""
    assignment = access.assignment_for(request.user, code)
    form = WomenForm(request.POST)
    if not form.is_valid():
        return _visit_page(request, assignment, form)
    by, eligible = request.user.get_username(), form.cleaned_data["eligible"]
    service.select_woman(assignment, eligible, by=by, now=timezone.now())
    return redirect("fieldwork-visit", code=code)


@login_required
@require_POST
def begin(request: HttpRequest, code: str) -> HttpResponse:
    assignment = access.assignment_for(request.user, code)
    try:
        service.begin(assignment, request.user, now=timezone.now())
    except service.VisitRefused as refusal:
        notices.error(request, str(refusal))
        return redirect("fieldwork-visit", code=code)
    return redirect("fieldwork-interview", handle=code, step="next")


@login_required
@require_POST
def begin_village(request: HttpRequest, code: str) -> HttpResponse:
    """The form about the village, filled in with whoever runs it."""
    form = access.village_form_for(request.user, code)
    try:
        village_forms.begin(form, request.user, now=timezone.now())
    except service.VisitRefused as refusal:
        notices.error(request, str(refusal))
        return redirect("fieldwork-today")
    return redirect("fieldwork-village", handle=code, step="next")


@login_required
@never_cache
@require_safe
def sealed(request: HttpRequest, code: str) -> HttpResponse:
    """Between her part and the interviewer's: sealed, hand the tablet back."""
    assignment = access.assignment_for(request.user, code)
    return render(request, "fieldwork/sealed.html", {"assignment": assignment})


@login_required
@never_cache
@require_safe
def done(request: HttpRequest, code: str) -> HttpResponse:
    """Her look-up code, to be written down for her on the day of the interview."""
    assignment, now = access.assignment_for(request.user, code), timezone.localdate()
    opened = drafts.by_context(code)
    if opened is None or not opened.row.submitted:
        return redirect("fieldwork-visit", code=code)
    fresh = opened.row.touched_on == now
    receipt = receipts.code_for(opened.row.instance_id, now) if fresh else ""
    context = {"assignment": assignment, "receipt": receipt}
    return render(request, "fieldwork/visit_done.html", context)
