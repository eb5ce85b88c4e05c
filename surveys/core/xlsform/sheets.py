"""Sheets: the tables of a workbook in standard words, and the author's own cell of each place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from openpyxl.utils import get_column_letter

from ..problems import Problem, Where

_MEDIA = frozenset({"media", "image", "big-image", "audio", "video"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its own name, standard header -> column letter, and (row, {header: text})."""

    name: str
    columns: Mapping[str, str]
    rows: list[tuple[int, dict[str, str]]]
    twice: list[tuple[str, str]] = field(
        default_factory=list
    )  # headers that stand again, and where

    def where(self, row: int, header: str = "") -> Where:
        return Where(self.name, row, self.columns.get(header, ""))


def sheet(name: str, table: list[list[str]]) -> Sheet:
    header = table[0] if table else []
    columns: dict[str, str] = {}
    twice = []
    for index, text in enumerate(header, start=1):
        letter = get_column_letter(index)
        if text and columns.setdefault(text, letter) != letter:
            twice.append((text, letter))
    rows = []
    for number, line in enumerate(table[1:], start=2):
        cells = {h: cell for h, cell in zip(header, line, strict=False) if h and cell}
        if cells:
            rows.append((number, cells))
    return Sheet(name, columns, rows, twice)


@dataclass(frozen=True, slots=True)
class Book:
    """All sheets by standard name."""

    sheets: Mapping[str, Sheet]

    @classmethod
    def of(cls, found: Mapping[str, Mapping[str, Any]]) -> Book:
        return cls({name: sheet(each["own"], each["table"]) for name, each in found.items()})

    def __getitem__(self, name: str) -> Sheet:
        """A missing sheet reads as an empty one."""
        return self.sheets.get(name) or Sheet(name, {}, [])

    def located(self, problem: Problem) -> Problem:
        """Compiled problems speak of paths; the author wants the cell of her workbook."""
        place = self._place(problem)
        return replace(problem, where=place) if place else problem

    def _place(self, problem: Problem) -> Where | None:
        where = problem.where
        if where.sheet:
            return None
        if where.part.startswith("media") and "file" in problem.params:
            return next(self.naming(str(problem.params["file"])), None)
        if where.path.count("/") > 1:
            return self._question(where.path.rsplit("/", 1)[-1], where.part)
        if where.part:
            return self._setting(where.part)
        if problem.code == "entities_unsupported" and "entities" in self.sheets:
            return Where(self["entities"].name, 1, "A")
        texts = (problem.params.get(key) for key in ("text", "list"))
        wanted = next((str(text) for text in texts if text), "")
        return next(self._mentions(wanted), None) if wanted else None

    def _question(self, name: str, part: str) -> Where | None:
        survey = self["survey"]
        for number, cells in survey.rows:
            if cells.get("name") == name:
                return survey.where(number, self._column(part))
        return None

    def _column(self, part: str) -> str:
        """The column itself, else its first translation, else the name's."""
        columns = self["survey"].columns
        if part in columns:
            return part
        return next((c for c in columns if part and c.startswith(f"{part}::")), "name")

    def _setting(self, column: str) -> Where | None:
        settings = self["settings"]
        return settings.where(2, column) if column in settings.columns else None

    def naming(self, file: str) -> Iterator[Where]:
        """The cells that name a picture or recording."""
        for sheet in (self["survey"], self["choices"]):
            for number, cells in sheet.rows:
                for header, cell in cells.items():
                    if header.partition("::")[0] in _MEDIA and cell.rsplit("/", 1)[-1] == file:
                        yield sheet.where(number, header)

    def _mentions(self, text: str) -> Iterator[Where]:
        survey, word = self["survey"], re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        for number, cells in survey.rows:
            for header, cell in cells.items():
                if word.search(cell):
                    yield survey.where(number, header)
