"""Reading a case's data: columns of a CSV, domains, items, and the design it declares."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.core import calibrate
from analysis.core.design import Design
from analysis.core.replicates import Replicates
from analysis.core.resample import balanced, jackknife
from tests.referee import formulas

Data = dict[str, np.ndarray]
AnyDesign = Design | Replicates


class Unsupported(Exception):
    """The public API has no counterpart for this case."""


def load(folder: Path, name: str | None) -> Data:
    """Columns of a CSV; numeric where every cell is a number or NA."""
    if not name:
        return {}
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return {key: _column([row[key] for row in rows]) for key in rows[0]}


def _column(cells: list[str]) -> np.ndarray:
    try:
        return np.array([math.nan if c in ("NA", "") else float(c) for c in cells])
    except ValueError:
        return np.array([None if c in ("NA", "") else c for c in cells], dtype=object)


def many(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def word(value: Any) -> str:
    """A cell as R prints a level: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def words(column: np.ndarray) -> np.ndarray:
    """A column as labels; None where missing."""
    missing = [v is None or v != v for v in column]
    return np.array(
        [None if m else word(v) for v, m in zip(column, missing, strict=True)], dtype=object
    )


def levels(column: np.ndarray) -> list[str]:
    """Labels in R's order: numbers by size, texts by the alphabet."""
    present = {v for v in column.tolist() if v is not None and v == v}
    return [word(v) for v in sorted(present)]


def declare(spec: Mapping[str, Any], data: Data) -> AnyDesign:
    kind = spec.get("type", "linearized")
    found: AnyDesign
    if kind == "repweights":
        found = _given_replicates(spec, data)
    elif kind in ("linearized", "as_rep"):
        found = _linearized(spec, data)
        if kind == "as_rep":
            found = _made_replicates(found, spec)
    else:
        raise Unsupported(f"design {kind}")
    for step in spec.get("adjust") or []:
        found = _adjusted(found, step, data, many(spec.get("factors")))
    return found


def _linearized(spec: Mapping[str, Any], data: Data) -> Design:
    strata = [data[name] for name in many(spec.get("strata"))]
    if spec.get("probs"):
        weights = 1 / np.prod([data[name] for name in many(spec["probs"])], axis=0)
    else:  # R keeps the probabilities, and a quantile's tie hangs on the last bit
        weights = 1 / (1 / data[spec["weights"]]) if spec.get("weights") else None
    return Design.declare(
        n=len(next(iter(data.values()))),
        weights=weights,
        strata=strata[0] if strata else None,
        ids=[data[name] for name in many(spec.get("ids")) if name not in ("1", "0")],
        fpc=[data[name] for name in many(spec.get("fpc"))],
        pps=bool(spec.get("pps")),
        lonely=spec.get("lonely_psu") or "fail",
        lonely_in_domains=bool(spec.get("adjust_domain_lonely")),
    )


def _given_replicates(spec: Mapping[str, Any], data: Data) -> Replicates:
    pattern = spec["repweights"]
    names = (
        [name for name in data if re.search(pattern, name)]
        if isinstance(pattern, str)
        else list(pattern)
    )
    full = spec.get("weights")
    weights = data[full] if full in data else np.ones(len(data[names[0]]))
    return Replicates.given(
        weights, np.stack([data[n] for n in names], axis=1), kind=spec["rep_type"],
        combined=spec.get("combined", True), rho=spec.get("rho") or spec.get("fay_rho") or 0.0,
        scale=spec.get("scale"), factors=spec.get("rscales"), mse=bool(spec.get("mse")),
    )  # fmt: skip


def _made_replicates(design: Design, spec: Mapping[str, Any]) -> Replicates:
    mse, rho = bool(spec.get("mse")), spec.get("rho") or spec.get("fay_rho") or 0.0
    if spec["rep_type"] in ("JK1", "JKn"):
        return jackknife(design, mse=mse)
    if spec["rep_type"] in ("BRR", "Fay"):
        return balanced(design, rho=rho, mse=mse)
    raise Unsupported(f"replicates {spec['rep_type']}")


