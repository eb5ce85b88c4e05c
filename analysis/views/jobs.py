"""The page of a running job: who may look, what it is called, where it leads when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from analysis import access
from fieldwork.access import campaign_for
from surveys.models import Job

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """may: raises where the user may not look; made: key of the result that names what was made."""

    doing: str
    may: Callable[[Any, Facts], object]
    made: str
    page: str
    said: str
    back: str
    back_words: str
    back_param: str = ""


KINDS = {
    "freeze": Kind(
        "正在冻结新的数据版", lambda user, p: campaign_for(user, p["campaign"], access.FREEZE),
        "version", "version", "新的数据版已冻结。", "versions", "回到数据版",
    ),
    "document": Kind(
        "正在生成文件", lambda user, p: access.version_for(user, p["version"], access.FREEZE),
        "", "documents", "文件已生成。", "documents", "回到文件",
    ),
    "export": Kind(
        "正在导出", lambda user, p: access.export_for(user, p["export"]),
        "export", "export", "导出文件已生成。", "exports", "回到导出",
    ),
    "paper": Kind(
        "正在排纸质版", lambda user, p: access.must(user, access.VIEW_FORM),
        "form", "questionnaire-paper", "", "questionnaire-version", "回到这个版本", "form",
    ),
    "mask": Kind(
        "正在遮盖作答", lambda user, p: access.task_for(user, p["task"]),
        "text", "text", "作答已遮盖，可以写编码本了。", "texts", "回到开放题",
    ),
    "tabulate": Kind(
        "正在计算", lambda user, p: access.tabulation_for(user, p["tabulation"]),
        "tabulation", "tabulation", "", "versions", "回到数据版",
    ),
}  # fmt: skip


@login_required
@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """A job of one's area: reloads by itself until it ends, then leads to what was made."""
    found = get_object_or_404(Job, pk=pk, kind__in=KINDS)
    kind = KINDS[found.kind]
    kind.may(request.user, found.params)
    if found.state == Job.State.DONE and "refused" not in found.result:
        if kind.said:
            notices.success(request, kind.said)
        return redirect(kind.page, *([found.result[kind.made]] if kind.made else []))
    to = [found.params[kind.back_param]] if kind.back_param else []
    response = render(request, "analysis/job.html", {"job": found, "kind": kind, "back": to})
    if found.state in (Job.State.WAITING, Job.State.RUNNING):
        response["Refresh"] = "2"
    return response
