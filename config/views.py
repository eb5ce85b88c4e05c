"""Pages that belong to no floor: health, what went wrong, and the refusal of an expired form."""

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def healthz(request):
    """503 with the store's name while a database does not answer."""
    for name in connections:
        try:
            connections[name].cursor().execute("SELECT 1")
        except OperationalError:
            return HttpResponse(f"{name}: 503", status=503, headers={"Retry-After": "5"})
    return HttpResponse("ok", content_type="text/plain")


def bad_request(request, exception):
    """Django's handler400, which also gets what is larger than a form may be."""
    if isinstance(exception, RequestDataTooBig):
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
        return HttpResponse(render_to_string("413.html", {"most": most}), status=413)
    return HttpResponse(render_to_string("400.html"), status=400)


def server_error(request):
    """Django's handler500. A database that is locked or away is 503: the same request may go again.

    The error is still being handled here, wherever it came from: a view, a session, a template.
    Nothing of the request is used, since reading a session could fail once more.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        page = render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": "60"})
    return HttpResponse(render_to_string("500.html"), status=500)


def csrf_failure(request, reason=""):
    """A page that waited too long: nothing written before is lost, the draft is stored."""
    return render(request, "expired.html", {"back": request.get_full_path()}, status=403)
