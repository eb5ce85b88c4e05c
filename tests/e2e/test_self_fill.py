"""A real browser on a small phone, scripts off: from the QR link to the receipt."""

import pytest

from surveys.models import Response
from tests.e2e.phones import opened
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
]


@pytest.fixture
def phone(browser, respondent_site):
    with opened(browser) as page:
        yield page


def choose(page, label):
    page.get_by_label(label, exact=True).check()
    page.get_by_role("button", name="继续", exact=True).click()


def write(page, text):
    page.locator("input[type=text]").fill(text)
    page.get_by_role("button", name="继续", exact=True).click()


def fits(page) -> bool:
    """No sideways scrolling: the page is not wider than the phone (asked without scripts)."""
    box = page.locator("main").bounding_box()
    return box["x"] >= 0 and box["x"] + box["width"] <= 360


def test_from_the_link_to_the_receipt_without_scripts(live_server, phone, collection):
    phone.goto(f"{live_server.url}/q/{collection.code}/")
    phone.get_by_role("link", name="特大").click()
    assert fits(phone)
    phone.get_by_role("link", name="开始填写").click()
    phone.get_by_role("button", name="满 18 岁").click()
    choose(phone, "是")
    write(phone, "17")
    assert phone.get_by_role("alert").is_visible()
    assert fits(phone)
    write(phone, "34")
    choose(phone, "留守")
    phone.get_by_role("button", name="继续", exact=True).click()
    choose(phone, "否")
    choose(phone, "是")
    write(phone, "13900001234")
    assert phone.get_by_role("heading", name="核对答案").is_visible()
    assert fits(phone)
    phone.get_by_role("button", name="提交我的意见").click()
    assert phone.get_by_text("查询码").is_visible()
    assert Response.objects.count() == 1


def test_leaving_shows_a_neutral_page_and_back_shows_no_answers(live_server, phone, collection):
    phone.goto(f"{live_server.url}/q/{collection.code}/age/")
    phone.get_by_role("button", name="满 18 岁").click()
    choose(phone, "是")
    phone.get_by_role("link", name="马上离开").click()
    assert phone.url.endswith("/today/")
    phone.go_back()
    assert "您的年龄" not in phone.content()


def test_main_targets_are_large_enough(live_server, phone, collection):
    phone.goto(f"{live_server.url}/q/{collection.code}/age/")
    phone.get_by_role("button", name="满 18 岁").click()
    for option in phone.locator(".option").all():
        assert option.bounding_box()["height"] >= 48
    assert phone.get_by_role("button", name="继续", exact=True).bounding_box()["height"] >= 48
