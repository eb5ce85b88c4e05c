"""The editor: every column of questions and options, and faults shown where they are mended."""

import pytest
from lxml.html import fromstring

from surveys import editor_problems, manuscripts
from surveys.core import choice_lists, outline
from surveys.core.problems import Problem, Where
from tests.surveys.test_editor import (  # noqa: F401  the fixtures of an author at work
    author,
    book,
    cell,
    manuscript,
    press,
    row,
)
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


def sent(options, **columns):
    """Inputs of a table of options: the four every table has, and further columns."""
    parts = ("row", "name", "label", "missing")
    fields = {f"option__{part}": [getattr(o, part) for o in options] for part in parts}
    return fields | {f"option:column:{header}": values for header, values in columns.items()}


def page_of(author, manuscript, name, **query):  # noqa: F811
    path = f"/questionnaires/editor/{manuscript.pk}/"
    asked = {"at": row(manuscript, name), **query}
    return fromstring(author.get(path, asked).content.decode())


def test_scores_pictures_and_new_columns_of_options_are_written(author, manuscript):  # noqa: F811
    found = choice_lists.options(book(manuscript), "yesno")
    columns = {"nr_score": ["1", "5", ""], "media::image": ["", "no.png", ""]}
    press(author, manuscript, "save", "agree", **sent(found, **columns))
    after = choice_lists.options(book(manuscript), "yesno")
    assert [option.more.get("nr_score", "") for option in after] == ["1", "5", ""]
    assert [option.more.get("media::image", "") for option in after] == ["", "no.png", ""]
    assert [(o.name, o.label, o.missing) for o in after] == [
        (o.name, o.label, o.missing) for o in found
    ]
    press(author, manuscript, "save", "agree", **sent(after, nr_score=["1", "", ""]))
    assert "nr_score" not in choice_lists.options(book(manuscript), "yesno")[1].more


def test_a_table_without_further_columns_leaves_them_alone(author, manuscript):  # noqa: F811
    found = choice_lists.options(book(manuscript), "yesno")
    assert found[0].more["nr_score"] == "1"
    fields = sent(found)
    fields["option__label"][0] = "对"
    press(author, manuscript, "save", "agree", **fields)
    changed = choice_lists.options(book(manuscript), "yesno")[0]
    assert (changed.label, changed.more) == ("对", found[0].more)


def test_a_language_opens_its_columns_for_question_and_options(author, manuscript):  # noqa: F811
    press(author, manuscript, "language", "agree", language="Vahcuengh (za)")
    page = page_of(author, manuscript, "agree")
    for base in ("label", "hint", "guidance_hint", "constraint_message", "required_message"):
        assert page.xpath(f"//*[@name='cell:{base}::Vahcuengh (za)']"), base
    wide = page_of(author, manuscript, "agree", pane="options")
    column = "option:column:label::Vahcuengh (za)"
    assert len(wide.xpath(f"//input[@name='{column}']")) == 3 + 2
    found = choice_lists.options(book(manuscript), "yesno")
    key = "label::Vahcuengh (za)"
    press(author, manuscript, "save", "agree", **sent(found, **{key: ["dwg", "mbouj", ""]}))
    after = choice_lists.options(book(manuscript), "yesno")
    assert [o.more.get("label::Vahcuengh (za)", "") for o in after] == ["dwg", "mbouj", ""]


def test_a_column_of_ones_own_is_added_and_filled(author, manuscript):  # noqa: F811
    press(author, manuscript, "column", "agree", **{"option:new": "要 两个"})
    assert "要 两个" not in book(manuscript).sheet("choices").headers
    press(author, manuscript, "column", "agree", **{"option:new": "county"})
    found = choice_lists.options(book(manuscript), "yesno")
    press(author, manuscript, "save", "agree", **sent(found, county=["a", "b", ""]))
    after = choice_lists.options(book(manuscript), "yesno")
    assert [option.more.get("county", "") for option in after] == ["a", "b", ""]


