"""Broken workbooks get a sentence with sheet and cell, and nothing is imported."""

import io
import zipfile

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from surveys import messages, services
from surveys.models import Questionnaire, Version
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, workbook

pytestmark = pytest.mark.django_db


def broken(old: str, new: str) -> bytes:
    assert old in FIVE_QUESTIONS
    return workbook(FIVE_QUESTIONS.replace(old, new), CHOICES, SETTINGS)


def with_entry(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def whole() -> bytes:
    return workbook(FIVE_QUESTIONS, CHOICES, SETTINGS)


FAULTS = {
    "missing list": (lambda: broken("select_one yesno | agree", "select_one nolist | agree"),
                     "survey!A2  list_missing"),
    "unknown function": (lambda: broken(". >= 18 and . <= 110", "years(.) > 3"),
                         "survey!E3  unknown_function"),
    "syntax": (lambda: broken(". >= 18 and . <= 110", ". >= "), "survey!E3  expression_syntax"),
    "unknown reference": (lambda: broken("${call_me} = '1'", "${call} = '1'"),
                          "survey!D9  reference_unknown"),
    "duplicate name": (lambda: broken("| text | phone |", "| text | age |"),
                       "survey!B9  name_duplicate"),
    "sealed section read from outside": (
        lambda: broken("${call_me} = '1'", "${afraid} = '1'"), "survey!B9  sealed_reference"),
    "macro file": (lambda: with_entry(whole(), "xl/vbaProject.bin", b"x"),
                   "five.xlsx!  workbook_macro"),
    "zip bomb": (lambda: with_entry(whole(), "xl/media/a.bin", b"0" * 60_000_000),
                 "five.xlsx!  workbook_bomb"),
    "text file": (lambda: "这是文字".encode(), "five.xlsx!  workbook_not_a_workbook"),
    "cut file": (lambda: whole()[:2000], "five.xlsx!  workbook_damaged"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_workbook_is_named_and_not_imported(fault, now):
    make, expected = FAULTS[fault]
    done = services.import_workbook(make(), "five.xlsx", by="test", now=now)
    assert done.version is None
    lines = [messages.line(p) for p in done.problems]
    assert any(line.startswith(expected) for line in lines), lines
    assert not Questionnaire.objects.exists()
    assert all("不能处理" not in line for line in lines)


def test_a_cyclic_calculate_is_named_with_its_row(now):
    survey = """
    | type | name | label | calculation |
    | integer | n | 数 | |
    | calculate | one | | ${two} + 1 |
    | calculate | two | | ${one} + 1 |
    """
    done = services.import_workbook(workbook(survey), "c.xlsx", by="test", now=now)
    assert done.version is None
    assert [(p.code, str(p.where)[:8]) for p in done.problems] in (
        [("cycle", "survey!B")],
        [("conversion_failed", "survey!")],
    )


def test_several_faults_are_reported_at_once(now):
    data = broken("select_one yesno | agree", "select_one nolist | agree")
    book = openpyxl.load_workbook(io.BytesIO(data))
    book["survey"]["E3"] = "years(.)"
    out = io.BytesIO()
    book.save(out)
    done = services.import_workbook(out.getvalue(), "five.xlsx", by="test", now=now)
    assert {p.code for p in done.problems} == {"list_missing", "unknown_function"}


def test_a_published_version_can_neither_change_nor_vanish(five_questions, now):
    version = services.import_workbook(five_questions, "f.xlsx", by="test", now=now).version
    services.publish_version(version, by="test", now=now)
    version.xform_sha256 = "0" * 64
    with pytest.raises(ValidationError):
        version.save()
    with pytest.raises(ValidationError):
        Version.objects.get().delete()


def test_the_same_version_number_is_refused(five_questions, now):
    services.import_workbook(five_questions, "f.xlsx", by="test", now=now)
    again = services.import_workbook(five_questions, "f.xlsx", by="test", now=now)
    assert again.version is None
    assert [p.code for p in again.problems] == ["version_exists"]


def test_the_command_prints_the_lines_and_exits_with_2(tmp_path, capsys):
    path = tmp_path / "five.xlsx"
    path.write_bytes(broken("${call_me} = '1'", "${call} = '1'"))
    with pytest.raises(SystemExit) as stop:
        call_command("import_questionnaire", str(path))
    assert stop.value.code == 2
    assert capsys.readouterr().out.startswith("survey!D9  reference_unknown  公式引用的题目")


def test_the_command_imports_and_publishes(tmp_path, five_questions, capsys):
    path = tmp_path / "five.xlsx"
    path.write_bytes(five_questions)
    call_command("import_questionnaire", str(path), "--publish")
    assert Version.objects.get().state == Version.State.PUBLISHED
    assert "已导入" in capsys.readouterr().out
