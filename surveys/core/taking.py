"""Taking items of one workbook into another: with their options, under their own codes.

An item keeps its code, so that rounds and places can be compared; when the code is taken, the
author decides. `question_bank` knows where the items come from.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from . import choice_lists, edits
from .outline import (
    REFERENCE,
    Entry,
    flat,
    free_name,
    list_of,
    names,
    outline,
    split_type,
    text_column,
)
from .workbook import Cell, Sheet, Workbook


def wording(book: Workbook, row: int) -> str:
    sheet = book.sheet("survey")
    return sheet.get(row, text_column(sheet, "label"))


def answers(book: Workbook, row: int) -> list[str]:
    listed = list_of(book.sheet("survey").get(row, "type"))
    return [option.label for option in choice_lists.options(book, listed)]


@dataclass(frozen=True, slots=True)
class Clash:
    """A code the questionnaire has already; ``same`` when kind and wording are the same too."""

    name: str
    wording: str
    theirs: str
    same: bool


@dataclass(slots=True)
class Taken:
    """What came of it: first new row, codes added, items whose skip rule found no question."""

    row: int = 0
    added: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def picked(source: Workbook, wanted: set[str]) -> list[Entry]:
    """Chosen entries in order; what stands inside a chosen group comes with it."""
    found: list[Entry] = []
    for entry in flat(outline(source)):
        if entry.name in wanted and not any(above.holds(entry.row) for above in found):
            found.append(entry)
    return found


def _rows(source: Workbook, entries: list[Entry]) -> Iterator[int]:
    for entry in entries:
        yield from range(entry.row, entry.end + 1)


def clashes(book: Workbook, source: Workbook, entries: list[Entry]) -> list[Clash]:
    theirs, sheet, own = names(book), source.sheet("survey"), book.sheet("survey")
    found = []
    for row in _rows(source, entries):
        name = sheet.get(row, "name")
        if name in theirs:
            other = theirs[name]
            kinds = {split_type(s.get(r, "type"))[0] for s, r in ((sheet, row), (own, other))}
            words = wording(source, row), wording(book, other)
            found.append(Clash(name, *words, same=len(kinds) == 1 and words[0] == words[1]))
    return found


def take(
    book: Workbook, source: Workbook, entries: list[Entry], after: int, rename: set[str]
) -> Taken:
    """Put entries behind a row. A taken code is left out, or gets a new one when in ``rename``."""
    taken, have = Taken(), names(book)
    renamed: dict[str, str] = {}
    at = edits.place_after(book, after)
    lists: dict[str, str] = {}
    for row in _rows(source, entries):
        cells = source.sheet("survey").cells(row)
        name = cells.get("name", "")
        if name in have:
            if name not in rename:
                continue
            renamed[name] = free_name({*have, *renamed.values()}, name)
        _insert(book, source, row, at, lists)
        if name:
            taken.added.append(renamed.get(name, name))
        taken.row = taken.row or at
        at += 1
    if taken.row:
        _settle(book, range(taken.row, at), renamed, taken)
    return taken


def _insert(book: Workbook, source: Workbook, row: int, at: int, lists: dict[str, str]) -> None:
    sheet, origin = book.sheet("survey"), source.sheet("survey")
    sheet.rows.insert(at - 1, [])
    for header, cell in zip(origin.headers, origin.rows[row - 1], strict=False):
        if header and cell is not None:
            own = text_column(sheet, header) if header in ("label", "hint") else header
            sheet.set(at, own, copy.copy(cell))
    listed = list_of(sheet.get(at, "type"))
    if listed:
        lists.setdefault(listed, _take_list(book, source, listed))
        sheet.set(at, "type", sheet.get(at, "type").replace(listed, lists[listed], 1))


def _take_list(book: Workbook, source: Workbook, listed: str) -> str:
    """The list comes along; an equal one is shared, another one of the same name is left alone."""
    mine = [(o.name, o.label) for o in choice_lists.options(source, listed)]
    theirs = [(o.name, o.label) for o in choice_lists.options(book, listed)]
    if mine == theirs:
        return listed
    choices, origin = book.sheet("choices"), source.sheet("choices")
    if not choices.rows:
        choices.rows.append(["list_name", "name", "label"])
    column = choice_lists.list_column(choices)
    name = free_name(set(choice_lists.list_names(book)), listed)
    for option in choice_lists.options(source, listed):
        choices.rows.append([])
        for header, cell in zip(origin.headers, origin.rows[option.row - 1], strict=False):
            if header and cell is not None:
                _set_choice(choices, header, cell)
        choices.set(len(choices.rows), column, name)
    return name


def _set_choice(choices: Sheet, header: str, cell: Cell) -> None:
    own = text_column(choices, header) if header == "label" else header
    choices.set(len(choices.rows), own, cell)


def _settle(book: Workbook, rows: range, renamed: Mapping[str, str], taken: Taken) -> None:
    """New codes are used among the new rows; a skip rule about a missing question is left out."""
    sheet, have = book.sheet("survey"), names(book)
    for row in rows:
        new = renamed.get(sheet.get(row, "name"))
        if new:
            sheet.set(row, "name", new)
        edits.follow_codes(sheet.rows[row - 1], renamed)
    have = names(book)
    for row in rows:
        asked = {found[2] for found in REFERENCE.finditer(sheet.get(row, "relevant"))}
        if asked - have.keys():
            taken.dropped.append(sheet.get(row, "name"))
            sheet.set(row, "relevant", None)
