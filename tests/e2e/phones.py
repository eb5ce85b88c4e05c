"""A small phone without scripts, and a hand that fills the page it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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


def step(page: Page) -> str:
    return page.url.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]


def go_on(page: Page) -> None:
    page.get_by_role("button", name="继续", exact=True).click()


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


def keep_code(page: Page) -> str:
    """保存，以后再填 and the code it shows."""
    page.get_by_role("button", name="保存，以后再填").click()
    return page.locator(".code").inner_text()


def resume(page: Page, base: str, code: str) -> None:
    page.goto(f"{base}/resume/")
    page.locator("input[name=code]").fill(code)
    go_on(page)
