"""Problem: what went wrong and where, as data. The sentence is said by `surveys/messages.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a workbook, table or form. Every part is optional.

    row is 1-based as the author sees it; column is the header's letter (``"C"``). part says which
    column of a workbook is meant where only the path is known (``"relevant"``).
    """

    sheet: str = ""
    row: int | None = None
    column: str = ""
    path: str = ""
    part: str = ""

    def __str__(self) -> str:
        if self.sheet:
            return f"{self.sheet}!{self.column}{self.row or ''}"
        return self.path or "-"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a stable code, the place, and the values its sentence needs."""

    code: str
    where: Where = field(default_factory=Where)
    params: Mapping[str, Any] = field(default_factory=dict)
    level: str = "error"  # "error" stops an import, "warning" does not


class Refused(Exception):
    """Foreign bytes or a request that cannot be accepted; carries its problems."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(", ".join(p.code for p in problems))
        self.problems = problems
