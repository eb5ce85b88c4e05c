"""A real browser at 1280 x 800, scripts off: from the leader's decision to the closed action."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analysis.models import Action
from analysis.services import issues
from tests.analysis.conftest import people, units, version  # noqa: F401  the same county
from tests.e2e.phones import SIDEWAYS
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
]


@pytest.fixture
def issue(version, now):  # noqa: F811
    return issues.propose(version, by="a", now=now)[0]


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def decide_and_open(page, deadline):
    page.goto("/")
    page.get_by_role("link", name="问题", exact=True).click()
    page.get_by_role("link", name="2026-Q1 养老与长期照护").click()
    assert page.get_by_role("button", name="确定办理事项").is_disabled()
    page.get_by_label("党政所急").fill("年度民生实事")
    page.get_by_label("协调部门办").check()
    page.get_by_label("妇联能做什么").fill("摸排需求")
    page.get_by_label("列入重点").check()
    page.get_by_label("理由").fill("确定前三")
    press(page, "记录决定")
    page.get_by_role("link", name="确定办理事项").click()
    page.get_by_label("办什么事").fill("开设日间照料点")
    page.get_by_label("服务").check()
    page.get_by_label("目标").fill("3 个乡镇各 1 处")
    page.get_by_label("承办单位与责任人").select_option(label="县民政局 · 王敏")
    page.get_by_label("县卫生健康局", exact=True).check()
    page.get_by_label("时限").fill(deadline)
    press(page, "确定并交办")
    assert page.get_by_text("等待县民政局签收").is_visible()


def test_from_the_decision_to_the_closed_action(desk, people, issue):  # noqa: F811
    leader, owner = desk(people["leader"]), desk(people["owner"])
    decide_and_open(leader, (timezone.localdate() + timedelta(days=60)).isoformat())

    owner.goto("/tasks/")
    owner.get_by_role("link", name="2026-001 开设日间照料点").click()
    press(owner, "签收")
    assert owner.get_by_role("button", name="申请销号").is_disabled()
    owner.get_by_label("做了什么").fill("三处已开")
    owner.get_by_label("惠及妇女人数").fill("46")
    owner.get_by_label("证明材料", exact=True).set_input_files(
        {"name": "签到册.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}
    )
    press(owner, "记录进展")
    press(owner, "申请销号")
    assert owner.get_by_role("button", name="销号", exact=True).is_disabled()
    assert owner.get_by_text("不能自己销号").is_visible()

    leader.goto("/")
    leader.get_by_role("link", name="2026-001 开设日间照料点").first.click()
    leader.get_by_label("意见").first.fill("看了签到册，回访 5 户")
    press(leader, "同意销号")
    assert leader.get_by_text("已销号。").is_visible()
    assert Action.objects.get().state == "closed"


def test_no_page_scrolls_sideways(desk, people, issue, version):  # noqa: F811
    page = desk(people["leader"])
    pages = ["/", "/versions/", f"/versions/{version.pk}/", "/issues/", f"/issues/{issue.pk}/",
             f"/issues/{issue.pk}/actions/", "/actions/", "/tasks/", "/documents/"]  # fmt: skip
    for path in pages:
        assert page.goto(path).status == 200
        for width in (1280, 360, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(SIDEWAYS) == width, path
