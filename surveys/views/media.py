"""Serving pictures and recordings of questionnaires, by content, on both sites.

The address is the hash, so it says nothing and what is behind it never changes. What stands in a
sealed section alone leaves no copy in a browser. Parts are served, since iPhones play nothing else.
"""

from __future__ import annotations

import re

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from surveys.models import ManuscriptMedia, Version, VersionMedia

_KEPT = "private, max-age=2592000, immutable"
_DRAFTS = ("surveys.view_version", "surveys.add_version")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


@require_safe
def opened(request: HttpRequest, sha256: str) -> HttpResponse:
    """For respondents: what goes with a questionnaire that was opened for answers."""
    rows = VersionMedia.objects.filter(file__sha256=sha256, version__collections__isnull=False)
    return _served(request, _strictest(rows))


@login_required
@require_safe
def for_staff(request: HttpRequest, sha256: str) -> HttpResponse:
    """Drafts only for who may look at questionnaires or write them, the rest for every
    interviewer."""
    rows = VersionMedia.objects.filter(file__sha256=sha256)
    if not any(map(request.user.has_perm, _DRAFTS)):
        return _served(request, _strictest(rows.filter(version__state__in=Version.IN_USE)))
    written = ManuscriptMedia.objects.filter(file__sha256=sha256).select_related("file")
    return _served(request, _strictest(rows) or written.first())


def _strictest(rows: QuerySet[VersionMedia]) -> VersionMedia | None:
    return rows.select_related("file").order_by("-sealed").first()


def _served(request: HttpRequest, row: VersionMedia | ManuscriptMedia | None) -> HttpResponse:
    if row is None:
        raise Http404
    response = _part(request.headers.get("Range", ""), bytes(row.file.data))
    response["Content-Type"] = row.file.type
    response["Accept-Ranges"] = "bytes"
    kept = isinstance(row, VersionMedia) and not row.sealed  # nobody knows yet of a manuscript
    response["Cache-Control"] = _KEPT if kept else "no-store"
    # told as it is, so that no middleware packs sound and pictures once more, or half of one
    response["Content-Encoding"] = "identity"
    return response


def _part(wanted: str, data: bytes) -> HttpResponse:
    """The stretch a browser asks for; the whole when it asks for none or for several."""
    found, size = _RANGE.match(wanted), len(data)
    if found is None or not any(found.groups()):
        return HttpResponse(data)
    if found[1]:
        start, end = int(found[1]), min(int(found[2] or size), size - 1)
    else:
        start, end = max(size - int(found[2]), 0), size - 1
    if start > end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers = {"Content-Range": f"bytes {start}-{end}/{size}"}
    return HttpResponse(data[start : end + 1], status=206, headers=headers)
