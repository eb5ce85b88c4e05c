"""The editor in a real browser at 1280 x 800: with htmx and without scripts, mouse and keys."""

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from surveys import manuscript_life, manuscripts
from surveys.core import outline
from tests.e2e.test_axe import violations
from tests.e2e.test_media import LOADED
from tests.surveys.test_media import MP3, picture
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
]


@pytest.fixture
def people():
    right = Permission.objects.get(codename="add_version")
    found = [User.objects.create_user(name, password="x") for name in ("wang", "li")]
    for user in found:
        user.user_permissions.add(right)
    return found


@pytest.fixture
def manuscript(collection):
    return manuscript_life.open_version(collection.version, by="wang", now=timezone.now())


def book(manuscript):
    manuscript.refresh_from_db()
    return manuscripts.book_of(manuscripts.current(manuscript))


def cell(manuscript, name, header):
    found = book(manuscript)
    return found.sheet("survey").get(outline.names(found)[name], header)


def look_at(page, manuscript, name):
    at = outline.names(book(manuscript))[name]
    page.goto(f"/questionnaires/editor/{manuscript.pk}/?at={at}")


def done(page, said):
    """Wait for the page that says in its head what was changed."""
    page.wait_for_selector(f".editor-bar p:has-text('{said}')")


@pytest.mark.parametrize("scripts", [True, False], ids=["htmx", "no script"])
def test_add_move_undo_and_skip_rule(desk, people, manuscript, scripts):
    page = desk(people[0], scripts=scripts)
    look_at(page, manuscript, "age")
    page.select_option("#add-kind", "integer")
    page.click("#add")
    done(page, "加入整数 q1")
    page.fill("#f-label", "家里几口人")
    page.click("#move-down")
    done(page, "下移 q1")
    assert list(outline.names(book(manuscript)))[1:4] == ["age", "groups", "q1"]
    assert cell(manuscript, "q1", "label") == "家里几口人"
    page.select_option("#rule-new", "groups")
    page.click("#rule-ask")
    page.get_by_label("留守").check()
    page.get_by_label("困难").check()
    page.click("#save")
    done(page, "修改 q1：什么时候问")
    picked = "selected(${groups}, 'left') or selected(${groups}, 'poor')"
    assert cell(manuscript, "q1", "relevant") == picked
    page.click("#undo")
    done(page, "撤销：修改 q1")
    assert cell(manuscript, "q1", "relevant") == ""
    page.click("#redo")
    done(page, "重做：修改 q1")
    assert cell(manuscript, "q1", "relevant") == picked


@pytest.mark.parametrize("scripts", [True, False], ids=["htmx", "no script"])
def test_the_second_of_two_people_decides(desk, people, manuscript, scripts):
    first, second = (desk(person, scripts=scripts) for person in people)
    for page in (first, second):
        look_at(page, manuscript, "age")
    first.fill("#f-hint", "周岁")
    first.click("#save")
    done(first, "修改 age：提示")
    second.fill("#f-label", "您今年多大")
    second.click("#save")
    second.wait_for_selector("h1:has-text('别人先改了')")
    assert cell(manuscript, "age", "label") == "您的年龄"
    assert second.get_by_role("cell", name="wang", exact=True).is_visible()
    if scripts:
        assert violations(second) == []
    second.get_by_role("button", name="把我的修改加到最新的一份上").click()
    done(second, "修改 age：题目文字")
    assert (cell(manuscript, "age", "label"), cell(manuscript, "age", "hint")) == (
        "您今年多大", "周岁",
    )  # fmt: skip


def test_by_keyboard_alone(desk, people, manuscript):
    page = desk(people[0], scripts=True)
    look_at(page, manuscript, "age")
    page.focus("#f-hint")
    page.keyboard.type("周岁")
    page.keyboard.press("Enter")
    done(page, "修改 age：提示")
    page.focus("#move-down")
    page.keyboard.press("Space")
    done(page, "下移 age")
    assert page.evaluate("document.activeElement.id") == "move-down"


def press_key(page, letter):
    """Alt and a letter, as Chromium passes it on to an access key."""
    keys = {"modifiers": 1, "key": letter, "code": f"Key{letter.upper()}", "unmodifiedText": letter}
    keys["windowsVirtualKeyCode"] = ord(letter.upper())
    session = page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": kind, **keys})


