"""axe on the main pages of every role and of a respondent: no violation of WCAG 2.0 to 2.2 A, AA.

axe needs scripts, so these pages are opened with scripts on; the other tests of this folder have
them off.
"""

from datetime import timedelta

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.utils import timezone

from analysis.models import Action
from analysis.services import exporting, issues
from fieldwork.models import Assignment
from tests.analysis.coding_world import one_of_each
from tests.analysis.conftest import (  # noqa: F401  the decided county
    people,
    tabulation,
    units,
    version,
)
from tests.analysis.everything import fill, open_for_volunteers
from tests.e2e.phones import begin, go_on, opened, step
from tests.e2e.test_board import decide_and_open
from tests.e2e.test_interview import choose, press, write, write_women
from tests.fieldwork.conftest import *  # noqa: F403  the county in the field and its cast
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
DESK, PHONE = (1280, 800), (360, 640)


def assert_clean(page, screens=(DESK, PHONE)):
    """On each screen; a phone of 320 px does not scroll sideways either."""
    for width, height in screens:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == [], (page.url, width)
    page.set_viewport_size({"width": 320, "height": 640})
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url


ASK = """rules => axe.run({runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]})
  .then(found => found.violations.map(({id, nodes}) => [id, nodes.map(node => node.html)]))"""


def violations(page):
    """(rule, elements) that axe holds against the page as it stands."""
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [tuple(found) for found in page.evaluate(ASK, RULES)]


def visit(page, paths, screens=(DESK, PHONE)):
    for path in paths:
        assert page.goto(path).status == 200, path
        assert_clean(page, screens)


def test_the_rules_are_at_work(browser):
    with opened(browser, java_script_enabled=True) as page:
        page.set_content("<html lang='zh'><title>t</title><img src='data:,'></html>")
        assert [rule for rule, _ in violations(page)] == ["image-alt"]


def test_pages_of_everybody(desk, live_server, people):  # noqa: F811
    page = desk(people["stranger"], scripts=True)
    visit(page, ["/", "/password/", "/questionnaires/"])
    page.context.clear_cookies()
    visit(page, ["/login/"])


def test_pages_of_analyst_leader_and_owner(desk, people, version, tabulation, now):  # noqa: F811
    first = issues.propose(version, by="a", now=now)[0]
    one = f"/issues/{first.pk}/"
    visit(desk(people["analyst"], scripts=True),
          ["/versions/", f"/versions/{version.pk}/", f"/versions/{version.pk}/charts/",
           f"/tabulations/{tabulation.pk}/", "/documents/", "/fieldwork/new/"])  # fmt: skip
    leader = desk(people["leader"], scripts=True)
    visit(leader, ["/", "/issues/", one])
    decide_and_open(leader, (timezone.localdate() + timedelta(days=60)).isoformat())
    action = Action.objects.get().pk
    visit(leader, [f"{one}actions/", "/actions/", f"/actions/{action}/"])
    visit(desk(people["owner"], scripts=True), ["/", "/tasks/", f"/actions/{action}/"])


def test_pages_of_exports(desk, version, people, now):  # noqa: F811
    source = open_for_volunteers(version.campaign)
    fill(source)
    export = exporting.ask(source, "csv", "核对页面", by="analyst", now=timezone.now())
    exporting.write(export, lambda percent, said: None)
    analyst = desk(people["analyst"], scripts=True)
    visit(analyst, ["/exports/", f"/exports/sources/{source.pk}/", f"/exports/{export.pk}/"])
    analyst.goto(f"/exports/sources/{source.pk}/")
    analyst.get_by_label("导出目的").fill("核对页面")
    analyst.get_by_role("button", name="生成文件").click()
    assert_clean(analyst)  # the page of the waiting job


def test_pages_of_open_questions(desk, version, people, now):  # noqa: F811
    source = open_for_volunteers(version.campaign)
    task, _ = one_of_each(source, (people["analyst"], people["leader"]), now)
    at = f"/texts/{task.pk}"
    paths = [
        f"/texts/sources/{source.pk}/past/",
        f"{at}/codebook/",
        f"{at}/reading/",
        f"{at}/quotes/",
    ]
    visit(desk(people["analyst"], scripts=True), paths, [PHONE])


def test_pages_of_designer_and_supervisor(desk, source, sample, cast):
    campaign = f"/fieldwork/{source.campaign_id}/"
    visit(desk(cast["designer"], scripts=True), ["/fieldwork/", f"{campaign}sources/"])
    village = Assignment.objects.first().household.village_id
    pages = [
        "frame/",
        "draw/",
        "assign/",
        f"assign/{village}/",
        "posters/",
        "progress/",
        "reviews/",
    ]
    visit(desk(cast["supervisor"], scripts=True),
          ["/", campaign, *[campaign + page for page in pages],
           f"/fieldwork/sources/{source.pk}/queue/"])  # fmt: skip


def test_pages_of_interviewer(desk, source, sample, cast, now):
    home = Assignment.objects.order_by("pk").first()
    home.interviewer = cast["interviewer"]
    home.save()
    tablet = desk(cast["interviewer"], scripts=True)
    visit(tablet, ["/", "/fieldwork/visits/", f"/fieldwork/visits/{home.code}/"])
    write_women(tablet)
    press(tablet, "开始访问")
    assert_clean(tablet)
    for label in ("独自一人", "是"):
        choose(tablet, label)
        assert_clean(tablet)
    write(tablet, "34")
    for label in ("比较需要", "不需要", "有一点", "不知道") * 2:
        choose(tablet, label)
    write(tablet, "多办手艺班")
    assert_clean(tablet)
    press(tablet, "她不愿意填这一部分")
    assert_clean(tablet)
    tablet.get_by_role("link", name="我是访员，继续").click()
    write(tablet, "")
    assert_clean(tablet)
    press(tablet, "提交这份访问")
    assert_clean(tablet)


def fill_five(page):
    """The five questions, asked as in tests/workbooks.py."""
    choose(page, "是")
    write(page, "34")
    choose(page, "留守")
    go_on(page)
    choose(page, "否")
    choose(page, "是")
    write(page, "13900001234")


LONG = [pytest.param(size, marks=pytest.mark.long) for size in ("标准", "大字")]


@pytest.mark.parametrize("size", ["特大", *LONG])
def test_pages_of_respondent(live_server, browser, respondent_site, collection, size):
    with opened(browser, java_script_enabled=True, base_url=live_server.url) as page:
        page.goto(f"/q/{collection.code}/")
        page.get_by_role("link", name=size).click()
        visit(page, [f"/q/{collection.code}/", f"/q/{collection.code}/age/", "/resume/", "/help/",
                     "/thanks/", "/today/", "/"], [PHONE])  # fmt: skip
        begin(page, live_server.url, collection.code)
        assert_clean(page, [PHONE])
        go_on(page)
        assert page.get_by_role("alert").is_visible()
        assert_clean(page, [PHONE])
        fill_five(page)
        assert step(page) == "check"
        assert_clean(page, [PHONE])
        page.get_by_role("button", name="提交我的意见").click()
        assert_clean(page, [PHONE])
