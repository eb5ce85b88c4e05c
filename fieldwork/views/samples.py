"""From the frame to who goes where: import, draw, assign."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from fieldwork import access
from fieldwork.forms import InterviewerForm, PlanForm
from fieldwork.models import Campaign, Frame, Sample, SampledVillage, VillageForm
from fieldwork.queries import samples
from fieldwork.services import assigning, drawing, frames
from surveys import messages, typed

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FEWEST = 2  # villages per township for a variance


@login_required
@require_http_methods(["GET", "POST"])
def frame(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest frame; an upload is imported whole or not at all."""
    campaign = access.campaign_for(request.user, pk)
    may_import = request.user.has_perm("fieldwork.prepare", campaign)
    upload = request.FILES.get("table")
    if request.method == "POST" and not may_import:
        raise Http404
    problems: list[tuple[str, str]] = []
    if request.method == "POST" and upload is None:
        problems = [("", "请先选择一个文件。")]
    elif upload is not None:
        by, name = request.user.get_username(), str(upload.name)
        found, faults = frames.import_frame(
            campaign, upload.read(), name, by=by, now=timezone.now()
        )
        if found is not None:
            notices.success(request, f"已导入 {found.villages.count()} 个村（社区）。")
            return redirect("fieldwork-frame", pk=pk)
        problems = [(str(p.where), messages.sentence(p)) for p in faults]
    current = samples.frame_of(campaign)
    context = {
        "campaign": campaign,
        "frame": current,
        "townships": samples.townships_of(current, timezone.localdate()) if current else [],
        "problems": problems,
        "may_import": may_import,
    }
    return render(request, "fieldwork/frame.html", context, status=422 if problems else 200)


