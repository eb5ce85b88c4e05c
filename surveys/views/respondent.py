"""The respondent's pages around the wizard: entry, age gate, resume, receipt, help, leaving.

Neutral in name and address; nothing here says what the questions are about.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys import drafts, packing, receipts, typed
from surveys.core import languages
from surveys.forms import ResumeForm
from surveys.models import Collection
from surveys.wizard import QuestionnaireWizard, cookie_name

SIZES = ("normal", "large", "xlarge")
_BROWSER = "v"


def _set(response: HttpResponse, name: str, value: str) -> None:
    """A cookie that ends with the browser session."""
    response.set_cookie(name, value, httponly=True, samesite="Lax", secure=settings.PRODUCTION)


def _draft(request: HttpRequest, handle: str) -> drafts.Open:
    opened = QuestionnaireWizard().opened_for(request, handle)
    if opened is None:
        raise Http404
    return opened


@require_safe
def entry(request: HttpRequest, code: str) -> HttpResponse:
    """Where the QR code leads: who asks, why, how long; text size; start or continue."""
    collection = get_object_or_404(Collection, code=code, channel="self_fill")
    if not collection.is_open(timezone.localdate()):
        return render(request, "surveys/closed.html", {"collection": collection})
    chosen, offered = _languages(request, collection)
    size = request.GET.get("size", "")
    if size in SIZES:
        response = redirect(_with_language(reverse("entry", args=[code]), chosen))
        _set(response, "size", size)
        return response
    context = {"collection": collection, "languages": offered, "chosen": chosen}
    return render(request, "surveys/entry.html", context)


def _languages(
    request: HttpRequest, collection: Collection
) -> tuple[str, list[dict[str, str | bool]]]:
    """The number of the chosen language ("" = default) and what to offer; nothing when only one."""
    definition = collection.version.definition
    names = definition.languages
    if len(names) < 2:
        return "", []
    asked = request.GET.get("language", "")
    place = typed.whole(asked)
    chosen = asked if place is not None and place < len(names) else ""
    current = names[int(chosen)] if chosen else definition.default_language
    offered: list[dict[str, str | bool]] = [
        {
            "name": languages.own_name(name),
            "tag": languages.tag(name),
            "direction": languages.direction(name),
            "chosen": name == current,
        }
        for name in names
    ]
    return chosen, offered


def _with_language(url: str, chosen: str) -> str:
    return f"{url}?language={chosen}" if chosen else url


@require_http_methods(["GET", "POST"])
def age(request: HttpRequest, code: str) -> HttpResponse:
    """The one age gate. Under 18 ends politely and keeps nothing."""
    collection = get_object_or_404(Collection, code=code, channel="self_fill")
    today = timezone.localdate()
    if not collection.is_open(today):
        return render(request, "surveys/closed.html", {"collection": collection})
    answer = request.POST.get("adult", "")
    if request.method == "POST" and answer == "yes":
        opened, token = _start(request, collection)
        response = redirect("continue", handle=opened.handle)
        _set(response, cookie_name(opened.handle), token)
        return response
    if answer == "no":
        return render(request, "surveys/under_age.html")
    missing = request.method == "POST"
    return render(request, "surveys/age.html", {"collection": collection, "missing": missing})


def _start(request: HttpRequest, collection: Collection) -> tuple[drafts.Open, str]:
    now, facts = timezone.now(), collection.facts.get("system", {})
    definition = collection.version.definition
    turn = packing.rotation(definition, secrets.token_hex(8))
    chosen, _ = _languages(request, collection)
    return drafts.start(
        collection,
        timezone.localdate(now),
        system=facts | {"rotation": turn},
        started=now,
        language=definition.languages[int(chosen)] if chosen else "",
    )


@require_safe
def go_on(request: HttpRequest, handle: str) -> HttpResponse:
    """Send the browser to the first page that waits for an answer."""
    return redirect("answer", handle=handle, step="next")


@require_POST
def keep(request: HttpRequest, handle: str) -> HttpResponse:
    """保存,以后再填: shows the resume code once."""
    opened = _draft(request, handle)
    if opened.row.submitted:
        return redirect("receipt", handle=handle)
    code = drafts.resume_code(opened)
    return render(request, "surveys/kept.html", {"code": code, "opened": opened})


@never_cache
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """Looking at the page changes nothing: chat programs fetch links by themselves."""
    form = ResumeForm(request.POST or None)
    browser = request.COOKIES.get(_BROWSER) or secrets.token_urlsafe(12)
    if request.method == "POST" and form.is_valid():
        if not drafts.may_try_code(browser):
            form.add_error("code", "试的次数太多了，请十分钟后再来。")
        else:
            found = drafts.by_resume_code(form.cleaned_data["code"], timezone.localdate())
            if found:
                opened, token = found
                response = redirect("continue", handle=opened.handle)
                _set(response, cookie_name(opened.handle), token)
                return response
            drafts.count_wrong_code(browser)
            form.add_error("code", "没有找到这份答卷，请核对每一组数字。")
    shown = render(request, "surveys/resume.html", {"form": form})
    _set(shown, _BROWSER, browser)
    return shown


@never_cache
@require_safe
def receipt(request: HttpRequest, handle: str) -> HttpResponse:
    opened = _draft(request, handle)
    if not opened.row.submitted:
        return redirect("continue", handle=handle)
    code = receipts.code_for(opened.row.instance_id, timezone.localdate())
    return render(request, "surveys/receipt.html", {"code": code, "opened": opened})


def _plain(template: str) -> Callable[[HttpRequest], HttpResponse]:
    @never_cache
    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, template)

    return page


help_card = _plain("surveys/help.html")
thanks = _plain("surveys/thanks.html")
calendar = _plain("surveys/calendar.html")
home = _plain("surveys/home.html")


@never_cache
@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """马上离开: drafts without a resume code are destroyed, every cookie goes, a neutral page."""
    response = redirect("calendar")
    for name, token in request.COOKIES.items():
        if name.startswith("a_"):
            opened = drafts.by_token(token)
            if opened and not opened.row.resume_hash and not opened.row.submitted:
                drafts.destroy(opened, timezone.localdate())
        response.delete_cookie(name)
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
