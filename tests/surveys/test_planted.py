"""Ten faults of ten kinds in a workbook of 200 questions are found at once, each in its cell."""

import io

import openpyxl
import pytest

from surveys import messages, services
from surveys.models import Questionnaire
from tests.workbooks import SETTINGS, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_a_child")]

HEAD = (
    "| type | name | label | relevant | constraint | calculation | appearance | bind::nr:class |\n"
)
COLUMNS = {name.strip(): chr(64 + n) for n, name in enumerate(HEAD.split("|")[1:-1], start=1)}
LISTS = """
| list_name | name | label | nr_missing |
| yesno | 1 | 是 | |
| yesno | 0 | 否 | |
| yesno | 99 | 不想回答 | refused |
"""


def two_hundred() -> bytes:
    """Questions of several kinds with skips and ranges, in twenty groups of ten."""
    rows = []
    for number in range(200):
        if number % 10 == 0:
            rows.append(f"begin_group | g{number} | 第 {number // 10 + 1} 部分 | | | | |")
        skip = f"${{q{number - 2}}} > 3" if number % 4 == 3 else ""
        kind = ("select_one yesno", "integer", "text", "decimal")[number % 4]
        limit = ". >= 0 and . <= 120" if kind == "integer" else ""
        rows.append(f"{kind} | q{number} | 第 {number} 题 | {skip} | {limit} | | | L3")
        if number % 10 == 9:
            rows.append("end_group | | | | | | |")
    rows.append("calculate | total | | | | ${q1} + ${q5} | | L3")
    return workbook(HEAD + "".join(f"| {row} |\n" for row in rows), LISTS, SETTINGS)


PLANTED = (  # (question, column, what is written there, code)
    ("q4", "type", "select_one missing", "list_missing"),
    ("q13", "constraint", "years(.) > 3", "unknown_function"),
    ("q27", "relevant", "${q999} = 1", "reference_unknown"),
    ("q42", "name", "q40", "name_duplicate"),
    ("q55", "relevant", "${q53} >", "expression_syntax"),
    ("q68", "bind::nr:class", "L9", "class_unknown"),
    ("q90", "type", "numbr", "type_unknown"),
    ("q111", "type", "barcode", "type_unsupported"),
    ("q130", "appearance", "ex:org.example.app", "appearance_unsupported"),
    ("q171", "constraint", ". > 5 and . < 3", "dead_end"),
)


def planted() -> tuple[bytes, dict[str, str]]:
    """The workbook with the faults, and cell -> code."""
    book = openpyxl.load_workbook(io.BytesIO(two_hundred()))
    sheet = book["survey"]
    rows = {sheet.cell(n, 2).value: n for n in range(2, sheet.max_row + 1)}
    expected = {}
    for question, column, text, code in PLANTED:
        cell = f"{COLUMNS[column]}{rows[question]}"
        sheet[cell] = text
        expected[f"survey!{cell}"] = code
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), expected


def test_the_sound_workbook_is_imported_without_a_word(now):
    done = services.import_file(two_hundred(), "f.xlsx", by="test", now=now)
    assert done.version
    assert len([q for q in done.version.definition.questions() if q.visible]) == 200
    assert {p.code for p in done.problems} <= {"questionnaire_long"}


def test_ten_planted_faults_are_all_found_in_their_cells(now):
    data, expected = planted()
    done = services.import_file(data, "f.xlsx", by="test", now=now)
    found = {str(p.where): p.code for p in done.problems if p.code != "questionnaire_long"}
    assert found == expected, [messages.line(p) for p in done.problems]
    assert done.version is None
    assert not Questionnaire.objects.exists()
