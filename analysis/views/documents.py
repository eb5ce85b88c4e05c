"""Documents: the list, making one, and its PDF on the screen or as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from analysis import access
from analysis.models import Document
from analysis.services import work


@login_required
@require_safe
def documents(request: HttpRequest) -> HttpResponse:
    access.must(request.user, access.VIEW)
    context = {
        "documents": access.documents_for(request.user),
        "makeable": access.versions_for(request.user, access.FREEZE).defer("figures_json")[:5],
        "kinds": Document.Kind.choices,
    }
    return render(request, "analysis/documents.html", context)


@login_required
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    version = access.version_for(request.user, pk, access.FREEZE)
    kind = request.POST.get("kind", "")
    if kind not in Document.Kind.values:
        raise Http404
    by = request.user.get_username()
    return redirect("job", work.ask_document(version, kind, by=by, now=timezone.now()).pk)


@login_required
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    found = access.document_for(request.user, pk)
    day = timezone.localdate(found.made_at).isoformat()
    name = f"{found.get_kind_display()}-{found.data_version}-{day}.pdf"
    saved = "download" in request.GET
    headers = {"Content-Disposition": content_disposition_header(saved, name)}
    return HttpResponse(bytes(found.pdf), content_type="application/pdf", headers=headers)
