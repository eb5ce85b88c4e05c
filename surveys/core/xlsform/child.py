"""The child process that opens a foreign workbook: its tables and pyxform's XForm, as JSON.

Run by `convert` under memory and time limits, isolated, with the workbook on standard input. Any
library may fail on hostile bytes in any way, or be killed: the parent only reads what comes out.
Chinese names (`aliases.py`, handed in) are written over here, once, for pyxform and for the parent.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

ROWS, COLUMNS = 20_000, 200
LIST_ROWS = 100_000  # of a sheet that stands for a list file, such as all villages of a province
# Libraries look for these and do without: no text of a table needs them, and to load them takes
# more than a third of the child's time.
UNNEEDED = ("numpy", "PIL", "regex")
Table = list[list[str]]
Size = tuple[str, int, int]


def read(workbook: bytes, kind: str) -> tuple[dict[str, Table], list[Size]]:
    """Text by sheet, and (sheet, row, column) of the first cell of each beyond the limits."""
    found, beyond = {}, []
    for sheet, rows in (_xls if kind == "xls" else _xlsx)(workbook):
        most = LIST_ROWS if sheet.strip().lower().endswith(".csv") else ROWS
        found[sheet], place = used(rows, most)
        beyond += [(sheet, *place)] if place else []
    return found, beyond


def used(
    rows: Iterable[list[Any]], most: int, columns: int = COLUMNS
) -> tuple[list[list[Any]], tuple[int, int] | None]:
    """A sheet as far as something stands in it, and the first filled cell beyond the limits.

    Formatting alone fills nothing: many programs format whole rows and columns to the last.
    """
    found: list[list[Any]] = []
    for number, row in enumerate(rows, start=1):
        if not row:  # a million of them in a sheet that is formatted to its end
            continue
        width = next((at for at in range(len(row), 0, -1) if _filled(row[at - 1])), 0)
        if width and (number > most or width > columns):
            return found, (number, width)
        if width:
            found += ([] for _ in range(number - 1 - len(found)))
            found.append(list(row[:width]))
    widest = max(map(len, found), default=0)
    for row in found:
        row += [""] * (widest - len(row))
    return found, None


def _filled(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _xlsx(workbook: bytes) -> Iterator[tuple[str, Iterator[list[str]]]]:
    import openpyxl
    from pyxform.xls2json_backends import xlsx_value_to_str as text

    book = openpyxl.load_workbook(io.BytesIO(workbook), read_only=True, data_only=True)
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what a file says of its size is not what stands in it
        yield (
            sheet.title,
            (
                ["" if v is None else text(v).strip() for v in row]
                for row in sheet.iter_rows(values_only=True)
            ),
        )


def _xls(workbook: bytes) -> Iterator[tuple[str, Iterator[list[str]]]]:
    import xlrd
    from pyxform.xls2json_backends import xls_value_to_unicode as text

    book = xlrd.open_workbook(file_contents=workbook)
    for sheet in book.sheets():
        yield (
            sheet.name,
            (
                [text(c.value, c.ctype, book.datemode).strip() for c in row]
                for row in map(sheet.row, range(sheet.nrows))
            ),
        )


def canonical(found: dict[str, Table], aliases: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Standard sheet name -> the author's own name of it and its table in standard words."""
    sheets: dict[str, dict[str, Any]] = {}
    for own, table in found.items():
        name = aliases["sheets"].get(own.strip(), own.strip().lower())
        columns = aliases["columns"].get(name, {})
        headers = [header(cell, columns) for cell in table[0]] if table else []
        rows = [row(headers, cells, aliases) for cells in table[1:]]
        sheets.setdefault(name, {"own": own, "table": [headers, *rows] if table else []})
    return sheets


def header(cell: str, columns: dict[str, str]) -> str:
    """``题目::English (en)`` is ``label::English (en)``."""
    name, mark, language = re.sub(" +", " ", cell).partition("::")
    return columns.get(name.strip(), name) + mark + language


