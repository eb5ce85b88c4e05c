"""The question bank: items come with their options, keep their codes, and never clash unasked."""

import pytest

from surveys import question_bank, services
from surveys.core import choice_lists, starting, taking, workbook
from tests.surveys.test_editor import author, book, cell, codes, manuscript, row  # noqa: F401
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES)]


@pytest.mark.parametrize("module", question_bank.modules(), ids=lambda module: module.code)
def test_every_item_of_a_module_is_in_its_workbook(module):
    assert module.source
    assert module.version.isdigit()
    assert {entry.name for entry in module.entries()} == set(module.items)
    assert set(module.areas) <= set(module.items)


def test_the_private_module_comes_whole_and_sealed(now):
    target = starting.empty("新卷", "fresh")
    module = question_bank.module("private")
    taken = taking.take(target, module.book, taking.picked(module.book, {"private"}), 0, set())
    sheet = target.sheet("survey")
    assert sheet.get(taken.row, "bind::nr:sealed") == "yes"
    assert taken.dropped == ["private", "b5"]  # their rules ask about questions not here
    done = services.import_workbook(workbook.write(target), "fresh.xlsx", by="test", now=now)
    assert done.version, done.problems
    sealed = [q.name for q in done.version.definition.questions() if "/private/" in q.path]
    assert {"f1", "f3", "f4", "f5", "f6", "card"} <= set(sealed)


def test_needs_can_be_taken_into_a_new_form_that_imports(now):
    target = starting.empty("新卷", "fresh")
    module = question_bank.module("needs")
    taking.take(target, module.book, taking.picked(module.book, set(module.items)), 0, set())
    done = services.import_workbook(workbook.write(target), "fresh.xlsx", by="test", now=now)
    assert done.version, done.problems
    assert len(done.version.definition.with_property("axis", "need")) == 12


def take(client, manuscript, **fields):  # noqa: F811
    data = {"to": manuscript.pk, "at": row(manuscript, "age"), "module": "demographics"}
    return client.post("/questionnaires/bank/", data | fields, follow=True)


def test_an_item_stands_behind_the_question_with_its_list(author, manuscript):  # noqa: F811
    page = take(author, manuscript, pick=["a3"])
    assert codes(manuscript)[1:4] == ["age", "a3", "groups"]
    found = choice_lists.options(book(manuscript), "education")
    assert [option.label for option in found][:2] == ["没上过学", "小学"]
    assert found[-1].missing == "refused"
    assert "a3 的跳题条件问到本问卷没有的题" in page.content.decode()
    assert cell(manuscript, "a3", "relevant") == ""


def test_a_taken_code_is_asked_about(author, manuscript):  # noqa: F811
    page = take(author, manuscript, pick=["age", "a1"])
    text = page.content.decode()
    assert "有 1 个代码问卷里已经有了" in text
    assert "题型或文字不同" in text
    assert codes(manuscript)[1:3] == ["age", "groups"]
    take(author, manuscript, pick=["age", "a1"], **{"decide:age": "rename"})
    assert codes(manuscript)[1:4] == ["age", "a1", "age_2"]
    assert "${a1}" in cell(manuscript, "age_2", "calculation")


def test_the_same_item_is_kept_once(author, manuscript):  # noqa: F811
    take(author, manuscript, pick=["a3"])
    manuscript.refresh_from_db()
    before = manuscript.revision
    asked = take(author, manuscript, pick=["a3"]).content.decode()
    assert "题型和文字都相同" in asked
    said = take(author, manuscript, pick=["a3"], **{"decide:a3": "keep"}).content.decode()
    assert "没有重复加入" in said
    manuscript.refresh_from_db()
    assert manuscript.revision == before


def test_a_list_of_the_same_name_and_other_options_is_left_alone(author, manuscript):  # noqa: F811
    author.post("/questionnaires/bank/", {
        "to": manuscript.pk, "at": row(manuscript, "age"), "module": "special_groups",
        "pick": ["s1_safe"],
    })  # fmt: skip
    after = book(manuscript)
    assert [o.name for o in choice_lists.options(after, "yesno")] == ["1", "0", "99"]
    assert cell(manuscript, "s1_safe", "type") == "select_one yesno_2"
    assert [o.name for o in choice_lists.options(after, "yesno_2")] == ["1", "0", "rf"]


def test_the_bank_is_searched_by_wording_option_and_area(author):  # noqa: F811
    for sought, found in (("宫颈癌", "e2"), ("缝纫", "b4"), ("妇女与环境", "o_toilet")):
        page = author.get("/questionnaires/bank/", {"q": sought}).content.decode()
        assert f"<code>{found}</code>" in page
        assert "<code>sys_psu</code>" not in page
    assert "没有找到" in author.get("/questionnaires/bank/", {"q": "无此题"}).content.decode()
