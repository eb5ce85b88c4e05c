"""Campaigns: the list, a new one, the task list of one, its sealing key, its sources, posters."""

from __future__ import annotations

import io
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fieldwork import access, burden
from fieldwork.forms import CampaignForm, KeyForm, SourceForm
from fieldwork.models import Campaign, CampaignQuestionnaire
from fieldwork.queries.steps import steps_of
from fieldwork.services import campaigns as service

PREPARE = "fieldwork.prepare"


@login_required
@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    rows = access.campaigns_for(request.user).select_related("unit").order_by("-opens_on", "-id")
    if not rows and not request.user.has_perm("fieldwork.view_campaign"):
        raise Http404
    context = {"rows": rows, "may_create": request.user.has_perm(PREPARE)}
    return render(request, "fieldwork/campaigns.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    units = access.own_units(request.user, PREPARE)
    if not units:
        raise Http404
    form = CampaignForm(request.POST or None, units=units)
    if request.method == "POST" and form.is_valid():
        by = request.user.get_username()
        campaign = service.create(form.save(commit=False), by=by, now=timezone.now())
        notices.success(request, "已新建。请按下面的顺序一步一步准备。")
        return redirect("fieldwork-campaign", pk=campaign.pk)
    status = 422 if form.is_bound else 200
    return render(request, "fieldwork/campaign_new.html", {"form": form}, status=status)


@login_required
@require_safe
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    found = access.campaign_for(request.user, pk)
    steps = [(s, request.user.has_perm(s.needs, found)) for s in steps_of(found)]
    return render(request, "fieldwork/campaign.html", {"campaign": found, "steps": steps})


@login_required
@require_http_methods(["GET", "POST"])
def sources(request: HttpRequest, pk: int) -> HttpResponse:
    """Which questionnaire each source of answers uses; binding one opens its channel."""
    found = access.campaign_for(request.user, pk)
    may_bind = request.user.has_perm(PREPARE, found)
    if request.method == "POST" and not may_bind:
        raise Http404
    form = SourceForm(request.POST or None, campaign=found)
    if request.method == "POST" and form.is_valid():
        given, by = form.cleaned_data, request.user.get_username()
        try:
            bound = service.open_source(
                found, given["version"], given["source"], by=by, now=timezone.now(),
                minutes=given["minutes"],
            )  # fmt: skip
        except ValueError as refusal:
            form.add_error(None, str(refusal))
        else:
            notices.success(request, f"{bound.get_source_display()}已开通。")
            return redirect("fieldwork-sources", pk=pk)
    context = {
        "campaign": found,
        "bound": found.questionnaires.select_related("version__questionnaire", "collection"),
        "form": form,
        "may_bind": may_bind,
        "may_give_key": request.user.has_perm("fieldwork.give_key", found),
        "check": _self_check(found, form) if may_bind else None,
    }
    status = 422 if form.errors else 200
    return render(request, "fieldwork/sources.html", context, status=status)


def _self_check(found: Campaign, form: SourceForm) -> dict[str, Any]:
    """减负自检, to be read before a source is opened."""
    planned = burden.planned(found)
    versions = form.versions[: burden.SHOWN]
    return {
        "planned": planned,
        "loads": burden.loads(versions, planned),
        "others": burden.overlapping(found),
    }


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def key(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the sealing key: the answer to the one POST is the private key, kept nowhere."""
    found = access.campaign_for(request.user, pk, "fieldwork.give_key")
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by, passphrase = request.user.get_username(), form.cleaned_data["passphrase"]
        try:
            pem = service.give_key(found, passphrase, by=by, now=timezone.now())
        except ValueError as refusal:
            form.add_error(None, str(refusal))
        else:
            response = HttpResponse(pem, content_type="application/x-pem-file")
            response["Content-Disposition"] = f'attachment; filename="key-{found.key_id}.pem"'
            return response
    status = 422 if form.errors else 200
    return render(request, "fieldwork/key.html", {"campaign": found, "form": form}, status=status)


@login_required
@require_safe
def posters(request: HttpRequest, pk: int) -> HttpResponse:
    found = access.campaign_for(request.user, pk)
    rows = found.questionnaires.select_related("collection", "version__questionnaire")
    context = {"campaign": found, "rows": [(r, _link(r)) for r in rows if _is_self_fill(r)]}
    return render(request, "fieldwork/posters.html", context)


@login_required
@require_safe
def poster(request: HttpRequest, pk: int) -> HttpResponse:
    """One A4 sheet to print and to put up."""
    source = _self_fill(request, pk)
    context = {"source": source, "campaign": source.campaign, "link": _link(source)}
    return render(request, "fieldwork/poster.html", context)


@login_required
@require_safe
def code(request: HttpRequest, pk: int) -> HttpResponse:
    """The QR code as SVG: level Q and four modules of margin survive a photocopier."""
    out = io.BytesIO()
    segno.make(_link(_self_fill(request, pk)), error="q", micro=False).save(
        out, kind="svg", border=4, scale=8, omitsize=True, xmldecl=False, dark="#000", light="#fff"
    )
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


def _self_fill(request: HttpRequest, pk: int) -> CampaignQuestionnaire:
    source = access.source_for(request.user, pk, "fieldwork.view_campaign")
    if not _is_self_fill(source):
        raise Http404
    return source


def _is_self_fill(source: CampaignQuestionnaire) -> bool:
    return source.collection.channel == "self_fill"


def _link(source: CampaignQuestionnaire) -> str:
    return f"{settings.SCHEME}://{settings.RESPONDENT_HOST}/q/{source.collection.code}/"
