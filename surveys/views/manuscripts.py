"""The manuscripts: the list, a new one, going on with a version; copied, renamed, put away."""

from __future__ import annotations

from django.contrib import messages as notices
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from surveys import manuscript_life, messages, wishes
from surveys.authoring_forms import ManuscriptTitle, NewQuestionnaire
from surveys.core.problems import Refused
from surveys.models import Manuscript, Version

may_edit = permission_required("surveys.add_version", raise_exception=True)


@may_edit
@require_GET
def manuscripts(request: HttpRequest) -> HttpResponse:
    """Those being written, or those put away; the one just put away can be taken back at once."""
    archived, sought = "archived" in request.GET, request.GET.get("q", "").strip()
    undo = wishes.number(request.GET.get("undo", ""))
    shown = {
        "rows": manuscript_life.newest(sought, archived=archived),
        "archived": archived,
        "sought": sought,
        "counts": [manuscript_life.newest(archived=away).count() for away in (False, True)],
        "undo": Manuscript.objects.filter(pk=undo).exclude(archived_at=None).first(),
    }
    return render(request, "staff/editor/manuscripts.html", shown)


@may_edit
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Where to begin: an empty page, the example, modules of the bank, or a file."""
    if "upload" in request.POST:
        return _upload(request)
    form = NewQuestionnaire(request.POST or None)
    if not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "staff/editor/new.html", {"form": form}, status=status)
    by, now, asked = request.user.get_username(), timezone.now(), form.cleaned_data
    title, form_id = asked["title"], asked["form_id"]
    if asked["start"] == "template":
        begun = manuscript_life.start_from_template(title, form_id, by=by, now=now)
    elif asked["start"] == "bank":
        begun, dropped = manuscript_life.start_from_bank(
            title, form_id, form.chosen, by=by, now=now
        )
        if dropped:
            names = "、".join(dropped)
            notices.warning(request, f"{names} 的跳题条件问到没有选的模块，没有带入，请重新设置。")
    else:
        begun = manuscript_life.start_empty(title, form_id, by=by, now=now)
    return redirect("editor", begun.pk)


def _upload(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("workbook")
    said = ["请先选一个文件。"]
    if file:
        by, now = request.user.get_username(), timezone.now()
        try:
            data, name = file.read(), str(file.name)
            begun = manuscript_life.start_from_file(data, name, by=by, now=now)
            return redirect("editor", begun.pk)
        except Refused as refusal:
            said = [messages.sentence(problem) for problem in refusal.problems]
    shown = {"form": NewQuestionnaire(), "refused": said, "filename": file.name if file else ""}
    return render(request, "staff/editor/new.html", shown, status=422)


@may_edit
@require_http_methods(["GET", "POST"])
def edit_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with the manuscript of a version; ask before one is begun from its workbook."""
    version = get_object_or_404(Version.objects.select_related("questionnaire"), pk=pk)
    begun = manuscript_life.in_use(version)
    if begun is not None:
        return redirect("editor", begun.pk)
    if not version.workbook:
        notices.error(request, "这个版本没有工作簿（由 XForm 导入），不能在网页上编辑。")
        return redirect("questionnaires")
    if request.method == "GET":
        return render(request, "staff/editor/begin.html", {"version": version})
    by = request.user.get_username()
    begun = manuscript_life.open_version(version, by=by, now=timezone.now())
    return redirect("editor", begun.pk)


@may_edit
@require_http_methods(["GET", "POST"])
def manage(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, copy, put away, bring back: one button each."""
    manuscript = get_object_or_404(Manuscript.objects.select_related("version"), pk=pk)
    act, by, now = request.POST.get("act", ""), request.user.get_username(), timezone.now()
    form = ManuscriptTitle(
        request.POST if act == "rename" else None, initial={"title": manuscript.title}
    )
    if act == "rename" and form.is_valid():
        manuscript_life.rename(manuscript, form.cleaned_data["title"])
        notices.success(request, f"已改名为“{manuscript}”。")
        return redirect("manuscripts")
    if act == "copy":
        made = manuscript_life.duplicate(manuscript, by=by, now=now)
        notices.success(request, f"已复制，现在打开的是“{made}”。")
        return redirect("editor", made.pk)
    if act == "archive":
        manuscript_life.archive(manuscript, by=by, now=now)
        return redirect(f"{reverse('manuscripts')}?undo={pk}")
    if act == "restore":
        manuscript_life.restore(manuscript, by=by, now=now)
        notices.success(request, f"已恢复“{manuscript}”，和收起时一样。")
        return redirect("manuscripts")
    shown = {"manuscript": manuscript, "form": form}
    status = 422 if form.errors else 200
    return render(request, "staff/editor/manage.html", shown, status=status)
