"""开放题: the questions and their state, who codes them, the codebook, the end of coding."""

from __future__ import annotations

import secrets
from typing import Any, cast

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analysis import access, queries
from analysis.core import quoting
from analysis.core.export.plan import first
from analysis.forms import (
    CodebookFormSet,
    CodingTaskForm,
    ReplaceCoderForm,
)
from analysis.models import CodingTask
from analysis.services import coding as service
from analysis.services import masked, work
from fieldwork.access import holders_around
from fieldwork.models import Membership
from surveys.core.definition import Question


@login_required
@require_safe
def texts(request: HttpRequest) -> HttpResponse:
    """Every open question of the campaigns of one's area, and how far its coding is."""
    access.must(request.user, access.CODE)
    begun = {(t.source_id, t.question): t for t in access.tasks_for(request.user)}
    rows = []
    for source in access.sources_for(request.user, access.CODE):
        approved = queries.approved_count(source)
        for question in quoting.open_questions(source.version.definition):
            task = begun.get((source.pk, question.path))
            rows.append({
                "source": source, "name": question.name, "label": _label(question), "task": task,
                "progress": service.progress(task) if task else None, "approved": approved,
            })  # fmt: skip
    return render(request, "analysis/texts/texts.html", {"rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Who codes how much of one question; masking starts in the background."""
    source = get_object_or_404(access.sources_for(request.user, access.CODE), pk=pk)
    asked = quoting.open_questions(source.version.definition)
    question = next((q for q in asked if q.name == name), None)
    if question is None:
        raise Http404
    coders = holders_around(request.user, source.campaign.area_code, access.CODE)
    form, now = CodingTaskForm(request.POST or None, coders=coders), timezone.now()
    if request.method == "POST" and form.is_valid():
        asked_for, by = form.cleaned_data, request.user.get_username()
        try:
            if not queries.approved_count(source):
                raise service.CodingRefused("还没有审核通过的答卷，等有了再开始编码。")
            made = service.open_task(
                source, question, label=_label(question), size=asked_for["size"],
                overlap=asked_for["overlap"], seed=secrets.randbelow(2**31), by=by, now=now,
                coders=(asked_for["first"].user, asked_for["second"].user),
            )  # fmt: skip
        except service.CodingRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect("job", work.ask_masking(made, by=by, now=now).pk)
    people = coders.values("user").distinct().count()
    context = {
        "source": source, "label": _label(question), "form": form,
        "approved": queries.approved_count(source), "few": people < 2,
    }  # fmt: skip
    return render(request, "analysis/texts/begin.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a task stands, what comes next, and the words and themes found while masking.

    A post asks for the masking again, where it broke off or found no answer.
    """
    found, user = access.task_for(request.user, pk), cast(User, request.user)
    begun = found.prepared_at is not None and found.answers.exists()
    if request.method == "POST" and not begun and not found.finished_at:
        by = user.get_username()
        return redirect("job", work.ask_masking(found, by=by, now=timezone.now()).pk)
    context = {
        "task": found, "progress": service.progress(found), "book": service.codebook(found),
        "mine": service.to_read(found, user).count() if service.is_coder(found, user) else None,
        "suggestions": _with_examples(found), "answers": found.answers.count(),
        "replacing": ReplaceCoderForm(coders=_coders(request, found)),
    }  # fmt: skip
    return render(request, "analysis/texts/task.html", context)


@login_required
@require_POST
def replace_coder(request: HttpRequest, pk: int) -> HttpResponse:
    found = access.task_for(request.user, pk)
    form = ReplaceCoderForm(request.POST, coders=_coders(request, found))
    if not form.is_valid():
        notices.error(request, "没有更换：请选一位能编码的人。")
        return redirect("text", found.pk)
    seat, person = form.cleaned_data["seat"], form.cleaned_data["person"].user
    by = request.user.get_username()
    try:
        service.replace_coder(found, seat, person, by=by, now=timezone.now())
    except service.CodingRefused as error:
        notices.error(request, str(error))
    else:
        notices.success(request, "编码员已更换，由新的一位从头编。")
    return redirect("text", found.pk)


def _coders(request: HttpRequest, task: CodingTask) -> QuerySet[Membership]:
    return holders_around(request.user, task.source.campaign.area_code, access.CODE)


@login_required
@require_http_methods(["GET", "POST"])
def codebook(request: HttpRequest, pk: int) -> HttpResponse:
    """The codes as one form; saving makes a new version, and readings must be confirmed again."""
    found = access.task_for(request.user, pk)
    book = service.codebook(found)
    codes = list(book.codes.select_related("example")) if book else []
    before = [service.code_row(code) for code in codes]
    forms = CodebookFormSet(
        request.POST or None, initial=before,
        error_messages={"too_many_forms": "编码本最多 %(num)d 项，请把相近的合并。"},
    )  # fmt: skip
    if request.method == "POST" and forms.is_valid():
        rows = [form.cleaned_data for form in forms if form.cleaned_data.get("name")]
        try:
            made = service.write_codebook(
                found, rows, by=request.user.get_username(), now=timezone.now()
            )
        except service.CodingRefused as error:
            notices.error(request, str(error))
        else:
            said = f"没有改动，仍是{made}。" if made == book else f"{made}已保存。"
            notices.success(request, said)
            return redirect("text", found.pk)
    context = {"task": found, "book": book, "forms": forms, "progress": service.progress(found)}
    wrong = forms.is_bound and not forms.is_valid()
    return render(request, "analysis/texts/codebook.html", context, status=422 if wrong else 200)


@login_required
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    found = access.task_for(request.user, pk)
    try:
        service.finish(found, by=request.user.get_username(), now=timezone.now())
    except service.CodingRefused as error:
        notices.error(request, str(error))
    else:
        notices.success(request, "编码已完成。下一次冻结数据版时，提到各项的比例会算进去。")
    return redirect("text", found.pk)


def _label(question: Question) -> str:
    return first(question.label) or question.name


def _with_examples(task: CodingTask) -> dict[str, Any]:
    """Suggestions with the words of their examples, as far as these may still be read."""
    found = task.suggestions
    positions = {
        p for kind in ("words", "themes") for s in found.get(kind, []) for p in s["examples"]
    }
    answers = list(task.answers.filter(position__in=positions))
    said = masked.read(answers)
    words = {a.position: said[a.pk] for a in answers if a.pk in said}
    told = {
        kind: [{**s, "told": [(p, words[p]) for p in s["examples"] if p in words]}
               for s in found.get(kind, [])]
        for kind in ("words", "themes")
    }  # fmt: skip
    return {**told, "groups": found.get("groups", [])}
