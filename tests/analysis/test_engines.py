"""The same cube on every engine at hand gives the same sums.

Referee: `aggregate.Rows`, which is compared with R in the benchmark. SQLite stands for any engine
that only speaks SQL; PostgreSQL is asked where the tests run on it.
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

UNITS, GROUPS, N = 40, 3, 3000
ITEMS = ("whole", "gaps", "score")
KINDS = "u INT, g INT, w DOUBLE PRECISION, whole INT, gaps DOUBLE PRECISION, score DOUBLE PRECISION"


@pytest.fixture(scope="module")
def cube():
    """Rows with gaps, zero weights, rows in no group, and a group that one unit lacks."""
    rng = np.random.default_rng(5)
    unit, group = rng.integers(0, UNITS, N), rng.integers(-1, GROUPS, N)
    group[(unit == 7) & (group == 2)] = 1
    weight = np.where(rng.random(N) < 0.05, 0.0, rng.lognormal(0, 1, N))
    gaps = np.where(rng.random(N) < 0.2, np.nan, rng.integers(0, 2, N))
    score = np.where(group == 1, np.nan, rng.normal(50, 9, N))
    return {"u": unit, "g": group, "w": weight, "whole": rng.integers(0, 2, N), "gaps": gaps,
            "score": score}  # fmt: skip


def question(source, where="1 = 1"):
    return Question(source, ITEMS, "u", "g", "w", UNITS, GROUPS, where)


def plain(cube):
    columns = [[None if v != v else v for v in column.tolist()] for column in cube.values()]
    return list(zip(*columns, strict=True))


def by_cursor(cursor):
    def run(statement):
        cursor.execute(statement)
        names = [c[0] for c in cursor.description]
        columns = zip(*cursor.fetchall(), strict=True)
        return {n: np.array(c, dtype=float) for n, c in zip(names, columns, strict=True)}

    return run


def written(cube, tmp_path):
    """Two files, the first without a gap."""
    table = pa.table({k: pa.array(v, from_pandas=True) for k, v in cube.items()})
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
    store.executemany("INSERT INTO cube VALUES (?, ?, ?, ?, ?, ?)", plain(cube))
    return Sql(by_cursor(store.cursor()), question("cube"))


def on_stores_own(cube, tmp_path):
    cursor = connection.cursor()
    cursor.execute(f"CREATE TEMP TABLE cube ({KINDS})")
    cursor.executemany("INSERT INTO cube VALUES (%s, %s, %s, %s, %s, %s)", plain(cube))
    return Sql(by_cursor(cursor), question("cube"))


@pytest.mark.db
@pytest.mark.django_db
@pytest.mark.parametrize("engine", [on_batches, on_duckdb, on_sqlite, on_stores_own])
def test_the_same_cube_gives_the_same_table_on_every_engine(cube, engine, tmp_path):
    rows = Design.declare(weights=cube["w"], strata=cube["u"] // 4, ids=[cube["u"]])
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
    rows = Design.declare(weights=np.where(kept, cube["w"], 0), ids=[cube["u"]])
    ours = Rows(rows, [cube["whole"]], cube["g"], GROUPS)
    theirs = on_duckdb(cube, tmp_path, "score > 50")
    np.testing.assert_allclose(theirs.mass(0), ours.mass(0), rtol=1e-12)
    assert 0 < theirs.mass(0).sum() < cube["w"].sum()
