"""The child process that opens a foreign workbook: its tables and pyxform's XForm, as JSON.

Run by `xlsform` under memory and time limits, isolated, with the workbook on standard input. Any
library may fail on hostile bytes in any way, or be killed: the parent only reads what comes out.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import openpyxl
import xlrd

ROWS, COLUMNS = 20_000, 200


def tables(workbook: bytes, kind: str) -> tuple[dict[str, list[list[Any]]], list[tuple]]:
    """Cells by sheet, and (sheet, row, column) of every sheet that reaches beyond the limits."""
    if kind == "xls":
        old = xlrd.open_workbook(file_contents=workbook)
        found = {s.name: [s.row_values(i) for i in range(s.nrows)] for s in old.sheets()}
        sizes = [(s.name, s.nrows, s.ncols) for s in old.sheets()]
    else:
        book = openpyxl.load_workbook(io.BytesIO(workbook), read_only=True, data_only=True)
        limits = {"max_row": ROWS, "max_col": COLUMNS, "values_only": True}
        found = {s.title: [list(r) for r in s.iter_rows(**limits)] for s in book.worksheets}
        sizes = [(s.title, s.max_row or 0, s.max_column or 0) for s in book.worksheets]
    return found, [size for size in sizes if size[1] > ROWS or size[2] > COLUMNS]


def with_namespace(workbook: bytes, namespace: str) -> bytes:
    """Add our namespace to the settings sheet when the author left it out."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    uses = any(
        "::nr:" in str(cell.value)
        for sheet in book.worksheets
        for cell in next(sheet.iter_rows(), ())
    )
    settings = book["settings"] if "settings" in book.sheetnames else book.create_sheet("settings")
    headers = {str(c.value).strip(): c.column for c in settings[1] if c.value}
    column = headers.get("namespaces", len(headers) + 1)
    value = str(settings.cell(2, column).value or "")
    if not uses or namespace in value:
        return workbook
    settings.cell(1, column, "namespaces")
    settings.cell(2, column, f'{value} nr="{namespace}"'.strip())
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def convert(workbook: bytes, kind: str, namespace: str) -> dict[str, str]:
    from pyxform.xls2xform import convert as by_pyxform

    try:
        prepared = with_namespace(workbook, namespace) if kind == "xlsx" else workbook
        done = by_pyxform(io.BytesIO(prepared), file_type="." + kind, warnings=[])
    except MemoryError:
        raise
    except Exception as error:  # its message is what the author gets to read
        return {"error": type(error).__name__, "text": str(error)}
    return {"xform": done.xform}


def main(kind: str, namespace: str) -> dict[str, Any]:
    workbook = sys.stdin.buffer.read()
    try:
        found, beyond = tables(workbook, kind)
    except MemoryError:
        raise
    except Exception as error:  # whatever a library says of bytes that are no workbook
        return {"damaged": type(error).__name__}
    answer: dict[str, Any] = {"tables": found, "beyond": beyond}
    return answer if beyond else answer | convert(workbook, kind, namespace)


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout, default=str)
