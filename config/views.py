"""Pages that belong to no floor: health, and the refusal of an expired form."""

from django.db import OperationalError, connections
from django.http import HttpResponse
from django.shortcuts import render


def healthz(request):
    """503 with the store's name while a database does not answer."""
    for name in connections:
        try:
            connections[name].cursor().execute("SELECT 1")
        except OperationalError:
            return HttpResponse(f"{name}: 503", status=503, headers={"Retry-After": "5"})
    return HttpResponse("ok", content_type="text/plain")


def csrf_failure(request, reason=""):
    """A page that waited too long: nothing written before is lost, the draft is stored."""
    return render(request, "expired.html", status=403)
