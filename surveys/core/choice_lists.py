"""The choice lists of a workbook: their options, which columns those have, who uses a list.

An option is a row of the choices sheet. Its code, wording and kind of missing answer have names
here; every other column of the sheet (scores, translations, pictures, filters) stands in ``more``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .outline import (
    default_language,
    free_name,
    list_of,
    media_columns,
    text_column,
    translations,
)
from .workbook import Cell, Sheet, Workbook

MISSING = {"": "回答", "dont_know": "不知道", "refused": "不想回答", "not_applicable": "不适用"}
HEADER = re.compile(r"[^\W\d][\w\-]{0,39}\Z")  # a name a choice filter can use
# what every option may carry, whether or not the sheet has the column yet
OFFERED = ("nr_score", "nr_domain", "nr_group")


@dataclass(frozen=True, slots=True)
class Option:
    """One option as the editor shows it; ``row`` is where its other columns stand (0 = new)."""

    row: int
    name: str
    label: str
    missing: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


def list_column(choices: Sheet) -> str:
    return "list name" if "list name" in choices.headers else "list_name"


def label_column(book: Workbook) -> str:
    return text_column(book.sheet("choices"), "label", default_language(book))


def further_columns(book: Workbook) -> list[str]:
    """Columns of an option beside code, wording and missing: translations first."""
    choices, label = book.sheet("choices"), label_column(book)
    named = {list_column(choices), "name", label, "nr_missing", ""}
    wanted = [f"label::{language}" for language in translations(book)]
    found = dict.fromkeys([*wanted, *media_columns(book, choices), *OFFERED, *choices.headers])
    return [header for header in found if header not in named]


def options(book: Workbook, listed: str) -> list[Option]:
    choices = book.sheet("choices")
    column, label = list_column(choices), label_column(book)
    named = {column, "name", label, "nr_missing"}
    found = []
    for row in choices.numbers():
        if listed and choices.get(row, column) == listed:
            cells = choices.cells(row)
            more = {header: value for header, value in cells.items() if header not in named}
            name, words, kind = (cells.get(h, "") for h in ("name", label, "nr_missing"))
            found.append(Option(row, name, words, kind, more))
    return found


def set_options(book: Workbook, listed: str, wanted: list[Option]) -> None:
    """The list in the wanted order; options left out are removed, new ones get a free code."""
    choices = book.sheet("choices")
    if not choices.rows:
        choices.rows.append(["list_name", "name", "label"])
    old = [o.row for o in options(book, listed)]
    taken = {o.name for o in wanted}
    rows: list[list[Cell]] = []
    for option in wanted:
        rows.append(choices.rows[option.row - 1] if option.row in old else [])
    at = (old[0] if old else len(choices.rows) + 1) - 1
    for row in reversed(old):
        del choices.rows[row - 1]
    choices.rows[at:at] = rows
    named = {list_column(choices): listed}
    for row, option in enumerate(wanted, start=at + 1):
        name = option.name or free_name(taken, "1")
        taken.add(name)
        cells = {"name": name, label_column(book): option.label, "nr_missing": option.missing}
        for header, value in (named | cells | dict(option.more)).items():
            choices.set(row, header, value)


def add_column(book: Workbook, header: str) -> None:
    """Another column for all options, such as one a choice filter compares."""
    choices = book.sheet("choices")
    if choices.rows and header not in choices.headers:
        choices.rows[0].append(header)


def add_list(book: Workbook, wanted: str) -> str:
    """A new list of two options; the name it got."""
    listed = free_name(set(list_names(book)), wanted)
    set_options(book, listed, [Option(0, "1", "选项一"), Option(0, "2", "选项二")])
    return listed


def list_names(book: Workbook) -> list[str]:
    choices = book.sheet("choices")
    column = list_column(choices)
    return list(dict.fromkeys(n for r in choices.numbers() if (n := choices.get(r, column))))


def users(book: Workbook, listed: str) -> list[str]:
    """Codes of the questions that use a list."""
    sheet = book.sheet("survey")
    rows = sheet.numbers()
    return [
        sheet.get(r, "name") for r in rows if listed and list_of(sheet.get(r, "type")) == listed
    ]


def split_list(book: Workbook, row: int) -> int:
    """A list of its own for this question, equal to the one it shared until now."""
    sheet, choices = book.sheet("survey"), book.sheet("choices")
    cell = sheet.get(row, "type")
    listed, column = list_of(cell), list_column(choices)
    old = [choices.rows[o.row - 1] for o in options(book, listed)]
    if not old:
        return row
    new = free_name(set(list_names(book)), sheet.get(row, "name") or listed)
    for cells in old:
        choices.rows.append(list(cells))
        choices.set(len(choices.rows), column, new)
    sheet.set(row, "type", cell.replace(listed, new, 1))
    return row
