"""Questionnaires for staff: the list of versions, and the import that says what to mend."""

from __future__ import annotations

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from surveys import messages, services
from surveys.models import Version


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
    versions = (
        Version.objects.select_related("questionnaire")
        .annotate(received=Count("responses"))
        .defer("workbook", "xform")
        .order_by("questionnaire__title", "-id")
    )
    context = {"versions": versions, "problems": problems, "may_import": may_import}
    status = 422 if problems else 200
    return render(request, "staff/questionnaires.html", context, status=status)
