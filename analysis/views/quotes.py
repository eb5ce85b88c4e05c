"""引语: the pool of one question: propose, and approve what somebody else proposed."""

from __future__ import annotations

from typing import cast

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from analysis import access
from analysis.forms import QuoteDecisionForm, QuoteForm
from analysis.models import CodingTask, Quote
from analysis.services import coding
from analysis.services import quotes as service


@login_required
@require_http_methods(["GET", "POST"])
def quotes(request: HttpRequest, pk: int) -> HttpResponse:
    found, user = access.task_for(request.user, pk), cast(User, request.user)
    book = coding.codebook(found)
    names = {c.key: c.name for c in book.codes.all()} if book else {}
    form = QuoteForm(request.POST or None, choices=list(names.items()))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        answer = found.answers.filter(position=given["position"]).first()
        if answer is None:
            form.add_error("position", "没有这一条作答。")
        else:
            try:
                service.propose(answer, given["code"], given["words"], by=user, now=timezone.now())
            except service.QuoteRefused as error:
                form.add_error(None, str(error))
            else:
                notices.success(request, "引语已提出，请另一位研究人员审定。")
                return redirect("text_quotes", found.pk)
    context = {
        "task": found, "form": form, "rows": _rows(found, names, user), "names": names,
        "quotable": service.quotable(found),
        "answers": service.candidates(found, request.GET.get("code", "")),
        "code": request.GET.get("code", ""),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "analysis/texts/quotes.html", context, status=status)


@login_required
@require_POST
def decide(request: HttpRequest, pk: int, quote: int) -> HttpResponse:
    task = access.task_for(request.user, pk)
    found = get_object_or_404(Quote.objects.select_related("answer"), pk=quote, answer__task=task)
    form, user = QuoteDecisionForm(request.POST), cast(User, request.user)
    if not form.is_valid():
        for said in form.errors.values():
            notices.error(request, f"没有记录：{said[0]}")
        return redirect("text_quotes", task.pk)
    approve, reason = form.cleaned_data["decision"] == "approve", form.cleaned_data["reason"]
    try:
        service.decide(found, approve, reason, by=user, now=timezone.now())
    except service.QuoteRefused as error:
        notices.error(request, str(error))
    else:
        notices.success(request, f"已记录：{found.get_state_display()}。")
    return redirect("text_quotes", task.pk)


def _rows(task: CodingTask, names: dict[str, str], user: User) -> list[dict[str, object]]:
    rows = Quote.objects.filter(answer__task=task).select_related(
        "answer", "proposed_by", "decided_by"
    )
    found = list(rows)
    words = service.read(found)
    return [
        {"quote": q, "words": words[q.pk], "code": names.get(q.code, ""),
         "mine": q.proposed_by_id == user.pk}
        for q in found if q.pk in words
    ]  # fmt: skip
