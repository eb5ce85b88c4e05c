"""Exports: the register with who, what for and until when; asking for one; note and file."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from analysis import access, queries
from analysis.core.export import plan, planning
from analysis.forms import ExportForm
from analysis.models import Export
from analysis.services import exporting, shelf, work
from surveys import audit


@login_required
@require_safe
def exports(request: HttpRequest) -> HttpResponse:
    access.must(request.user, access.EXPORT)
    now = timezone.now()
    context = {
        "exports": [(e, e.ready(now)) for e in access.exports_for(request.user)[:100]],
        "sources": [(s, queries.approved_count(s)) for s in access.sources_for(request.user)],
    }
    return render(request, "analysis/exports.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What will leave and what not; with a purpose, the file at once or by the worker."""
    source = get_object_or_404(access.sources_for(request.user), pk=pk)
    form, now = ExportForm(request.POST or None), timezone.now()
    wanted = "direct" in request.POST
    direct = wanted and exporting.is_quick(source)
    if request.method == "POST" and form.is_valid():
        asked, by = form.cleaned_data, request.user.get_username()
        try:
            export = exporting.ask(
                source, "csv" if wanted else asked["format"], asked["purpose"], by=by, now=now,
                bom=asked["bom"], direct=direct,
            )  # fmt: skip
        except exporting.CannotExport as error:
            notices.error(request, str(error))
            return redirect("exports")
        if direct:
            return _download(export, exporting.csv_stream(export), "csv", "text/csv; charset=utf-8")
        if wanted:
            notices.info(request, "权数要由后台计算，这次不能直接下载：文件做好后在导出页下载。")
        return redirect("job", work.ask_export(export, by=by, now=now).pk)
    planned = planning.build(source.version.definition, source.campaign.opens_on.year)
    context = {
        "source": source, "form": form, "count": queries.approved_count(source),
        "plan": planned, "withheld": _grouped(planned),
    }  # fmt: skip
    return render(request, "analysis/export_ask.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def export(request: HttpRequest, pk: int) -> HttpResponse:
    found = access.export_for(request.user, pk)
    context = {
        "export": found,
        "ready": found.ready(timezone.now()),
        "note": found.note.split("\n")[1:],
    }
    return render(request, "analysis/export.html", context)


@login_required
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The kept file, the right asked again and every fetch noted."""
    found, now = access.export_for(request.user, pk), timezone.now()
    if not found.ready(now):
        raise Http404
    audit.record(
        request.user.get_username(), "fetch_export", str(found), at=now, data_class="L3",
        purpose=found.purpose,
    )  # fmt: skip
    return _download(found, shelf.read(found), "zip", "application/zip")


def _download(
    export: Export, content: Iterator[bytes], ending: str, kind: str
) -> StreamingHttpResponse:
    day = timezone.localdate(export.asked_at).isoformat()
    name = f"{export.source.version.questionnaire.form_id}-{export.pk}-{day}.{ending}"
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(content, content_type=kind, headers=headers)


def _grouped(planned: plan.Plan) -> list[tuple[str, list[str]]]:
    """Reason -> wordings of the questions that stay behind for it."""
    found: dict[str, list[str]] = {}
    for question, reason in planned.withheld:
        found.setdefault(reason, []).append(plan.called(question))
    return list(found.items())
