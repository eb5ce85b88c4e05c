"""Actions: the board, one's own tasks, one action with what may be done next, its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analysis import access
from analysis.core import digest
from analysis.forms import ActionForm, ExtendForm, NoteForm, ReportForm
from analysis.models import Action
from analysis.services import actions as service
from analysis.services import board, issues
from fieldwork.access import holders_for, units_for
from surveys import gateway, messages
from surveys.core.problems import Refused


@login_required
@require_safe
def actions(request: HttpRequest) -> HttpResponse:
    """The board: four columns, narrowed by the badges."""
    access.must(request.user, access.VIEW, access.ACT)
    found = board.cards(access.board_for(request.user), timezone.localdate())
    chosen = {name: request.GET.get(name, "") for name in ("unit", "kind", "overdue")}
    shown = [card for card in found if _wanted(card, chosen)]
    columns = [
        {"state": state, "cards": [c for c in shown if c.action.state == state]}
        for state in Action.State
    ]
    context = {
        "columns": columns,
        "counts": board.counts(found),
        "badges": _badges(found, chosen),
        "total": len(found),
        "filtered": any(chosen.values()),
    }
    return render(request, "analysis/board.html", context)


def _wanted(card: board.Card, chosen: dict[str, str]) -> bool:
    action = card.action
    return (
        chosen["unit"] in ("", str(action.owner_unit_id))
        and chosen["kind"] in ("", action.kind)
        and (not chosen["overdue"] or card.overdue)
    )


def _badges(found: list[board.Card], chosen: dict[str, str]) -> list[dict[str, Any]]:
    """Each badge is a link that sets or clears one filter and keeps the others."""
    units = {str(c.action.owner_unit_id): c.action.owner_unit.name for c in found}
    offers = [("overdue", "1", "只看逾期")]
    offers += [("kind", kind.value, kind.label) for kind in Action.Kind]
    offers += [("unit", *unit) for unit in sorted(units.items(), key=lambda u: u[1])]
    return [
        {
            "name": name,
            "label": label,
            "on": chosen[name] == value,
            "query": _query(chosen | {name: "" if chosen[name] == value else value}),
        }
        for name, value, label in offers
    ]


def _query(chosen: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in chosen.items() if value)


@login_required
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """我的任务: what one's own units own or share, due soonest first."""
    access.must(request.user, access.ACT)
    found = board.cards(access.actions_for(request.user, access.ACT), timezone.localdate())
    context = {
        "open": [c for c in found if c.action.state != Action.State.CLOSED],
        "closed": [c for c in found if c.action.state == Action.State.CLOSED],
    }
    return render(request, "analysis/tasks.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_action(request: HttpRequest, pk: int) -> HttpResponse:
    user = cast(User, request.user)
    issue = access.issue_for(user, pk, access.SUPERVISE)
    members = holders_for(user, access.SUPERVISE, access.ACT).order_by("unit__name", "id")
    units = units_for(user, access.SUPERVISE).order_by("name")
    townships = [(t["code"], t["name"]) for t in issue.data_version.figures["townships"]]
    form = ActionForm(request.POST or None, members=members, units=units, townships=townships)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        who = fields.pop("responsible")
        try:
            made = service.open_action(
                issue, owner_unit=who.unit, owner=who.user, by=user, now=timezone.now(),
                **fields,
            )  # fmt: skip
        except service.MoveRefused as error:
            form.add_error(None, str(error))
        else:
            notices.success(request, f"已确定事项 {made.number}，等待{who.unit.name}签收。")
            return redirect("action", made.pk)
    context = {"issue": issue, "form": form, "open": issues.may_open(issue)}
    return render(request, "analysis/action_new.html", context, status=422 if form.errors else 200)


@dataclass(frozen=True)
class Step:
    """One step on the page: the right it needs, the form it fills, what is said when it is done."""

    right: str
    form: type[forms.Form] | None
    said: str


STEPS = {
    "accept": Step("own", None, "已签收，请按时限办理并报进展。"),
    "report": Step("report", ReportForm, "进展已记录。"),
    "ask_to_close": Step("own", None, "已申请销号，等待验收。"),
    "send_back": Step("supervise", NoteForm, "已退回补充。"),
    "close": Step("supervise", NoteForm, "已销号。"),
    "extend": Step("supervise", ExtendForm, "时限已更改，理由记入进展。"),
}


@login_required
@require_safe
def action(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, access.action_for(request.user, pk), {})


def _page(request: HttpRequest, found: Action, wrong: dict[str, forms.Form]) -> HttpResponse:
    """The action with what its state and the person's rights leave; ``wrong``: to be mended."""
    user = cast(User, request.user)
    card = board.cards(access.board_for(request.user).filter(pk=found.pk), timezone.localdate())[0]
    figures = found.issue.data_version.figures
    domain = next(d for d in figures["domains"] if d["code"] == found.issue.domain)
    context = {
        "card": card,
        "action": card.action,
        "needed": digest.finding(figures, domain),
        "line": digest.line(figures),
        "where": "、".join(t["name"] for t in figures["townships"] if t["code"] in found.townships),
        "decision": issues.latest(found.issue),
        "rights": access.rights(request.user, found),
        "may_view_issue": access.issues_for(request.user).filter(pk=found.issue_id).exists(),
        "is_owner": request.user.pk == found.owner_id,
        "why_not_ask": service.why_not_ask(found),
        "why_not_close": service.why_not_close(found, user),
        "forms": _forms() | wrong,
    }
    return render(request, "analysis/action.html", context, status=422 if wrong else 200)


def _forms() -> dict[str, forms.Form]:
    """Empty forms by step; two of them ask for a note, so each has its own ids."""
    start = {"on": timezone.localdate(), "reached": 0}
    return {
        name: step.form(auto_id=f"{name}-%s", initial=start)
        for name, step in STEPS.items()
        if step.form
    }


@login_required
@require_POST
def move(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One step of the state machine, by whoever may take it."""
    found = access.action_for(request.user, pk)
    step = STEPS.get(name)
    if step is None or not getattr(access.rights(request.user, found), step.right):
        raise Http404
    form = (step.form or forms.Form)(request.POST, request.FILES, auto_id=f"{name}-%s")
    if not form.is_valid():
        return _page(request, found, {name: form})
    try:
        _take(name, found, request.user, form)
    except service.MoveRefused as error:
        notices.error(request, str(error))
        if step.form:  # what was typed stays
            return _page(request, found, {name: form})
    except Refused as error:
        form.add_error("file", messages.sentence(error.problems[0]))
        return _page(request, found, {name: form})
    else:
        notices.success(request, step.said)
    return redirect("action", found.pk)


def _take(name: str, found: Action, user: Any, form: Any) -> None:
    fields = dict(form.cleaned_data)
    if name == "report":
        fields = {k: fields[k] for k in ("on", "text", "reached")} | {"evidence": form.evidence()}
    getattr(service, name)(found, by=user, now=timezone.now(), **fields)


@login_required
@require_safe
def evidence(request: HttpRequest, pk: int, entry: int) -> HttpResponse:
    """Always a download, never shown inside our pages."""
    found = access.action_for(request.user, pk)
    kept = get_object_or_404(found.progress.exclude(evidence_sha256=""), pk=entry)
    kind = gateway.EVIDENCE_TYPES[kept.evidence_name.rsplit(".", 1)[-1]]
    headers = {
        "Content-Disposition": content_disposition_header(True, kept.evidence_name),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(bytes(kept.evidence), content_type=kind, headers=headers)
