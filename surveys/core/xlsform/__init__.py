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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter

from ..definition import NAMESPACE
from ..problems import Problem, Where
from . import aliases
from .checks import check
from .child import COLUMNS, ROWS
from .lists import check_lists, inlined
from .sheets import Book
from .translation import translate

SECONDS, MEMORY = 30, 1_500_000_000
_CHILD = Path(__file__).with_name("child.py")


@dataclass(slots=True)
class Converted:
    """xform is None when the workbook cannot become a questionnaire."""

    xform: bytes | None
    problems: list[Problem] = field(default_factory=list)
    # the sheets, so that later problems can be shown where the author wrote them
    book: Book = field(default_factory=lambda: Book({}))


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
    if any(p.level == "error" for p in problems):
        return Converted(None, problems, book)
    if "xform" in answer:
        return Converted(inlined(answer["xform"].encode(), book), problems, book)
    return Converted(None, [*problems, *translate(answer, book)], book)


def _in_child(workbook: bytes, kind: str) -> dict[str, Any]:
    """What the child says; nothing when it went over its memory or time."""
    words = json.dumps(aliases.table(), ensure_ascii=False)
    command = [sys.executable, "-I", "-B", str(_CHILD), kind, NAMESPACE, words]
    try:
        done = subprocess.run(
            command, input=workbook, capture_output=True, timeout=SECONDS * 2, preexec_fn=_limits
        )
        return dict(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, ValueError):
        return {}


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _too_large(sheet: str, row: int, column: int) -> Problem:
    where = Where(sheet, row, get_column_letter(column))
    return Problem("sheet_too_large", where, {"rows": ROWS, "columns": COLUMNS})


__all__ = ["Book", "Converted", "convert"]
