"""Questionnaires for staff: the list of versions."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from surveys.models import Version


@login_required
@require_safe
def questionnaires(request: HttpRequest) -> HttpResponse:
    versions = (
        Version.objects.select_related("questionnaire")
        .annotate(received=Count("responses"))
        .defer("workbook", "xform")
        .order_by("questionnaire__title", "-id")
    )
    context = {"versions": versions, "may_import": request.user.has_perm("surveys.add_version")}
    return render(request, "staff/questionnaires.html", context)
