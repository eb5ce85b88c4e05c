"""A tablet of 1280 x 800: assigned, drawn, asked, sealed, filed, and approved by the supervisor."""

import pytest
from django.utils import timezone

from fieldwork.models import Assignment, Review
from fieldwork.services import visits
from surveys.models import Response, SealedSection
from tests.fieldwork.conftest import *  # noqa: F403  the county, its campaign and cast
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
]


def press(page, words):
    page.get_by_role("button", name=words, exact=True).click()


def choose(page, label):
    page.get_by_label(label, exact=True).check()
    press(page, "继续")


def write(page, text):
    page.locator("main input[type=text]").fill(text)
    press(page, "继续")


def test_from_the_assignment_to_the_approval(live_server, desk, source, sample, cast):
    supervisor = desk(cast["supervisor"])
    campaign = f"{live_server.url}/fieldwork/{source.campaign_id}"
    supervisor.goto(f"{campaign}/assign/")
    supervisor.locator("input[name=village]").first.check()
    supervisor.get_by_label("把勾选的村分派给").select_option(label="一乡妇联 · 访员")
    press(supervisor, "分派")
    assert supervisor.get_by_text("已把 3 户分派给访员").is_visible()

    tablet = desk(cast["interviewer"])
    tablet.goto(f"{live_server.url}/fieldwork/visits/")
    rows = tablet.locator(".rows a")
    assert rows.count() == 3
    assert all(row.bounding_box()["height"] >= 64 for row in rows.all())
    rows.first.click()
    write_women(tablet)
    press(tablet, "开始访问")
    assert tablet.get_by_text("提示（不念）").is_visible()
    choose(tablet, "独自一人")
    choose(tablet, "是")
    write(tablet, "34")
    for label in ("比较需要", "不需要", "有一点", "不知道") * 2:
        choose(tablet, label)
    write(tablet, "多办手艺班")
    assert tablet.get_by_role("heading", name="请把平板交给她本人").is_visible()
    press(tablet, "我是本人，开始填")
    assert tablet.get_by_role("link", name="今日走访").count() == 0
    choose(tablet, "是")
    choose(tablet, "不想回答")
    assert tablet.get_by_role("heading", name="已经封好了").is_visible()
    tablet.get_by_role("link", name="我是访员，继续").click()
    write(tablet, "")
    assert "害怕" not in tablet.content()
    press(tablet, "提交这份访问")
    assert tablet.get_by_text("查询码").is_visible()

    response = Response.objects.get()
    assignment = Assignment.objects.get(code=response.context)
    assert assignment.interviewer == cast["interviewer"]
    assert assignment.household.eligible_women == 3
    assert response.answers["/data/visit/order"] == str(assignment.household.selected_order)
    assert response.seconds >= 0
    assert "/data/private/afraid" not in response.answers
    assert SealedSection.objects.count() == 1
    assert visits.source_of(assignment).collection.is_open(timezone.localdate())

    supervisor.goto(f"{live_server.url}/fieldwork/sources/{source.pk}/queue/")
    press(supervisor, "取新答卷")
    supervisor.locator("tbody a").first.click()
    assert supervisor.get_by_text("独自一人").is_visible()
    press(supervisor, "通过")
    assert Review.objects.get().state == "approved"


def write_women(page):
    """Two taps and a number: the household draws one woman and shows which."""
    page.get_by_label("这一户住着几位 18 岁以上的妇女？").fill("3")
    press(page, "抽一位")
    assert page.get_by_text("第", exact=False).first.is_visible()
