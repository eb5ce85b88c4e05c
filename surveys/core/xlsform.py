"""XLSForm workbook -> XForm XML with pyxform, in a child process with limits.

Our own checks come before its word and name sheet, row and column; what only pyxform finds is
translated from its message. Several problems are reported at once where they can be told apart.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter

from .conversion import COLUMNS, ROWS
from .definition import NAMESPACE
from .expressions import SyntaxProblem, bad_patterns, compile_ast, dates_as_text, parse
from .expressions.values import EvaluationProblem
from .problems import Problem, Where

SECONDS, MEMORY = 30, 1_500_000_000
_LOGIC = ("relevant", "constraint", "calculation", "required", "choice_filter", "repeat_count")
_TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
_NAME = re.compile(r"[^\W\d][\w.\-]*\Z")
_REFERENCE = re.compile(r"\$\{\s*([^}]*?)\s*\}")

# standard column names, told apart from the same name in capitals
_STANDARD = frozenset((
    "type", "name", "label", "hint", "guidance_hint", "relevant", "constraint",
    "constraint_message", "required", "required_message", "calculation", "appearance",
    "choice_filter", "default", "repeat_count", "parameters", "readonly", "trigger", "list_name",
    "form_title", "form_id", "version", "default_language", "namespaces",
))  # fmt: skip
_CLASS = "bind::nr:class"
_CLASSES = frozenset({"L1", "L2", "L3", "L4", "L5"})
_CHILD = Path(__file__).with_name("conversion.py")


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
    answer = _in_child(workbook, kind)
    if "tables" not in answer:
        code = "workbook_damaged" if "damaged" in answer else "conversion_limit"
        return Converted(None, [Problem(code, Where(sheet=filename))])
    if answer["beyond"]:
        return Converted(None, [_too_large(*size) for size in answer["beyond"]])
    sheets = {name.strip().lower(): _sheet(name, t) for name, t in answer["tables"].items()}
    problems = list(_check(sheets))
    if any(p.level == "error" for p in problems):
        return Converted(None, problems)
    if "xform" in answer:
        return Converted(answer["xform"].encode(), problems, _places(sheets["survey"]))
    return Converted(None, [*problems, *_translate(answer["text"], sheets)])


def _in_child(workbook: bytes, kind: str) -> dict[str, Any]:
    """What the child says; nothing when it went over its memory or time."""
    command = [sys.executable, "-I", "-B", str(_CHILD), kind, NAMESPACE]
    try:
        done = subprocess.run(
            command, input=workbook, capture_output=True, timeout=SECONDS * 2, preexec_fn=_limits
        )
        return dict(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, ValueError):
        return {}


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _too_large(sheet: str, row: int, column: int) -> Problem:
    where = Where(sheet, row, get_column_letter(column))
    return Problem("sheet_too_large", where, {"rows": ROWS, "columns": COLUMNS})


def _places(survey: Sheet) -> dict[str, Where]:
    return {
        cells["name"]: survey.where(number, "name")
        for number, cells in survey.rows
        if "name" in cells
    }


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
    if survey is None or not (survey.rows or survey.columns):
        yield Problem("survey_sheet_missing", Where(sheet="survey"))
        return
    headers = list(_check_headers(sheets))
    if headers or not survey.rows:
        yield from headers or [Problem("survey_sheet_missing", Where(sheet="survey"))]
        return
    lists = _lists(sheets.get("choices"))
    names: dict[str, int] = {}
    for number, cells in survey.rows:
        yield from _check_row(survey, number, cells, lists, names)
    yield from _check_groups(survey)
    yield from _check_choices(sheets.get("choices"))
    known = {cells.get("name", "") for _, cells in survey.rows}
    for number, cells in survey.rows:
        yield from _check_logic(survey, number, cells, known)


def _check_headers(sheets: dict[str, Sheet]) -> Iterator[Problem]:
    """Column names in their right writing; without them nothing else can be judged."""
    for name in ("survey", "choices", "settings"):
        sheet = sheets.get(name) or Sheet(name, {}, [])
        for header in sheet.columns:
            if header not in _STANDARD and header.lower() in _STANDARD:
                params = {"name": header, "right": header.lower()}
                yield Problem("column_case", sheet.where(1, header), params)
    survey = sheets["survey"]
    present = {header.lower() for header in survey.columns}
    missing = [name for name in ("type", "name") if name not in present]
    if missing:
        where = Where(survey.name, 1, "")
        yield Problem("columns_missing", where, {"names": "、".join(missing)})


def _check_groups(survey: Sheet) -> Iterator[Problem]:
    """Every begin has its end, in order."""
    opened: list[tuple[str, int]] = []
    for number, cells in survey.rows:
        verb, _, kind = cells.get("type", "").replace("_", " ").partition(" ")
        if kind not in ("group", "repeat"):
            continue
        if verb == "begin":
            opened.append((kind, number))
        elif not opened or opened.pop()[0] != kind:
            yield Problem("group_not_begun", survey.where(number, "type"), {"kind": kind})
            return
    for kind, number in opened:
        yield Problem("group_not_ended", survey.where(number, "type"), {"kind": kind})


def _check_choices(choices: Sheet | None) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for number, cells in choices.rows if choices else []:
        assert choices is not None
        listed, name = cells.get("list_name", cells.get("list name", "")), cells.get("name", "")
        if listed and not name:
            yield Problem("choice_nameless", choices.where(number, "name"), {"list": listed})
        elif (listed, name) in seen:
            params = {"list": listed, "name": name, "row": seen[listed, name]}
            yield Problem("choice_duplicate", choices.where(number, "name"), params)
        seen.setdefault((listed, name), number)


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
    if kind.startswith("end") or not kind:
        return
    if not name:
        yield Problem("name_missing", survey.where(number, "name"))
        return
    marked = cells.get(_CLASS, "")
    if marked and marked not in _CLASSES:
        yield Problem("class_unknown", survey.where(number, _CLASS), {"text": marked})
    if not _NAME.match(name):
        yield Problem("name_invalid", survey.where(number, "name"), {"name": name})
    if name in names:
        params = {"name": name, "row": names[name]}
        yield Problem("name_duplicate", survey.where(number, "name"), params)
    names.setdefault(name, number)


def _check_logic(
    survey: Sheet, number: int, cells: dict[str, str], known: set[str]
) -> Iterator[Problem]:
    for header, source in cells.items():
        if header.partition("::")[0] in _TEXTS:
            yield from _check_references(source, survey.where(number, header), known)
    for header in _LOGIC:
        source = cells.get(header, "")
        if not source or source.lower() in ("yes", "no", "true", "false"):
            continue
        yield from logic_problems(source, survey.where(number, header), known)


def logic_problems(source: str, where: Where, known: set[str]) -> Iterator[Problem]:
    """What is wrong with one expression by itself, as it stands or while it is being typed."""
    yield from _check_references(source, where, known)
    yield from _check_expression(_REFERENCE.sub("name", source), source, where)


def _check_references(source: str, where: Where, known: set[str]) -> Iterator[Problem]:
    for ref in _REFERENCE.findall(source):
        if ref.removeprefix("last-saved#") not in known:
            yield Problem("reference_unknown", where, {"name": ref})


def _check_expression(plain: str, source: str, where: Where) -> Iterator[Problem]:
    try:
        ast = parse(plain)
        compile_ast(ast)
        for pattern in bad_patterns(ast):
            yield Problem("regex_invalid", where, {"name": pattern})
        for date in dates_as_text(ast):
            yield Problem("date_as_text", where, {"date": date}, "warning")
    except SyntaxProblem as error:
        yield Problem("expression_syntax", where, {"text": source, "at": error.at})
    except EvaluationProblem as error:
        code, _, name = str(error).partition(":")
        yield Problem(code, where, {"name": name, "text": source})


def _translate(text: str, sheets: dict[str, Sheet]) -> list[Problem]:
    """pyxform's message as problems; a type, a name or `[row : 12]` in it becomes the place."""
    survey = sheets["survey"]
    kind = re.match(r"Unknown question type '(.*)'", text)
    if kind:
        rows = [n for n, cells in survey.rows if cells.get("type", "") == kind[1]]
        params = {"name": kind[1]}
        return [Problem("type_unknown", survey.where(n, "type"), params) for n in rows]
    bare = re.search(r"element named '(.*)' has no label", text)
    if bare:
        rows = [n for n, cells in survey.rows if cells.get("name", "") == bare[1]]
        return [Problem("label_missing", survey.where(n, "label")) for n in rows]
    row = re.search(r"\[row\s*:\s*(\d+)\]|row\s+'?(\d+)'?", text, re.IGNORECASE)
    sheet = "choices" if "choices" in text.lower() else "survey"
    place = Where(sheet, int(row[1] or row[2]), "") if row else Where(sheet=sheet)
    return [Problem("conversion_failed", place, {"text": text})]
