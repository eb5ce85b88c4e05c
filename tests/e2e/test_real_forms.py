"""The shipped forms on a small phone without scripts: from the QR link to the receipt."""

from random import Random

import pytest

from surveys.models import Draft, Response, SealedSection
from tests.e2e.phones import SIDEWAYS, begin, fill, go_on, hurry, keep_code, opened, resume, step
from tests.respondents import Walk, answer
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
    pytest.mark.usefixtures("respondent_site"),
]

# answers that open every part of a form: needs to follow up, a contact, the sealed questions
FIXED = {"need_01": "3", "need_02": "2", "i1": "call", "i2_phone": "13900001234"}


def woman(collection, seed, **fixed):
    definition = collection.version.definition
    answers = answer(definition, Random(seed), fixed={**FIXED, **fixed})
    return Walk(definition, answers)


def submit(page):
    page.get_by_role("button", name="提交我的意见").click()


def filed_as(walk):
    """Her answers that are stored in clear: no contact, no sensitive, no sealed ones."""
    definition = walk.interview.definition
    asked = {i.path: i.question for p in walk.pages.values() for i in p.items}
    sealed = tuple(s.path + "/" for s in definition.with_property("sealed", "yes"))
    return {
        path: walk.interview.value(path)
        for path, question in asked.items()
        if walk.interview.value(path)
        and question.properties.get("class") in ("L1", "L2", "L3")
        and "vault" not in question.properties
        and not path.startswith(sealed)
    }


def same(response, walk):
    expected = filed_as(walk)
    # the interview's own questions are asked of nobody who fills it in by herself
    shown = {n.properties.get("show") for n in walk.interview.definition.nodes()}
    flags = ["required_missing"] if "interviewer" in shown else []
    return {p: response.answers.get(p) for p in expected} == expected and response.flags == flags


# By default a page in eight is drawn and the pages between are only sent; --long draws every page.
EVERY = pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.long)])


def killed(browser, base, collection, walk, every):
    """Lose the phone at every `every`-th page, go on with the code on a new one, to the receipt."""
    with opened(browser) as page:
        begin(page, base, collection.code)
        code = keep_code(page)
    visited = []
    for _ in range(len(walk.pages) + 10):
        with opened(browser) as page:
            resume(page, base, code)
            visited.append(step(page))
            if visited[-1] == "check":
                submit(page)
                assert page.get_by_text("查询码").is_visible()
                return visited
            if visited[-1].startswith("s"):
                go_on(page)
            fill(page, walk)
            go_on(page)
            assert not page.get_by_role("alert").is_visible(), (step(page), page.content())
            hurry(page, walk, every - 1)
    raise AssertionError(f"she never reached the end: {visited}")


@EVERY
def test_killed_at_any_page_the_online_form_resumes(live_server, browser, open_form, every):
    collection = open_form("online")
    walk = woman(collection, 1)
    visited = killed(browser, live_server.url, collection, walk, every)
    assert set(visited) <= {*walk.asking, "check"}  # the order of the needs differs by draft
    assert len(visited) == len(set(visited)) >= (len(walk.asking) + 1) // every
    assert same(Response.objects.get(), walk)


@pytest.mark.long
def test_killed_at_any_page_the_long_form_resumes(live_server, browser, open_form):
    collection = open_form("individual")
    walk = woman(collection, 2)
    visited = killed(browser, live_server.url, collection, walk, every=1)
    assert len(visited) == len(set(visited)) >= len(walk.asking)
    assert same(Response.objects.get(), walk)
    assert SealedSection.objects.get().section == "private"


SIZES = ("标准", "大字", "特大")