def _cells(
    population: Mapping[str, Any], by: list[str], data: Data
) -> tuple[Any, dict[str, float]]:
    """Labels of the crossed classification and the population count of each."""
    keys = zip(*(many_values(population[name]) for name in by), strict=True)
    counts = {
        "\t".join(word(float(v)) if isinstance(v, int | float) else str(v) for v in key): float(n)
        for key, n in zip(keys, many_values(population["Freq"]), strict=True)
    }
    columns = [words(data[name]) for name in by]
    return np.array(["\t".join(map(str, row)) for row in zip(*columns, strict=True)]), counts


def many_values(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _adjusted(found: Any, step: Mapping[str, Any], data: Data, factors: list[str]) -> Any:
    method = step["method"]
    if method == "postStratify":
        cells, counts = _cells(step["population"], many(step["by"]), data)
        return calibrate.post_stratify(found, cells, counts, partial=bool(step.get("partial")))
    if method == "rake":
        margins = [_cells(m["population"], many(m["by"]), data) for m in step["margins"]]
        return calibrate.rake(found, margins)
    if method == "calibrate":
        return _calibrated(found, step, data, factors)
    if method == "trim":
        low, high = step.get("lower"), step.get("upper")
        return calibrate.trim(
            found,
            -np.inf if low is None else low,
            np.inf if high is None else high,
            strict=bool(step.get("strict")),
        )
    raise Unsupported(f"adjust {method}")


def _calibrated(found: Any, step: Mapping[str, Any], data: Data, factors: list[str]) -> Any:
    formula = step.get("formula") or "~" + "+".join(many(step.get("by") or step.get("vars")))
    names, x = formulas.matrix(formula, data, factors)
    given = step.get("population", step.get("totals"))
    if isinstance(given, Mapping) and "names" in given:
        given = dict(zip(given["names"], given.get("values", given.get("totals")), strict=True))
    totals = [given[name] for name in names] if isinstance(given, Mapping) else given
    limits = step.get("bounds")
    if isinstance(limits, Mapping):
        limits = [limits.get("lower"), limits.get("upper")]
    low, high = limits or (None, None)
    return calibrate.calibrate(
        found, x, totals, kind=step.get("calfun", "linear"),
        bounds=(_bound(low, -np.inf), _bound(high, np.inf)),
    )  # fmt: skip


def _bound(value: Any, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def inside(case: Mapping[str, Any], data: Data) -> np.ndarray | None:
    tests: dict[str, Callable[[Any, Any], Any]] = {
        "==": lambda a, b: a == b, "!=": lambda a, b: (a != b) & _known(a), ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
        "in": lambda a, b: np.isin(a, b), "%in%": lambda a, b: np.isin(a, b),
        "not in": lambda a, b: ~np.isin(a, b) & _known(a),
    }  # fmt: skip
    masks = []
    for condition in case.get("subset") or []:
        column, value = data[condition["col"]], condition["value"]
        if condition["op"] not in tests:
            raise Unsupported(f"subset {condition['op']}")
        if column.dtype == object or isinstance(value, str):
            column = words(column)
            value = [str(v) for v in value] if isinstance(value, list) else str(value)
        elif isinstance(value, list):
            value = [float(v) for v in value]
        masks.append(np.asarray(tests[condition["op"]](column, value), dtype=bool))
    return np.logical_and.reduce(masks) if masks else None


def _known(column: np.ndarray) -> np.ndarray:
    return np.array([v is not None and v == v for v in column])


def items(names: list[str], data: Data, factors: list[str]) -> tuple[list[str], np.ndarray]:
    """Names and columns; a text column becomes one 0/1 column per sorted level."""
    labels, columns = [], []
    for name in names:
        column = data[name]
        if column.dtype != object and name not in factors:
            labels.append(name)
            columns.append(column)
            continue
        text = words(column)
        missing = np.array([v is None for v in text])
        for level in levels(column):
            labels.append(name + level)
            columns.append(np.where(missing, np.nan, text == level))
    return labels, np.stack(columns, axis=1).astype(float)
