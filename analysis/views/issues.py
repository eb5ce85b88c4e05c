"""Issues: the table of the three questions, and one issue with its decisions."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analysis import access
from analysis.core import digest
from analysis.core.report import prose
from analysis.forms import DecisionForm
from analysis.models import Issue
from analysis.services import board
from analysis.services import issues as service
from surveys import typed


@login_required
@require_safe
def issues(request: HttpRequest) -> HttpResponse:
    """The table of one data version: the newest, or the one asked for."""
    access.must(request.user, access.VIEW)
    versions = access.versions_for(request.user)
    wanted = typed.whole(request.GET.get("version", ""))
    version = access.version_for(request.user, wanted) if wanted else versions.first()
    rows = (
        version.issues.order_by("pk").prefetch_related("decisions__by", "actions")
        if version else []
    )  # fmt: skip
    figures = version.figures if version else {}
    may_propose = access.versions_for(request.user, access.FREEZE)
    told = [_row(issue, figures) for issue in rows]
    context = {
        "version": version,
        "line": digest.line(figures) if version else "",
        "rows": told,
        "mark": digest.mark([row["needed"] for row in told]),
        "refused": prose.refused(figures) if version else "",
        "may_propose": version is not None and may_propose.filter(pk=version.pk).exists(),
    }
    return render(request, "analysis/issues.html", context)


def _row(issue: Issue, figures: dict[str, Any]) -> dict[str, Any]:
    domain = next(d for d in figures["domains"] if d["code"] == issue.domain)
    return {
        "issue": issue,
        "needed": digest.finding(figures, domain),
        "decision": service.latest(issue),
    }


@login_required
@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    version = access.version_for(request.user, pk, access.FREEZE)
    try:
        found = service.propose(version, by=request.user.get_username(), now=timezone.now())
    except service.NotRanked as refusal:
        notices.error(request, str(refusal))
    else:
        notices.success(request, f"问题清单共 {len(found)} 项，请领导逐项作出三所决定。")
    return redirect("issues")


@login_required
@require_http_methods(["GET", "POST"])
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    posted, user = request.method == "POST", cast(User, request.user)
    found = access.issue_for(request.user, pk, access.DECIDE if posted else access.VIEW)
    form = DecisionForm(request.POST if posted else None)
    if posted and form.is_valid():
        try:
            service.decide(found, by=user, at=timezone.now(), **form.cleaned_data)
        except service.DecisionRefused as error:
            form.add_error(None, str(error))
        else:
            notices.success(request, "决定已记录。")
            return redirect("issue", found.pk)
    row = _row(found, found.data_version.figures)
    context = row | {
        "mark": digest.mark([row["needed"]]),
        "form": form,
        "decisions": found.decisions.select_related("by"),
        "cards": board.cards(
            access.board_for(request.user).filter(issue=found), timezone.localdate()
        ),
        "may_decide": access.issues_for(request.user, access.DECIDE).filter(pk=pk).exists(),
        "may_supervise": access.issues_for(request.user, access.SUPERVISE).filter(pk=pk).exists(),
        "open": service.may_open(found),
    }
    return render(request, "analysis/issue.html", context, status=422 if form.errors else 200)
