"""The printable questionnaire of a version."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from analysis import access
from analysis.services import papers, work
from surveys.models import Version


@login_required
@require_safe
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    """The PDF; the first time, the page of the job that makes it."""
    access.must(request.user, access.VIEW_FORM)
    version = get_object_or_404(Version.objects.defer("workbook", "xform"), pk=pk)
    data = papers.ready(version)
    if data is None:
        by = request.user.get_username()
        return redirect("job", work.ask_paper(version, by=by, now=timezone.now()).pk)
    name = f"{version.questionnaire.form_id}-{version.version}-纸质版.pdf"
    headers = {
        "Content-Disposition": content_disposition_header(False, name),
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(data, content_type="application/pdf", headers=headers)
