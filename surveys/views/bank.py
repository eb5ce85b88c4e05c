"""The question bank: browse and search the modules, take items into a manuscript."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as notices
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from surveys import manuscripts, question_bank, wishes
from surveys.core import edits, outline, taking
from surveys.core.outline import Entry
from surveys.models import Manuscript, Revision


@permission_required("surveys.add_version", raise_exception=True)
@require_http_methods(["GET", "POST"])
def browse(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _take(request)
    sought = request.GET.get("q", "").strip()
    pk = wishes.number(request.GET.get("to", ""))
    manuscript = get_object_or_404(Manuscript, pk=pk) if pk else None
    book = manuscripts.book_of(manuscripts.current(manuscript)) if manuscript else None
    taken = set(outline.names(book)) if book else set()
    found = [_module(module, sought, taken) for module in question_bank.modules()]
    shown = {
        "sought": sought,
        "modules": [row for row in found if row["items"]],
        "manuscript": manuscript,
        "at": wishes.number(request.GET.get("at", "")),
    }
    return render(request, "staff/editor/bank.html", shown)


def _module(module: question_bank.Module, sought: str, taken: set[str]) -> dict[str, Any]:
    """A module with the items that hold the sought words, those inside its groups too."""
    items = []
    for entry in module.entries():
        for inner in (entry, *outline.flat(entry.children)):
            item = _item(module, inner, taken)
            if inner.name and sought.lower() in f"{module.title} {item['search']}".lower():
                items.append(item | {"inside": inner is not entry})
    return {"module": module, "items": items}


def _item(module: question_bank.Module, entry: Entry, taken: set[str]) -> dict[str, Any]:
    answers = taking.answers(module.book, entry.row)
    area = module.areas.get(entry.name, "")
    return {
        "name": entry.name,
        "kind": edits.KINDS.get(entry.kind, entry.kind),
        "wording": entry.label or "（没有文字）",
        "answers": "、".join(answers),
        "area": area,
        "group": entry.opens,
        "taken": entry.name in taken,
        "search": " ".join([entry.name, entry.label, area, *answers]),
    }


def _take(request: HttpRequest) -> HttpResponse:
    """Take the chosen items; ask first about codes the questionnaire has already."""
    posted = request.POST
    manuscript = get_object_or_404(Manuscript, pk=wishes.number(posted.get("to", "")))
    module = question_bank.module(posted.get("module", ""))
    entries = taking.picked(module.book, set(posted.getlist("pick"))) if module else []
    if module is None or not entries:
        notices.error(request, "请先勾选要加入的题。")
        return redirect(_bank(request))
    revision = manuscripts.current(manuscript)
    found = taking.clashes(manuscripts.book_of(revision), module.book, entries)
    decided = {c.name: posted.get(f"decide:{c.name}", "") for c in found}
    if not all(decided.values()):
        return _ask(request, revision, module, found)
    rename = {name for name, choice in decided.items() if choice == "rename"}
    return _store(request, revision, module, entries, rename)


def _bank(request: HttpRequest) -> str:
    """Back to the bank, for the same place of the same manuscript."""
    query = {key: request.POST.get(key, "") for key in ("to", "at")}
    return f"{reverse('question-bank')}?{urlencode(query)}"


def _ask(
    request: HttpRequest,
    revision: Revision,
    module: question_bank.Module,
    found: list[taking.Clash],
) -> HttpResponse:
    shown = {
        "manuscript": revision.manuscript, "module": module, "clashes": found,
        "pick": request.POST.getlist("pick"), "at": request.POST.get("at", ""),
        "revision": revision.number, "back": _bank(request),
    }  # fmt: skip
    return render(request, "staff/editor/clash.html", shown)


def _store(
    request: HttpRequest,
    revision: Revision,
    module: question_bank.Module,
    entries: list[Entry],
    rename: set[str],
) -> HttpResponse:
    """Put the items in; what she decided counts only for the state she decided on."""
    book, at = manuscripts.book_of(revision), wishes.number(request.POST.get("at", ""))
    base = wishes.number(request.POST.get("revision", "")) or revision.number
    taken = taking.take(book, module.book, entries, at, rename)
    here, by = reverse("editor", args=[revision.manuscript_id]), request.user.get_username()
    if not taken.added:
        notices.success(request, "这些题问卷里都有了，没有重复加入。")
        return redirect(here)
    said = f"从题库加入 {'、'.join(taken.added)}"
    try:
        manuscripts.change(revision.manuscript, base, book, said, by=by, now=timezone.now())
    except manuscripts.Outdated:
        notices.error(request, "刚才有人又改了这份问卷，没有加入任何题。请再选一次。")
        return redirect(_bank(request))
    notices.success(request, said)
    if taken.dropped:
        names = "、".join(taken.dropped)
        notices.warning(request, f"{names} 的跳题条件问到本问卷没有的题，没有带入，请重新设置。")
    return redirect(f"{here}?{urlencode({'at': taken.row})}")