@login_required
@require_safe
def frame_template(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("fieldwork.view_campaign"):
        raise Http404
    response = HttpResponse(frames.template(), content_type=_XLSX)
    response["Content-Disposition"] = 'attachment; filename="frame-template.xlsx"'
    return response


@login_required
@require_http_methods(["GET", "POST"])
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan is looked at by GET and drawn by POST; what was drawn stands below."""
    campaign = access.campaign_for(request.user, pk)
    frame, sample = samples.frame_of(campaign), samples.sample_of(campaign)
    may_draw = request.user.has_perm("fieldwork.draw", campaign)
    if request.method == "POST" and (not may_draw or frame is None):
        raise Http404
    given = request.POST if request.method == "POST" else request.GET
    last = samples.sample_before(campaign)
    form = PlanForm(given if "villages" in given else _proposal(frame, sample), last=last)
    shares = _shares(form, frame)
    if (
        request.method == "POST"
        and frame is not None
        and form.is_valid()
        and _drawn(request, campaign, frame, form, sample)
    ):
        return redirect("fieldwork-draw", pk=pk)
    context = {
        "campaign": campaign,
        "frame": frame,
        "form": form,
        "may_draw": may_draw,
        "locked": sample is not None and drawing.worked_on(campaign),
        "sample": sample,
        "villages": samples.villages_of(sample, timezone.localdate()) if sample else [],
        **_expected(form, shares),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "fieldwork/draw.html", context, status=status)


def _proposal(frame: Frame | None, sample: Sample | None) -> dict[str, Any]:
    if sample is not None:
        return {**sample.plan, "seed": sample.seed}
    townships = samples.townships_of(frame, timezone.localdate()) if frame else []
    return PlanForm.proposal(len(townships))


def _shares(form: PlanForm, frame: Frame | None) -> list[drawing.Share]:
    if frame is None or not form.is_valid():
        return []
    try:
        return drawing.allocation(frame, form.plan)
    except drawing.DrawRefused as refusal:
        form.add_error(None, str(refusal))
        return []


def _expected(form: PlanForm, shares: list[drawing.Share]) -> dict[str, Any]:
    """What the plan will bring: villages and households per township, and what is too thin."""
    names = samples.names_of({s.township for s in shares}, timezone.localdate())
    households = form.cleaned_data.get("households", 0)
    return {
        "shares": [(names[s.township], s, s.drawn * households) for s in shares],
        "thin": [names[s.township] for s in shares if s.drawn < _FEWEST],
        "expected": sum(s.drawn for s in shares) * households,
    }


def _drawn(
    request: HttpRequest, campaign: Campaign, frame: Frame, form: PlanForm, earlier: Sample | None
) -> bool:
    if earlier is not None and "discard" not in request.POST:
        form.add_error(None, "已有一次抽样。确要作废它、重新抽样，请勾选“作废上一次抽样”。")
        return False
    by, seed = request.user.get_username(), form.cleaned_data["seed"]
    try:
        drawing.replace_sample(frame, form.plan, seed=seed, by=by, now=timezone.now())
    except drawing.DrawRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    notices.success(request, f"{campaign} 已抽样，种子 {seed}。")
    return True


@login_required
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Whole villages to one interviewer; a single household on its village's page."""
    campaign = access.campaign_for(request.user, pk, "fieldwork.assign")
    sample = samples.sample_of(campaign)
    members = access.interviewers_within(campaign.area_code)
    form = InterviewerForm(request.POST or None, members=members)
    if request.method == "POST" and sample is not None and form.is_valid():
        chosen = _ticked(request, "village")
        rows = samples.assignments_of(sample).filter(household__village__in=chosen)
        if chosen:
            _assign(request, rows, form, str(campaign))
            _assign_forms(request, chosen, form, str(campaign))
            return redirect("fieldwork-assign", pk=pk)
        form.add_error(None, "请先勾选要分派的村（社区）。")
    context = {
        "campaign": campaign,
        "sample": sample,
        "form": form,
        "villages": samples.villages_of(sample, timezone.localdate()) if sample else [],
        "loads": samples.loads(sample, members) if sample else [],
    }
    status = 422 if form.errors else 200
    return render(request, "fieldwork/assign.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def assign_village(request: HttpRequest, pk: int, village: int) -> HttpResponse:
    campaign = access.campaign_for(request.user, pk, "fieldwork.assign")
    drawn = SampledVillage.objects.select_related("village").filter(
        sample=samples.sample_of(campaign)
    )
    found = get_object_or_404(drawn, pk=village)
    rows = samples.assignments_of(found.sample).filter(household__village=found)
    form = InterviewerForm(
        request.POST or None, members=access.interviewers_within(campaign.area_code)
    )
    if request.method == "POST" and form.is_valid():
        chosen = _ticked(request, "household")
        if chosen:
            _assign(request, rows.filter(household__in=chosen), form, f"{campaign} {found}")
            return redirect("fieldwork-assign-village", pk=pk, village=village)
        form.add_error(None, "请先勾选要分派的户。")
    shown = rows.select_related("household", "interviewer").order_by("household__number")
    context = {"campaign": campaign, "village": found, "rows": shown, "form": form}
    status = 422 if form.errors else 200
    return render(request, "fieldwork/assign_village.html", context, status=status)


def _ticked(request: HttpRequest, name: str) -> list[int]:
    numbers = map(typed.whole, request.POST.getlist(name))
    return [number for number in numbers if number is not None]


def _assign(request: HttpRequest, rows: Any, form: InterviewerForm, target: str) -> None:
    interviewer = form.cleaned_data["member"].user
    by = request.user.get_username()
    given = assigning.assign(rows, interviewer, by=by, now=timezone.now(), target=target)
    name = interviewer.first_name or interviewer.get_username()
    notices.success(request, f"已把 {given.moved} 户分派给{name}。")
    if given.kept:
        notices.warning(request, f"{given.kept} 户已完成或正在访问，没有改派。")


def _assign_forms(
    request: HttpRequest, villages: list[int], form: InterviewerForm, target: str
) -> None:
    """Whoever goes to the village fills in the form about it."""
    interviewer, by = form.cleaned_data["member"].user, request.user.get_username()
    rows = VillageForm.objects.filter(village__in=villages)
    given = assigning.assign_forms(rows, interviewer, by=by, now=timezone.now(), target=target)
    if given.kept:
        notices.warning(request, f"{given.kept} 份村（社区）卷已开始填，没有改派。")
