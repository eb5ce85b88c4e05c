"""总览: after login, what this person needs first; and the page of a running job."""

from __future__ import annotations

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analysis import access
from analysis.core import digest
from analysis.models import Action
from analysis.services import board, work
from fieldwork.access import campaign_for
from surveys.models import Job


@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    found = board.cards(access.board_for(user), today)
    own = set(access.actions_for(user, access.ACT).values_list("pk", flat=True))
    version = access.versions_for(user).first()
    figures = version.figures if version else None
    context = {
        "version": version,
        "line": digest.line(figures) if figures else "",
        "standing": digest.standing(figures) if figures else "",
        "findings": digest.findings(figures) if figures else [],
        "picture": digest.picture(figures, limit=5) if figures else "",
        "overdue": [c for c in found if c.overdue],
        "checking": [c for c in found if c.action.state == Action.State.CHECKING],
        "counts": board.counts(found),
        "mine": [c for c in found if c.action.pk in own and c.action.state != "closed"],
        "documents": access.documents_for(user)[:6],
    }
    return render(request, "analysis/overview.html", context)


@login_required
@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """A job of one's area: reloads by itself until it ends, then leads to what was made."""
    found = get_object_or_404(Job, pk=pk, kind__in=work.KINDS)
    if found.kind == "freeze":
        campaign_for(request.user, found.params["campaign"], access.FREEZE)
    elif found.kind == "export":
        access.export_for(request.user, found.params["export"])
    elif found.kind == "mask":
        access.task_for(request.user, found.params["task"])
    else:
        access.version_for(request.user, found.params["version"], access.FREEZE)
    if found.state == Job.State.DONE and "version" in found.result:
        notices.success(request, "新的数据版已冻结。")
        return redirect("version", found.result["version"])
    if found.state == Job.State.DONE and "document" in found.result:
        notices.success(request, "文件已生成。")
        return redirect("documents")
    if found.state == Job.State.DONE and "export" in found.result:
        notices.success(request, "导出文件已生成。")
        return redirect("export", found.result["export"])
    if found.state == Job.State.DONE and "text" in found.result:
        notices.success(request, "作答已遮盖，可以写编码本了。")
        return redirect("text", found.result["text"])
    response = render(request, "analysis/job.html", {"job": found})
    if found.state in (Job.State.WAITING, Job.State.RUNNING):
        response["Refresh"] = "2"
    return response
