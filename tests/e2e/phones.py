"""A small phone without scripts, and a hand that fills the page it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urljoin

from playwright.sync_api import Browser, Page

from tests.respondents import Walk

SMALL = {"width": 360, "height": 640}
SIDEWAYS = "document.documentElement.scrollWidth"


@contextmanager
def opened(browser: Browser, **options) -> Iterator[Page]:
    """A browser as on the first day: no cookies, no scripts, no memory of other visits."""
    context = browser.new_context(
        **{"viewport": SMALL, "java_script_enabled": False, "locale": "zh-CN", **options}
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def begin(page: Page, base: str, code: str) -> None:
    page.goto(f"{base}/q/{code}/")
    page.get_by_role("link", name="开始填写").click()
    page.get_by_role("button", name="满 18 岁").click()


def step_of(url: str) -> str:
    return url.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]


def step(page: Page) -> str:
    return step_of(page.url)


def go_on(page: Page) -> None:
    page.get_by_role("button", name="继续", exact=True).click()
    page.wait_for_load_state()  # the click waits for the first bytes only


def fill(page: Page, walk: Walk) -> None:
    """Put her answers on the page; a page of notes or safety advice has nothing to fill."""
    here = step(page)
    for name, item, value in walk.fields(here) if here in walk.pages else []:
        if item.question.kind == "rank":
            for place, chosen in enumerate(value.split()):
                page.locator(f'select[name="{name}_{place}"]').select_option(chosen)
        elif item.question.choices:
            for chosen in value.split():
                page.locator(f'input[name="{name}"][value="{chosen}"]').check()
        else:
            page.locator(f'[name="{name}"]').fill(value)


def hurry(page: Page, walk: Walk, pages: int | None = None) -> None:
    """Her answers to the next pages (all, up to the check page) sent as by the browser, undrawn."""
    here = page.url
    if pages == 0 or step_of(here) in ("check", "done"):
        return
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    management = page.locator("input[name$=current_step]").get_attribute("name") or ""
    while step_of(here) != "check" and pages != 0:
        at = step_of(here)
        sent = walk.posted(at) if at in walk.pages else {}
        answer = page.context.request.post(
            here,
            data=urlencode({"csrfmiddlewaretoken": token, management: at, **sent}, doseq=True),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            max_redirects=0,
        )
        assert answer.status == 302, (at, answer.text())
        here = urljoin(here, answer.headers["location"])
        pages = pages and pages - 1
    page.goto(here)


def keep_code(page: Page) -> str:
    """保存，以后再填 and the code it shows."""
    page.get_by_role("button", name="保存，以后再填").click()
    return page.locator(".code").inner_text()


def resume(page: Page, base: str, code: str) -> None:
    page.goto(f"{base}/resume/")
    page.locator("input[name=code]").fill(code)
    go_on(page)
