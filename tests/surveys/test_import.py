"""Broken workbooks get a sentence with sheet and cell, and nothing is imported."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from functools import cache
from importlib import import_module
from random import Random

import openpyxl
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command

from surveys import messages, services
from surveys.core import xlsform
from surveys.core.xlsform import child
from surveys.models import Questionnaire, Version
from tests.conftest import said_here
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_a_child")]


def broken(old: str, new: str) -> bytes:
    assert old in FIVE_QUESTIONS
    return workbook(FIVE_QUESTIONS.replace(old, new), CHOICES, SETTINGS)


def with_entry(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def with_cell(cell: str, value: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(whole()))
    book["survey"][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def overwritten(start: int, end: int) -> bytes:
    """The bytes of a whole workbook with a stretch turned over, as a bad disk leaves it."""
    data = bytearray(whole())
    data[start:end] = bytes(byte ^ 0xFF for byte in data[start:end])
    return bytes(data)


def whole() -> bytes:
    return workbook(FIVE_QUESTIONS, CHOICES, SETTINGS)


CYCLE = """
| type | name | label | calculation |
| integer | n | 数 | |
| calculate | one | | ${two} + 1 |
| calculate | two | | ${one} + 1 |
"""
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
        lambda: broken("${call_me} = '1'", "${afraid} = '1'"), "survey!D9  sealed_reference"),
    "macro file": (lambda: with_entry(whole(), "xl/vbaProject.bin", b"x"),
                   "five.xlsx!  workbook_macro"),
    "zip bomb": (lambda: with_entry(whole(), "xl/media/a.bin", b"0" * 60_000_000),
                 "five.xlsx!  workbook_bomb"),
    "text file": (lambda: "这是文字".encode(), "five.xlsx!  workbook_not_a_workbook"),
    "cyclic calculate": (lambda: workbook(CYCLE), "survey!D3  cycle"),
    "corrupt archive": (lambda: overwritten(60, 400), "five.xlsx!  workbook_damaged"),
    "corrupt middle": (lambda: overwritten(3000, 3200), "five.xlsx!  workbook_damaged"),
    "cell at the far end": (lambda: with_cell("XFD1048576", "x"),
                            "survey!XFD1048576  sheet_too_large"),
    "wrong column case": (lambda: with_cell("D1", "Relevant"), "survey!D1  column_case"),
    "empty survey": (lambda: workbook("| type | name | label |", CHOICES, SETTINGS),
                     "survey!  survey_sheet_missing"),
    "no survey": (lambda: workbook(""), "survey!  survey_sheet_missing"),
    "unknown type": (lambda: broken("| integer | age |", "| numbr | age |"),
                     "survey!A3  type_unknown"),
    "old workbook damaged": (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(range(256)) * 20,
                             "five.xlsx!  workbook_damaged"),
    "impossible pattern": (lambda: broken(". >= 18 and . <= 110", "regex(., '(')"),
                           "survey!E3  regex_invalid"),
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
    assert all(re.search("[\u4e00-\u9fff]", line) and "不能处理" not in line for line in lines)


def test_several_faults_are_reported_at_once(now):
    data = broken("select_one yesno | agree", "select_one nolist | agree")
    book = openpyxl.load_workbook(io.BytesIO(data))
    book["survey"]["E3"] = "years(.)"
    out = io.BytesIO()
    book.save(out)
    done = services.import_workbook(out.getvalue(), "five.xlsx", by="test", now=now)
    errors = {p.code for p in done.problems if p.level == "error"}
    assert errors == {"list_missing", "unknown_function"}


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
    assert [p.code for p in again.problems if p.level == "error"] == ["version_exists"]


def test_a_date_in_quotes_that_is_compared_is_warned_of_and_imported(now):
    data = broken(". >= 18 and . <= 110", ". >= 18 and '2020-01-01' < today()")
    done = services.import_workbook(data, "five.xlsx", by="test", now=now)
    assert done.version
    (problem,) = [p for p in done.problems if p.code == "date_as_text"]
    assert (problem.level, str(problem.where)) == ("warning", "survey!E3")
    assert messages.sentence(problem).endswith("请写成 date('2020-01-01')。")


COMMANDS = {
    "unknown reference": (lambda: broken("${call_me} = '1'", "${call} = '1'"),
                          "survey!D9  reference_unknown  公式引用的题目“call”不存在，请改正名称。"),
    "macro file": (lambda: with_entry(whole(), "xl/vbaProject.bin", b"x"),
                   "five.xlsx!  workbook_macro  工作簿带有宏，不能导入，请另存为不带宏的 .xlsx。"),
}  # fmt: skip


@pytest.mark.parametrize("fault", COMMANDS)
def test_the_command_prints_the_line_and_exits_with_2(fault, tmp_path):
    make, line = COMMANDS[fault]
    path = tmp_path / "five.xlsx"
    path.write_bytes(make())
    done = subprocess.run(
        [sys.executable, "manage.py", "import_questionnaire", str(path), "--publish"],
        cwd=settings.BASE_DIR, capture_output=True, text=True,
        env={**os.environ, "NEEDS_DATA": str(tmp_path / "data"), "NEEDS_VENV": sys.prefix},
    )  # fmt: skip
    assert (done.stdout.splitlines(), done.returncode) == ([line], 2)
    assert "Traceback" not in done.stderr


@cache
def heavy() -> bytes:
    """A workbook of honest size that needs more memory than a small one: long random texts."""
    book, rng = openpyxl.load_workbook(io.BytesIO(whole())), Random(1)
    sheet = book.create_sheet("notes")
    for _ in range(1_500):
        sheet.append([rng.randbytes(15_000).hex()])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("limit", "value"), [("MEMORY", 90_000_000), ("SECONDS", 1)])
def test_a_workbook_beyond_a_limit_of_the_child_is_refused(limit, value, now, monkeypatch):
    monkeypatch.setattr(xlsform, limit, value)
    done = services.import_workbook(heavy(), "five.xlsx", by="test", now=now)
    assert [p.code for p in done.problems] == ["conversion_limit"]
    assert not Questionnaire.objects.exists()


def test_the_limits_of_the_child_are_those_of_the_system():
    code = "import resource as r; print(*r.getrlimit(r.RLIMIT_CPU)); bytearray({})"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code.format(size)],
            preexec_fn=xlsform._limits, capture_output=True, text=True,
        )
        for size in (xlsform.MEMORY // 2, xlsform.MEMORY)
    ]  # fmt: skip
    assert [run.stdout.split() for run in runs] == [[str(xlsform.SECONDS)] * 2] * 2
    assert [run.returncode for run in runs] == [0, 1]
    assert runs[1].stderr.strip().endswith("MemoryError")


def online() -> bytes:
    return (settings.BASE_DIR / "surveys" / "bank" / "online.xlsx").read_bytes()


ALIKE = [online, *(FAULTS[f][0] for f in ("missing list", "corrupt middle", "cell at the far end"))]


@pytest.mark.parametrize("make", ALIKE, ids=["sound", "faulty", "damaged", "too large"])
def test_the_child_says_the_same_without_the_libraries_it_leaves_out(make):
    """Referee: the same steps in this process, where all of them are loaded."""
    assert all(map(import_module, child.UNNEEDED))
    alone, here = xlsform._said(make(), "xlsx"), said_here(make(), "xlsx")
    assert json.loads(alone) == json.loads(here)


def test_the_command_imports_and_publishes(tmp_path, five_questions, capsys):
    path = tmp_path / "five.xlsx"
    path.write_bytes(five_questions)
    call_command("import_questionnaire", str(path), "--publish")
    assert Version.objects.get().state == Version.State.PUBLISHED
    assert "已导入" in capsys.readouterr().out
