"""The aggregator over Parquet files too long for memory: NumPy's sums, batch after batch.

One pass over the columns that are asked for; what is kept does not grow with the rows. Counting
per cell is several times faster than a database's grouping, which earns its place where rows must
be chosen by a condition (`engines.Sql`). A slot that no page or job uses yet; not for a snapshot,
whose answers are texts (`docs/decisions/0014-the-analysis-store.md`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet as pq

from analysis.core.aggregate import Floats, Ints

ROWS = 1 << 17


@dataclass(frozen=True)
class _Batch:
    """Where each row counts (cell, group), its weight, and the items as Arrow columns."""

    cell: Ints
    group: Ints
    weight: Floats
    items: Sequence[pa.Array]


@dataclass(frozen=True)
class _Sums:
    """Per item (units x groups,) weighted sums and weights, None where every row answered."""

    whole: Floats
    values: list[Floats]
    masses: list[Floats | None]


class Batches:
    """Sums over the rows of Parquet files.

    unit, group: columns of codes 0..units-1 and 0..groups-1, other rows are left out; items: number
    or boolean columns.
    """

    def __init__(
        self, files: Sequence[Path], *, items: Sequence[str], unit: str, group: str, weight: str,
        units: int, groups: int,
    ) -> None:  # fmt: skip
        self.files, self.names = tuple(files), tuple(items)
        self.keys, self.shape = (unit, group, weight), (units, groups)
        self._lock = RLock()

    @property
    def items(self) -> int:
        return len(self.names)

    def mass(self, item: int) -> Floats:
        with self._lock:  # items are read side by side, the files once
            return self._tables[item][0]

    def sums(self, item: int) -> Floats:
        with self._lock:
            return self._tables[item][1]

    def squares(self, item: int) -> tuple[Floats, Ints]:
        with self._lock:
            return self._squares[item]

    @cached_property
    def _tables(self) -> list[tuple[Floats, Floats]]:
        """Per item (units, groups) weights and sums; whole items share one table of weights."""
        found = self._sums()
        whole = found.whole.reshape(self.shape)
        masses = [whole if own is None else own.reshape(self.shape) for own in found.masses]
        return [
            (mass, sums.reshape(self.shape))
            for mass, sums in zip(masses, found.values, strict=True)
        ]

    def _sums(self) -> _Sums:
        size = self.shape[0] * self.shape[1]
        found = _Sums(np.zeros(size), [np.zeros(size) for _ in self.names], [None] * self.items)
        with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
            for batch in self._batches():
                # an item that first lacks an answer here was answered by every row before
                before = found.whole.copy() if any(map(_gaps, batch.items)) else found.whole
                found.whole[:] += np.bincount(batch.cell, batch.weight, size)
                list(pool.map(lambda k, b=batch, w=before: _add(found, k, b, w), range(self.items)))
        return found

    @cached_property
    def _squares(self) -> list[tuple[Floats, Ints]]:
        groups = self.shape[1]
        out = [(np.zeros(groups), np.zeros(groups, dtype=np.intp)) for _ in self.names]
        for batch in self._batches():
            for (squares, count), item in zip(out, batch.items, strict=True):
                values, answered = _read(item)
                live = (batch.weight != 0) if answered is None else (batch.weight != 0) & answered
                wide = values.astype(float) ** 2
                squares += np.bincount(batch.group, batch.weight * wide, groups)
                count += np.bincount(batch.group[live], minlength=groups)
        return out

    def _batches(self) -> Iterator[_Batch]:
        units, groups = self.shape
        for file in self.files:
            with pq.ParquetFile(file) as rows:
                for found in rows.iter_batches(ROWS, columns=[*self.keys, *self.names]):
                    unit, group = map(_codes, map(found.column, self.keys[:2]))
                    weight, _ = _read(found.column(self.keys[2]))
                    inside = (unit >= 0) & (unit < units) & (group >= 0) & (group < groups)
                    unit, group = np.where(inside, unit, 0), np.where(inside, group, 0)
                    yield _Batch(
                        unit.astype(np.intp) * groups + group, group.astype(np.intp),
                        np.where(inside, weight, 0.0),
                        [found.column(name) for name in self.names],
                    )  # fmt: skip


def _add(found: _Sums, item: int, batch: _Batch, before: Floats) -> None:
    values, answered = _read(batch.items[item])
    size = len(found.whole)
    found.values[item] += np.bincount(batch.cell, batch.weight * values, size)
    own = found.masses[item]
    if answered is None and own is None:
        return
    kept = batch.weight if answered is None else batch.weight * answered
    own = before.copy() if own is None else own
    found.masses[item] = own + np.bincount(batch.cell, kept, size)


def _gaps(column: pa.Array) -> bool:
    return bool(column.null_count) or pa.types.is_floating(column.type)


def _codes(column: pa.Array) -> NDArray[Any]:
    """Numbers; a null code is -1, in no unit or group."""
    return np.asarray((column.fill_null(-1) if column.null_count else column).to_numpy())


def _read(column: pa.Array) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Values with 0 where there is none, and where there is one (None: everywhere)."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if not _gaps(column):
        return column.to_numpy(), None
    values = column.to_numpy(zero_copy_only=False).astype(float, copy=False)
    finite = np.isfinite(values)
    return (values, None) if finite.all() else (np.where(finite, values, 0.0), finite)
