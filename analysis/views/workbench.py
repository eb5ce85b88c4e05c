"""The researcher's workbench on one data version: how it was weighed, and tables of her own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from analysis import access
from analysis.core import tablewords
from analysis.forms import WorkbenchForm
from analysis.models import DataVersion

RECENT = 10


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def weights(request: HttpRequest, pk: int) -> HttpResponse:
    """数据与权重: outcomes of the draw, weights step by step, the check against the population.

    The check lets numbers out, so it is asked for by a POST; afterwards the page shows it.
    """
    found = access.version_for(request.user, pk, access.TABULATE)
    from analysis.services import ground, weighing  # scipy comes with it: only when asked for

    sample, others = found.figures["sample"], _others(request, found)
    context: dict[str, Any] = {"version": found, "sample": sample, "others": others}
    try:
        if request.method == "POST":
            weighing.ask(found, by=request.user.get_username(), now=timezone.now())
            return redirect("weights", found.pk)
        context["weighing"] = weighing.of(found)
        context["said"] = weighing.said(context["weighing"])
    except ground.NotReady as error:
        context["refused"] = str(error)
    return render(request, "analysis/weights.html", context)


@login_required
@require_safe
def weights_plot(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    found = access.version_for(request.user, pk, access.TABULATE)
    from analysis.services import ground, weighing

    try:
        chart = weighing.plot(weighing.of(found), name)
    except (KeyError, ground.NotReady):
        raise Http404 from None
    return HttpResponse(chart.svg, content_type="image/svg+xml")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def workbench(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a table; the saved ones of colleagues stand below."""
    found = access.version_for(request.user, pk, access.TABULATE)
    from analysis.services import ground, tables, work

    try:
        form = WorkbenchForm(request.POST or None, known=tables.known(found))
    except ground.NotReady as error:
        return render(request, "analysis/workbench.html", {"version": found, "refused": str(error)})
    closed = tables.closed(found)
    if request.method == "POST" and form.is_valid():
        by, now = request.user.get_username(), timezone.now()
        try:
            table = tables.ask(found, form.spec(), by=by)
            if not table.result and closed:
                raise ground.NotReady(closed)
            if not table.result and not tables.is_quick(table):
                return redirect("job", work.ask_tabulation(table, by=by, now=now).pk)
            if not table.result:
                tables.fill(table, now=now)
            return redirect("tabulation", table.pk)
        except (tables.CannotTabulate, ground.NotReady) as error:
            notices.error(request, str(error))
    made = access.tabulations_for(request.user).filter(data_version=found, made_at__isnull=False)
    own = made.filter(name="", asked_by=request.user.get_username())[:RECENT]
    context = {
        "version": found, "form": form, "closed": closed, "short": tables.SHORT,
        "others": _others(request, found),
        "saved": made.exclude(name=""),
        "recent": [(table, tablewords.title(table.result)) for table in own],
    }  # fmt: skip
    return render(request, "analysis/workbench.html", context, status=422 if form.errors else 200)


def _others(request: HttpRequest, version: DataVersion) -> list[DataVersion]:
    """Versions of the same campaign, this one among them."""
    rows = access.versions_for(request.user, access.TABULATE).defer("figures_json")
    return list(rows.filter(campaign=version.campaign))
