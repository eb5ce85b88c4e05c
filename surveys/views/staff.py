"""Questionnaires for staff: the list with what waits for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from surveys.models import Questionnaire, Version


@login_required
@require_safe
def questionnaires(request: HttpRequest) -> HttpResponse:
    context = {
        "rows": _rows(),
        "may_import": request.user.has_perm("surveys.add_version"),
        "may_view": request.user.has_perm("surveys.view_version"),
    }
    return render(request, "staff/questionnaires.html", context)


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