def test_keys_and_their_help(desk, people, manuscript):
    """Without scripts: the keys are the browser's own, and the help lists each of them."""
    page = desk(people[0])
    look_at(page, manuscript, "age")
    page.get_by_text("快捷键").click()
    told = {key.lower() for key in page.locator(".keys dt kbd").all_inner_texts()}
    given = {e.get_attribute("accesskey") for e in page.locator("[accesskey]").all()}
    assert given == told - {"k"}  # the list of problems has a key once there is one
    page.get_by_text("快捷键").click()
    for letter, said in (("j", "下移 age"), ("c", "复制 age 为 age_2"), ("x", "删除 age_2"),
                         ("z", "撤销：删除 age_2"), ("y", "重做：删除 age_2")):  # fmt: skip
        page.focus("#f-label")
        press_key(page, letter)
        done(page, said)
    assert list(outline.names(book(manuscript)))[:3] == ["agree", "groups", "age"]


def test_typed_expressions_problems_and_preview(desk, people, manuscript):
    page = desk(people[0], scripts=True)
    look_at(page, manuscript, "phone")
    page.get_by_text("用公式写").click()
    page.fill("#f-relevant", "${call} = '1'")
    page.wait_for_selector("#f-relevant-said:has-text('公式引用的题目“call”不存在')")
    page.click("#save")
    page.wait_for_selector("#verdict:has-text('1 处要改')")
    assert violations(page) == []
    page.click("#go-0")
    page.wait_for_selector("#settings-title")
    page.locator(f"#mark-{outline.names(book(manuscript))['phone']} button").click()
    page.wait_for_selector("#told-relevant:has-text('公式引用的题目“call”不存在')")
    assert page.evaluate("document.activeElement.id") == "f-relevant"
    page.click("#undo")
    done(page, "撤销")
    page.click("#show-preview")
    shown = page.frame_locator("iframe").get_by_label("您的电话")
    shown.wait_for()
    assert shown.evaluate("window.innerWidth") == 360
    assert violations(page) == []


def test_all_columns_of_the_options(desk, people, manuscript):
    page = desk(people[0])
    look_at(page, manuscript, "agree")
    page.click("#show-options")
    page.get_by_label("第 2 项：图片文件名").fill("no.png")
    page.click("#save")
    done(page, "修改 agree：选项")
    assert page.get_by_label("第 2 项：图片文件名").input_value() == "no.png"
    page.click("#show-properties")
    assert page.locator("#f-label").input_value() == "您愿意参加吗"


def test_a_picture_and_a_recording_are_brought_without_scripts(desk, people, manuscript):
    page = desk(people[0])
    look_at(page, manuscript, "agree")
    page.get_by_text("图片与录音", exact=True).click()
    page.get_by_label("选图片文件").set_input_files(files=[in_hand("田里.png", picture("PNG"))])
    page.get_by_role("button", name="上传图片").click()
    done(page, "修改 agree：图片文件名")
    page.wait_for_load_state("load")
    assert page.evaluate(LOADED) == [40]  # the section is open again, and the picture in it
    page.get_by_label("选录音文件").set_input_files(files=[in_hand("问.txt", b"text")])
    page.get_by_role("button", name="上传录音").click()
    assert "“问.txt”不是可用的录音" in page.get_by_role("alert").inner_text()
    page.click("#show-options")
    page.get_by_label("哪一项").select_option(label="0 否")
    page.get_by_label("配什么").select_option(label="录音")
    page.locator("#option-file").set_input_files(files=[in_hand("否.mp3", MP3)])
    page.click("#bring-option")
    done(page, "修改 agree：选项")
    assert page.get_by_label("第 2 项：录音文件名").input_value() == "否.mp3"
    assert page.locator("audio").get_attribute("aria-label") == "听一听：否.mp3"
    page.get_by_role("button", name="去掉第 2 项的录音").click()
    assert page.get_by_label("第 2 项：录音文件名").input_value() == ""


def in_hand(name, data):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def test_pages_have_no_barriers(desk, people, manuscript):
    page = desk(people[0], scripts=True)
    look_at(page, manuscript, "agree")
    page.get_by_text("图片与录音", exact=True).click()
    chosen = {"image": picture("PNG"), "audio": MP3}
    for form, data in chosen.items():
        page.locator(f"#f-media--{form}-file").set_input_files(files=[in_hand("是.x", data)])
    page.click("#save")
    done(page, "图片文件名、录音文件名")
    page.wait_for_selector("#problems:has-text('问题清单：')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert violations(page) == []
    at = outline.names(book(manuscript))["agree"]
    one = f"editor/{manuscript.pk}"
    paths = ["editor/", "editor/new/", f"{one}/manage/", f"{one}/version/", f"{one}/",
             f"{one}/?at={at}&pane=options", f"{one}/screens/?at={at}",
             f"{one}/preview/?at={at}&size=xlarge", f"bank/?to={manuscript.pk}&q=孩子"]  # fmt: skip
    for path in paths:
        page.goto(f"/questionnaires/{path}")
        assert violations(page) == [], path
