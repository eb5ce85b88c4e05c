"""Proving a version before it is published: trying its pages, and who reaches which question."""

from __future__ import annotations

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from surveys import forms, layout, services
from surveys.core import reach, trace
from surveys.core.interview import EvaluationProblem
from surveys.models import Version
from surveys.preview import END, MODES, SIZES, Trial
from surveys.views.versions import versions_for


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The pages as she sees them, beside what the form thinks. Nothing is stored."""
    version = get_object_or_404(versions_for(request.user), pk=pk)
    try:
        return _tried(request, version)
    except EvaluationProblem as problem:
        notices.error(request, f"预览停在这里：有一个公式在这些回答下算不出来（{problem}）。")
        return redirect("questionnaire-version", pk=pk)


def _tried(request: HttpRequest, version: Version) -> HttpResponse:
    trial = Trial.from_post(version, request.POST, timezone.localtime())
    step, form = _moved(trial, request)
    context = {"version": version, "trial": trial, "step": step, "sizes": SIZES, "modes": MODES}
    context["frame"] = _frame(request, trial, step, form)
    words = reach.numbered(version.definition)
    leaves = [leaf for leaf in trace.explained(trial.interview, words) if leaf.number]
    page = trial.pages.get(step)
    here = {item.path for item in page.items} if page else set()
    context |= {"leaves": leaves, "here": here, "targets": _targets(trial)}
    return render(request, "staff/preview.html", context)


def _moved(trial: Trial, request: HttpRequest) -> tuple[str, forms.PageForm | None]:
    """Where the post leads, and the form with its errors when it leads nowhere."""
    data = request.POST
    step = trial.step(data.get("page", ""))
    if "go" in data:
        return trial.step(data["go"]), None
    if step not in trial.pages or not ("next" in data or "back" in data):
        return step, None
    form = trial.form(step, data)
    valid = form.is_valid()
    trial.keep(form)
    if "back" in data:
        return trial.neighbour(step, -1), None
    if not valid:
        return step, form
    if layout.refused(trial.interview):
        return END, None
    return trial.neighbour(step, 1) if step in trial.pages else trial.step(""), None


def _frame(request: HttpRequest, trial: Trial, step: str, form: forms.PageForm | None) -> str:
    """The respondent's page itself, as a document of its own."""
    template = "preview_page" if step in trial.pages else "preview_end"
    if step in trial.pages:
        form = form or trial.form(step)
    context = trial.context(step) | {
        "form": form, "preview": request.path, "trial": trial, "step": step
    }  # fmt: skip
    return render_to_string(f"surveys/{template}.html", context, request)


def _targets(trial: Trial) -> dict[str, str]:
    """Path of a question -> the page it stands on now."""
    return {item.path: step for step, page in trial.pages.items() for item in page.items}


@login_required
@require_safe
def paths(request: HttpRequest, pk: int) -> HttpResponse:
    """Each question: who reaches it, and how many random respondents did."""
    version = get_object_or_404(versions_for(request.user), pk=pk)
    report = services.path_report(version)
    return render(request, "staff/paths.html", {"version": version, "report": report})
