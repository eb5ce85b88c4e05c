"""A version tried at the desk: her page in its frame, the trace beside it, no script."""

import pytest

from surveys import services
from tests.e2e.test_axe import violations, visit
from tests.fieldwork.conftest import *  # noqa: F403  the county and its cast
from tests.surveys.test_versions import imported
from tests.workbooks import FIVE_QUESTIONS, THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
]


@pytest.fixture
def versions(now):
    """One published, one that changes a wording, an option and a condition."""
    old = services.publish_version(imported(now), by="operator", now=now)
    changed = FIVE_QUESTIONS.replace("您愿意参加吗", "您愿意参加这次调查吗")
    changed = changed.replace("${call_me} = '1'", "${call_me} != '0'")
    return old, imported(now, changed, "2")


def frame(page):
    return page.frame_locator("iframe")


def test_a_version_is_tried_without_scripts(desk, versions, cast):
    page = desk(cast["designer"])
    page.goto(f"/questionnaires/{versions[1].pk}/preview/")
    widths = "f => [f.clientWidth, f.contentDocument.documentElement.scrollWidth]"
    size = page.locator("iframe").evaluate(widths)
    assert size == [360, 360]
    frame(page).get_by_role("button", name="继续").click()
    assert "请改正下面 1 处" in frame(page).locator("body").inner_text()
    frame(page).get_by_text("是", exact=True).click()
    frame(page).get_by_role("button", name="继续").click()
    assert "您的年龄" in frame(page).locator("h1").inner_text()
    rows = page.locator(".leaves").last
    assert rows.get_by_role("row", name="1. 您愿意参加这次调查吗").inner_text().endswith("是")
    page.get_by_role("button", name="5. 希望妇联联系您吗").click()
    frame(page).get_by_text("否", exact=True).click()
    frame(page).get_by_role("button", name="继续").click()
    assert "核对答案" in frame(page).locator("h1").inner_text()
    assert "第 5 题没有选“否”" in page.locator(".why").last.inner_text()


def test_pages_of_versions_are_clean(desk, versions, cast):
    old, new = versions
    form = f"/questionnaires/forms/{old.questionnaire_id}/"
    pages = ["/questionnaires/", form, f"{form}changes/", f"/questionnaires/{old.pk}/"]
    pages += [f"/questionnaires/{new.pk}/{name}/" for name in ("preview", "paths")]
    visit(desk(cast["designer"], scripts=True), pages)
    visit(desk(cast["analyst"], scripts=True), [f"/questionnaires/{new.pk}/"])


def test_the_page_inside_the_frame_is_clean_in_every_size(desk, versions, cast):
    """axe does not look into the frame by itself, so its document is opened alone."""
    page = desk(cast["designer"], scripts=True)
    page.goto(f"/questionnaires/{versions[1].pk}/preview/")
    for size in ("标准", "大字", "特大"):
        page.get_by_label("字号").select_option(size)
        page.get_by_role("button", name="换样式").click()
        inside = page.locator("iframe").get_attribute("srcdoc")
        alone = page.context.new_page()
        alone.goto(page.url)
        alone.set_content(inside)
        alone.set_viewport_size({"width": 360, "height": 740})
        assert violations(alone) == [], size
        alone.close()