def test_the_second_of_two_people_keeps_her_scores_on_top(author, manuscript):  # noqa: F811
    found = choice_lists.options(book(manuscript), "yesno")
    press(author, manuscript, "save", "agree", cell__hint="别人的提示")
    late = press(author, manuscript, "save", "agree", revision=1,
                 **sent(found, nr_score=["7", "", ""]))  # fmt: skip
    assert "1 是（分值 7）" in late.content.decode()
    form = next(f for f in fromstring(late.content.decode()).forms if f.get("class") == "inline")
    author.post(f"/questionnaires/editor/{manuscript.pk}/", dict(_lists(form.form_values())))
    after = choice_lists.options(book(manuscript), "yesno")
    assert [option.more.get("nr_score", "") for option in after] == ["7", "", ""]
    assert cell(manuscript, "agree", "hint") == "别人的提示"


def _lists(values):
    found = {}
    for key, value in values:
        found.setdefault(key, []).append(value)
    return found.items()


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("age", "bind::nr:axis", "need"),
        ("age", "bind::nr:domain", "03"),
        ("age", "guidance_hint", "按身份证"),
        ("age", "required_message", "请填年龄"),
        ("age", "readonly", "yes"),
        ("agree", "choice_filter", "name != '99'"),
        ("private", "bind::nr:show", "respondent"),
    ],
)
def test_marks_and_rare_columns_have_an_input(author, manuscript, name, header, value):  # noqa: F811
    assert page_of(author, manuscript, name).xpath(f"//*[@name='cell:{header}']")
    press(author, manuscript, "save", name, **{f"cell:{header}": value})
    assert cell(manuscript, name, header) == value


def test_a_fault_is_said_at_the_row_and_at_the_field(author, manuscript):  # noqa: F811
    press(author, manuscript, "save", "phone", cell__relevant="${nobody} = '1'")
    manuscript.refresh_from_db()
    manuscripts.check(manuscripts.current(manuscript))
    at = row(manuscript, "phone")
    page = page_of(author, manuscript, "phone", field="relevant")
    mark = page.xpath(f"//*[@id='mark-{at}']//button")[0]
    assert mark.get("value") == f"go:{at}:relevant"
    assert "1 处要改" in mark.text_content()
    assert (
        "公式引用的题目“nobody”不存在" in page.xpath("//*[@id='told-relevant']")[0].text_content()
    )
    assert page.xpath("//*[@id='f-relevant']")[0].get("autofocus") is not None
    assert "1 处要改" in page.xpath("//*[@id='verdict']")[0].text_content()
    assert not page.xpath(f"//*[@id='mark-{row(manuscript, 'age')}']//button")


@pytest.mark.parametrize(
    ("problem", "place", "id"),
    [
        (Problem("x", Where("survey", 3, "A")), "3:type", "told-type"),
        (Problem("x", Where("survey", 3)), "3", "told-question"),
        (Problem("x", Where("settings", 2, "A")), "0:form_id", "told-form-id"),
    ],
)
def test_a_fault_leads_to_an_input_that_is_there(author, manuscript, problem, place, id):  # noqa: F811
    told = editor_problems.told([problem], book(manuscript))[0]
    assert (told.place, told.id) == (place, id)
    asked = {"at": told.row, "field": told.field}
    page = fromstring(
        author.get(f"/questionnaires/editor/{manuscript.pk}/", asked).content.decode()
    )
    assert page.xpath(f"//*[@id='{id}']")
    focused = [e.get("id") for e in page.xpath("//*[@autofocus]")]
    assert focused == ([editor_problems.anchor(told.field)] if told.field else [])


def test_a_fault_of_an_option_leads_to_its_question(author, manuscript):  # noqa: F811
    found = book(manuscript)
    option = choice_lists.options(found, "groups")[1]
    problem = Problem("x", Where("choices", option.row, "B"))
    told = editor_problems.told([problem], found)[0]
    assert (told.row, told.option) == (outline.names(found)["groups"], option.row)
    assert told.id == f"told-option-{option.row}"


def test_a_group_counts_what_is_inside(author, manuscript):  # noqa: F811
    found = book(manuscript)
    inside = outline.names(found)["afraid"]
    here = Where("survey", inside)
    said = [Problem("x", here), Problem("y", here, {}, "warning")]
    told = editor_problems.told(said, found)
    marks = {m.name: m.words for m in editor_problems.marks(outline.outline(found), told)}
    assert marks == {"private": "里面 1 处要改", "afraid": "1 处要改"}
    assert editor_problems.verdict(told) == "1 处要改，1 条提醒"
