"""Workbook bytes <-> an editable model: every sheet, row and cell, known to us or not.

Values and their types are kept (text, whole and decimal numbers, booleans, dates, times); of the
formatting only what helps reading is written anew. A formula is kept as the value it last had,
since that is what an import reads; one that was never computed is kept as a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import xlrd
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from .xlsform.child import ROWS, used

Cell = str | int | float | bool | datetime | date | time | timedelta | None
_WIDE = ("label", "hint", "guidance_hint", "relevant", "constraint", "calculation")
_BOLD, _WRAPPED = Font(bold=True), Alignment(vertical="top", wrap_text=True)


class Formula(str):
    """A formula no program has computed yet; other text beginning with = is text."""

    __slots__ = ()


@dataclass(slots=True)
class Sheet:
    """A sheet as rows of cells; the first row holds the column names. Rows may differ in length."""

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    # looked for and not found: written only once something stands in it
    missing: bool = field(default=False, compare=False)

    @property
    def headers(self) -> list[str]:
        return [text(cell) for cell in self.rows[0]] if self.rows else []

    def column(self, header: str) -> int | None:
        """Position of a column by its name; the first of several with the same name."""
        headers = self.headers
        return headers.index(header) if header in headers else None

    def get(self, row: int, header: str) -> str:
        """The text of a cell; row as the author counts, from 1. "" where there is none."""
        column = self.column(header)
        cells = self.rows[row - 1]
        return text(cells[column]) if column is not None and column < len(cells) else ""

    def set(self, row: int, header: str, value: Cell) -> None:
        """Write a cell, adding the column when the sheet lacks it. Same text: nothing changes."""
        if self.get(row, header) == text(value):
            return
        column = self.column(header)
        if column is None:
            column = self._add_column(header)
        cells = self.rows[row - 1]
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = clean(value)

    def _add_column(self, header: str) -> int:
        if not self.rows:
            self.rows.append([])
        width = max(len(row) for row in self.rows)
        self.rows[0].extend([None] * (width - len(self.rows[0])))
        self.rows[0].append(header)
        return width

    def cells(self, row: int) -> dict[str, str]:
        """Column name -> text of the filled cells of a row."""
        found: dict[str, str] = {}
        for header, cell in zip(self.headers, self.rows[row - 1], strict=False):
            if header and text(cell):
                found.setdefault(header, text(cell))
        return found

    def numbers(self) -> range:
        """Numbers of the rows below the column names."""
        return range(2, len(self.rows) + 1)


@dataclass(slots=True)
class Workbook:
    sheets: list[Sheet] = field(default_factory=list)

    def sheet(self, name: str) -> Sheet:
        """A sheet by its name (blanks and capitals aside), an empty one when there is none."""
        for sheet in self.sheets:
            if sheet.name.strip().lower() == name:
                return sheet
        self.sheets.append(Sheet(name, missing=True))
        return self.sheets[-1]

    def copy(self) -> Workbook:
        """Another one with the same cells, to be changed apart from this one."""
        return Workbook([Sheet(s.name, [list(r) for r in s.rows], s.missing) for s in self.sheets])


def text(cell: Cell) -> str:
    """A cell as the author reads it: a whole number without a point, no blanks around."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def clean(value: Cell) -> Cell:
    """What a workbook can hold: no control characters, nothing for empty text."""
    if not isinstance(value, str) or isinstance(value, Formula):
        return value
    return ILLEGAL_CHARACTERS_RE.sub("", value).replace("\r\n", "\n") or None


class TooLarge(ValueError):
    """A sheet reaches beyond what an import accepts; the text is its name."""


def read(data: bytes, kind: str = "xlsx") -> Workbook:
    """A workbook whose type and size the gateway has checked. TooLarge as the import would say."""
    book = Workbook(list(_old(data) if kind == "xls" else _new(data)))
    for sheet in book.sheets:
        _trim(sheet)
    return book


def _new(data: bytes) -> Iterator[Sheet]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    computed: Any = None
    for source in book.worksheets:
        source.reset_dimensions()
        sheet = _used(source.title, ([_value(cell) for cell in row] for row in source.iter_rows()))
        if any(isinstance(cell, Formula) for row in sheet.rows for cell in row):
            computed = computed or openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True
            )
            _compute(sheet, computed[source.title])
        yield sheet


def _used(name: str, rows: Iterable[list[Cell]]) -> Sheet:
    found, beyond = used(rows, ROWS)
    if beyond:
        raise TooLarge(name)
    return Sheet(name, found)


def _value(cell: Any) -> Cell:
    value = cell.value
    if getattr(cell, "data_type", "") == "f" and isinstance(value, str):
        return Formula(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # a workbook knows one kind of number
    return value if value is None or isinstance(value, Cell) else str(value)


def _compute(sheet: Sheet, source: Any) -> None:
    """Put the value a formula last had in its place."""
    for cells, values in zip(sheet.rows, source.iter_rows(values_only=True), strict=False):
        for column, (cell, value) in enumerate(zip(cells, values, strict=False)):
            if isinstance(cell, Formula) and value is not None:
                cells[column] = value


def _old(data: bytes) -> Iterator[Sheet]:
    book = xlrd.open_workbook(file_contents=data)
    for source in book.sheets():
        rows = map(source.row, range(source.nrows))
        yield _used(source.name, ([_old_value(c, book.datemode) for c in row] for row in rows))


def _old_value(cell: Any, datemode: int) -> Cell:
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    if cell.ctype == xlrd.XL_CELL_DATE:
        moment = xlrd.xldate_as_datetime(cell.value, datemode)
        return moment.time() if cell.value < 1 else moment
    if cell.ctype == xlrd.XL_CELL_NUMBER and cell.value.is_integer():
        return int(cell.value)
    return clean(cell.value)


def _trim(sheet: Sheet) -> None:
    """Drop empty cells and rows at the ends, which only formatting reached."""
    for row in sheet.rows:
        while row and row[-1] in (None, ""):
            row.pop()
    while sheet.rows and not sheet.rows[-1]:
        sheet.rows.pop()


def write(book: Workbook) -> bytes:
    """An .xlsx workbook: the column names stay in sight, long texts are wrapped."""
    out = openpyxl.Workbook(write_only=True)
    sheets = [sheet for sheet in book.sheets if sheet.rows or not sheet.missing]
    for sheet in sheets or [Sheet("survey")]:
        target = out.create_sheet(sheet.name)
        target.freeze_panes = "A2"
        for position, header in enumerate(sheet.headers, start=1):
            wide = header.partition("::")[0] in _WIDE
            target.column_dimensions[get_column_letter(position)].width = 40 if wide else 18
        for number, row in enumerate(sheet.rows, start=1):
            target.append([_written(target, cell, head=number == 1) for cell in row])
    data = io.BytesIO()
    out.save(data)
    return data.getvalue()


def _written(target: Any, value: Cell, *, head: bool) -> Any:
    if value is None:
        return None
    cell = WriteOnlyCell(target, value)
    if isinstance(value, str) and not isinstance(value, Formula):
        cell.data_type = "s"  # text that looks like a formula or an error stays text
        if len(value) > 20:
            cell.alignment = _WRAPPED
    if head:
        cell.font = _BOLD
    return cell
