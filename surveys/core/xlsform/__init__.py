"""XLSForm workbook -> XForm XML with pyxform, in a child process with limits.

`child` opens the workbook, `aliases` are the Chinese names it accepts, `checks` come before
pyxform's word and name sheet, row and column, `translation` says what only pyxform finds. Several
problems are reported at once where they can be told apart.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter

from ..definition import NAMESPACE
from ..problems import Problem, Where
from . import aliases
from .checks import check
from .child import COLUMNS, ROWS
from .lists import check_lists, inlined
from .remainder import harmless, news
from .sheets import Book
from .translation import translate

SECONDS, MEMORY = 30, 1_500_000_000
PASSES = 4  # over a faulty workbook; each finds what the one before hid
_HEADERS = {
    "survey_sheet_missing",
    "columns_missing",
    "column_case",
    "column_misspelt",
    "column_twice",
}
_CHILD = Path(__file__).with_name("child.py")


@dataclass(slots=True)
class Converted:
    """xform is None when the workbook cannot become a questionnaire."""

    xform: bytes | None
    problems: list[Problem] = field(default_factory=list)
    # the sheets, so that later problems can be shown where the author wrote them
    book: Book = field(default_factory=lambda: Book({}))
    # where xform is None: the XForm of what is left without the faulty cells, only to be judged
    remainder: bytes | None = None

    def more(self, found: Iterable[Problem]) -> list[Problem]:
        """What the remainder shows beyond the problems already named."""
        return news(map(self.book.located, found), self.problems, self.book)


def convert(workbook: bytes, filename: str, *, kind: str = "xlsx") -> Converted:
    """Convert a workbook whose type and size the gateway has checked."""
    answer = _in_child(workbook, kind)
    if "beyond" in answer:
        return Converted(None, [_too_large(*size) for size in answer["beyond"]])
    if "sheets" not in answer:
        code = "workbook_damaged" if "damaged" in answer else "conversion_limit"
        return Converted(None, [Problem(code, Where(sheet=filename))])
    book = Book.of(answer["sheets"])
    problems = [*check(book), *check_lists(book)]
    sound = not any(p.level == "error" for p in problems)
    if sound and "xform" in answer:
        return Converted(inlined(answer["xform"].encode(), book), problems, book)
    if sound:
        problems += translate(answer, book)
    if any(p.code in _HEADERS for p in problems):
        return Converted(None, problems, book)
    return _faulty(answer["sheets"], problems, book)


def _faulty(sheets: dict[str, Any], problems: list[Problem], book: Book) -> Converted:
    """All that can be found: faults hide behind each other, so what is found is put aside."""
    found = problems
    for _ in range(PASSES):
        sheets = harmless(sheets, found)
        answer = _in_child(json.dumps(sheets).encode(), "tables")
        if "xform" in answer:
            return Converted(None, problems, book, inlined(answer["xform"].encode(), book))
        found = news(translate(answer, book), problems, book) if answer else []
        if not found:
            break
        problems = [*problems, *found]
    return Converted(None, problems, book)


def _in_child(workbook: bytes, kind: str) -> dict[str, Any]:
    """What the child says; nothing when it went over its memory or time."""
    try:
        return dict(json.loads(_said(workbook, kind)))
    except (subprocess.SubprocessError, ValueError):
        return {}


@lru_cache(maxsize=16)
def _said(workbook: bytes, kind: str) -> bytes:
    """Kept for the same bytes: an editor asks again after every step back and forth.

    A child that failed raises, and so is asked anew.
    """
    words = json.dumps(aliases.table(), ensure_ascii=False)
    command = [sys.executable, "-I", "-B", str(_CHILD), kind, NAMESPACE, words]
    done = subprocess.run(
        command, input=workbook, capture_output=True, timeout=SECONDS * 2, preexec_fn=_limits,
        check=True,
    )  # fmt: skip
    return done.stdout


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _too_large(sheet: str, row: int, column: int) -> Problem:
    where = Where(sheet, row, get_column_letter(column))
    return Problem("sheet_too_large", where, {"rows": ROWS, "columns": COLUMNS})


__all__ = ["Book", "Converted", "convert"]