@pytest.mark.parametrize(
    ("name", "every"),
    [
        ("online", 8),
        pytest.param("online", 1, marks=pytest.mark.long),
        pytest.param("individual", 1, marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize(
    "size", [*(pytest.param(s, marks=pytest.mark.long) for s in SIZES[:2]), SIZES[2]]
)
def test_every_page_fits_and_is_small(live_server, browser, open_form, name, every, size):
    collection = open_form(name)
    walk = woman(collection, 3)
    with opened(browser, viewport={"width": 320, "height": 640}) as page:
        page.goto(f"{live_server.url}/q/{collection.code}/")
        assert 0 < page.evaluate(WEIGHT) <= 60_000
        page.get_by_role("link", name=size).click()
        begin(page, live_server.url, collection.code)
        shown = [step(page)]
        while step(page) != "done":
            if step(page) == "check":
                submit(page)
            else:
                fill(page, walk)
                go_on(page)
                assert 0 < page.evaluate(WEIGHT) <= 12_000, page.url
            page.wait_for_load_state()
            shown.append(step(page))
            assert page.evaluate(SIDEWAYS) <= 320, page.url
            assert too_small(page) == [], page.url
            hurry(page, walk, every - 1)
    assert {"check", "done"} <= set(shown)
    assert same(Response.objects.get(), walk)


# Bytes that came over the line for the page on the screen.
WEIGHT = "performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize || 0), 0)"
TOO_SMALL = """least => Object.entries(least).flatMap(([selector, height]) =>
  [...document.querySelectorAll(selector)]
    .map(box => [selector, box.innerText, box.getBoundingClientRect()])
    .filter(([, , shape]) => shape.height && shape.x >= 0 && shape.height < height - 0.5)
    .map(([selector, text, shape]) => [selector, text, shape.height]))"""


def too_small(page):
    """Controls below 44 px (48 for the main ones) on this page."""
    main = ".option, main button:not(.plain), input[type=text]"
    return page.evaluate(TOO_SMALL, {main: 48, ".leave, button.plain, main a": 44})


def test_enter_goes_on_and_back_keeps_the_answer(live_server, browser, open_form):
    collection = open_form("online")
    walk = woman(collection, 4)
    with opened(browser) as page:
        begin(page, live_server.url, collection.code)
        for _ in range(2):
            fill(page, walk)
            go_on(page)
        here = step(page)
        page.locator("input[type=text]").fill("1985")
        with page.expect_navigation():
            page.locator("input[type=text]").press("Enter")
        assert step(page) != here
        page.get_by_role("button", name="上一题").click()
        assert step(page) == here
        assert page.locator("input[type=text]").input_value() == "1985"
        page.locator("input[type=text]").fill("1990")
        page.get_by_role("button", name="上一题").click()
        go_on(page)
        assert page.locator("input[type=text]").input_value() == "1990"


def to_check(page, base, collection, walk):
    begin(page, base, collection.code)
    hurry(page, walk)


def test_submitting_again_or_refreshing_makes_one_response(live_server, browser, open_form):
    collection = open_form("online")
    walk = woman(collection, 5)
    with opened(browser) as page:
        to_check(page, live_server.url, collection, walk)
        check = page.url
        page.reload()
        page.goto(check)
        assert not Response.objects.exists()  # looking never submits
        twin = page.context.new_page()
        twin.goto(check)
        submit(page)
        receipt = page.locator(".code").inner_text()
        submit(twin)
        assert twin.locator(".code").inner_text() == receipt
        page.reload()
        assert page.locator(".code").inner_text() == receipt
        page.goto(check)
        assert page.locator(".code").inner_text() == receipt
    assert Response.objects.count() == 1


def test_two_tabs_and_two_questionnaires_stay_apart(live_server, browser, open_form):
    short, other = open_form("online"), open_form("individual")
    one, two, three = woman(short, 6), woman(short, 7), woman(other, 8)
    with opened(browser) as first:
        second, third = first.context.new_page(), first.context.new_page()
        tabs = ((first, short, one), (second, short, two), (third, other, three))
        for page, collection, _ in tabs:
            begin(page, live_server.url, collection.code)
        for _ in range(4):
            for page, _, walk in tabs:
                fill(page, walk)
                go_on(page)
        assert Draft.objects.count() == 3
        for page, walk in ((first, one), (second, two)):
            hurry(page, walk)
            submit(page)
    assert Response.objects.count() == 2
    assert {same(r, one) for r in Response.objects.all()} == {True, False}
    assert {same(r, two) for r in Response.objects.all()} == {True, False}
    assert Draft.objects.filter(submitted=False).count() == 1


def test_changing_an_answer_asks_only_what_is_new(live_server, browser, open_form):
    collection = open_form("online")
    walk = woman(collection, 9, need_03="0")
    with opened(browser) as page:
        to_check(page, live_server.url, collection, walk)
        row = page.locator(".summary div", has_text="学一门技术或手艺")
        row.get_by_role("link", name="修改").click()
        page.get_by_label("非常需要", exact=True).check()
        go_on(page)
        assert page.get_by_role("heading", name="学一门技术或手艺：最多能等多久？").is_visible()
        page.get_by_label("一周内", exact=True).check()
        go_on(page)
        assert page.get_by_role("heading", name="学一门技术或手艺：希望妇联帮着办吗？").is_visible()
        page.get_by_label("希望", exact=True).check()
        go_on(page)
        assert step(page) == "check"
