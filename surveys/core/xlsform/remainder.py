"""Remainder: a faulty workbook with its faulty cells made harmless, so that the rest can be judged.

An author gets all her faults at once, also those that only show when the workbook converts. What
comes of it is looked at and thrown away; it is never stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from openpyxl.utils import column_index_from_string

from ..problems import Problem
from .sheets import Book

Sheets = dict[str, dict[str, Any]]
_ENDS = {"group": "end_group", "repeat": "end_repeat"}


def harmless(sheets: Sheets, problems: Iterable[Problem]) -> Sheets:
    """A copy in which no faulty cell is left. Rows keep their numbers."""
    made = deepcopy(sheets)
    owners = {sheet["own"]: name for name, sheet in made.items()}
    for problem in problems:
        name, row = owners.get(problem.where.sheet), problem.where.row
        if name is not None and row is not None and problem.level == "error":
            _mend(made[name]["table"], name, row, problem)
    return made


def _mend(table: list[list[str]], name: str, row: int, problem: Problem) -> None:
    if not 2 <= row <= len(table):
        return
    header, line = table[0], table[row - 1]
    at = column_index_from_string(problem.where.column) - 1 if problem.where.column else None
    column = header[at] if at is not None and at < len(header) else ""
    if name != "survey" or not column or problem.code == "group_not_begun":
        line[:] = [""] * len(line)
    elif problem.code == "group_not_ended":
        table.append([_ENDS[problem.params["kind"]] if h == "type" else "" for h in header])
    else:
        _mend_cell(header, line, column, row)


def _mend_cell(header: list[str], line: list[str], column: str, row: int) -> None:
    def put(name: str, text: str) -> None:
        if name in header and header.index(name) < len(line):
            line[header.index(name)] = text

    put(column, "")
    if column == "type":
        kept = ("name", "label")
        line[:] = [
            c if h.partition("::")[0] in kept else "" for h, c in zip(header, line, strict=False)
        ]
        put("type", "text")
    elif column == "name":
        put("name", f"fault_{row}")
    elif column == "calculation":
        put("calculation", "''")
    elif column == "label":
        put("label", "…")


def news(found: Iterable[Problem], known: list[Problem], book: Book) -> list[Problem]:
    """Those that do not stand in a row already named, nor follow from a name that is at fault."""
    rows = {(p.where.sheet, p.where.row) for p in known if p.level == "error"}
    survey = book["survey"]
    lost = {cells.get("name", "") for number, cells in survey.rows if (survey.name, number) in rows}
    return [
        p
        for p in found
        if p.where.row
        and (p.where.sheet, p.where.row) not in rows
        and p.params.get("name") not in lost
    ]
