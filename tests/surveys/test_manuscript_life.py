"""Manuscripts: begun in four ways, found again, renamed, copied, put away, brought back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from surveys import manuscript_life, manuscripts, question_bank
from surveys.core import outline
from surveys.models import AuditEvent, Manuscript, Version
from tests.surveys.test_editor import (  # noqa: F401  the fixtures of an author at work
    author,
    book,
    cell,
    codes,
    manuscript,
    press,
)
from tests.surveys.test_planted import planted
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
LIST, NEW = "/questionnaires/editor/", "/questionnaires/editor/new/"


def start(author, **fields):  # noqa: F811
    return author.post(NEW, {"title": "新问卷", "form_id": "fresh", "start": "empty"} | fields)


def manage(author, manuscript, act, **fields):  # noqa: F811
    return author.post(f"{LIST}{manuscript.pk}/manage/", {"act": act} | fields)


def sound(manuscript):  # noqa: F811
    problems = manuscripts.check(manuscripts.current(manuscript))
    return [p.code for p in problems if p.level == "error"] == []


def test_the_example_starts_under_the_name_given(author):  # noqa: F811
    start(author, start="template")
    begun = Manuscript.objects.get()
    settings = book(begun).sheet("settings").cells(2)
    assert (settings["form_title"], settings["form_id"]) == ("新问卷", "fresh")
    assert {"agree", "trouble", "safe"} <= set(codes(begun))
    assert sound(begun)


def test_modules_of_the_bank_start_with_their_options_and_rules(author):  # noqa: F811
    picked = ["demographics", "care"]
    start(author, start="bank", modules=picked)
    begun = Manuscript.objects.get()
    wanted = [n for code in picked for n in question_bank.module(code).items]
    assert set(wanted) <= set(codes(begun))
    assert sound(begun)


def test_a_start_from_the_bank_needs_a_module(author):  # noqa: F811
    page = start(author, start="bank")
    assert page.status_code == 422
    assert "请至少选一个模块" in page.content.decode()
    assert not Manuscript.objects.exists()


def test_a_faulty_workbook_opens_with_its_faults(author):  # noqa: F811
    data, faults = planted()
    file = SimpleUploadedFile("调查.xlsx", data)
    author.post(NEW, {"upload": "1", "workbook": file})
    begun = Manuscript.objects.get()
    said = manuscripts.check(manuscripts.current(begun))
    assert sum(p.level == "error" for p in said) >= len(faults) - 1
    assert not Version.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.xml", b"<?xml version='1.0'?><h:html xmlns:h='http://www.w3.org/1999/xhtml'/>",
         "没有工作簿，不能在网页上编辑"),
        ("x.xlsx", b"no workbook", "不是 Excel 工作簿"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_workbook_is_refused_in_words(author, name, data, said):  # noqa: F811
    file = SimpleUploadedFile(name, data)
    page = author.post(NEW, {"upload": "1", "workbook": file})
    assert page.status_code == 422
    assert said in page.content.decode()
    assert not Manuscript.objects.exists()


def test_the_list_tells_how_each_stands_and_finds_by_person(author, manuscript, client):  # noqa: F811
    assert manuscript.standing == "与版本 1（已发布）相同"
    press(author, manuscript, "save", "age", cell__hint="周岁")
    start(author)
    page = author.get(LIST, {"q": "wang"}).content.decode()
    assert "版本 1（已发布）以后有改动，还没有存为版本" in page
    assert "修改 age：提示" in page
    assert "还没有存为版本" in author.get(LIST, {"q": "新问"}).content.decode()
    assert "没有找到“没有这份”" in author.get(LIST, {"q": "没有这份"}).content.decode()


def test_a_copy_goes_its_own_way(author, manuscript):  # noqa: F811
    manage(author, manuscript, "copy")
    copy = Manuscript.objects.exclude(pk=manuscript.pk).get()
    before = book(manuscript)
    assert (copy.version, book(copy)) == (None, before)
    press(author, copy, "delete", "age")
    assert book(manuscript) == before
    assert "age" not in codes(copy)


def test_a_new_name_is_the_lists_alone(author, manuscript):  # noqa: F811
    manage(author, manuscript, "rename", title="二稿")
    manuscript.refresh_from_db()
    assert manuscript.title == "二稿"
    assert book(manuscript).sheet("settings").get(2, "form_title") == "五题问卷"
    assert manage(author, manuscript, "rename", title=" ").status_code == 422


def test_put_away_and_taken_back_as_it_was(author, manuscript, collection):  # noqa: F811
    press(author, manuscript, "save", "age", cell__hint="周岁")
    done = manage(author, manuscript, "archive")
    assert "已收起" in author.get(done.headers["Location"]).content.decode()
    page = author.get(f"{LIST}{manuscript.pk}/")
    assert page.headers["Location"] == f"{LIST}{manuscript.pk}/manage/"
    late = press(author, manuscript, "save", "age", cell__label="还没存的话")
    assert late.status_code == 302
    before = book(manuscript)
    assert cell(manuscript, "age", "label") == "还没存的话"
    assert manuscript_life.in_use(collection.version) is None
    assert [r.manuscript for r in manuscript_life.newest(archived=True)] == [manuscript]
    manage(author, manuscript, "restore")
    assert book(manuscript) == before
    assert manuscript_life.in_use(collection.version) == manuscript
    acts = AuditEvent.objects.filter(action__endswith="_manuscript").values_list(
        "action", flat=True
    )
    assert list(acts) == ["archive_manuscript", "restore_manuscript"]


def test_codes_of_a_started_manuscript_are_all_its_own(author):  # noqa: F811
    """Modules that share an item leave it once."""
    start(author, start="bank", modules=["demographics", "outline_individual"])
    found = book(Manuscript.objects.get())
    sheet = found.sheet("survey")
    names = [name for r in sheet.numbers() if (name := sheet.get(r, "name"))]
    assert len(names) == len(set(names)) == len(outline.names(found))