def row(headers: list[str], cells: list[str], aliases: dict[str, Any]) -> list[str]:
    """The cells of a row in standard words."""
    cells = [
        aliases["values"].get(name, {}).get(cell, cell)
        for name, cell in zip(headers, cells, strict=False)
    ]
    if "type" in headers and headers.index("type") < len(cells):
        at = headers.index("type")
        word, blank, rest = cells[at].partition(" ")
        listed = _list_name(headers, cells) if not rest else ""
        word = aliases["types"].get(word, word)
        cells[at] = f"{word} {listed}" if listed else word + blank + rest
    return cells


def _list_name(header: list[str], cells: list[str]) -> str:
    """A survey may name the list of a question in a column of its own."""
    at = header.index("list_name") if "list_name" in header else len(cells)
    return cells[at] if at < len(cells) else ""


def to_pyxform(sheets: dict[str, dict[str, Any]], namespace: str) -> dict[str, Any]:
    """The tables as pyxform takes them, our namespace declared where it is used."""
    book: dict[str, Any] = {"sheet_names": list(sheets)}
    for name in ("survey", "choices", "settings", "external_choices", "entities", "osm"):
        table = sheets.get(name, {}).get("table")
        if table:
            book[f"{name}_header"] = [{h: None for h in table[0] if h}]
            book[name] = list(_rows(table))
    headers = book.get("survey_header", [{}])[0]
    if any("::nr:" in header for header in headers):
        _declare(book, namespace)
    if "type" in headers and "list_name" in headers:  # already joined to the type
        headers.pop("list_name")
        for row in book["survey"]:
            row.pop("list_name", None)
    return book


def _rows(table: Table) -> Iterator[dict[str, str]]:
    for row in table[1:]:
        yield {h: cell for h, cell in zip(table[0], row, strict=False) if h and cell}


def _declare(book: dict[str, Any], namespace: str) -> None:
    header = book.setdefault("settings_header", [{}])[0]
    rows = book.setdefault("settings", [{}])
    header["namespaces"] = None
    first = rows[0] if rows else rows.append({}) or rows[0]
    if namespace not in first.get("namespaces", ""):
        first["namespaces"] = f'{first.get("namespaces", "")} nr="{namespace}"'.strip()


def convert(sheets: dict[str, dict[str, Any]], namespace: str) -> dict[str, Any]:
    from pyxform.xls2xform import convert as by_pyxform

    try:
        done = by_pyxform(to_pyxform(sheets, namespace), warnings=[])
    except MemoryError:
        raise
    except Exception as error:  # its message is what the author gets to read
        return {"faults": [_fault(line) for line in str(error).split("\n") if line.strip()]}
    return {"xform": done.xform}


def _fault(text: str) -> dict[str, Any]:
    """pyxform's message with the code and the values of the template it was made from."""
    from pyxform.errors import ErrorCode

    for code in ErrorCode:
        template = re.escape(code.value.msg.replace("{{", "\0").replace("}}", "\1"))
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*?)", template)
        pattern = pattern.replace(re.escape("\0"), r"\{").replace(re.escape("\1"), r"\}")
        try:
            found = re.fullmatch(pattern, text)
        except re.error:  # a value that stands twice in a template
            continue
        if found:
            return {"text": text, "code": code.name, "context": found.groupdict()}
    return {"text": text, "code": "", "context": {}}


def main(workbook: bytes, kind: str, namespace: str, aliases: str) -> dict[str, Any]:
    if kind == "tables":  # read before, in standard words
        return convert(json.loads(workbook), namespace)
    try:
        found, beyond = read(workbook, kind)
    except MemoryError:
        raise
    except Exception as error:  # whatever a library says of bytes that are no workbook
        return {"damaged": type(error).__name__}
    if beyond:
        return {"beyond": beyond}
    sheets = canonical(found, json.loads(aliases))
    return {"sheets": sheets} | convert(sheets, namespace)


if __name__ == "__main__":
    absent: dict[str, Any] = dict.fromkeys(UNNEEDED)  # None there: as if not installed
    sys.modules.update(absent)
    json.dump(main(sys.stdin.buffer.read(), *sys.argv[1:]), sys.stdout, default=str)
