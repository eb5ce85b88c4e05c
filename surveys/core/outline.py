"""The survey sheet as an outline: which rows are questions, groups and their ends, how they nest.

A row is named by its number in the sheet. Groups that lack an end reach to the last row; an end
that lacks a begin is shown as it is, so that it can be deleted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from . import media
from .workbook import Sheet, Workbook

LISTED = ("select_one", "select_multiple", "rank")
TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
UNSEEN = frozenset(
    {"calculate", "hidden", "start", "end", "today", "deviceid", "username", "audit"}
)


@dataclass(slots=True)
class Entry:
    """A question (row = end), or a group from its begin to its end row."""

    row: int
    end: int
    kind: str
    name: str
    label: str
    number: str
    parent: int
    children: list[Entry] = field(default_factory=list)

    @property
    def opens(self) -> bool:
        return self.kind in ("begin_group", "begin_repeat")

    @property
    def shown(self) -> bool:
        return self.kind not in UNSEEN

    def holds(self, row: int) -> bool:
        return self.row <= row <= self.end


def split_type(cell: str) -> tuple[str, str]:
    """``select_one yesno or_other`` -> (kind, rest); begin and end in one writing."""
    words = cell.split()
    if words and words[0].lower() in ("begin", "end") and len(words) > 1:
        words[:2] = [f"{words[0]}_{words[1]}"]
    kind = words[0] if words else ""
    return (kind.lower() if kind.lower().startswith(("begin_", "end_")) else kind), " ".join(
        words[1:]
    )


def list_of(cell: str) -> str:
    """Name of the choice list a type cell uses, "" when none."""
    kind, rest = split_type(cell)
    return rest.split()[0] if kind in LISTED and rest else ""


def text_column(sheet: Sheet, base: str, language: str = "") -> str:
    """The column a text stands in: plain, of the default language, or the first of any."""
    headers = sheet.headers
    for header in (base, f"{base}::{language}"):
        if header in headers:
            return header
    return next((h for h in headers if h.startswith(f"{base}::")), base)


def default_language(book: Workbook) -> str:
    settings = book.sheet("settings")
    return settings.get(2, "default_language") if len(settings.rows) > 1 else ""


def translations(book: Workbook) -> list[str]:
    """Languages beside the default one that some column stands for."""
    own = default_language(book)
    found: dict[str, None] = {}
    for sheet in (book.sheet("survey"), book.sheet("choices")):
        first = text_column(sheet, "label", own)
        own = own or first.partition("::")[2]
        for header in sheet.headers:
            base, _, language = header.partition("::")
            if base in TEXTS and language and header != first and language != own:
                found[language] = None
    return list(found)


def media_columns(book: Workbook, sheet: Sheet) -> list[str]:
    """The columns for files: those in use, and those its languages have a use for.

    Named as the wordings are: a file without a language beside wordings with one would make a
    language of its own. A picture serves all languages, a recording its own alone.
    """
    found = [header for header in sheet.headers if media.form_of(header)]
    used = {header.removeprefix("media::") for header in found}
    own = text_column(sheet, "label", default_language(book)).partition("::")[2]
    wanted = [f"{form}::{own}" if own else form for form in media.FORMS]
    wanted += [f"audio::{language}" for language in translations(book)]
    return found + [f"media::{column}" for column in wanted if column not in used]


def outline(book: Workbook) -> list[Entry]:
    """The top level; everything else stands in ``children``."""
    sheet = book.sheet("survey")
    label = text_column(sheet, "label", default_language(book))
    top: list[Entry] = []
    opened: list[Entry] = []
    for row in sheet.numbers():
        kind, _ = split_type(sheet.get(row, "type"))
        if not kind and not sheet.get(row, "name"):
            continue
        if kind.startswith("end_") and opened:
            opened.pop().end = row
            continue
        siblings = opened[-1].children if opened else top
        above = opened[-1] if opened else None
        entry = Entry(row, row, kind, sheet.get(row, "name"), sheet.get(row, label), "",
                      above.row if above else 0)  # fmt: skip
        siblings.append(entry)
        if entry.opens:
            opened.append(entry)
    for entry in opened:
        entry.end = len(sheet.rows)
    _number(top, "")
    return top


def _number(entries: list[Entry], before: str) -> None:
    """Numbers as a reader counts: what is never shown has none."""
    count = 0
    for entry in entries:
        if entry.shown and not entry.kind.startswith("end_"):
            count += 1
            entry.number = f"{before}{count}"
        _number(entry.children, f"{entry.number}.")


def flat(entries: list[Entry]) -> list[Entry]:
    return [e for entry in entries for e in (entry, *flat(entry.children))]


def entry_at(book: Workbook, row: int) -> Entry | None:
    """The entry whose first row this is; the end row of a group means the group."""
    entries = flat(outline(book))
    exact = next((e for e in entries if e.row == row), None)
    return exact or next((e for e in entries if e.opens and e.end == row), None)


def names(book: Workbook) -> dict[str, int]:
    """Code -> row."""
    sheet = book.sheet("survey")
    return {name: row for row in sheet.numbers() if (name := sheet.get(row, "name"))}


REFERENCE = re.compile(r"\$\{\s*(last-saved#)?([^}]*?)\s*\}")


def references(book: Workbook, name: str) -> list[tuple[int, str]]:
    """(row, column) of every cell of the survey that names a code."""
    sheet = book.sheet("survey")
    return [
        (row, header)
        for row in sheet.numbers()
        for header, source in sheet.cells(row).items()
        if any(m[2] == name for m in REFERENCE.finditer(source))
    ]


def free_name(taken: set[str], wanted: str) -> str:
    """The wanted code, or the next one with another number behind."""
    stem, digits = re.fullmatch(r"(.*?)(\d*)", wanted, re.DOTALL).groups()  # type: ignore[union-attr]
    number = int(digits or 2)
    name = wanted
    while name in taken:
        number += 1 if digits or name != wanted else 0
        name = f"{stem}{number}" if digits else f"{stem}_{number}"
    return name
