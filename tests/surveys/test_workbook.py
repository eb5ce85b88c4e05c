"""The editable model of a workbook loses no cell. Referees: openpyxl and xlrd, see round_trip."""

import io
from datetime import date, datetime, time

import openpyxl
import pytest
from django.conf import settings
from openpyxl.styles import PatternFill

from surveys import gateway
from surveys.core import workbook, xlsform
from tests import round_trip

pytestmark = pytest.mark.usefixtures("in_a_child")

BANK = sorted((settings.BASE_DIR / "surveys" / "bank").glob("*.xlsx"))


def filled(**sheets) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("path", BANK, ids=lambda path: path.stem)
def test_reference_workbooks_come_back_whole(path):
    assert round_trip.difference(path.read_bytes()) == ""


def test_types_sheets_and_unknown_columns_survive():
    moment, clock = datetime(2026, 11, 24, 9, 30), time(9, 30)
    data = filled(
        survey=[["type", "我的列", None, "name"], ["text", 3, None, "a"], [], ["note", 2.5, True]],
        notes=[[moment, clock, False, "多行\n文字", "0012"]],
        empty=[],
    )
    assert round_trip.difference(data) == ""
    book = workbook.read(workbook.write(workbook.read(data)))
    assert [sheet.name for sheet in book.sheets] == ["survey", "notes", "empty"]
    assert book.sheets[1].rows[0] == [moment, clock, False, "多行\n文字", "0012"]
    assert book.sheets[0].rows[1] == ["text", 3, None, "a"]


def test_the_referee_sees_a_lost_cell(monkeypatch):
    data = filled(survey=[["type", "name"], ["text", "a"]])
    monkeypatch.setattr(workbook, "write", lambda book: filled(survey=[["type", "name"], ["text"]]))
    assert round_trip.difference(data) == "survey (2, 2) 'a' None"


def test_text_that_looks_like_a_formula_stays_text():
    book = workbook.Workbook([workbook.Sheet("survey", [["label"], ["=1+1"], ["#N/A"]])])
    data = workbook.write(book)
    assert round_trip.values(data)["survey"] == {(1, 1): "label", (2, 1): "=1+1", (3, 1): "#N/A"}
    assert workbook.read(data) == book


def test_a_formula_never_computed_is_kept():
    kept = workbook.read(filled(survey=[["n"], ["=1+1"]]))
    assert isinstance(kept.sheets[0].rows[1][0], workbook.Formula)
    again = openpyxl.load_workbook(io.BytesIO(workbook.write(kept)))
    assert again["survey"]["A2"].data_type == "f"


def test_cells_are_written_only_when_their_text_changes():
    sheet = workbook.Sheet("survey", [["type", "required"], ["text", True], ["note", 18]])
    sheet.set(2, "required", "True")
    sheet.set(3, "required", "18")
    assert sheet.rows[1:] == [["text", True], ["note", 18]]
    sheet.set(3, "hint", "新\x0b列")
    assert sheet.rows == [["type", "required", "hint"], ["text", True], ["note", 18, "新列"]]


def test_a_date_without_time_is_read_as_excel_gives_it():
    book = workbook.read(filled(survey=[["day"], [date(2026, 11, 24)]]))
    assert workbook.read(workbook.write(book)).sheets[0].rows[1] == [datetime(2026, 11, 24)]


def test_a_sheet_beyond_the_limits_of_an_import_is_named():
    with pytest.raises(workbook.TooLarge, match="survey"):
        workbook.read(filled(survey=[[None] * 200 + ["x"]]))


def test_looking_for_a_sheet_that_is_not_there_adds_none():
    book = workbook.read(filled(survey=[["type"]]))
    assert book.sheet("settings").rows == []
    assert [sheet.name for sheet in workbook.read(workbook.write(book)).sheets] == ["survey"]


def painted(data: bytes) -> bytes:
    """A form as WPS leaves it: columns coloured to XFD, single cells and rows to the very last."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    colour = PatternFill("solid", fgColor="FFF2CC")
    for sheet in book:
        sheet["XFD1"].fill = sheet["A30000"].fill = colour
    book["survey"]["XFD1048576"].fill = colour
    book["survey"].row_dimensions[900_000].fill = colour
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_sheet_formatted_to_its_end_is_as_large_as_what_stands_in_it(five_questions):
    data = painted(five_questions)
    plain = xlsform.convert(five_questions, "f.xlsx")
    done = xlsform.convert(data, "f.xlsx")
    assert done.problems == []
    assert done.xform == plain.xform
    assert workbook.read(data) == workbook.read(five_questions)
    assert gateway.read_table(data, "f.xlsx") == gateway.read_table(five_questions, "f.xlsx")


@pytest.mark.parametrize("cell", ["A20001", "GS2", "XFD1048576"])
def test_the_first_cell_beyond_the_limits_is_named(five_questions, cell):
    book = openpyxl.load_workbook(io.BytesIO(painted(five_questions)))
    book["survey"][cell] = "x"
    out = io.BytesIO()
    book.save(out)
    (problem,) = xlsform.convert(out.getvalue(), "f.xlsx").problems
    assert (str(problem.where), problem.code) == (f"survey!{cell}", "sheet_too_large")
