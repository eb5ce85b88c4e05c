"""The same cube on every engine at hand gives the same sums.

Referees: `aggregate.Rows`, which is compared with R in the benchmark; for what is no number
`estimate.by_group`, which leaves it out by itself. SQLite stands for any engine that only speaks
SQL; PostgreSQL is asked where the tests run on it.
"""

import sqlite3

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from analysis.core.aggregate import Rows, group_means
from analysis.core.batches import Batches
from analysis.core.design import Design
from analysis.core.engines import Question, Sql, parquet
from analysis.core.estimate import by_group

UNITS, GROUPS, N = 40, 3, 3000
ITEMS = ("whole", "gaps", "score", "wild", "flag", "said", "never")
KINDS = """u INT, g INT, w DOUBLE PRECISION, whole INT, gaps DOUBLE PRECISION,
    score DOUBLE PRECISION, wild DOUBLE PRECISION, flag INT, said INT, never DOUBLE PRECISION"""


@pytest.fixture(scope="module")
def cube():
    """Rows with gaps, zero weights and none, rows in no group, a group that one unit lacks, values
    that are no numbers in every group and in none, booleans with gaps, an item nobody answered."""
    rng = np.random.default_rng(5)
    unit, group = rng.integers(0, UNITS, N), rng.integers(-1, GROUPS, N)
    group[(unit == 7) & (group == 2)] = 1
    weight = np.where(rng.random(N) < 0.05, 0.0, rng.lognormal(0, 1, N))
    weight[rng.random(N) < 0.03] = np.nan
    gaps = np.where(rng.random(N) < 0.2, np.nan, rng.integers(0, 2, N))
    score = np.where(group == 1, np.nan, rng.normal(50, 9, N))
    wild = rng.choice([np.nan, np.inf, -np.inf, 0.5, 2.0], N)
    flag, said = rng.random(N) < 0.3, rng.random(N) < 0.6
    return {"u": unit, "g": group, "w": weight, "whole": rng.integers(0, 2, N), "gaps": gaps,
            "score": score, "wild": wild, "flag": flag, "said": np.where(gaps == 0, np.nan, said),
            "never": np.full(N, np.nan)}  # fmt: skip


def question(source, where="1 = 1"):
    return Question(source, ITEMS, "u", "g", "w", UNITS, GROUPS, where)


def weights(cube):
    return np.nan_to_num(cube["w"])


def plain(cube):
    """Rows for a store: NaN stays one in the wild, elsewhere it is null; booleans are numbers."""
    columns = [
        [None if v != v and name != "wild" else v * 1 for v in column.tolist()]
        for name, column in cube.items()
    ]
    return list(zip(*columns, strict=True))


def by_cursor(cursor):
    def run(statement):
        cursor.execute(statement)
        names, rows = [c[0] for c in cursor.description], cursor.fetchall()
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        return {n: np.array(c, dtype=float) for n, c in zip(names, columns, strict=True)}

    return run


def written(cube, tmp_path):
    """Two files, the first without a gap."""
    table = pa.table({k: pa.array(v, from_pandas=k != "wild") for k, v in cube.items()})
    said = table["said"].cast(pa.bool_())
    table = table.set_column(table.column_names.index("said"), "said", said)
    files = [tmp_path / "a.parquet", tmp_path / "b's.parquet"]
    whole = ~(np.isnan(cube["gaps"]) | np.isnan(cube["score"]))
    pq.write_table(table.filter(whole), files[0])
    pq.write_table(table.filter(~whole), files[1])
    return files


def on_duckdb(cube, tmp_path, where="1 = 1"):
    run, source = parquet(written(cube, tmp_path))
    return Sql(run, question(source, where))


def on_batches(cube, tmp_path):
    return Batches(written(cube, tmp_path), items=ITEMS, unit="u", group="g", weight="w",
                   units=UNITS, groups=GROUPS)  # fmt: skip


def on_sqlite(cube, tmp_path):
    store = sqlite3.connect(":memory:")
    store.execute(f"CREATE TABLE cube ({KINDS})")
    store.executemany(f"INSERT INTO cube VALUES ({', '.join('?' * len(cube))})", plain(cube))
    return Sql(by_cursor(store.cursor()), question("cube"))


def on_stores_own(cube, tmp_path):
    cursor = connection.cursor()
    cursor.execute(f"CREATE TEMP TABLE cube ({KINDS})")
    places = ", ".join(["%s"] * len(cube))
    cursor.executemany(f"INSERT INTO cube VALUES ({places})", plain(cube))
    return Sql(by_cursor(cursor), question("cube"))


@pytest.mark.db
@pytest.mark.django_db
@pytest.mark.parametrize("engine", [on_batches, on_duckdb, on_sqlite, on_stores_own])
def test_the_same_cube_gives_the_same_table_on_every_engine(cube, engine, tmp_path):
    rows = Design.declare(weights=weights(cube), strata=cube["u"] // 4, ids=[cube["u"]])
    ours = Rows(rows, [cube[name] for name in ITEMS], cube["g"], GROUPS)
    theirs = engine(cube, tmp_path)
    for k in range(len(ITEMS)):
        np.testing.assert_allclose(theirs.mass(k), ours.mass(k), rtol=1e-12)
        np.testing.assert_allclose(theirs.sums(k), ours.sums(k), rtol=1e-12)
        for found, wanted in zip(theirs.squares(k), ours.squares(k), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-12)
    units = Design.declare(strata=np.arange(UNITS) // 4, ids=[np.arange(UNITS)])
    found, wanted = group_means(units, theirs), group_means(rows, ours)
    for part in ("values", "se", "df", "n", "deff"):
        np.testing.assert_allclose(getattr(found, part), getattr(wanted, part), rtol=1e-10)


def test_a_condition_takes_rows_out(cube, tmp_path):
    kept = cube["score"] > 50
    rows = Design.declare(weights=np.where(kept, weights(cube), 0), ids=[cube["u"]])
    ours = Rows(rows, [cube["whole"]], cube["g"], GROUPS)
    theirs = on_duckdb(cube, tmp_path, "score > 50")
    np.testing.assert_allclose(theirs.mass(0), ours.mass(0), rtol=1e-12)
    assert 0 < theirs.mass(0).sum() < weights(cube).sum()


def test_what_is_no_number_is_no_answer(cube):
    rows = Design.declare(weights=weights(cube), strata=cube["u"] // 4, ids=[cube["u"]])
    ours = group_means(rows, Rows(rows, [cube["wild"]], cube["g"], GROUPS))
    finite = np.where(np.isfinite(cube["wild"]), cube["wild"], np.nan)
    wanted = by_group(rows, finite, [cube["g"] == k for k in range(GROUPS)])
    np.testing.assert_allclose(ours.values, wanted.values, rtol=1e-12)
    np.testing.assert_allclose(ours.se, wanted.se, rtol=1e-10)


@pytest.mark.parametrize("engine", ["batches", "duckdb"])
def test_without_a_file_everything_is_zero(engine):
    if engine == "duckdb":
        run, source = parquet([])
        found = Sql(run, question(source))
    else:
        found = Batches([], items=ITEMS, unit="u", group="g", weight="w", units=UNITS,
                        groups=GROUPS)  # fmt: skip
    for table in (found.mass(0), found.sums(0)):
        assert table.shape == (UNITS, GROUPS)
        assert not table.any()
    squares, n = found.squares(0)
    assert (squares.tolist(), n.tolist()) == ([0.0] * GROUPS, [0] * GROUPS)
