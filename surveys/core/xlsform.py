"""XLSForm workbook -> XForm XML with pyxform, in a child process with limits.

Our own checks run first and name sheet, row and column; what only pyxform finds is translated from
its message. Several problems are reported at once where they can be told apart.
"""

from __future__ import annotations

import io
import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openpyxl
import xlrd
from openpyxl.utils import get_column_letter

from .definition import NAMESPACE
from .expressions import SyntaxProblem, compile_ast, parse
from .expressions.values import EvaluationProblem
from .problems import Problem, Where

SECONDS, MEMORY = 30, 1_500_000_000
_LOGIC = ("relevant", "constraint", "calculation", "required", "choice_filter", "repeat_count")
_NAME = re.compile(r"[^\W\d][\w.\-]*\Z")
_REFERENCE = re.compile(r"\$\{\s*([^}]*?)\s*\}")

_CHILD = """
import io, json, sys
from pyxform.xls2xform import convert
kind = sys.argv[1]
try:
    done = convert(io.BytesIO(sys.stdin.buffer.read()), file_type=kind, warnings=[])
    json.dump({"xform": done.xform}, sys.stdout)
except Exception as error:
    json.dump({"error": type(error).__name__, "text": str(error)}, sys.stdout)
"""


@dataclass(slots=True)
class Converted:
    """xform is None when the workbook cannot become a questionnaire."""

    xform: bytes | None
    problems: list[Problem] = field(default_factory=list)
    # question name -> its place in the workbook, so that later problems can be shown there
    rows: dict[str, Where] = field(default_factory=dict)


@dataclass(slots=True)
class Sheet:
    """One sheet: header text -> column letter, and rows as (number, {header: text})."""

    name: str
    columns: dict[str, str]
    rows: list[tuple[int, dict[str, str]]]

    def where(self, row: int, header: str = "") -> Where:
        return Where(self.name, row, self.columns.get(header, ""))


def convert(workbook: bytes, filename: str, *, kind: str = "xlsx") -> Converted:
    """Convert a workbook whose type and size the gateway has checked."""
    try:
        sheets = _read(workbook, kind)
    except (KeyError, ValueError, OSError, xlrd.XLRDError):
        return Converted(None, [Problem("workbook_damaged", Where(sheet=filename))])
    problems = list(_check(sheets))
    if any(p.level == "error" for p in problems):
        return Converted(None, problems)
    prepared = _with_namespaces(workbook) if kind == "xlsx" else workbook
    answer = _pyxform(prepared, kind)
    if "xform" in answer:
        return Converted(answer["xform"].encode(), problems, _places(sheets["survey"]))
    return Converted(None, [*problems, _translate(answer, sheets)])


def _places(survey: Sheet) -> dict[str, Where]:
    return {
        cells["name"]: survey.where(number, "name")
        for number, cells in survey.rows
        if "name" in cells
    }


def _read(workbook: bytes, kind: str) -> dict[str, Sheet]:
    if kind == "xls":
        old = xlrd.open_workbook(file_contents=workbook)
        tables = {s.name: [s.row_values(i) for i in range(s.nrows)] for s in old.sheets()}
    else:
        book = openpyxl.load_workbook(io.BytesIO(workbook), read_only=True, data_only=True)
        tables = {
            s.title: [list(r) for r in s.iter_rows(max_row=20_000, max_col=200, values_only=True)]
            for s in book.worksheets
        }
    return {name.strip().lower(): _sheet(name, table) for name, table in tables.items()}


def _sheet(name: str, table: list[list[Any]]) -> Sheet:
    header = [_text(c) for c in table[0]] if table else []
    columns = {h: get_column_letter(i) for i, h in enumerate(header, start=1) if h}
    rows = []
    for number, line in enumerate(table[1:], start=2):
        cells = {h: _text(c) for h, c in zip(header, line, strict=False) if h and _text(c)}
        if cells:
            rows.append((number, cells))
    return Sheet(name, columns, rows)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    whole = isinstance(cell, float) and cell == int(cell)
    return str(int(cell)) if whole else str(cell).strip()


