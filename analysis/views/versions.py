"""Data versions: the list, one version with all its tables, its CSV files and plots, freezing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from analysis import access
from analysis.core import digest, wording
from analysis.core.report import prose, second
from analysis.services import work
from fieldwork.access import campaign_for, campaigns_for

if TYPE_CHECKING:
    from analysis.core.plotting import Chart

TABLES = {
    "county_joint.csv": "需急盼",
    "county_need.csv": "需",
    "county_urgency.csv": "急",
    "county_hope.csv": "盼",
    "ranks.csv": "名次",
    "groups_gap.csv": "群体差距",
    "townships_need.csv": "乡镇",
    "mentions.csv": "开放题",
}


@login_required
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    access.must(request.user, access.VIEW, access.FREEZE)
    context = {
        "versions": access.versions_for(request.user).defer("figures_json"),
        "campaigns": campaigns_for(request.user, access.FREEZE),
    }
    return render(request, "analysis/versions.html", context)


@login_required
@require_POST
def freeze(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = campaign_for(request.user, pk, access.FREEZE)
    by = request.user.get_username()
    return redirect("job", work.ask_freeze(campaign, by=by, now=timezone.now()).pk)


@login_required
@require_safe
def version(request: HttpRequest, pk: int) -> HttpResponse:
    found = access.version_for(request.user, pk)
    figures = found.figures
    context = {
        "version": found,
        "drawn": digest.drawn(figures),
        "standing": digest.standing(figures),
        **digest.leaders(figures),
        "ranked": digest.table(figures, "joint"),
        "axes": digest.axes(figures),
        "axis_words": [wording.AXIS_WORDS[axis] for axis in ("need", "urgency", "hope")],
        "second": second.words(figures),
        "groups": digest.groups(figures),
        "gap_family": prose.gap_family(figures),
        "townships": digest.townships(figures),
        "sample": digest.sample(figures),
        "picture": digest.picture(figures),
        "family": figures["ranking"]["family"],
        "refused": prose.refused(figures),
        "review_note": wording.REVIEW_NOTE,
        "mentions": digest.mentions(figures),
        "tables": _tables(figures) | second.tables(figures),
        "may_freeze": access.versions_for(request.user, access.FREEZE).filter(pk=pk).exists(),
        "issues": found.issues.count(),
        "withdrawn": found.withdrawn,
    }
    return render(request, "analysis/version.html", context)


def _tables(figures: dict[str, Any]) -> dict[str, str]:
    coded = bool(figures.get("mentions"))
    return {name: words for name, words in TABLES.items() if coded or name != "mentions.csv"}


@login_required
@require_safe
def charts(request: HttpRequest, pk: int) -> HttpResponse:
    """Every plot of a version; the numbers stand in the tables of its page."""
    found = access.version_for(request.user, pk)
    from analysis.core import plots  # matplotlib is loaded when the first plot is drawn

    figures = found.figures
    shown = [(name, plots.CAPTIONS[name], plots.draw(figures, name)) for name in plots.of(figures)]
    context = {"version": found, "line": digest.line(figures), "plots": shown}
    return render(request, "analysis/charts.html", context)


@login_required
@require_safe
def table(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One published table as CSV, as it is attached to the documents."""
    found = access.version_for(request.user, pk)
    from analysis.core.figures import tables_csv  # scipy comes with it: only when asked for

    text = tables_csv(found.figures).get(name)
    if text is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="V{found.number}-{name}"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


@login_required
@require_safe
def plot(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    found = access.version_for(request.user, pk)
    chart = _chart(found.figures, name)
    if chart is None:
        raise Http404
    headers = {"Cache-Control": "private, max-age=3600"}
    return HttpResponse(chart.svg, content_type="image/svg+xml", headers=headers)


def _chart(figures: Mapping[str, Any], name: str) -> Chart | None:
    if name in second.SECTIONS:
        return second.SECTIONS[name].chart(figures)
    from analysis.core import plots  # matplotlib is loaded when the first plot is drawn

    try:
        return plots.draw(figures, name)
    except KeyError:
        return None
