"""A workbook with Chinese names, rewritten in the standard ones: the editor finds its columns so.

Sheets, columns, question types and the few values with a Chinese name change; other cells stay.
"""

from __future__ import annotations

from .workbook import Sheet, Workbook, text
from .xlsform import aliases, child


def standardise(book: Workbook) -> bool:
    """Rewrite in place; whether anything was."""
    changed = [_standardise(sheet) for sheet in book.sheets]
    return any(changed)


def _standardise(sheet: Sheet) -> bool:
    name = aliases.SHEETS.get(sheet.name.strip(), sheet.name)
    columns = aliases.table()["columns"].get(name.strip().lower(), {})
    before = (sheet.name, sheet.headers)
    sheet.name = name
    if columns and sheet.rows:
        sheet.rows[0] = [child.header(text(cell), columns) or None for cell in sheet.rows[0]]
        for number in sheet.numbers():
            _row(sheet, number)
    return (sheet.name, sheet.headers) != before


def _row(sheet: Sheet, number: int) -> None:
    headers = sheet.headers
    old = [text(cell) for cell in sheet.rows[number - 1]][: len(headers)]
    new = child.row(headers, old, aliases.table())
    for header, was, now in zip(headers, old, new, strict=False):
        if header and was != now:
            sheet.set(number, header, now)
