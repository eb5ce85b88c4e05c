"""Chinese workbooks, CSV parcels, lists in sheets: other ways to the same questionnaire."""

import io
import zipfile

import openpyxl
import pytest
from django.core.management import call_command

from surveys import gateway, messages, services
from surveys.core import xlsform
from surveys.core.interview import Interview
from surveys.core.xlsform import aliases
from surveys.core.xlsform.template import EXAMPLES, NOTES, template
from surveys.models import Version
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_a_child")]


def tables(data: bytes) -> dict[str, list[list[str]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        sheet.title: [["" if c is None else str(c) for c in row] for row in sheet.values]
        for sheet in book.worksheets
    }


def translated(data: bytes) -> bytes:
    """The same workbook with Chinese names of sheets, columns, types and values."""
    found = {}
    sheets = {english: own for own, english in aliases.SHEETS.items()}
    types = {english: own for own, english in aliases.TYPES.items()}
    for name, (header, *rows) in tables(data).items():
        columns = {english: own for own, english in aliases.COLUMNS[name].items()}
        lines = [[columns.get(h, h) for h in header]]
        for row in rows:
            line = []
            for head, cell in zip(header, row, strict=True):
                values = {v: k for k, v in aliases.VALUES.get(head, {}).items()}
                word, blank, rest = cell.partition(" ")
                line.append(types.get(word, word) + blank + rest if head == "type" else
                            values.get(cell, cell))  # fmt: skip
            lines.append(line)
        found[sheets[name]] = lines
    return gateway.to_workbook(found)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def zipped_on_windows(files: dict[str, bytes]) -> bytes:
    """Names in the code page of a Chinese Windows, with nothing that says so."""
    names = [name.encode("gb18030") for name in files]
    places = {name: str(n).rjust(len(name), "_") for n, name in enumerate(names)}
    data = zipped(dict(zip(places.values(), files.values(), strict=True)))
    for name, place in places.items():
        data = data.replace(place.encode(), name)
    return data


def csvs(data: bytes, encoding: str = "utf-8-sig") -> dict[str, bytes]:
    return {
        f"{name}.csv": "\r\n".join(",".join(f'"{c}"' for c in row) for row in rows).encode(encoding)
        for name, rows in tables(data).items()
    }


def test_a_chinese_workbook_converts_to_the_same_xform(five_questions):
    plain = xlsform.convert(five_questions, "f.xlsx")
    chinese = translated(five_questions)
    assert "题型" in tables(chinese)["调查表"][0]
    assert "单选 yesno" in [row[0] for row in tables(chinese)["调查表"]]
    assert xlsform.convert(chinese, "f.xlsx").xform == plain.xform is not None


def test_faults_of_a_chinese_workbook_name_its_own_sheet_and_cell(now):
    broken = FIVE_QUESTIONS.replace(". >= 18", "years(.)")
    broken = broken.replace("select_one yesno | call", "select_one nolist | call")
    data = translated(workbook(broken, CHOICES, SETTINGS))
    done = services.import_file(data, "f.xlsx", by="test", now=now)
    lines = {messages.line(p).split("  ")[0]: p.code for p in done.problems if p.level == "error"}
    assert lines == {"调查表!E3": "unknown_function", "调查表!A8": "list_missing"}


def test_the_list_of_a_question_may_stand_in_a_column_of_its_own(now):
    survey = """
| 题型 | 选项表 | 变量名 | 题目 | 题目::Vahcuengh (za) |
| 单选 | yesno | a | 题一 | Cingx |
| 多选 | groups | b | 题二 | |
"""
    done = xlsform.convert(translated_survey(survey), "f.xlsx")
    assert done.xform
    assert b"instance('yesno')/root/item" in done.xform
    assert b"instance('groups')/root/item" in done.xform
    assert "题目::Vahcuengh (za)" not in done.book["survey"].columns


def translated_survey(survey: str) -> bytes:
    found = tables(workbook(survey, CHOICES, SETTINGS))
    return gateway.to_workbook({("调查表" if n == "survey" else n): t for n, t in found.items()})


def test_the_template_explains_every_column_and_gives_an_example():
    book = openpyxl.load_workbook(io.BytesIO(template()))
    assert book.sheetnames == ["调查表", "选项", "设置", "说明"]
    for name, notes in NOTES.items():
        header, *rows = book[name].iter_rows()
        assert [cell.comment.text for cell in header] == list(notes.values())
        assert len(rows) == len(EXAMPLES[name])
        assert all(column in aliases.COLUMNS[aliases.SHEETS[name]] for column in notes)
    explained = {(row[0], row[1]) for row in book["说明"].values}
    assert explained >= {(name, column) for name, notes in NOTES.items() for column in notes}


def test_the_template_comes_from_the_command_too(tmp_path, now):
    path = tmp_path / "模板.xlsx"
    call_command("questionnaire_template", str(path))
    done = services.import_file(path.read_bytes(), path.name, by="test", now=now)
    assert done.version
    assert done.problems == []


@pytest.mark.parametrize(
    ("pack", "encoding"), [(zipped, "utf-8-sig"), (zipped_on_windows, "gb18030")]
)
def test_a_parcel_of_csv_files_is_the_workbook(pack, encoding, five_questions, now):
    data = pack(csvs(translated(five_questions), encoding))
    done = services.import_file(data, "five.zip", by="test", now=now)
    assert done.version
    assert bytes(done.version.xform) == xlsform.convert(five_questions, "f.xlsx").xform
    kept = tables(bytes(done.version.workbook))
    assert list(kept) == ["调查表", "选项", "设置"]


def test_faults_of_a_parcel_name_file_and_cell(five_questions, now):
    broken = workbook(FIVE_QUESTIONS.replace(". >= 18", "years(.)"), CHOICES, SETTINGS)
    done = services.import_file(zipped(csvs(broken)), "five.zip", by="test", now=now)
    assert [str(p.where) for p in done.problems if p.level == "error"] == ["survey!E3"]
    strange = zipped({**csvs(five_questions), "a.exe": b"MZ"})
    done = services.import_file(strange, "five.zip", by="test", now=now)
    assert ("a.exe!", "media_unused") in [(str(p.where), p.code) for p in done.problems]
    assert done.version.media.count() == 0


def test_the_command_takes_a_folder_of_csv_files_and_a_foreign_xform(
    five_questions, tmp_path, capsys
):
    for name, content in csvs(five_questions).items():
        (tmp_path / name).write_bytes(content)
    call_command("import_questionnaire", str(tmp_path))
    version = Version.objects.get()
    other = tmp_path / "again.xml"
    again = bytes(version.xform).replace(b'version="1"', b'version="2"')
    other.write_bytes(again)
    call_command("import_questionnaire", str(other))
    assert [v.version for v in Version.objects.order_by("id")] == ["1", "2"]
    assert "已导入：五题问卷 2 (草稿)" in capsys.readouterr().out


VILLAGES = """
| type | name | label | choice_filter | calculation |
| select_one towns | town | 乡镇 | | |
| select_one_from_file villages.csv | village | 村 | town = ${town} | |
| calculate | head | | | pulldata('villages', 'label', 'name', ${village}) |
"""
TOWNS = """
| list_name | name | label |
| towns | a | 甲 |
| towns | b | 乙 |
"""


def test_a_sheet_named_like_a_file_is_that_list(now):
    found = tables(workbook(VILLAGES, TOWNS, SETTINGS))
    rows = [["name", "label", "town"], ["1", "东村", "a"], ["2", "西村", "b"], ["3", "南村", "b"]]
    data = gateway.to_workbook({**found, "villages.csv": rows})
    done = services.import_file(data, "f.xlsx", by="test", now=now)
    assert done.version, [messages.line(p) for p in done.problems]
    interview = Interview(done.version.definition, {"/data/town": "b"}, now=now)
    assert [c.name for c in interview.choices("/data/village")] == ["2", "3"]
    interview.set("/data/village", "3")
    assert interview.value("/data/head") == "南村"


def test_a_list_that_was_left_out_is_refused_at_the_question(now):
    data = workbook(VILLAGES, TOWNS, SETTINGS)
    done = services.import_file(data, "f.xlsx", by="test", now=now)
    errors = {(str(p.where), p.code) for p in done.problems if p.level == "error"}
    assert errors == {("survey!A3", "external_list")}
