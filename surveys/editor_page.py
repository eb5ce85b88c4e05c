"""What the editor shows: the outline, the fields of one question, its skip rule, its problems.

Plain values for the templates; nothing here changes a manuscript.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from . import editing, manuscripts, messages
from .core import edits, outline, skiprules
from .core.outline import Entry
from .core.problems import Problem
from .core.skiprules import Condition
from .core.workbook import Sheet, Workbook
from .models import Manuscript, Revision

_CLASSES = {
    "": "没有定",
    "L1": "L1 公开",
    "L2": "L2 内部",
    "L3": "L3 一般个人信息",
    "L4": "L4 敏感个人信息",
    "L5": "L5 线索",
}
_REQUIRED = {"": "可以不答", "yes": "必须回答"}
_LOGIC = ("relevant", "constraint", "calculation")
_MEDIA = ("media::image", "media::audio")
_PLAIN = ("default", "appearance")
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

    @property
    def id(self) -> str:
        return "f-" + "".join(c if c.isalnum() else "-" for c in self.header)


def problem_rows(problems: list[Problem], book: Workbook) -> list[dict[str, Any]]:
    """Each problem with its sentence, the place as the author knows it, and the row to go to."""
    sheet, found = book.sheet("survey"), []
    choices = book.sheet("choices")
    for problem in problems:
        row = _row_of(problem, book, sheet, choices)
        entry = outline.entry_at(book, row) if row else None
        found.append({
            "sentence": messages.sentence(problem),
            "where": f"{entry.number} {entry.name}".strip() if entry else str(problem.where),
            "row": row if entry else 0,
            "error": problem.level == "error",
        })  # fmt: skip
    return found


def _row_of(problem: Problem, book: Workbook, sheet: Sheet, choices: Sheet) -> int:
    where = problem.where
    if where.sheet == "survey" and where.row and where.row <= len(sheet.rows):
        return where.row
    if where.sheet == "choices" and where.row and where.row <= len(choices.rows):
        using = edits.users(book, choices.get(where.row, edits.list_column(choices)))
        return outline.names(book).get(using[0], 0) if using else 0
    return 0


def context(manuscript: Manuscript, revision: Revision, row: int, ask: str) -> dict[str, Any]:
    """Everything of the page but the request's own wishes."""
    book = manuscripts.book_of(revision)
    entry = outline.entry_at(book, row)
    found = {
        "manuscript": manuscript,
        "revision": revision,
        "entries": _folded(outline.outline(book)),
        "entry": entry,
        "at": entry.row if entry else 0,
        "kinds": edits.KINDS,
        "all_open": len(book.sheet("survey").rows) <= OPEN_BELOW,
        "can_undo": manuscript.revisions.filter(number=revision.undo_to or 0).exists(),
        "can_redo": manuscript.revisions.filter(number=revision.redo_to or 0).exists(),
        "checked": revision.problems is not None,
    }
    if revision.problems is not None:
        found["problems"] = problem_rows(manuscripts.check(revision), book)
    if entry is None:
        return found | {"settings": _settings(book)}
    return found | _question(book, entry) | {"rule": rule(book, entry.row, ask)}


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
    return [Field(h, editing.caption(h), old.get(h, "")) for h in headers]


