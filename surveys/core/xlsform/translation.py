"""pyxform's faults as problems: by its code where it has one, else by the words of its message."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..problems import Problem, Where
from .sheets import Book

# pyxform's code -> ours, and the column when pyxform does not name it
_CODES = {
    "ENTITY": ("entities_unsupported", "save_to"),
    "HEADER_002": ("column_twice", ""),
    "HEADER_003": ("columns_missing", ""),
    "HEADER_004": ("choice_column_invalid", ""),
    "LABEL_001": ("label_missing", "label"),
    "NAMES_001": ("name_duplicate_here", "name"),
    "NAMES_003": ("name_reserved", "name"),
    "NAMES_004": ("name_duplicate_here", "name"),
    "NAMES_005": ("name_reserved", "name"),
    "NAMES_008": ("name_invalid", "name"),
    "NAMES_009": ("name_invalid", "name"),
    "PYREF_001": ("reference_malformed", ""),
    "PYREF_002": ("reference_malformed", ""),
    "PYREF_003": ("reference_unknown", ""),
    "PYREF_004": ("reference_ambiguous", ""),
    "RANGE": ("range_invalid", "parameters"),
    "SURVEY_001": ("group_not_begun", "type"),
    "SURVEY_002": ("group_not_ended", "type"),
    "SURVEY": ("parameters_invalid", "parameters"),
}
_ROW = re.compile(r"\[row\s*:\s*(\d+)\]|row\s+'?(\d+)'?", re.IGNORECASE)
_SHEET = re.compile(r"On the '(\w+)' sheet|sheet: '(\w+)'")
_COLUMN = re.compile(r"the '([^']+)' value")


def translate(answer: Mapping[str, Any], book: Book) -> list[Problem]:
    """All places the faults of pyxform stand at, each with a code of ours."""
    return [problem for fault in answer["faults"] for problem in _translated(fault, book)]


def _translated(fault: Mapping[str, Any], book: Book) -> list[Problem]:
    for pattern, make in _MESSAGES:
        found = re.search(pattern, fault["text"])
        problems = make(found, book) if found else []
        if problems:
            return problems
    return [_coded(fault, book)]


def _coded(fault: Mapping[str, Any], book: Book) -> Problem:
    line, context = str(fault["text"]), fault["context"]
    code, column = _code(line, str(fault["code"])) or ("conversion_failed", "")
    sheet, row = _SHEET.search(line), _ROW.search(line)
    name = (sheet[1] or sheet[2]) if sheet else "choices" if "choices" in line else "survey"
    column = column or context.get("header") or (c[1] if (c := _COLUMN.search(line)) else "")
    word = context.get("q") or context.get("value") or context.get("header") or ""
    params = {
        "name": word,
        "text": line,
        "kind": context.get("type", ""),
        "names": context.get("missing", ""),
    }
    if row is None and not context.get("header"):
        return Problem(code, Where(sheet=book[name].name), params)
    column = column if column in book[name].columns else "type"
    number = int(row[1] or row[2]) if row else 1
    return Problem(code, book[name].where(number, column), params)


def _code(line: str, given: str) -> tuple[str, str] | None:
    if given:
        return _CODES.get(given) or _CODES.get(given.partition("_")[0])
    return next(((code, column) for words, code, column in _WORDS if words in line), None)


# what pyxform says without a code
_WORDS = (
    ("Missing calculation", "calculation_missing", "calculation"),
    ("Question with no type", "type_missing", "type"),
    ("with no name", "name_missing", "name"),
    ("'name' value is invalid", "name_invalid", "name"),
    ("must be unique within", "name_duplicate_here", "name"),
    ("Duplicate column header", "column_twice", ""),
    ("must have an integer value", "parameters_invalid", "parameters"),
    ("'parameters' value is invalid", "parameters_invalid", "parameters"),
    ("randomize", "parameters_invalid", "parameters"),
    ("seed", "parameters_invalid", "parameters"),
    ("quality", "audio_quality_unsupported", "parameters"),
    ("File name for", "list_file_invalid", "type"),
    ("or other", "or_other_without_choices", "type"),
    ("external choices", "external_choices_unsupported", "type"),
    ("Choice names with spaces", "choice_with_space", "name"),
)


def _unknown_type(found: re.Match[str], book: Book) -> list[Problem]:
    survey, name = book["survey"], found[1]
    rows = [n for n, cells in survey.rows if cells.get("type", "") == name]
    return [Problem("type_unknown", survey.where(n, "type"), {"name": name}) for n in rows]


def _unlabelled(found: re.Match[str], book: Book) -> list[Problem]:
    survey = book["survey"]
    rows = [n for n, cells in survey.rows if cells.get("name", "") == found[1]]
    return [Problem("label_missing", survey.where(n, "label")) for n in rows]


def _included(found: re.Match[str], book: Book) -> list[Problem]:
    survey = book["survey"]
    rows = [n for n, cells in survey.rows if cells.get("type", "").startswith("include")]
    return [Problem("type_unsupported", survey.where(n, "type"), {"name": "include"}) for n in rows]


_Maker = Callable[[re.Match[str], Book], list[Problem]]
_MESSAGES: tuple[tuple[str, _Maker], ...] = (
    (r"Unknown question type '(.*)'", _unknown_type),
    (r"element named '(.*)' has no label", _unlabelled),
    (r"This section has not been included", _included),
)
