"""What the check says of a manuscript, brought to where it is mended: row, field and option."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from openpyxl.utils import column_index_from_string

from . import messages
from .core import choice_lists, outline
from .core.outline import Entry
from .core.problems import Problem
from .core.workbook import Sheet, Workbook


@dataclass(frozen=True, slots=True)
class Told:
    """A problem in words: the place as the author knows it, the row to go to and what is there."""

    sentence: str
    where: str
    error: bool
    row: int = 0
    field: str = ""  # column of the question's row; of the settings when there is no row
    option: int = 0  # row of the choices sheet

    @property
    def place(self) -> str:
        """The argument of the button that leads there."""
        return f"{self.row}:{self.field}" if self.field else str(self.row)

    @property
    def id(self) -> str:
        """Of the element beside the input at fault, on the page of that question."""
        return f"told-option-{self.option}" if self.option else f"told-{slug(self.field)}"


def slug(header: str) -> str:
    """A column as part of an element's id; all there is of a question when it is none."""
    return "".join(c if c.isalnum() else "-" for c in header) or "question"


def anchor(header: str) -> str:
    """Id of the input of a column."""
    return f"f-{slug(header)}"


@dataclass(frozen=True, slots=True)
class Mark:
    """How many places of one row of the outline want mending, or looking at, and the first one."""

    row: str
    name: str
    count: int
    error: bool
    place: str
    inside: bool  # some of them are of what a group holds

    @property
    def words(self) -> str:
        said = f"{self.count} 处要改" if self.error else f"{self.count} 条提醒"
        return f"里面 {said}" if self.inside else said


def told(problems: Iterable[Problem], book: Workbook) -> list[Told]:
    entries: dict[int, Entry] = {}
    for entry in outline.flat(outline.outline(book)):
        entries.setdefault(entry.end, entry)
        entries[entry.row] = entry
    return [_told(problem, book, entries) for problem in problems]


def _told(problem: Problem, book: Workbook, entries: Mapping[int, Entry]) -> Told:
    sentence, where = messages.sentence(problem), problem.where
    error = problem.level == "error"
    row, option = _row_of(problem, book)
    entry = entries.get(row)
    if entry is None:
        field = _column(problem, book.sheet("settings")) if where.sheet == "settings" else ""
        place = "问卷设置" if field else "整份问卷" if str(where) == "-" else str(where)
        return Told(sentence, place, error, field=field)
    field = "" if option else _column(problem, book.sheet("survey"))
    said = f"{entry.number} {entry.name}".strip() or f"第 {entry.row} 行"
    return Told(sentence, said, error, entry.row, field, option)


def _row_of(problem: Problem, book: Workbook) -> tuple[int, int]:
    """The row of the survey to look at, and the row of the choices meant there."""
    where, choices = problem.where, book.sheet("choices")
    if where.sheet == "survey" and where.row:
        return where.row, 0
    if where.sheet == "choices" and where.row and where.row <= len(choices.rows):
        listed = choices.get(where.row, choice_lists.list_column(choices))
        using = choice_lists.users(book, listed)
        return (outline.names(book).get(using[0], 0) if using else 0), where.row
    return 0, 0


def _column(problem: Problem, sheet: Sheet) -> str:
    """The column meant, by its letter in the sheet or by its name."""
    headers = sheet.headers
    if problem.where.column:
        index = column_index_from_string(problem.where.column) - 1
        return headers[index] if index < len(headers) else ""
    return problem.where.part if problem.where.part in headers else ""


def verdict(found: list[Told]) -> str:
    """All of it in a few words for the head of the page."""
    errors = sum(problem.error for problem in found)
    said = [f"{errors} 处要改"] if errors else []
    said += [f"{len(found) - errors} 条提醒"] if len(found) > errors else []
    return "，".join(said) or "没有发现问题"


def marks(entries: list[Entry], found: list[Told]) -> list[Mark]:
    """One for each row of the outline with problems; a group counts what is inside it too."""
    made: list[Mark] = []
    for entry in entries:
        inside = [p for p in found if p.row and entry.row <= p.row <= entry.end]
        if inside:
            first = next((p for p in inside if p.error), inside[0])
            alike = [p for p in inside if p.error == first.error]
            below = any(p.row != entry.row for p in alike)
            made.append(
                Mark(_row_id(entry), entry.name, len(alike), first.error, first.place, below)
            )
            made += marks(entry.children, inside)
    return made


def _row_id(entry: Entry) -> str:
    return f"fold-{entry.row}" if entry.kind == "fold" else str(entry.row)


def at_row(found: list[Told], row: int) -> dict[str, list[Told]]:
    """Id of the element beside an input -> what is said there, for one question or the settings."""
    beside: dict[str, list[Told]] = {}
    for problem in found:
        if problem.row == row and (row or problem.field):
            beside.setdefault(problem.id, []).append(problem)
    return beside
