"""Tables written down: CSV wide and long, XLSX, SPSS .sav, Parquet. Rows come in one by one.

Each book makes files in a folder. Only `.sav` holds its table in memory (its library takes whole
tables), so it has a limit. The libraries are imported by the book that needs them.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from analysis.core.export.cells import HIGHEST, LOWEST, MISSING, Cell
from analysis.core.export.plan import Table, Variable
from surveys.core.disclosure import safe_cell

Add = Callable[[Sequence[Cell]], None]
SHEET_ROWS = 1_048_575
SAV_ROWS = 200_000
_BATCH = 5000
_NOTE_BYTES = 78  # of the 80 a line of a .sav document may have


class TooManyRows(ValueError):
    """The format cannot hold so many rows; the text names one that can."""


class Book(Protocol):
    """Files of one export in one format."""

    def table(self, table: Table, variables: Sequence[Variable]) -> Add: ...

    def close(self) -> None: ...


def csv_cell(cell: Cell) -> str:
    """One cell as it stands in a CSV line; a text cannot become a formula."""
    if not isinstance(cell, str):
        return str(cell)
    text = safe_cell(cell)
    quoted = any(letter in text for letter in ',"\r\n')
    return '"' + text.replace('"', '""') + '"' if quoted else text


def csv_line(cells: Iterable[Cell]) -> str:
    """A line of cells that were made by `csv_cell`."""
    return ",".join(cells) + "\r\n"  # type: ignore[arg-type]


class Csv:
    """One file a table, a column a variable; the byte-order mark lets Excel read Chinese.

    Rows come rendered by `csv_cell`.
    """

    def __init__(self, folder: Path, bom: bool = True) -> None:
        self.folder, self.encoding = folder, "utf-8-sig" if bom else "utf-8"
        self.files: list[Any] = []

    def table(self, table: Table, variables: Sequence[Variable]) -> Add:
        write = self._file(table).write
        write(csv_line(v.name for v in variables))
        return lambda row: write(csv_line(row))

    def _file(self, table: Table) -> Any:
        path = self.folder / f"{table.name}.csv"
        self.files.append(path.open("w", encoding=self.encoding, newline=""))
        return self.files[-1]

    def close(self) -> None:
        for file in self.files:
            file.close()


class CsvLong(Csv):
    """One file a table, a row a value: response, variable, value."""

    def table(self, table: Table, variables: Sequence[Variable]) -> Add:
        write, keys = self._file(table).write, 2 if table.path else 1
        names = [v.name for v in variables]
        write(csv_line([*names[:keys], "variable", "value"]))

        def add(row: Sequence[Cell]) -> None:
            head = row[:keys]
            for name, cell in zip(names[keys:], row[keys:], strict=True):
                write(csv_line((*head, name, cell)))

        return add


class Xlsx:
    """One workbook: the note on the first sheet, then a sheet a table; rows go to disk at once."""

    def __init__(self, folder: Path, note: Sequence[str]) -> None:
        import xlsxwriter

        options = {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "tmpdir": str(folder),
        }  # fmt: skip
        self.book = xlsxwriter.Workbook(str(folder / "data.xlsx"), options)
        sheet = self.book.add_worksheet("说明")
        sheet.set_column(0, 0, 100)
        for k, line in enumerate(note):
            sheet.write_string(k, 0, safe_cell(line))

    def table(self, table: Table, variables: Sequence[Variable]) -> Add:
        sheet = self.book.add_worksheet(table.name[:31])
        sheet.freeze_panes(1, 1)
        for k, variable in enumerate(variables):
            sheet.write_string(0, k, variable.name)
        number, text = sheet.write_number, sheet.write_string
        at = 0

        def add(row: Sequence[Cell]) -> None:
            nonlocal at
            at += 1
            if at > SHEET_ROWS:
                raise TooManyRows(f"Excel 工作表最多 {SHEET_ROWS:,} 行，请改选 CSV 或 Parquet。")
            for k, cell in enumerate(row):
                if isinstance(cell, str):
                    text(at, k, safe_cell(cell))
                else:
                    number(at, k, cell)

        return add

    def sheet(self, name: str, rows: Sequence[Sequence[Cell]]) -> None:
        """A further sheet, e.g. the codebook."""
        sheet = self.book.add_worksheet(name)
        for at, row in enumerate(rows):
            for k, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(at, k, safe_cell(cell))
                else:
                    sheet.write_number(at, k, cell)

    def close(self) -> None:
        self.book.close()


class Sav:
    """One SPSS file a table, with labels, and the kinds of missing as user-missing values."""

    def __init__(self, folder: Path, note: Sequence[str]) -> None:
        self.folder, self.note = folder, note
        self.kept: list[tuple[Table, Sequence[Variable], list[Any]]] = []

    def table(self, table: Table, variables: Sequence[Variable]) -> Add:
        columns: list[Any] = [array("d") if v.numeric else [] for v in variables]
        self.kept.append((table, variables, columns))
        appends = [column.append for column in columns]

        def add(row: Sequence[Cell]) -> None:
            if len(columns[0]) >= SAV_ROWS:
                raise TooManyRows(f"SPSS 文件最多 {SAV_ROWS:,} 行，请改选 CSV 或 Parquet。")
            for append, cell in zip(appends, row, strict=True):
                append(cell)

        return add

    def close(self) -> None:
        import numpy as np
        import pandas as pd
        import pyreadstat

        lines = [piece for line in self.note for piece in _pieces(line)]
        for table, variables, columns in self.kept:
            frame = pd.DataFrame(
                {
                    v.name: np.frombuffer(c, dtype=float) if v.numeric and len(c) else list(c)
                    for v, c in zip(variables, columns, strict=True)
                }
            )
            coded = [v for v in variables if v.numeric]
            pyreadstat.write_sav(
                frame,
                str(self.folder / f"{table.name}.sav"),
                file_label=table.label[:20],
                column_labels={v.name: v.label[:80] for v in variables},
                variable_value_labels={v.name: _value_labels(v) for v in coded if _value_labels(v)},
                missing_ranges={v.name: [{"lo": LOWEST, "hi": HIGHEST}] for v in coded},
                variable_measure={v.name: _measure(v) for v in variables},
                variable_format={v.name: "F8.0" for v in coded if v.kind == "code"},
                note=lines,
            )


def _value_labels(variable: Variable) -> dict[float, str]:
    words = variable.labels or {int(c): w for c, w in MISSING.items()}
    return {float(code): word[:40] for code, word in words.items()}


def _measure(variable: Variable) -> str:
    return "scale" if variable.kind == "number" else "nominal"


def _pieces(line: str) -> list[str]:
    """Lines of at most so many bytes, no character cut."""
    found, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) > _NOTE_BYTES:
            found.append(piece)
            piece = ""
        piece += letter
    return [*found, piece]


class Parquet:
    """One file a table, whole numbers and texts typed; note and labels, also those of the codes
    as JSON, stand in the metadata."""

    def __init__(self, folder: Path, note: Sequence[str]) -> None:
        self.folder, self.note = folder, note
        self.open: list[tuple[Any, list[list[Cell]], Any]] = []

    def table(self, table: Table, variables: Sequence[Variable]) -> Add:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = {"code": pa.int32(), "number": pa.float64()}
        fields = [
            pa.field(
                v.name,
                types.get(v.kind, pa.string()),
                metadata={
                    "label": v.label,
                    "values": json.dumps(dict(v.labels), ensure_ascii=False),
                },
            )
            for v in variables
        ]
        schema = pa.schema(fields, metadata={"说明": "\n".join(self.note)})
        writer = pq.ParquetWriter(str(self.folder / f"{table.name}.parquet"), schema)
        batch: list[list[Cell]] = []

        def flush() -> None:
            if batch:
                arrays = [
                    pa.array(c, f.type)
                    for c, f in zip(zip(*batch, strict=True), fields, strict=True)
                ]
                writer.write_table(pa.table(arrays, schema=schema))
                batch.clear()

        def add(row: Sequence[Cell]) -> None:
            batch.append(list(row))
            if len(batch) >= _BATCH:
                flush()

        self.open.append((writer, batch, flush))
        return add

    def close(self) -> None:
        for writer, _, flush in self.open:
            flush()
            writer.close()
