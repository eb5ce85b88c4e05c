"""Engines that sum where the rows lie: one grouped SELECT, of which only the sums come back.

`Sql` is an `Aggregator` over anything that runs standard SQL and answers rows by column; `parquet`
is the embedded one (DuckDB). A cluster is attached by handing over its own ``run``. The statement
uses SUM, COUNT, CASE and GROUP BY only, weights are cast before they are multiplied, and groups are
put in their place by code, because no engine promises an order. Less itself, a number is 0 in every
dialect, and NaN or infinity is not: so they are told from answers. A slot that no page or job uses
yet; not for a snapshot, whose answers are texts (`docs/decisions/0014-the-analysis-store.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from analysis.core.aggregate import Floats, Ints

Run = Callable[[str], Mapping[str, NDArray[Any]]]
THREADS, MEMORY = 2, "512MB"


@dataclass(frozen=True)
class Question:
    """What to sum over which rows: names of columns, the source as SQL, a condition as SQL.

    unit, group: columns of codes 0..units-1 and 0..groups-1; rows with another code are left out.
    items: number columns; booleans where ``run`` gives columns in their own type. An empty source
    has no rows.
    """

    source: str
    items: tuple[str, ...]
    unit: str
    group: str
    weight: str
    units: int
    groups: int
    where: str = "1 = 1"


class Sql:
    """The aggregator over an engine that runs SQL. One pass for sums, one more for precision."""

    def __init__(self, run: Run, question: Question) -> None:
        self.run, self.question, self._lock = run, question, RLock()
        self._tables: dict[str, Floats] = {}

    @property
    def items(self) -> int:
        return len(self.question.items)

    def mass(self, item: int) -> Floats:
        return self._placed("sums", "w" if self._is_complete(item) else f"m{item}")

    def sums(self, item: int) -> Floats:
        return self._placed("sums", f"s{item}")

    def squares(self, item: int) -> tuple[Floats, Ints]:
        answered = self._placed("sums", "n" if self._is_complete(item) else f"n{item}")
        squares = self._placed("squares", f"q{item}").sum(axis=0)
        return squares, answered.sum(axis=0).astype(np.intp)

    def _is_complete(self, item: int) -> bool:
        with self._lock:
            return item in self._complete

    @cached_property
    def _complete(self) -> frozenset[int]:
        """Items that every row answered; of whole numbers a file knows without being read."""
        if not self.question.source:
            return frozenset()
        counts = ", ".join(f"COUNT({y}) AS n{k}" for k, y in self._columns)
        found = self.run(f"SELECT COUNT(*) AS n, {counts} FROM {self.question.source}")
        return frozenset(k for k, _ in self._columns if found[f"n{k}"][0] == found["n"][0])

    @cached_property
    def _kinds(self) -> Mapping[str, str]:
        """Column -> kind of its type, as NumPy names them, as far as the engine tells."""
        names = ", ".join(f'"{name}"' for name in (self.question.weight, *self.question.items))
        found = self.run(f"SELECT {names} FROM {self.question.source} WHERE 1 = 0")
        return {name: np.asarray(column).dtype.kind for name, column in found.items()}

    @cached_property
    def _sums_table(self) -> Mapping[str, NDArray[Any]]:
        w = self._weight
        measures = ["COUNT(*) AS n", f"SUM({w}) AS w"]
        for k, y in self._columns:
            measures.append(f"SUM({w} * {y}) AS s{k}")
            if k not in self._complete:
                measures.append(f"SUM(CASE WHEN {y} IS NULL THEN 0 ELSE {w} END) AS m{k}")
                measures.append(f"COUNT({y}) AS n{k}")
        return self._grouped(measures)

    @cached_property
    def _squares_table(self) -> Mapping[str, NDArray[Any]]:
        return self._grouped([f"SUM({self._weight} * {y} * {y}) AS q{k}" for k, y in self._columns])

    @property
    def _weight(self) -> str:
        return f'CAST("{self.question.weight}" AS DOUBLE PRECISION)'

    @cached_property
    def _columns(self) -> list[tuple[int, str]]:
        return [(k, self._answer(name)) for k, name in enumerate(self.question.items)]

    def _answer(self, name: str) -> str:
        """A column as a number, or null."""
        column, kind = f'"{name}"', self._kinds.get(name, "f")
        if kind == "b":
            return f"CASE WHEN {column} THEN 1 WHEN NOT {column} THEN 0 END"
        return column if kind in "iu" else f"CASE WHEN {column} - {column} = 0 THEN {column} END"

    def _grouped(self, measures: Sequence[str]) -> Mapping[str, NDArray[Any]]:
        q = self.question
        if not q.source:
            return {"at": np.zeros(0, dtype=np.intp)}
        found = self.run(
            f'SELECT "{q.unit}" AS u, "{q.group}" AS g, {", ".join(measures)} FROM {q.source} '
            f"WHERE ({q.where}) AND {self._answer(q.weight)} <> 0 "
            f'AND "{q.unit}" BETWEEN 0 AND {q.units - 1} '
            f'AND "{q.group}" BETWEEN 0 AND {q.groups - 1} GROUP BY "{q.unit}", "{q.group}"'
        )
        unit, group = np.asarray(found["u"], dtype=np.intp), np.asarray(found["g"], dtype=np.intp)
        return {**found, "at": unit * q.groups + group}

    def _placed(self, kind: str, name: str) -> Floats:
        """(units, groups); a cell without rows, or without an answer, is 0."""
        with self._lock:  # items are read side by side, the engine is asked once
            if name not in self._tables:
                table = self._sums_table if kind == "sums" else self._squares_table
                out = np.zeros(self.question.units * self.question.groups)
                found = np.asarray(table.get(name, ()), dtype=float)
                out[table["at"]] = np.nan_to_num(found, posinf=np.inf, neginf=-np.inf)
                self._tables[name] = out.reshape(self.question.units, self.question.groups)
            return self._tables[name]


def parquet(files: Sequence[Path]) -> tuple[Run, str]:
    """DuckDB over Parquet files: ``run``, and how a question names them as its source."""
    if not files:
        return lambda statement: {}, ""
    names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)

    engine = duckdb.connect()  # once: it takes longer than a question to a small file
    engine.execute(f"SET threads = {THREADS}; SET memory_limit = '{MEMORY}'")
    engine.execute("SET preserve_insertion_order = false")

    def run(statement: str) -> Mapping[str, NDArray[Any]]:
        found = engine.cursor().execute(statement).fetchnumpy()
        return {name: np.ma.filled(values, 0) for name, values in found.items()}

    return run, f"read_parquet([{names}])"
