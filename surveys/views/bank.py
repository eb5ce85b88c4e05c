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

from surveys import editing, manuscripts
from surveys.core import bank, edits
from surveys.models import Manuscript


@permission_required("surveys.add_version", raise_exception=True)
@require_http_methods(["GET", "POST"])
def question_bank(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _take(request)
    sought = request.GET.get("q", "").strip()
    pk = editing.number(request.GET.get("to", ""))
    manuscript = get_object_or_404(Manuscript, pk=pk) if pk else None
    book = manuscripts.book_of(manuscripts.current(manuscript)) if manuscript else None
    taken = set(bank.names(book)) if book else set()
    shown = {
        "sought": sought,
        "modules": [
            m for module in bank.modules() if (m := _module(module, sought, taken))["items"]
        ],
        "manuscript": manuscript,
        "at": editing.number(request.GET.get("at", "")),
    }
    return render(request, "staff/editor/bank.html", shown)


def _module(module: bank.Module, sought: str, taken: set[str]) -> dict[str, Any]:
    items = [
        item
        for entry in module.entries()
        for inner in (entry, *bank.flat(entry.children))
        if inner.name and (item := _item(module, inner, inner is not entry, taken))
        and sought.lower() in f"{module.title} {item['search']}".lower()
    ]  # fmt: skip
    return {"module": module, "items": items}


def _item(module: bank.Module, entry: bank.Entry, inside: bool, taken: set[str]) -> dict[str, Any]:
    answers = bank.answers(module.book, entry.row)
    area = module.areas.get(entry.name, "")
    return {
        "name": entry.name,
        "kind": edits.KINDS.get(entry.kind, entry.kind),
        "wording": entry.label or "（没有文字）",
        "answers": "、".join(answers),
        "area": area,
        "group": entry.opens,
        "inside": inside,
        "taken": entry.name in taken,
        "search": " ".join([entry.name, entry.label, area, *answers]),
    }


def _take(request: HttpRequest) -> HttpResponse:
    """Take the chosen items; ask first about codes that are taken by something else."""
    posted = request.POST
    manuscript = get_object_or_404(Manuscript, pk=editing.number(posted.get("to", "")))
    module = bank.module(posted.get("module", ""))
    wanted = set(posted.getlist("pick"))
    back = f"{reverse('question-bank')}?{urlencode({'to': manuscript.pk, 'at': posted.get('at')})}"
    entries = bank.picked(module.book, wanted) if module else []
    if module is None or not entries:
        notices.error(request, "请先勾选要加入的题。")
        return redirect(back)
    revision = manuscripts.current(manuscript)
    book = manuscripts.book_of(revision)
    found = bank.clashes(book, module.book, entries)
    decided = {c.name: posted.get(f"decide:{c.name}", "") for c in found}
    if not all(decided.values()):
        shown = {
            "manuscript": manuscript, "module": module, "clashes": found, "back": back,
            "pick": sorted(wanted), "at": posted.get("at", ""), "revision": revision.number,
        }  # fmt: skip
        return render(request, "staff/editor/clash.html", shown)
    rename = {name for name, choice in decided.items() if choice == "rename"}
    at = editing.number(posted.get("at", ""))
    taken = bank.take(book, module.book, entries, at, rename)
    if not taken.added:
        notices.success(request, "这些题问卷里都有了，没有重复加入。")
        return redirect("editor", manuscript.pk)
    summary = f"从题库加入 {'、'.join(taken.added)}"
    by, base = request.user.get_username(), editing.number(posted.get("revision", "")) or 0
    try:
        manuscripts.change(
            manuscript, base or revision.number, book, summary, by=by, now=timezone.now()
        )
    except manuscripts.Outdated:
        notices.error(request, "刚才有人又改了这份问卷，没有加入任何题。请再选一次。")
        return redirect(back)
    notices.success(request, summary)
    if taken.dropped:
        said = f"{'、'.join(taken.dropped)} 的跳题条件问到本问卷没有的题，没有带入，请重新设置。"
        notices.warning(request, said)
    return redirect(f"{reverse('editor', args=[manuscript.pk])}?{urlencode({'at': taken.row})}")
