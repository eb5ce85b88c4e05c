"""The editor in the browser: one page for reading and writing a questionnaire's workbook.

One form holds everything on the page, so that no button loses what was typed. Works with full
posts; htmx, where scripts run, swaps the same pages in place.
"""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace, csp_update
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from surveys import (
    conflicts,
    editing,
    editor_files,
    editor_page,
    editor_preview,
    editor_problems,
    manuscripts,
    messages,
    wishes,
)
from surveys.authoring_forms import VersionNumber
from surveys.core import outline
from surveys.core.problems import Problem, Where
from surveys.core.xlsform.checks import logic_problems
from surveys.models import Manuscript, Revision
from surveys.views.manuscripts import may_edit

PANES = ("properties", "preview", "options")


def _manuscript(pk: int) -> Manuscript:
    return get_object_or_404(Manuscript, pk=pk)


def _here(manuscript: Manuscript, **query: Any) -> str:
    kept = {key: value for key, value in query.items() if value}
    anchor = f"#row-{query['at']}" if query.get("at") else ""
    if kept.get("field"):
        anchor = f"#{editor_problems.anchor(query['field'])}"
    return f"{reverse('editor', args=[manuscript.pk])}?{urlencode(kept)}{anchor}"


@may_edit
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@require_http_methods(["GET", "POST"])
def editor(request: HttpRequest, pk: int) -> HttpResponse:
    manuscript = _manuscript(pk)
    if request.method == "POST":  # stored even when it has just been put away: nothing gets lost
        return _act(request, manuscript)
    if manuscript.archived_at:
        notices.error(request, "这份稿子已经收起，已存的修改都在。恢复以后才能再改。")
        return redirect("manuscript", pk)
    revision = manuscripts.current(manuscript)
    if request.GET.get("check"):
        manuscripts.check(revision)
    row = wishes.number(request.GET.get("at", ""))
    ask, sought = request.GET.get("ask", ""), request.GET.get("field", "")
    shown = editor_page.context(manuscript, revision, row, ask, sought)
    shown["pane"] = request.GET.get("pane") if request.GET.get("pane") in PANES else PANES[0]
    shown["size"] = editor_preview.size(request.GET.get("size", ""))
    shown["sizes"] = editor_preview.SIZES
    return render(request, "staff/editor/page.html", shown)


def _act(request: HttpRequest, manuscript: Manuscript) -> HttpResponse:
    """Do what the button says, then show where it leads; too late, show both changes."""
    by, now = request.user.get_username(), timezone.now()
    posted, refused = editor_files.take(manuscript, request.POST, request.FILES)
    for sentence in refused:
        notices.error(request, sentence)
    try:
        step = editing.perform(manuscript, posted, by=by, now=now)
    except manuscripts.Outdated:
        manuscript.refresh_from_db()
        shown = conflicts.context(manuscript, posted)
        return render(request, "staff/editor/conflict.html", shown, status=409)
    if step.notice:
        notices.success(request, step.notice)
    return redirect(_next(posted, manuscript, step))


def _next(posted: QueryDict, manuscript: Manuscript, step: editing.Step) -> str:
    """Where a button leads: another page, or the same one with its pane and text size."""
    act, _, argument = posted.get("act", "").partition(":")
    shown = argument if act == "show" else ""
    if shown in ("version", "screens"):
        where = reverse(f"editor-{shown}", args=[manuscript.pk])
        return f"{where}?{urlencode({'at': step.row})}"
    if shown == "bank":
        query = urlencode({"to": manuscript.pk, "at": step.row})
        return f"{reverse('question-bank')}?{query}"
    pane = shown if shown in PANES else posted.get("pane", "")
    pane = PANES[0] if step.field else pane
    size = shown if shown in editor_preview.SIZES else posted.get("size", "")
    at, ask, field = step.row, step.ask, step.field
    return _here(manuscript, at=at, ask=ask, pane=pane, size=size, field=field)


@may_edit
@require_GET
def problems(request: HttpRequest, pk: int) -> HttpResponse:
    """What the import would say of the newest state: parts of the page, asked for after it."""
    revision = manuscripts.current(_manuscript(pk))
    row = wishes.number(request.GET.get("at", ""))
    shown = editor_page.checked(revision, row) | {"at": row}
    return render(request, "staff/editor/checked.html", shown)


@may_edit
@require_POST
def expression(request: HttpRequest, pk: int) -> HttpResponse:
    """Judge one expression while it is being typed."""
    header = request.POST.get("header", "")
    source = request.POST.get(f"cell:{header}", "").strip()
    book = manuscripts.book_of(manuscripts.current(_manuscript(pk)))
    found = list(logic_problems(source, Where(), set(outline.names(book)))) if source else []
    said = [messages.sentence(problem) for problem in found]
    return render(request, "staff/editor/expression.html", {"said": said, "source": source})


@may_edit
@require_GET
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": ["'self'"]})  # type: ignore[arg-type]
def preview_frame(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one question as the respondent gets it, for a frame of the editor."""
    revision = manuscripts.current(_manuscript(pk))
    row = wishes.number(request.GET.get("at", ""))
    shown = editor_preview.context(revision, row) | {
        "text_size": editor_preview.size(request.GET.get("size", ""))
    }
    return render(request, "staff/editor/preview.html", shown)


@may_edit
@require_GET
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
def screens(request: HttpRequest, pk: int) -> HttpResponse:
    """The same question on a phone, in large text, and on a wide screen."""
    manuscript = _manuscript(pk)
    row = wishes.number(request.GET.get("at", ""))
    shown = {"manuscript": manuscript, "at": row, "back": _here(manuscript, at=row)}
    return render(request, "staff/editor/screens.html", shown)


@may_edit
@require_GET
def workbook(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest state as an Excel file."""
    revision = manuscripts.current(_manuscript(pk))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"manuscript-{pk}-{revision.number}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(bytes(revision.workbook), content_type=kind, headers=headers)


@may_edit
@require_http_methods(["GET", "POST"])
def save_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Import the newest state as a draft version, under a number she gives."""
    manuscript = _manuscript(pk)
    revision = manuscripts.current(manuscript)
    initial = {"revision": revision.number, "number": f"{timezone.localtime():%Y%m%d%H}"}
    form = VersionNumber(request.POST or None, initial=initial)
    shown = {"manuscript": manuscript, "revision": revision, "form": form}
    if not form.is_valid():
        shown["problems"] = _told(manuscripts.check(revision), revision)
        return render(request, "staff/editor/version.html", shown)
    try:
        done = manuscripts.save_as_version(
            manuscript, form.cleaned_data["revision"], form.cleaned_data["number"],
            by=request.user.get_username(), now=timezone.now(),
        )  # fmt: skip
    except manuscripts.Outdated:
        form.add_error(None, "刚才有人又改了这份问卷。请先看看改了什么，再存为版本。")
        return render(request, "staff/editor/version.html", shown, status=409)
    if done.version is not None:
        notices.success(request, f"已存为草稿版本 {done.version}，请由另一位同事审核。")
        return redirect("questionnaires")
    shown["problems"] = _told(done.problems, revision)
    return render(request, "staff/editor/version.html", shown, status=422)


def _told(problems: list[Problem], revision: Revision) -> list[editor_problems.Told]:
    return editor_problems.told(problems, manuscripts.book_of(revision))
