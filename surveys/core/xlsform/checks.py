"""Checks on the tables of a workbook before pyxform's word counts: every fault with its cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from ..expressions import SyntaxProblem, bad_patterns, compile_ast, dates_as_text, parse
from ..expressions.values import EvaluationProblem
from ..problems import Problem, Where
from .sheets import Book, Sheet

_LOGIC = ("relevant", "constraint", "calculation", "required", "choice_filter", "repeat_count")
_REFERRING = frozenset({
    *_LOGIC, "label", "hint", "guidance_hint", "constraint_message", "required_message", "default",
    "trigger", "parameters", "readonly",
})  # fmt: skip
_NAME = re.compile(r"[^\W\d][\w.\-]*\Z")
_REFERENCE = re.compile(r"\$\{\s*([^}]*?)\s*\}")

# standard column names, told apart from the same name in capitals or with a slip in it
_STANDARD = {
    "survey": (
        "type", "name", "label", "hint", "guidance_hint", "relevant", "constraint",
        "constraint_message", "required", "required_message", "calculation", "appearance",
        "choice_filter", "default", "repeat_count", "parameters", "readonly", "trigger",
        "list_name", "image", "audio", "video", "media", "bind", "body", "instance", "save_to",
    ),
    "choices": ("list_name", "name", "label"),
    "settings": (
        "form_title", "form_id", "version", "default_language", "namespaces", "public_key",
        "submission_url", "instance_name", "auto_send", "auto_delete", "style", "name",
        "allow_choice_duplicates", "omit_instanceID", "prefix", "delimiter", "client_editable",
    ),
}  # fmt: skip
_ALIKE = 0.85  # one letter wrong, missing or too many in a name of seven
_CLASS = "bind::nr:class"
_CLASSES = frozenset({"L1", "L2", "L3", "L4", "L5"})


def check(book: Book) -> Iterator[Problem]:
    survey = book["survey"]
    if not (survey.rows or survey.columns):
        yield Problem("survey_sheet_missing", Where(sheet=survey.name))
        return
    headers = list(_check_headers(book))
    if any(p.level == "error" for p in headers) or not survey.rows:
        yield from headers or [Problem("survey_sheet_missing", Where(sheet=survey.name))]
        return
    yield from headers
    lists = _lists(book["choices"])
    names: dict[str, int] = {}
    for number, cells in survey.rows:
        yield from _check_row(survey, number, cells, lists, names)
    yield from _check_groups(survey)
    yield from _check_choices(book["choices"])
    known = {cells.get("name", "") for _, cells in survey.rows}
    for number, cells in survey.rows:
        yield from _check_logic(survey, number, cells, known)


def _check_headers(book: Book) -> Iterator[Problem]:
    """Column names in their right writing; without them nothing else can be judged."""
    for name, standard in _STANDARD.items():
        sheet = book[name]
        for header in sheet.columns:
            right = _meant(header.partition("::")[0], standard)
            if right:
                params = {"name": header, "right": right}
                same = header.lower() in standard
                code = "column_case" if same else "column_misspelt"
                yield Problem(code, sheet.where(1, header), params)
        for header, column in sheet.twice:
            yield Problem("column_twice", Where(sheet.name, 1, column), {"name": header})
    survey = book["survey"]
    present = {header.lower() for header in survey.columns}
    missing = [name for name in ("type", "name") if name not in present]
    if missing:
        where = Where(survey.name, 1, "")
        yield Problem("columns_missing", where, {"names": "、".join(missing)})


def _meant(header: str, standard: tuple[str, ...]) -> str:
    """The standard name an author meant by one that is nearly it; "" for a column of her own."""
    if header in standard:
        return ""
    if header.lower() in standard:
        return header.lower()
    near = get_close_matches(header.lower(), standard, n=1, cutoff=_ALIKE)
    return near[0] if near and len(header) > 4 else ""


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


def _check_choices(choices: Sheet) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for number, cells in choices.rows:
        listed, name = cells.get("list_name", ""), cells.get("name", "")
        if listed and not name:
            yield Problem("choice_nameless", choices.where(number, "name"), {"list": listed})
        elif (listed, name) in seen:
            params = {"list": listed, "name": name, "row": seen[listed, name]}
            yield Problem("choice_duplicate", choices.where(number, "name"), params)
        seen.setdefault((listed, name), number)


def _lists(choices: Sheet) -> set[str]:
    return {cells.get("list_name", "") for _, cells in choices.rows}


def _check_row(
    survey: Sheet, number: int, cells: dict[str, str], lists: set[str], names: dict[str, int]
) -> Iterator[Problem]:
    kind, _, rest = cells.get("type", "").partition(" ")
    name, listed = cells.get("name", ""), rest.split(" ")[0]
    if kind in ("select_one", "select_multiple", "rank") and listed not in lists:
        yield Problem("list_missing", survey.where(number, "type"), {"list": listed})
    if kind.startswith("end") or not kind:
        return
    if kind == "audit":  # the one type that needs no name
        yield Problem("type_unsupported", survey.where(number, "type"), {"name": kind})
    elif not name:
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
        where = survey.where(number, header)
        if header.partition("::")[0] in _REFERRING:
            yield from _check_references(source, where, known)
        if header in _LOGIC and source.lower() not in ("yes", "no", "true", "false"):
            yield from _check_expression(_REFERENCE.sub("name", source), source, where)


def logic_problems(source: str, where: Where, known: set[str]) -> Iterator[Problem]:
    """What is wrong with one expression by itself, as it stands or while it is being typed."""
    yield from _check_references(source, where, known)
    yield from _check_expression(_REFERENCE.sub("name", source), source, where)


def _check_references(source: str, where: Where, known: set[str]) -> Iterator[Problem]:
    for ref in _REFERENCE.findall(source):
        if ref.startswith("last-saved#"):
            yield Problem("last_saved_unsupported", where)
        elif ref not in known:
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
