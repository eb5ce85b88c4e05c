"""Reading apart, agreement, deciding: what one coder sees, and what both see afterwards."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from analysis import access
from analysis.forms import AdjudicationForm, ReadingForm
from analysis.models import MaskedAnswer
from analysis.services import coding as service
from analysis.services import masked
from surveys import typed


@login_required
@require_http_methods(["GET", "POST"])
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """One masked answer and the codes; a coder sees her own readings only."""
    found, user = access.task_for(request.user, pk), cast(User, request.user)
    book = service.codebook(found)
    if not service.is_coder(found, user) or book is None:
        raise Http404
    place = typed.whole((request.POST or request.GET).get("position", ""))
    chosen = service.reading_at(found, user, place or 0)
    if chosen is None and request.method == "POST":
        notices.error(request, "刚才那条作答已经不在了（可能由本人撤回），选的没有记下。")
        return redirect("text_reading", found.pk)
    chosen = chosen or service.to_read(found, user).first()
    if chosen is None:
        notices.success(request, "分给您的作答都编完了。")
        return redirect("text", found.pk)
    codes = list(book.codes.select_related("example"))
    form = ReadingForm(
        request.POST or None, choices=[(c.key, c.name) for c in codes],
        initial={"codes": _ticked(chosen), "doubt": chosen.doubt},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            service.record(chosen, book, form.cleaned_data["codes"], form.cleaned_data["doubt"])
        except service.CodingRefused as error:
            notices.error(request, str(error))
            return redirect("text", found.pk)
        return redirect("text_reading", found.pk)
    left = service.to_read(found, user).count()
    said = masked.read([chosen.answer, *(c.example for c in codes if c.example)])
    context = {
        "task": found, "answer": chosen.answer, "form": form, "left": left, "book": book,
        "words": said.get(chosen.answer_id),
        "codes": [(code, said.get(code.example_id or 0)) for code in codes],
        "changed": chosen.codebook_id not in (None, book.pk),
        "earlier": service.reading_at(found, user, chosen.answer.position - 1),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "analysis/texts/reading.html", context, status=status)


@login_required
@require_safe
def agreement(request: HttpRequest, pk: int) -> HttpResponse:
    """How well the two agree; nothing before both are through."""
    found = access.task_for(request.user, pk)
    from analysis.services import agreeing  # scipy comes with it: only when asked for

    context = {
        "task": found, "progress": service.progress(found),
        "measured": agreeing.shown(agreeing.measure(found)),
    }  # fmt: skip
    return render(request, "analysis/texts/agreement.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def deciding(request: HttpRequest, pk: int) -> HttpResponse:
    """The next answer on which the readings differ, both side by side without names."""
    found, user = access.task_for(request.user, pk), cast(User, request.user)
    book = service.codebook(found)
    if book is None or not service.compared(found):
        notices.error(request, "两位编码员都编完以后才能裁定。")
        return redirect("text", found.pk)
    waiting = service.waiting(found)
    place = request.POST.get("position", "")
    one = next((one for one in waiting if str(one.answer.position) == place), None)
    if one is None and request.method == "POST":
        notices.error(request, "刚才那条作答已经定过或由本人撤回，这一次没有再记。")
        return redirect("text_deciding", found.pk)
    one = one or next(iter(waiting), None)
    if one is None:
        notices.success(request, "没有需要裁定的作答了。")
        return redirect("text", found.pk)
    names = {code.key: code.name for code in book.codes.all()}
    form = AdjudicationForm(request.POST or None, choices=list(names.items()))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            service.decide(
                one.answer, given["codes"], given["way"], given["reason"], by=user,
                now=timezone.now(),
            )  # fmt: skip
        except service.CodingRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect("text_deciding", found.pk)
    answer = MaskedAnswer.objects.get(pk=one.answer.pk)  # the comparison came without the text
    context = {
        "task": found, "answer": answer, "words": masked.read([answer]).get(answer.pk),
        "form": form, "left": len(waiting), "readings": _side_by_side(one, names),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "analysis/texts/deciding.html", context, status=status)


def _ticked(reading: Any) -> list[str]:
    """What was found before; an earlier reading without codes had found none."""
    nothing = reading.codebook_id and not reading.codes and not reading.doubt
    return [service.NOTHING] if nothing else reading.codes


def _side_by_side(one: service.Compared, names: dict[str, str]) -> list[tuple[str, str, str]]:
    """(甲 or 乙, codes in words, doubt in words)."""
    return [
        (
            who,
            "、".join(names[k] for k in c.codes if k in names) or "没有编码",
            c.get_doubt_display(),
        )
        for who, c in zip("甲乙", one.readings, strict=False)
    ]
