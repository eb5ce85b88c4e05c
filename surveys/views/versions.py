"""Questionnaires for staff: one questionnaire with its versions, one version, its next steps."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from surveys import messages, services
from surveys.core import difference
from surveys.core.changes import CAUTION, COMPARABLE, KINDS, NOT_COMPARABLE
from surveys.core.problems import Refused
from surveys.models import Version
from surveys.showing import hashes

VIEW = "surveys.view_version"
DISCARDED = Version.State.DISCARDED
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {
    ".xlsx": _XLSX,
    ".xls": "application/vnd.ms-excel",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


def versions_for(user: Any) -> QuerySet[Version]:
    """All versions for who may look at questionnaires, without their large files; else 404."""
    if not user.has_perm(VIEW):
        raise Http404
    return Version.objects.select_related("questionnaire").defer("workbook", "xform")


@login_required
@require_safe
def questionnaire(request: HttpRequest, pk: int) -> HttpResponse:
    rows = versions_for(request.user).filter(questionnaire_id=pk)
    versions = list(rows.annotate(received=Count("responses")).order_by("-id"))
    if not versions:
        raise Http404
    context = {"questionnaire": versions[0].questionnaire, "versions": versions}
    return render(request, "staff/questionnaire.html", context)


@login_required
@require_safe
def version(request: HttpRequest, pk: int) -> HttpResponse:
    rows = versions_for(request.user).annotate(received=Count("responses"))
    found = get_object_or_404(rows, pk=pk)
    siblings = versions_for(request.user).filter(questionnaire_id=found.questionnaire_id)
    context = {
        "version": found,
        "moves": services.moves_for(found, request.user),
        "own": found.author == request.user.get_username(),
        "length": services.path_report(found),
        "files": found.media.order_by("name"),
        "previous": siblings.filter(pk__lt=pk).exclude(state=DISCARDED).order_by("-id").first(),
    }
    return render(request, "staff/questionnaire_version.html", context)


@login_required
@require_POST
def move(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One step of the life of a version: reviewed, sent back, published, closed."""
    found = get_object_or_404(versions_for(request.user), pk=pk)
    step = services.MOVES.get(name)
    if step is None or not request.user.has_perm(step.permission):
        raise Http404
    by, note = request.user.get_username(), request.POST.get("note", "")
    try:
        services.move_version(found, name, by=by, now=timezone.now(), note=note)
        notices.success(request, f"{found}：{found.get_state_display()}。")
    except services.MoveRefused as refusal:
        notices.error(request, str(refusal))
    except Refused as refusal:
        for problem in refusal.problems:
            notices.error(request, f"不能发布：{messages.line(problem)}")
    return redirect("questionnaire-version", pk=pk)


@login_required
@require_safe
def workbook(request: HttpRequest, pk: int) -> HttpResponse:
    """The XLSForm workbook as it was written."""
    found = get_object_or_404(versions_for(request.user), pk=pk)
    if not found.has_workbook:
        raise Http404
    ending = ".xls" if found.workbook_name.lower().endswith(".xls") else ".xlsx"
    return _file(bytes(found.workbook), found, ending)


@login_required
@require_safe
def xform(request: HttpRequest, pk: int) -> HttpResponse:
    """The XForm as it is served to tablets, byte for byte."""
    found = get_object_or_404(versions_for(request.user), pk=pk)
    return _file(bytes(found.xform), found, ".xml")


@login_required
@require_safe
def parcel(request: HttpRequest, pk: int) -> HttpResponse:
    """The questionnaire with its pictures and recordings, as the import takes it."""
    found = get_object_or_404(versions_for(request.user), pk=pk)
    form = found.workbook if found.has_workbook else found.xform
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(found.workbook_name, bytes(form))
        for row in found.media.select_related("file"):
            archive.writestr(f"media/{row.name}", bytes(row.file.data))
    return _file(out.getvalue(), found, ".zip")


def _file(data: bytes, found: Version, ending: str) -> HttpResponse:
    name = f"{found.questionnaire.form_id}-{found.version}{ending}"
    headers = {
        "Content-Disposition": content_disposition_header(True, name),
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(data, content_type=_TYPES[ending], headers=headers)


@login_required
@require_safe
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """What changed between two versions of a questionnaire, all of it or one kind."""
    versions = list(versions_for(request.user).filter(questionnaire_id=pk).order_by("-id"))
    if not versions:
        raise Http404
    new = _chosen(versions, request.GET.get("new", ""), versions[0])
    earlier = [v for v in versions if v.pk < new.pk] or [new]
    old = _chosen(versions, request.GET.get("old", ""), earlier[0])
    kind = request.GET.get("kind", "")
    files = hashes(old), hashes(new)
    found = difference.compare(old.definition, new.definition, files)
    context = {
        "questionnaire": new.questionnaire,
        "versions": versions,
        "old": old,
        "new": new,
        "kind": kind,
        "kinds": _counts(found),
        "shown": difference.together(d for d in found if not kind or kind in d.kinds),
        "total": len(found),
        "verdicts": _verdicts(found),
        "unchanged": difference.unchanged(new.definition, found),
        "refused": difference.type_changes(old.definition, new.definition),
    }
    return render(request, "staff/questionnaire_changes.html", context)


def _chosen(versions: list[Version], pk: str, default: Version) -> Version:
    return next((v for v in versions if str(v.pk) == pk), default)


def _counts(found: list[difference.Difference]) -> list[tuple[str, str, int]]:
    """(kind, its name, number of questions) for the kinds that occur."""
    counts = [(k, name, sum(k in d.kinds for d in found)) for k, name in KINDS.items()]
    return [row for row in counts if row[2]]


def _verdicts(found: list[difference.Difference]) -> list[tuple[str, int]]:
    names = (NOT_COMPARABLE, CAUTION, COMPARABLE)
    counts = [(name, sum(d.verdict == name for d in found)) for name in names]
    return [row for row in counts if row[1]]
