"""What the editor shows: the outline, the fields of one question, its options, its problems.

Plain values for the templates; nothing here changes a manuscript.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import Any

from . import columns, editor_files, editor_problems, manuscripts
from .core import choice_lists, edits, media, outline
from .core.choice_lists import Option
from .core.outline import TEXTS, Entry
from .core.workbook import Sheet, Workbook
from .editor_rule import rule
from .models import Manuscript, Revision
from .showing import Shown

_LOGIC = ("relevant", "constraint", "calculation", "choice_filter", "repeat_count", "trigger")
_LONG = ("label", "relevant", "constraint", "calculation")
OPEN_BELOW = 40  # rows: a short form is shown with all groups open


@dataclass(slots=True)
class Field:
    """One input of the page."""

    header: str
    caption: str
    value: str
    lines: int = 1
    choices: dict[str, str] = field(default_factory=dict)
    logic: bool = False
    form: str = ""  # image or audio: the value names such a file
    shown: Shown = field(default_factory=Shown)

    @property
    def id(self) -> str:
        return editor_problems.anchor(self.header)

    @property
    def told(self) -> str:
        """Id of the element beside it that says what is wrong."""
        return f"told-{editor_problems.slug(self.header)}"


@dataclass(slots=True)
class Section:
    """Fields behind one heading; shut unless something in them is at fault or was asked for."""

    title: str
    fields: list[Field]
    empty: str = ""

    def holds(self, header: str) -> bool:
        return any(one.header == header for one in self.fields)

    @property
    def shows(self) -> bool:
        """Whether there is a picture to see or a recording to hear."""
        return any(one.shown for one in self.fields)


def context(
    manuscript: Manuscript, revision: Revision, row: int, ask: str, sought: str = ""
) -> dict[str, Any]:
    """Everything of the page but the request's own wishes; ``sought`` is the field to go to."""
    book = manuscripts.book_of(revision)
    entry = outline.entry_at(book, row)
    found: dict[str, Any] = {
        "manuscript": manuscript,
        "revision": revision,
        "entries": _folded(outline.outline(book)),
        "entry": entry,
        "at": entry.row if entry else 0,
        "kinds": edits.KINDS,
        "all_open": len(book.sheet("survey").rows) <= OPEN_BELOW,
        "can_undo": manuscript.revisions.filter(number=revision.undo_to or 0).exists(),
        "can_redo": manuscript.revisions.filter(number=revision.redo_to or 0).exists(),
        "checked": False,
        "beside": {},
        "marks": {},
        "sought": sought,
    }
    if revision.problems is not None:
        found |= checked(revision, found["at"])
    if entry is None:
        return found | {"settings": _settings(book)}
    files = editor_files.known(manuscript, book)
    found |= _question(book, entry, files) | {"rule": rule(book, entry.row, ask)}
    wanted = {problem.field for said in found["beside"].values() for problem in said} | {sought}
    found["wanted"] = wanted
    found["open"] = [
        s.title for s in found["sections"] if s.shows or any(s.holds(h) for h in wanted)
    ]
    return found


def checked(revision: Revision, row: int) -> dict[str, Any]:
    """What the import would say: all of it, by row of the outline, and beside one row's inputs."""
    book = manuscripts.book_of(revision)
    found = editor_problems.told(manuscripts.check(revision), book)
    made = editor_problems.marks(_folded(outline.outline(book)), found)
    return {
        "checked": True,
        "problems": sorted(found, key=lambda problem: not problem.error),
        "verdict": editor_problems.verdict(found),
        "sound": not any(problem.error for problem in found),
        "marks": {mark.row: mark for mark in made},
        "beside": editor_problems.at_row(found, row),
    }


def _folded(entries: list[Entry]) -> list[Entry]:
    """Long runs of what nobody is asked (system fields, calculations) stand behind one line."""
    found: list[Entry] = []
    for shown, run in groupby(entries, key=lambda entry: entry.shown):
        block = list(run)
        if shown or len(block) < 3:
            found += block
        else:
            label = f"系统带入和计算（{len(block)} 项）"
            first, last = block[0], block[-1]
            found.append(Entry(first.row, last.end, "fold", "", label, "", first.parent, block))
    for entry in found:
        if entry.opens:
            entry.children = _folded(entry.children)
    return found


def _settings(book: Workbook) -> list[Field]:
    settings = book.sheet("settings")
    old = settings.cells(2) if len(settings.rows) > 1 else {}
    wanted = ("form_title", "form_id", "default_language")
    headers = [*wanted, *(h for h in settings.headers if h and h not in (*wanted, "version"))]
    return [Field(h, columns.caption(h), old.get(h, "")) for h in headers]


