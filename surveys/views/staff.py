"""Questionnaires for staff: the list with what waits, and the import that says what to mend."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from surveys import messages, services
from surveys.models import Questionnaire, Version


@login_required
@require_http_methods(["GET", "POST"])
def questionnaires(request: HttpRequest) -> HttpResponse:
    may_import = request.user.has_perm("surveys.add_version")
    problems: list[tuple[str, str]] = []
    upload = request.FILES.get("workbook") if may_import else None
    if request.method == "POST" and upload:
        done = services.import_workbook(
            upload.read(), str(upload.name), by=request.user.get_username(), now=timezone.now()
        )
        if done.version:
            notices.success(request, f"已导入 {done.version}，请由另一位同事审核后发布。")
            return redirect("questionnaires")
        problems = [(str(p.where), messages.sentence(p)) for p in done.problems]
    context = {
        "rows": _rows(),
        "problems": problems,
        "may_import": may_import,
        "may_view": request.user.has_perm("surveys.view_version"),
    }
    status = 422 if problems else 200
    return render(request, "staff/questionnaires.html", context, status=status)


@dataclass
class Row:
    """One questionnaire in the list."""

    questionnaire: Questionnaire
    versions: list[Version]

    @property
    def received(self) -> int:
        return sum(getattr(version, "received", 0) for version in self.versions)

    @property
    def published(self) -> list[Version]:
        return [v for v in self.versions if v.state == Version.State.PUBLISHED]

    @property
    def waiting(self) -> list[Version]:
        states = (Version.State.DRAFT, Version.State.REVIEWED)
        return [v for v in self.versions if v.state in states]


def _rows() -> list[Row]:
    versions = (
        Version.objects.select_related("questionnaire")
        .annotate(received=Count("responses"))
        .defer("workbook", "xform")
        .order_by("questionnaire__title", "questionnaire_id", "-id")
    )
    found = groupby(versions, key=lambda version: version.questionnaire)
    return [Row(questionnaire, list(group)) for questionnaire, group in found]
