"""Snapshot tables: answers of one questionnaire version as Arrow columns, and back as `Columns`.

One dictionary column per question holds what was sent: null is "not asked", empty is "left blank".
Numbers, option columns and kinds of missing follow from the definition when they are read, once per
distinct answer, so the file repeats nothing and can be queried as it is. Sealed questions have no
column. Keys begin with ``@``. Knows no file and no key.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc
from pyarrow import json as pj
from pyarrow import parquet as pq

from analysis.core import tabulate
from analysis.core.columns import Columns, Missing
from surveys.core import instance
from surveys.core.definition import SELECTS, Definition, Question, Repeat

ROW, INSTANCE, CONTEXT, MODE, FLAGGED, SINCE = (
    "@row", "@instance_id", "@context", "@mode", "@flagged", "@since",
)  # fmt: skip
KEYS = pa.schema([
    (ROW, pa.int64()), (INSTANCE, pa.string()), (CONTEXT, pa.string()),
    (MODE, pa.dictionary(pa.int32(), pa.string())), (FLAGGED, pa.bool_()), (SINCE, pa.int64()),
])  # fmt: skip
CHILD_KEYS = pa.schema([(ROW, pa.int64())])
NO_COLUMNS = pa.table({})
_BLOCK = 1 << 20
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Layout:
    """Which questions stand in which table, sealed ones apart. ``""`` is the main table."""

    definition: Definition
    tables: Mapping[str, tuple[Question, ...]]
    sealed: frozenset[str]

    @classmethod
    def of(cls, definition: Definition) -> Layout:
        repeats = [n for n in definition.nodes() if isinstance(n, Repeat)]
        inside = {q.path for r in repeats for q in tabulate.questions_in(r)}
        main = tuple(q for q in definition.questions() if q.path not in inside)
        children = {r.path: tuple(tabulate.questions_in(r)) for r in repeats}
        return cls(definition, {"": main, **children}, tabulate.sealed_paths(definition))

    def kept(self, table: str) -> list[Question]:
        """The questions that have a column."""
        return [q for q in self.tables[table] if q.path not in self.sealed]


@dataclass(frozen=True)
class Rows:
    """Some responses before they become tables: keys row by row, documents as JSON texts."""

    keys: list[tuple[Any, ...]]
    plain: list[str]
    sensitive: list[str]


@dataclass(frozen=True)
class Packed:
    """Tables as Parquet, by repeat path; private ones only where they have columns."""

    rows: int
    open_: dict[str, bytes]
    private: dict[str, bytes]

    @classmethod
    def of(cls, open_: Mapping[str, pa.Table], private: Mapping[str, pa.Table]) -> Packed:
        own = {path: table for path, table in private.items() if table.num_columns}
        return cls(open_[""].num_rows, *({p: _parquet(t) for p, t in some.items()}
                                         for some in (open_, own)))  # fmt: skip


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def encode(
    layout: Layout, rows: Rows, is_open: Callable[[Question], bool]
) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    """(open tables, private tables) by repeat path, private ones in the same row order."""
    keys = pa.table(
        [pa.array(c) for c in zip(*rows.keys, strict=True)], names=KEYS.names
    ).cast(KEYS)  # fmt: skip
    asked = layout.kept("")
    plain = _parsed(rows.plain, [q for q in asked if is_open(q)])
    private = _parsed(rows.sensitive, [q for q in asked if not is_open(q)])
    open_, closed = {"": _beside(keys, plain)}, {"": private}
    for path in layout.tables:
        if path:
            head, found = _children(layout, path, rows)
            own = [q.path for q in layout.kept(path) if is_open(q)]
            columns = {name: pa.array(values, pa.string()) for name, values in found.items()}
            open_[path] = _beside(head, _packed({name: columns.pop(name) for name in own}))
            closed[path] = _packed(columns)
    return open_, closed


def _parsed(texts: Sequence[str], questions: Sequence[Question]) -> pa.Table:
    """JSON documents (path -> answer) as one column a question, without a Python object a cell."""
    if not questions:
        return NO_COLUMNS
    schema = pa.schema([(q.path, pa.string()) for q in questions])
    longest = max(len(t) for t in texts) * 4
    found = pj.read_json(
        pa.BufferReader("\n".join(texts).encode()),
        read_options=pj.ReadOptions(block_size=max(_BLOCK, longest)),
        parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )
    return _packed({q.path: found[q.path] for q in questions})


def _packed(columns: Mapping[str, Any]) -> pa.Table:
    return pa.table({name: column.dictionary_encode() for name, column in columns.items()})


def only(table: pa.Table, keep: Any) -> pa.Table:
    """Some rows, and no word in any dictionary that these rows do not say."""
    found = table.filter(keep)
    for at, (name, kind) in enumerate(zip(found.column_names, found.schema.types, strict=True)):
        if pa.types.is_dictionary(kind):
            column = found[name].cast(pa.string()).combine_chunks().dictionary_encode()
            found = found.set_column(at, name, column)
    return found


def empty(path: str) -> pa.Table:
    """The table of a snapshot without rows."""
    return (CHILD_KEYS if path else KEYS).empty_table()


def _beside(left: pa.Table, right: pa.Table) -> pa.Table:
    for name in right.column_names:
        left = left.append_column(name, right[name])
    return left


def _children(
    layout: Layout, path: str, rows: Rows
) -> tuple[pa.Table, dict[str, list[str | None]]]:
    """Instances of one repeat in which anything was answered, with the row of their response."""
    parents: list[int] = []
    found: dict[str, list[str | None]] = {q.path: [] for q in layout.kept(path)}
    for keys, *texts in zip(rows.keys, rows.plain, rows.sensitive, strict=True):
        for one in _instances(path, json.loads(texts[0]) | json.loads(texts[1])):
            parents.append(keys[0])
            for name, values in found.items():
                values.append(one.get(name))
    return pa.table({ROW: pa.array(parents, pa.int64())}), found


def _instances(path: str, answers: Mapping[str, str]) -> Iterator[dict[str, str]]:
    depth = path.count("/")
    grouped: dict[str, dict[str, str]] = {}
    for where, value in answers.items():
        steps = where.split("/")
        prefix = "/".join(steps[: depth + 1])
        if len(steps) > depth + 1 and instance.generic(prefix) == path:
            grouped.setdefault(prefix, {})[instance.generic(where)] = value
    yield from (one for _, one in sorted(grouped.items(), key=_position) if any(one.values()))


def _position(item: tuple[str, Any]) -> list[int]:
    return [int(step.partition("[")[2].rstrip("]") or 1) for step in item[0].split("/")[1:]]


# -- reading ---------------------------------------------------------------------------------


@dataclass
class _Lazy(Mapping[str, Any]):
    """Arrays by name, made when they are first asked for."""

    makers: Mapping[str, Callable[[], Any]]
    made: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            self.made[name] = self.makers[name]()
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    def __len__(self) -> int:
        return len(self.makers)


class _Coded:
    """One question's column: codes into its distinct answers, -1 where it was not asked."""

    def __init__(self, question: Question, table: pa.Table, sealed: bool) -> None:
        self.question, self.table, self.sealed = question, table, sealed

    def _look(self, absent: Any, each: Callable[[tuple[float, str, int]], Any], dtype: Any) -> Any:
        """``each`` once per distinct answer, spread over the rows."""
        if self.question.path not in self.table.column_names:
            return np.full(self.table.num_rows, absent, dtype=dtype)
        column = self.table[self.question.path].unify_dictionaries().combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # no rows at all
            return np.full(self.table.num_rows, absent, dtype=dtype)
        codes = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
        cells = [tabulate.cell(self.question, text) for text in column.dictionary.to_pylist()]
        table = np.empty(len(cells) + 1, dtype=dtype)
        table[:-1], table[-1] = [each(c) for c in cells], absent
        return table[codes]

    def numbers(self) -> Any:
        return self._look(np.nan, lambda c: c[0], float)

    def texts(self) -> Any:
        return self._look("", lambda c: c[1], object)

    def missing(self) -> Any:
        absent = Missing.SEALED if self.sealed else Missing.NOT_ASKED
        return self._look(absent, lambda c: c[2], np.int8)

    def option(self, name: str) -> Any:
        def hit(cell: tuple[float, str, int]) -> float:
            return float(name in cell[1].split()) if cell[2] == Missing.PRESENT else np.nan

        return self._look(np.nan, hit, float)


