"""Speed of the estimation step against R, by hand: 1M rows x 40 items x 12 groups, 6,000 units.

    python -m tests.benchmarks.estimation [--no-r]

Same data for both, written for R as a binary file; minima of five (R: one run). Wall and CPU time
are printed, because a shared machine moves the first. The rake has three margins; the bootstrap has
500 replicates of the 480 estimates from unit sums. From Parquet, in a process of its own whose peak
memory is printed: cold each time, by NumPy batch after batch and by DuckDB; the saved cube is what
was left, asked again; ten million rows are the same file named ten times.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet as pq

from analysis.core.aggregate import Aggregator, Rows, bootstrap_means, group_means
from analysis.core.batches import Batches
from analysis.core.calibrate import rake
from analysis.core.design import Design
from analysis.core.engines import Question, Sql, parquet
from analysis.core.ranking import rank_sets

N, ITEMS, GROUPS, UNITS = 1_000_000, 40, 12, 6_000
NAMES = tuple(f"y{k}" for k in range(ITEMS))
R = """
suppressMessages(library(survey))
con <- file("%s", "rb"); n <- %d
psu <- readBin(con, "integer", n); g <- readBin(con, "integer", n); w <- readBin(con, "double", n)
y <- matrix(readBin(con, "integer", n * %d, size = 1), n)
d <- data.frame(psu = psu, h = psu %%/%% 20L, g = g, w = w, y)
t0 <- proc.time()[[3]]; s <- svydesign(ids = ~psu, strata = ~h, weights = ~w, data = d)
t1 <- proc.time()[[3]]
f <- as.formula(paste("~", paste(names(d)[-(1:4)], collapse = "+")))
m <- svyby(f, ~g, s, svymean); t2 <- proc.time()[[3]]
cat(t1 - t0, t2 - t1, "\\n"); cat(sprintf("%%.17g", c(coef(m), unlist(SE(m)))), "\\n")
"""


def timed(what: str, run: Callable[[], Any], rounds: int = 5) -> tuple[float, Any]:
    best, cpu, result = np.inf, np.inf, None
    for _ in range(rounds):
        wall, process = time.perf_counter(), time.process_time()
        result = run()
        best = min(best, time.perf_counter() - wall)
        cpu = min(cpu, time.process_time() - process)
    print(f"{what:<42} {best:8.3f} s wall {cpu:8.3f} s CPU")
    return best, result


def main(arguments: list[str]) -> int:
    if "--parquet" in arguments:
        return _parquet_alone(*map(Path, arguments[-2:]))
    rng = np.random.default_rng(20260301)
    unit, group = rng.integers(0, UNITS, N), rng.integers(0, GROUPS, N)
    effect = rng.normal(0, 0.5, UNITS)[unit]
    weights = rng.lognormal(4, 0.5, N)
    items = np.asfortranarray(
        np.stack([rng.normal(effect, 1) > 0.6 for _ in range(ITEMS)], axis=1).astype(np.int8)
    )
    _, design = timed(
        "declare the design",
        lambda: Design.declare(weights=weights, strata=unit // 20, ids=[unit]), 2,
    )  # fmt: skip
    source = Rows(design, list(items.T), group, GROUPS)
    ours, table = timed(
        "480 means and standard errors",
        lambda: group_means(design, Rows(design, list(items.T), group, GROUPS),
                            joint=False, precision=False),
    )  # fmt: skip
    timed("the same with deff and all covariances", lambda: group_means(design, source), 2)
    _from_parquet(unit, group, weights, items, table)
    cells = [rng.integers(0, k, N) for k in (3, 2, 20)]
    margins = []
    for cell in cells:
        mass = np.bincount(cell, weights) * rng.uniform(0.9, 1.1, cell.max() + 1)
        mass *= weights.sum() / mass.sum()
        margins.append((cell, {str(i): float(m) for i, m in enumerate(mass)}))
    timed("rake to three margins", lambda: rake(design, margins))
    sums = [source.sums(k) for k in range(ITEMS)]
    mass = source.mass(0)
    timed("bootstrap, 500 x 480, from unit sums",
          lambda: bootstrap_means(design, mass, sums, 500, seed=1))  # fmt: skip
    root = rng.standard_normal((40, 60))
    timed("rank sets, p = 40, 100,000 draws",
          lambda: rank_sets(rng.uniform(0.1, 0.5, 40), root @ root.T * 1e-5), 3)  # fmt: skip
    if "--no-r" not in arguments and shutil.which("Rscript"):
        _against_r(unit, group, weights, items, ours, table)
    return 0


def _from_parquet(
    unit: np.ndarray, group: np.ndarray, weights: np.ndarray, items: np.ndarray, table: Any
) -> None:
    columns = {"u": unit.astype(np.int16), "g": group.astype(np.int8), "w": weights}
    columns |= dict(zip(NAMES, items.T, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        file, found = Path(folder) / "rows.parquet", Path(folder) / "found.npy"
        pq.write_table(pa.table(columns), file, compression="zstd")
        command = [sys.executable, "-m", "tests.benchmarks.estimation", "--parquet"]
        subprocess.run([*command, str(file), str(found)], check=True)
        difference = np.abs(np.load(found) / table.values - 1).max()
    print(f"largest relative difference from memory {difference:.1e}")


def _parquet_alone(file: Path, found: Path) -> int:
    units = Design.declare(strata=np.arange(UNITS) // 20, ids=[np.arange(UNITS)])

    def means(source: Aggregator) -> Any:
        return group_means(units, source, joint=False, precision=False)

    def batches(times: int = 1) -> Aggregator:
        return Batches([file] * times, items=NAMES, unit="u", group="g", weight="w", units=UNITS,
                       groups=GROUPS)  # fmt: skip

    def duckdb() -> Aggregator:
        run, source = parquet([file])
        return Sql(run, Question(source, NAMES, "u", "g", "w", UNITS, GROUPS))

    _, table = timed("Parquet to table of 480", lambda: means(batches()))
    np.save(found, table.values)
    saved = batches()
    means(saved)
    timed("saved cube to table of 480", lambda: means(saved))
    _say_peak()
    timed("10M rows of Parquet to table", lambda: means(batches(10)), 2)
    _say_peak()
    timed("Parquet to table of 480, DuckDB", lambda: means(duckdb()))
    _say_peak()
    return 0


def _say_peak() -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process so far {peak:.0f} MB", flush=True)


def _against_r(
    unit: np.ndarray, group: np.ndarray, weights: np.ndarray, items: np.ndarray, ours: float,
    table: Any,
) -> None:  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "data.bin", Path(folder) / "run.R"
        with file.open("wb") as handle:
            for column in (unit.astype("<i4"), group.astype("<i4"), weights.astype("<f8")):
                handle.write(column.tobytes())
            handle.write(items.tobytes(order="F"))
        script.write_text(R % (file, N, ITEMS), "utf-8")
        done = subprocess.run(["Rscript", str(script)], capture_output=True, check=True, text=True)
    head, numbers = done.stdout.strip().split("\n")
    declare, estimate = map(float, head.split())
    values, se = np.array(numbers.split(), dtype=float).reshape(2, -1)
    print(f"R svydesign {declare:.2f} s, svyby {estimate:.2f} s: {estimate / ours:.0f} times ours")
    print(f"largest relative difference {np.abs(values / table.values - 1).max():.1e} (estimate), "
          f"{np.abs(se / table.se - 1).max():.1e} (SE)")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