def _question(book: Workbook, entry: Entry, files: Mapping[str, Any]) -> dict[str, Any]:
    sheet = book.sheet("survey")
    listed = outline.list_of(sheet.get(entry.row, "type"))
    texts, logic = _texts(book, entry), _logic(book, entry)
    basics = ["name", *([] if entry.opens else ["required"]), edits.CLASS]
    used = {"type", "relevant", *texts, *logic, *basics}
    return {
        "kind_choices": edits.KINDS | {entry.kind: edits.KINDS.get(entry.kind, entry.kind)},
        "texts": _fields(sheet, entry.row, texts),
        "basics": _fields(sheet, entry.row, basics),
        "logic": _fields(sheet, entry.row, logic),
        "relevant": _fields(sheet, entry.row, ["relevant"])[0],
        "sections": _sections(book, entry, used, files),
        "asked": _asked(entry),
    } | (options(book, entry, listed, files) if listed else {"listed": ""})


def _texts(book: Workbook, entry: Entry) -> list[str]:
    """The wordings in the language the questionnaire is written in."""
    sheet, language = book.sheet("survey"), outline.default_language(book)
    wanted = ("label",) if not _asked(entry) else ("label", "hint", "guidance_hint")
    return [outline.text_column(sheet, base, language) for base in wanted]


def _logic(book: Workbook, entry: Entry) -> list[str]:
    """Formulas that this kind of row has a use for, or has already."""
    sheet, language = book.sheet("survey"), outline.default_language(book)
    if not _asked(entry):
        return ["repeat_count"] if entry.kind == "begin_repeat" else []
    said = [outline.text_column(sheet, f"{kind}_message", language)
            for kind in ("constraint", "required")]  # fmt: skip
    found = ["constraint", *said] if entry.shown else []
    found += ["choice_filter"] if outline.list_of(sheet.get(entry.row, "type")) else []
    if entry.kind == "calculate" or sheet.get(entry.row, "calculation"):
        found.append("calculation")
    return found


def _asked(entry: Entry) -> bool:
    return not entry.kind.startswith(("begin_", "end_"))


def _sections(
    book: Workbook, entry: Entry, used: set[str], files: Mapping[str, Any]
) -> list[Section]:
    """Translations, files, what analysis goes by, and every other column of the sheet."""
    sheet = book.sheet("survey")
    bases = TEXTS if _asked(entry) else ("label",)
    languages = [f"{base}::{language}" for language in outline.translations(book) for base in bases]
    named = outline.media_columns(book, sheet)
    named += [h for h in sheet.headers if _is_media(h) and h not in named]
    marks = list(columns.QUESTION_MARKS if _asked(entry) else columns.GROUP_MARKS)
    marks += [columns.PLACES] if entry.kind == "rank" else []
    marks += [columns.SYSTEM] if entry.kind == "hidden" else []
    plain = ["appearance", "default", "parameters", "readonly", "trigger"]
    plain = plain if _asked(entry) else plain[:1]
    parted = {"译文": languages, "图片与录音": named, "分析与保护": marks}
    used = used | {header for part in parted.values() for header in part} | {""}
    parted["其他列"] = [h for h in dict.fromkeys([*plain, *sheet.headers]) if h not in used]
    empty = {"译文": "问卷只有一种语言。"}
    return [
        Section(title, _fields(sheet, entry.row, headers, files), empty.get(title, ""))
        for title, headers in parted.items()
    ]


def _is_media(header: str) -> bool:
    return header.startswith("media::") or header.partition("::")[0] in ("image", "audio", "video")


def options(book: Workbook, entry: Entry, listed: str, files: Mapping[str, Any]) -> dict[str, Any]:
    """The choice list of a question, with all columns its options may have."""
    further = [(h, columns.option_caption(h)) for h in choice_lists.further_columns(book)]
    rows = [*choice_lists.options(book, listed), Option(0, "", ""), Option(0, "", "")]
    return {
        "lists": choice_lists.list_names(book),
        "listed": listed,
        "shared": [n for n in choice_lists.users(book, listed) if n != entry.name],
        "options": rows,
        "missing": choice_lists.MISSING,
        "further": further,
        "wide": [(o, [_cell(h, words, o, files) for h, words in further]) for o in rows],
        "file_columns": [(h, words) for h, words in further if media.form_of(h)],
    }


def _cell(header: str, words: str, option: Option, files: Mapping[str, Any]) -> Field:
    value, form = option.more.get(header, ""), media.form_of(header)
    shown = editor_files.shown(value, form, files)
    return Field(header, words, value, form=form, shown=shown)


def _fields(
    sheet: Sheet, row: int, headers: list[str], files: Mapping[str, Any] = MappingProxyType({})
) -> list[Field]:
    return [_field(header, sheet.get(row, header), files) for header in headers]


def _field(header: str, value: str, files: Mapping[str, Any]) -> Field:
    base, caption = header.partition("::")[0], columns.caption(header)
    if header in columns.CHOICES:
        choices = dict(columns.CHOICES[header])
        return Field(header, caption, value, choices=choices | {value: choices.get(value, value)})
    lines = 2 if base in _LONG or len(value) > 40 else 1
    lines = max(lines, value.count("\n") + 1)
    form = media.form_of(header)
    shown = editor_files.shown(value, form, files)
    return Field(header, caption, value, lines, logic=header in _LOGIC, form=form, shown=shown)
