"""Excel -> model -> Excel on foreign workbooks: are all cell values the same?

    python -m tests.round_trip FOLDER

One line a file: ``file  equal``, or the first cell that differs. Judged by openpyxl and xlrd on
both files, not by our own reader. A file too large to be imported is named so and not counted.
Exit 1 when any differs.
"""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from typing import Any

import openpyxl
import xlrd

from surveys.core import workbook


def values(data: bytes) -> dict[str, dict[tuple[int, int], Any]]:
    """(row, column) -> value of the filled cells of every sheet, as the libraries read them."""
    if data[:4] != b"PK\x03\x04":
        return _old_values(data)
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    return {
        sheet.title: {
            (row, column): value
            for row, line in enumerate(sheet.iter_rows(values_only=True), start=1)
            for column, value in enumerate(line, start=1)
            if value not in (None, "")
        }
        for sheet in book.worksheets
    }


def _old_values(data: bytes) -> dict[str, dict[tuple[int, int], Any]]:
    book = xlrd.open_workbook(file_contents=data)
    found: dict[str, dict[tuple[int, int], Any]] = {}
    for sheet in book.sheets():
        cells = found.setdefault(sheet.name, {})
        for row in range(sheet.nrows):
            for column, cell in enumerate(sheet.row(row)):
                value: Any = cell.value
                if cell.ctype == xlrd.XL_CELL_BOOLEAN:
                    value = bool(value)
                elif cell.ctype == xlrd.XL_CELL_DATE:
                    moment = xlrd.xldate_as_datetime(value, book.datemode)
                    value = moment.time() if value < 1 else moment
                if value != "":
                    cells[row + 1, column + 1] = value
    return found


def difference(data: bytes) -> str:
    """ "" when the model gives every value back, else the first place where it does not."""
    kind = "xlsx" if data[:4] == b"PK\x03\x04" else "xls"
    written = workbook.write(workbook.read(data, kind))
    before, after = values(data), values(written)
    if list(before) != list(after):
        return f"sheets {list(before)} {list(after)}"
    for name, cells in before.items():
        for place in sorted(cells.keys() | after[name].keys()):
            old, new = cells.get(place), after[name].get(place)
            if old != new or isinstance(old, bool) != isinstance(new, bool):
                return f"{name} {place} {old!r} {new!r}"
    return ""


def main(folder: Path) -> int:
    warnings.simplefilter("ignore")
    found: dict[str, str] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".xlsx", ".xls")):
        try:
            found[path.name] = difference(path.read_bytes())
            print(f"{path.name}  {found[path.name] or 'equal'}", flush=True)
        except workbook.TooLarge as sheet:
            print(f"{path.name}  too large to import: {sheet}", flush=True)
    print(f"{sum(not place for place in found.values())} of {len(found)} equal")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