def _check(sheets: dict[str, Sheet]) -> Iterator[Problem]:
    survey = sheets.get("survey")
    if survey is None or not survey.rows:
        yield Problem("survey_sheet_missing", Where(sheet="survey"))
        return
    lists = _lists(sheets.get("choices"))
    names: dict[str, int] = {}
    for number, cells in survey.rows:
        yield from _check_row(survey, number, cells, lists, names)
    known = {cells.get("name", "") for _, cells in survey.rows}
    for number, cells in survey.rows:
        yield from _check_logic(survey, number, cells, known)


def _lists(choices: Sheet | None) -> set[str]:
    rows = choices.rows if choices else []
    return {cells.get("list_name", cells.get("list name", "")) for _, cells in rows}


def _check_row(
    survey: Sheet, number: int, cells: dict[str, str], lists: set[str], names: dict[str, int]
) -> Iterator[Problem]:
    kind, _, rest = cells.get("type", "").partition(" ")
    name, listed = cells.get("name", ""), rest.split(" ")[0]
    if kind in ("select_one", "select_multiple", "rank") and listed not in lists:
        yield Problem("list_missing", survey.where(number, "type"), {"list": listed})
    if not name or kind.startswith("end"):
        return
    if not _NAME.match(name):
        yield Problem("name_invalid", survey.where(number, "name"), {"name": name})
    if name in names:
        params = {"name": name, "row": names[name]}
        yield Problem("name_duplicate", survey.where(number, "name"), params)
    names.setdefault(name, number)


def _check_logic(
    survey: Sheet, number: int, cells: dict[str, str], known: set[str]
) -> Iterator[Problem]:
    for header in _LOGIC:
        source = cells.get(header, "")
        if not source or source.lower() in ("yes", "no", "true", "false"):
            continue
        where = survey.where(number, header)
        for ref in _REFERENCE.findall(source):
            if ref.removeprefix("last-saved#") not in known:
                yield Problem("reference_unknown", where, {"name": ref})
        yield from _check_expression(_REFERENCE.sub("name", source), source, where)


def _check_expression(plain: str, source: str, where: Where) -> Iterator[Problem]:
    try:
        compile_ast(parse(plain))
    except SyntaxProblem as error:
        yield Problem("expression_syntax", where, {"text": source, "at": error.at})
    except EvaluationProblem as error:
        code, _, name = str(error).partition(":")
        yield Problem(code, where, {"name": name, "text": source})


def _with_namespaces(workbook: bytes) -> bytes:
    """Add our namespace to the settings sheet when the author left it out."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    uses = any(
        "::nr:" in str(cell.value)
        for sheet in book.worksheets
        for cell in next(sheet.iter_rows(), ())
    )
    if not uses:
        return workbook
    settings = book["settings"] if "settings" in book.sheetnames else book.create_sheet("settings")
    headers = {str(c.value).strip(): c.column for c in settings[1] if c.value}
    column = headers.get("namespaces", len(headers) + 1)
    value = str(settings.cell(2, column).value or "")
    if NAMESPACE in value:
        return workbook
    settings.cell(1, column, "namespaces")
    settings.cell(2, column, f'{value} nr="{NAMESPACE}"'.strip())
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _pyxform(workbook: bytes, kind: str) -> dict[str, str]:
    command = [sys.executable, "-c", _CHILD, "." + kind]
    try:
        done = subprocess.run(
            command, input=workbook, capture_output=True, timeout=SECONDS * 2, preexec_fn=_limits
        )
        return dict(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, ValueError):
        return {"error": "limit", "text": ""}


def _translate(answer: dict[str, str], sheets: dict[str, Sheet]) -> Problem:
    """pyxform's message as a problem; `[row : 12]` in it becomes the place."""
    if answer.get("error") == "limit":
        return Problem("conversion_limit", Where(sheet="survey"))
    text = answer.get("text", "")
    row = re.search(r"\[row\s*:\s*(\d+)\]|row\s+'?(\d+)'?", text, re.IGNORECASE)
    sheet = "choices" if "choices" in text.lower() else "survey"
    place = Where(sheet, int(row[1] or row[2]), "") if row else Where(sheet=sheet)
    return Problem("conversion_failed", place, {"text": text})
