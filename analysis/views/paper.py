"""The printable questionnaire of a version."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from analysis import access, pdf
from surveys.models import Version


@login_required
@require_safe
def printed(request: HttpRequest, pk: int) -> HttpResponse:
    from analysis import paper  # matplotlib comes with it: only when needed

    access.must(request.user, "surveys.view_version")
    version = get_object_or_404(Version.objects.defer("workbook", "xform"), pk=pk)
    name = f"{version.questionnaire.form_id}-{version.version}-纸质版.pdf"
    headers = {
        "Content-Disposition": content_disposition_header(False, name),
        "X-Content-Type-Options": "nosniff",
    }
    try:
        data = paper.printed(version.definition)
    except (pdf.PdfUnavailable, pdf.MissingGlyph) as problem:
        messages.error(request, str(problem))
        return redirect("questionnaire-version", pk=pk)
    return HttpResponse(data, content_type="application/pdf", headers=headers)