@dataclass(frozen=True)
class Kept:
    """What a snapshot holds: all tables with their private columns, in the order of filing."""

    layout: Layout
    tables: Mapping[str, pa.Table]
    facts: Mapping[str, object]  # keys that are the same for every row

    @property
    def n(self) -> int:
        return int(self.tables[""].num_rows)

    @property
    def contexts(self) -> list[str]:
        return self.tables[""][CONTEXT].to_pylist()

    def until(self, generation: int) -> Kept:
        """Only the rows that a generation already held; what left since is gone for good."""
        main = self.tables[""]
        keep = pc.less_equal(main[SINCE], generation)
        return replace(self, tables={**self.tables, "": main.filter(keep)})

    def columns(
        self, rows: Ints | None = None, keys: Mapping[str, NDArray[np.object_]] | None = None
    ) -> Columns:
        """Columns of some rows, in that order, with further keys (as long as ``rows``)."""
        main = self.tables[""] if rows is None else self.tables[""].take(pa.array(rows))
        found = self._keys(main) | dict(keys or {})
        children = {
            path.rsplit("/", 1)[-1]: self._child(path, main[ROW].to_numpy(), found)
            for path in self.layout.tables
            if path
        }
        return self._columns("", main, dict(sorted(found.items())), children)

    def _keys(self, main: pa.Table) -> dict[str, NDArray[np.object_]]:
        def objects(name: str) -> NDArray[np.object_]:
            return np.array(main[name].to_pylist(), dtype=object)

        own = {"instance_id": INSTANCE, "context": CONTEXT, "mode": MODE, "flagged": FLAGGED}
        constant = {n: np.full(main.num_rows, v, dtype=object) for n, v in self.facts.items()}
        return {**constant, **{name: objects(column) for name, column in own.items()}}

    def _child(self, path: str, parents: Any, keys: Mapping[str, NDArray[np.object_]]) -> Columns:
        table = self.tables[path]
        order = np.argsort(parents, kind="stable")
        place = np.searchsorted(parents, table[ROW].to_numpy(), sorter=order)
        at = order[np.minimum(place, len(order) - 1)] if len(order) else place
        here = np.flatnonzero(parents[at] == table[ROW].to_numpy()) if len(order) else place[:0]
        here = here[np.argsort(at[here], kind="stable")]
        index = at[here] if len(order) else here
        own: dict[str, NDArray[np.object_]] = {"parent_row": index.astype(object)}
        if "psu" in keys:
            own["psu"] = keys["psu"][index]
        return self._columns(path, table.take(pa.array(here)), own, {})

    def _columns(
        self, path: str, table: pa.Table, keys: Mapping[str, NDArray[np.object_]],
        repeats: Mapping[str, Columns],
    ) -> Columns:  # fmt: skip
        numbers: dict[str, Callable[[], Any]] = {}
        missing: dict[str, Callable[[], Any]] = {}
        texts: dict[str, Callable[[], Any]] = {}
        for q in self.layout.tables[path]:
            coded = _Coded(q, table, q.path in self.layout.sealed)
            numbers[q.name], texts[q.name] = coded.numbers, coded.texts
            missing[q.name] = coded.missing
            if q.kind in SELECTS:
                for choice in q.choices:
                    if not choice.missing:
                        numbers[f"{q.name}:{choice.name}"] = _option(coded, choice.name)
        return Columns(table.num_rows, _Lazy(numbers), _Lazy(missing), _Lazy(texts), keys, repeats)


def _option(coded: _Coded, name: str) -> Callable[[], Any]:
    return lambda: coded.option(name)