def _question(book: Workbook, entry: Entry) -> dict[str, Any]:
    sheet, language = book.sheet("survey"), outline.default_language(book)
    listed = outline.list_of(sheet.get(entry.row, "type"))
    label = outline.text_column(sheet, "label", language)
    texts = [label] if entry.kind.startswith(("begin_", "end_")) else [
        label, outline.text_column(sheet, "hint", language),
        outline.text_column(sheet, "guidance_hint", language),
    ]  # fmt: skip
    message = outline.text_column(sheet, "constraint_message", language)
    logic = ["constraint", message]
    logic += ["calculation"] if entry.kind == "calculate" else []
    used = {"type", "name", "required", "relevant", "calculation", edits.CLASS, *texts, *logic}
    languages = [h for h in sheet.headers if "::" in h and h.partition("::")[0] in _TRANSLATED]
    languages = [h for h in languages if h not in used]
    media = list(dict.fromkeys([*_MEDIA, *(h for h in sheet.headers if _is_media(h))]))
    others = [h for h in dict.fromkeys([*_PLAIN, *sheet.headers])
              if h and h not in {*used, *languages, *media}]  # fmt: skip
    if "calculation" not in logic and sheet.get(entry.row, "calculation"):
        logic.append("calculation")
    return {
        "kind_choices": edits.KINDS | {entry.kind: edits.KINDS.get(entry.kind, entry.kind)},
        "lists": _lists(book) if listed else [],
        "listed": listed,
        "shared": [n for n in edits.users(book, listed) if n != entry.name],
        "options": [*edits.options(book, listed), *_BLANK] if listed else [],
        "missing": edits.MISSING,
        "texts": _fields(sheet, entry.row, texts),
        "basics": _fields(sheet, entry.row, ["name", "required", edits.CLASS]),
        "logic": _fields(sheet, entry.row, logic),
        "relevant": _fields(sheet, entry.row, ["relevant"])[0],
        "languages": _fields(sheet, entry.row, languages),
        "media": _fields(sheet, entry.row, media),
        "others": _fields(sheet, entry.row, others),
        "asked": not entry.kind.startswith(("begin_", "end_")),
    }


_TRANSLATED = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
_BLANK = [edits.Option(0, "", ""), edits.Option(0, "", "")]


def _is_media(header: str) -> bool:
    return header.startswith("media::") or header.partition("::")[0] in ("image", "audio", "video")


def _lists(book: Workbook) -> list[str]:
    choices = book.sheet("choices")
    column = edits.list_column(choices)
    return list(dict.fromkeys(n for r in choices.numbers() if (n := choices.get(r, column))))


def _fields(sheet: Sheet, row: int, headers: list[str]) -> list[Field]:
    return [_field(header, sheet.get(row, header)) for header in headers]


def _field(header: str, value: str) -> Field:
    base, caption = header.partition("::")[0], editing.caption(header)
    if header in (edits.CLASS, "required"):
        choices = _CLASSES if header == edits.CLASS else _REQUIRED
        return Field(header, caption, value, choices=choices | {value: choices.get(value, value)})
    lines = 2 if base in (*_LOGIC, "label") or len(value) > 40 else 1
    return Field(header, caption, value, max(lines, value.count("\n") + 1), logic=base in _LOGIC)


# -- skip rule ---------------------------------------------------------------------------------


def rule(book: Workbook, row: int, ask: str) -> dict[str, Any]:
    """The skip rule for the picker; ``shown`` is False when it must stay as typed."""
    known = editing.subjects(book, row)
    source = book.sheet("survey").get(row, "relevant")
    parsed = skiprules.parse_rule(source, known) if source else skiprules.Rule("and", ())
    conditions = list(parsed.conditions) if parsed else []
    if ask in known:
        conditions.append(Condition(ask, known[ask].operators[0]))
    named = outline.names(book)
    return {
        "shown": parsed is not None,
        "join": parsed.join if parsed else "and",
        "conditions": [_shown(book, c, known[c.question], named) for c in conditions],
        "questions": [(name, _label(book, named[name])) for name in known],
    }


def _label(book: Workbook, row: int) -> str:
    sheet = book.sheet("survey")
    column = outline.text_column(sheet, "label", outline.default_language(book))
    return sheet.get(row, column) or sheet.get(row, "name")


def _shown(
    book: Workbook, condition: Condition, subject: skiprules.Subject, named: dict[str, int]
) -> dict[str, Any]:
    row = named[condition.question]
    listed = outline.list_of(book.sheet("survey").get(row, "type"))
    answers = [(o.name, o.label, o.name in condition.values) for o in edits.options(book, listed)]
    typed = not answers or condition.operator in (">", ">=", "<", "<=")
    return {
        "question": condition.question,
        "label": _label(book, row),
        "operator": condition.operator,
        "operators": [(o, skiprules.OPERATORS[o]) for o in subject.operators],
        "answers": answers,
        "value": condition.values[0] if typed and condition.values else "",
        "typed": typed,
    }
