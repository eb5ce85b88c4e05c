"""What an author does to the rows of a workbook: add, move, copy, delete, rename, write cells.

Each act changes the `Workbook` in place and returns the row to look at next. Rows are numbers in
the survey sheet, as in `outline`; options stand in `choice_lists`. Nothing here checks logic: the
import does, on the whole form.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .choice_lists import Option, add_list, set_options
from .outline import (
    LISTED,
    REFERENCE,
    Entry,
    default_language,
    entry_at,
    flat,
    free_name,
    list_of,
    names,
    outline,
    split_type,
    text_column,
)
from .workbook import Cell, Sheet, Workbook

KINDS = {
    "select_one": "单选",
    "select_multiple": "多选",
    "rank": "排序",
    "text": "文字",
    "integer": "整数",
    "decimal": "小数",
    "date": "日期",
    "time": "时间",
    "range": "刻度",
    "note": "说明文字",
    "acknowledge": "知道了",
    "begin_group": "组",
    "begin_repeat": "重复组",
    "calculate": "计算",
    "hidden": "系统带入",
    "image": "照片",
    "audio": "录音",
    "geopoint": "位置",
}
CLASS = "bind::nr:class"
LANGUAGE = re.compile(r"[^:\s][^:]{0,40}\Z")


def add(book: Workbook, kind: str, after: int) -> int:
    """A new question (or group) behind an entry, inside it at the end when it is a group."""
    sheet = book.sheet("survey")
    at = place_after(book, after)
    name = free_name(set(names(book)), "g1" if kind.startswith("begin_") else "q1")
    cells = {"type": kind, "name": name, text_column(sheet, "label", default_language(book)): ""}
    if kind in LISTED:
        cells["type"] = f"{kind} {add_list(book, name)}"
    if not kind.startswith("begin_"):
        cells[CLASS] = "L1" if kind == "note" else "L3"
    sheet.rows.insert(at - 1, [])
    for header, value in cells.items():
        sheet.set(at, header, value)
    if kind.startswith("begin_"):
        sheet.rows.insert(at, [])
        sheet.set(at + 1, "type", kind.replace("begin", "end"))
    return at


def place_after(book: Workbook, row: int) -> int:
    """Where a row behind an entry would stand: inside a group at its end; else the form's end."""
    sheet = book.sheet("survey")
    if not sheet.rows:
        sheet.rows.append(["type", "name", "label"])
    entry = entry_at(book, row)
    if entry is None:
        return len(sheet.rows) + 1
    closed = entry.opens and split_type(sheet.get(entry.end, "type"))[0].startswith("end_")
    return entry.end if closed else entry.end + 1


def _siblings(book: Workbook, entry: Entry) -> list[Entry]:
    entries = outline(book)
    above = next((e for e in flat(entries) if e.row == entry.parent), None)
    return above.children if above else entries


def move(book: Workbook, row: int, way: str) -> int:
    """One place up or down, into the group before (or behind) it, or out of its own group."""
    entry = entry_at(book, row)
    if entry is None:
        return row
    siblings = _siblings(book, entry)
    index = [e.row for e in siblings].index(entry.row)
    before = siblings[index - 1] if index else None
    behind = siblings[index + 1] if index + 1 < len(siblings) else None
    target = None
    if way == "up" and before:
        target = before.row
    elif way == "down" and behind:
        target = behind.end + 1
    elif way == "into" and before and before.opens:
        target = before.end
    elif way == "into" and behind and behind.opens:
        target = behind.row + 1
    elif way == "out" and entry.parent:
        above = entry_at(book, entry.parent)
        target = above.end + 1 if above else None
    return _carry(book.sheet("survey"), entry, target) if target else row


def _carry(sheet: Sheet, entry: Entry, target: int) -> int:
    """Take the rows of an entry to stand before a row outside it."""
    block = sheet.rows[entry.row - 1 : entry.end]
    del sheet.rows[entry.row - 1 : entry.end]
    at = target if target < entry.row else target - len(block)
    sheet.rows[at - 1 : at - 1] = block
    return at


def duplicate(book: Workbook, row: int) -> int:
    """A copy behind the original, with codes of its own; inside, it refers to itself."""
    sheet = book.sheet("survey")
    entry = entry_at(book, row)
    if entry is None:
        return row
    block = copy.deepcopy(sheet.rows[entry.row - 1 : entry.end])
    taken = set(names(book))
    own = Sheet("survey", [sheet.rows[0], *block])
    renamed: dict[str, str] = {}
    for number in own.numbers():
        if name := own.get(number, "name"):
            renamed[name] = free_name(taken, name)
            taken.add(renamed[name])
            own.set(number, "name", renamed[name])
    for cells in block:
        follow_codes(cells, renamed)
    sheet.rows[entry.end : entry.end] = block
    return entry.end + 1


def delete(book: Workbook, row: int) -> int:
    """Remove an entry with everything in it; the entry that took its place comes next."""
    sheet = book.sheet("survey")
    entry = entry_at(book, row)
    if entry is None:
        return row
    del sheet.rows[entry.row - 1 : entry.end]
    left = flat(outline(book))
    near = [e.row for e in left if e.row >= row] or [e.row for e in left[-1:]]
    return near[0] if near else 0


def rename(book: Workbook, row: int, new: str) -> int:
    """Give a code another name; everything that refers to it follows. Returns how many cells."""
    survey = book.sheet("survey")
    old = survey.get(row, "name")
    survey.set(row, "name", new)
    if not old or not new:
        return 0
    return sum(
        follow_codes(cells, {old: new}) for sheet in book.sheets for cells in sheet.rows if cells
    )


def follow_codes(cells: list[Cell], renamed: Mapping[str, str]) -> int:
    """Replace codes in ``${code}`` of all cells of a row."""

    def follow(found: re.Match[str]) -> str:
        return f"${{{found[1] or ''}{renamed[found[2]]}}}" if found[2] in renamed else found[0]

    changed = 0
    for column, cell in enumerate(cells):
        if isinstance(cell, str) and "${" in cell:
            written = REFERENCE.sub(follow, cell)
            changed += written != cell
            cells[column] = written
    return changed


def add_language(book: Workbook, language: str) -> None:
    """Columns for the texts of another language, beside the ones in use."""
    survey, choices = book.sheet("survey"), book.sheet("choices")
    for sheet, header in ((survey, "label"), (survey, "hint"), (choices, "label")):
        if sheet.rows and f"{header}::{language}" not in sheet.headers:
            sheet.rows[0].append(f"{header}::{language}")


# -- one question, field by field -------------------------------------------------------------


@dataclass(slots=True)
class Change:
    """What one person wrote on the page of one question, against what she had been shown."""

    cells: dict[str, str] = field(default_factory=dict)
    options: list[Option] | None = None

    def __bool__(self) -> bool:
        return bool(self.cells) or self.options is not None


def apply(book: Workbook, row: int, change: Change) -> None:
    """Write the changed options, then the cells; a changed code takes its references along."""
    sheet = book.sheet("survey")
    if change.options is not None:  # of the list she saw, also when another one is chosen now
        set_options(book, list_of(sheet.get(row, "type")), change.options)
    for header, value in change.cells.items():
        if header == "name":
            rename(book, row, value)
        elif header == "type" and value in LISTED:
            sheet.set(row, "type", f"{value} {add_list(book, sheet.get(row, 'name') or 'list')}")
        else:
            sheet.set(row, header, value)
