"""One table of the workbench: page, plots, files; giving it a name shares it with colleagues."""

from __future__ import annotations

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from analysis import access
from analysis.core import tablewords
from analysis.forms import NameForm
from analysis.models import Tabulation
from surveys import audit


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tabulation(request: HttpRequest, pk: int) -> HttpResponse:
    table = access.tabulation_for(request.user, pk)
    if not table.result:
        notices.error(request, "这张表还没有算出来，请重新提交。")
        return redirect("workbench", table.data_version_id)
    form = NameForm(request.POST or None, initial={"name": table.name})
    if request.method == "POST" and form.is_valid():
        table.name = form.cleaned_data["name"]
        table.save(update_fields=["name"])
        notices.success(request, "已保存，同事可以在分析台打开，也可以直接用本页地址。")
        return redirect("tabulation", table.pk)
    return render(
        request, "analysis/tabulation.html", {"table": table, "form": form, **_words(table)},
        status=422 if form.errors else 200,
    )  # fmt: skip


def _words(table: Tabulation) -> dict[str, object]:
    from analysis.services import takeaway

    result = table.result
    return {
        "title": tablewords.title(result),
        "base": tablewords.base(result),
        "design": result["design"],
        "heads": [one["label"] for one in result["classes"]],
        "compact": tablewords.compact(result),
        "rows": tablewords.long(result),
        "ranked": any(one.get("ranks") for one in result["classes"]),
        "tests": tablewords.tests(result),
        "gaps": tablewords.gaps(result),
        "guards": tablewords.guards(result),
        "plots": tablewords.plots(result),
        "said": tablewords.said(result),
        "note": takeaway.note(table),
        "script": takeaway.script(table) is not None,
    }


@login_required
@require_safe
def plot(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    table = access.tabulation_for(request.user, pk)
    from analysis.core import pictures  # matplotlib is loaded when the first plot is drawn

    if not table.result or name not in tablewords.plots(table.result):
        raise Http404
    headers = {"Cache-Control": "private, max-age=3600"}
    svg = pictures.draw(table.result, name).svg
    return HttpResponse(svg, content_type="image/svg+xml", headers=headers)


@login_required
@require_safe
def file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """CSV, JSON, or both with note and script; every fetch is noted."""
    table = access.tabulation_for(request.user, pk)
    from analysis.services import takeaway

    if not table.result or kind not in takeaway.KINDS:
        raise Http404
    now = timezone.now()
    audit.record(
        request.user.get_username(), "fetch_table", f"{table.data_version} {table.pk}", at=now,
        data_class="L2", detail={"kind": kind},
    )  # fmt: skip
    name = takeaway.name(table, kind, timezone.localtime(now))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(takeaway.content(table, kind), content_type=takeaway.KINDS[kind],
                        headers=headers)  # fmt: skip
