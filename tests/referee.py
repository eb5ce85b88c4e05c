"""The referee: oracle cases of other programs against our public API.

    python -m tests.referee CASES.json DATA_DIR

Prints ``id ok|FAIL|unsupported max_rel_err`` per case and closes with ``N passed, N failed, N
skipped``. It holds no numbers of its own. Unsupported counts as failed.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.core import association, calibrate, compare, estimate, quantiles, reliability
from analysis.core.design import Design
from analysis.core.ranking import best_set, rank_sets
from analysis.core.replicates import Replicates
from analysis.core.resample import balanced, jackknife

Data = dict[str, np.ndarray]
Answer = dict[str, Any]


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
        return np.array([None if c == "NA" else c for c in cells], dtype=object)


def declare(spec: Mapping[str, Any], data: Data) -> Design | Replicates:
    kind = spec["type"]
    if kind == "repweights":
        return _given_replicates(spec, data)
    design = Design.declare(
        n=len(next(iter(data.values()))),
        weights=data[spec["weights"]] if spec.get("weights") else None,
        strata=data[spec["strata"]] if spec.get("strata") else None,
        ids=[data[name] for name in _many(spec.get("ids"))],
        fpc=[data[name] for name in _many(spec.get("fpc"))],
        lonely=spec.get("lonely_psu", "fail"),
        lonely_in_domains=spec.get("adjust_domain_lonely", False),
    )
    found: Design | Replicates = design
    if kind == "as_rep":
        found = _made_replicates(design, spec)
    for step in spec.get("adjust", []):
        found = _adjusted(found, step, data)
    return found


def _many(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _given_replicates(spec: Mapping[str, Any], data: Data) -> Replicates:
    names = [name for name in data if re.search(spec["repweights"], name)]
    weights = data[spec["weights"]] if spec["weights"] in data else np.ones(len(data[names[0]]))
    return Replicates.given(
        weights, np.stack([data[n] for n in names], axis=1), kind=spec["rep_type"],
        combined=spec.get("combined", True), rho=spec.get("rho", 0.0), mse=spec.get("mse", False),
    )  # fmt: skip


def _made_replicates(design: Design, spec: Mapping[str, Any]) -> Replicates:
    mse = bool(spec.get("mse", False))
    if spec["rep_type"] in ("JK1", "JKn"):
        return jackknife(design, mse=mse)
    if spec["rep_type"] in ("BRR", "Fay"):
        return balanced(design, rho=spec.get("rho", 0.0), mse=mse)
    raise Unsupported(spec["rep_type"])


def _population(given: Mapping[str, Any], by: str) -> dict[str, float]:
    return {str(k): float(v) for k, v in zip(given[by], given["Freq"], strict=True)}


def _adjusted(design: Any, step: Mapping[str, Any], data: Data) -> Any:
    if step["method"] == "postStratify":
        cells = data[step["by"]]
        return calibrate.post_stratify(design, cells, _population(step["population"], step["by"]))
    if step["method"] == "rake":
        margins = [(data[m["by"]], _population(m["population"], m["by"])) for m in step["margins"]]
        return calibrate.rake(design, margins)
    raise Unsupported(step["method"])


def inside(case: Mapping[str, Any], data: Data) -> np.ndarray | None:
    tests: dict[str, Callable[[Any, Any], Any]] = {
        "==": lambda a, b: a == b, "!=": lambda a, b: a != b, ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
        "in": lambda a, b: np.isin(a, b),
    }  # fmt: skip
    masks = [tests[c["op"]](data[c["col"]], c["value"]) for c in case.get("subset") or []]
    return np.logical_and.reduce(masks) if masks else None


def items(names: list[str], data: Data, factors: list[str]) -> tuple[list[str], np.ndarray]:
    """Names and columns; a text column becomes one 0/1 column per sorted level."""
    labels, columns = [], []
    for name in names:
        column = data[name]
        if column.dtype != object and name not in factors:
            labels.append(name)
            columns.append(column)
            continue
        levels = sorted({str(v) for v in column if v is not None})
        labels += [name + level for level in levels]
        columns += [np.array([str(v) == level for v in column], dtype=float) for level in levels]
    return labels, np.stack(columns, axis=1)


def complete(call: Mapping[str, Any], y: np.ndarray, mask: np.ndarray | None) -> Any:
    if not call.get("na_rm"):
        return mask
    whole = np.isfinite(y).all(axis=1)
    return whole if mask is None else mask & whole


def described(table: estimate.Estimates, design: Any) -> Answer:
    degrees = design.degrees()
    low_t, high_t = table.interval(df=degrees, method="symmetric")
    low_z, high_z = table.interval(df=np.inf, method="symmetric")
    return {
        "names": list(table.names), "estimate": table.values, "se": table.se,
        "vcov": table.covariance, "df": degrees, "ci_lo_t": low_t, "ci_hi_t": high_t,
        "ci_lo_z": low_z, "ci_hi_z": high_z, "deff": table.deff, "n": table.n,
        "df_design": degrees, "df_domain": table.df,
    }  # fmt: skip


def tabled(case: Mapping[str, Any], design: Any, data: Data, fn: str = "") -> estimate.Estimates:
    call = case["call"] if "base" not in case["call"] else case["call"]["base"]
    fn, factors = fn or call["fn"], _many((case["design"] or {}).get("factors"))
    mask = inside(case, data)
    if fn == "ratio":
        numerators, denominators = _many(call["num"]), _many(call["den"])
        top = np.stack([data[n] for n in numerators], axis=1)
        bottom = np.stack([data[n] for n in denominators], axis=1)
        names = [f"{a}/{b}" for a, b in zip(numerators, denominators, strict=True)]
        return estimate.ratio(design, top, bottom, inside=mask, names=names)
    if fn == "by":
        return _grouped(call, design, data, mask, factors)
    names, y = items(_many(call["vars"]), data, factors)
    mask = complete(call, y, mask)
    if fn == "var":
        return estimate.variance(design, y, inside=mask)
    function = {"mean": estimate.mean, "total": estimate.total}[fn]
    replacement = call.get("deff") == "replace"
    return function(design, y, inside=mask, names=names, replacement=replacement)


def _grouped(call: Any, design: Any, data: Data, mask: Any, factors: list[str]) -> Any:
    names, y = items(_many(call["vars"]), data, factors)
    keys = [data[name] for name in _many(call["by"])]
    text = np.array(["\t".join(_word(v) for v in row) for row in zip(*keys, strict=True)])
    groups = sorted(set(text) - {t for t in set(text) if "nan" in t.split("\t")})
    labels = [f"{g}:{n}" if len(names) > 1 else g for n in names for g in groups]
    statistic = {"svymean": "mean", "svytotal": "total"}.get(call["stat"])
    if statistic is None:
        raise Unsupported(call["stat"])
    return estimate.by_group(
        design, y, [text == g for g in groups], statistic=statistic, inside=mask, names=labels,
        replacement=call.get("deff") == "replace",
    )  # fmt: skip


def _word(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def answer(case: Mapping[str, Any], folder: Path) -> Answer:
    call, data = case["call"], load(folder, case["dataset"])
    fn = call["fn"]
    if fn == "p_adjust":
        return {"p_adj": compare.adjust_p(call["p"], call["method"])}
    if fn == "icc_anova":
        found = reliability.interviewer_effect(data[call["var"]], data[call["group"]])
        sizes = found.n / found.groups
        return {
            "msb": found.msb, "msw": found.msw, "k0": found.k0, "icc": found.icc,
            "groups": found.groups, "n": found.n, "F": found.f, "p_value": found.p_value,
            "mean_workload": sizes, "deff_int": 1 + (sizes - 1) * found.icc,
        }  # fmt: skip
    if not case["design"]:
        return _without_design(call)
    design = declare(case["design"], data)
    if fn in _WITH_DESIGN:
        return _WITH_DESIGN[fn](case, design, data)
    if fn in ("mean", "total", "ratio", "by", "var"):
        return described(tabled(case, design, data), design)
    raise Unsupported(fn)


def _without_design(call: Mapping[str, Any]) -> Answer:
    if call["fn"] == "rank_confidence_sets" and call.get("simultaneous", True):
        sign = -1.0 if call.get("order") == "increasing" else 1.0
        found = rank_sets(sign * np.array(call["x"]), call["Sigma"], coverage=call["coverage"])
        return {"rank": found.rank, "L": found.low, "U": found.high}
    if call["fn"] == "tau_best":
        members = best_set(call["x"], call["Sigma"], call["tau"], coverage=call["coverage"])
        return {"member": members.astype(float)}
    raise Unsupported(call["fn"])


def _weights(case: Any, design: Any, data: Data) -> Answer:
    w = design.weights
    return {
        "n": len(w), "sum": w.sum(), "sum_sq": (w**2).sum(), "min": w.min(), "max": w.max(),
        "first": w[: len(np.atleast_1d(case["expected"]["first"]))],
        "index_sum": (w * np.arange(1, len(w) + 1)).sum(),
    }  # fmt: skip


def _proportion(case: Any, design: Any, data: Data) -> Answer:
    name, _, value = case["call"]["expr"].partition("_eq_")
    column = data[name]
    y = np.where(np.isnan(column), np.nan, column == float(value))
    table = estimate.share(design, y, inside=inside(case, data))
    low, high = table.interval(df=design.degrees(), method=case["call"]["method"])
    return {
        "estimate": table.values, "se": table.se, "ci_lo": low, "ci_hi": high,
        "df": design.degrees(),
    }  # fmt: skip


def _contrast(case: Any, design: Any, data: Data) -> Answer:
    table, call = tabled(case, design, data, case["call"]["base"]["fn"]), case["call"]
    if "coef" in call:
        found = compare.contrast(table, call["coef"], df=design.degrees())
    else:
        body = compile(call["expr"], "case", "eval")
        functions = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt, "__builtins__": {}}

        def function(b: Any) -> Any:
            return eval(body, functions, {f"b{i}": v for i, v in enumerate(b)})

        found = compare.smooth(table, function, df=design.degrees())
    return {
        "base_names": list(table.names), "estimate": found.value, "se": found.se,
        "df": found.df, "t": found.t, "p_value": found.p_value,
    }  # fmt: skip


def _quantile(case: Any, design: Any, data: Data) -> Answer:
    call = case["call"]
    found = quantiles.quantile(
        design, data[call["vars"]], call["q"], inside=inside(case, data),
        interval=call.get("interval", "mean"), df=design.degrees(),
    )  # fmt: skip
    return {
        "q": found.levels, "estimate": found.values, "ci_lo": found.low, "ci_hi": found.high,
        "se": found.se,
    }  # fmt: skip


def _chisq(case: Any, design: Any, data: Data) -> Answer:
    rows, columns = (data[name] for name in case["call"]["vars"])
    statistic = case["call"].get("statistic", "F")
    found = association.chi_square(
        design, rows, columns, statistic=statistic, inside=inside(case, data)
    )
    return {
        "statistic": found.statistic, "parameter": found.df, "p_value": found.p_value,
        "observed": found.observed, "expected": found.expected,
    }  # fmt: skip


def _ttest(case: Any, design: Any, data: Data) -> Answer:
    left, _, right = (part.strip() for part in case["call"]["formula"].partition("~"))
    group = None if right in ("", "0", "1") else data[right]
    found = association.t_test(design, data[left], group, inside=inside(case, data))
    return {
        "estimate": found.estimate, "t": found.statistic, "df": found.df[0],
        "p_value": found.p_value, "ci": found.interval,
    }  # fmt: skip


def _ranktest(case: Any, design: Any, data: Data) -> Answer:
    left, _, right = (part.strip() for part in case["call"]["formula"].partition("~"))
    found = association.rank_test(
        design, data[left], data[right], score=case["call"].get("test", "wilcoxon"),
        inside=inside(case, data),
    )  # fmt: skip
    return {
        "estimate": found.estimate, "statistic": found.statistic, "df": found.df[0],
        "p_value": found.p_value,
    }  # fmt: skip


_WITH_DESIGN: dict[str, Callable[[Any, Any, Data], Answer]] = {
    "weights": _weights,
    "ciprop": _proportion,
    "contrast": _contrast,
    "quantile": _quantile,
    "chisq": _chisq,
    "ttest": _ttest,
    "ranktest": _ranktest,
}


def error(expected: Mapping[str, Any], got: Answer, tolerance: float) -> float:
    """Largest relative error over the tolerance's scale; infinite when something is absent."""
    worst = 0.0
    for key, wanted in expected.items():
        if key in ("se_R_rake", "groups", "names", "base_names"):
            continue
        if key not in got:
            return math.inf
        a = np.asarray(_flat(wanted), dtype=float)
        b = np.asarray(got[key], dtype=float)
        nested = isinstance(wanted, list) and wanted and isinstance(wanted[0], list)
        b = b.flatten(order="C" if nested or b.ndim < 2 or key == "vcov" else "F")
        if key in ("n", "df_domain"):  # R gives one per group, we one per item and group
            b = b[: len(a)]
        if a.shape != b.shape:
            return math.inf
        worst = max(worst, _distance(a, b, key, expected))
    return worst


def _flat(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [math.nan if value is None else value]
    return [leaf for part in value for leaf in _flat(part)]


def _distance(a: np.ndarray, b: np.ndarray, key: str, expected: Mapping[str, Any]) -> float:
    scale = np.nanmax(np.abs(a)) if np.isfinite(a).any() else 1.0
    floor = np.maximum(np.abs(a), max(1e-6 * scale, 1e-300))
    zero = np.abs(a) < 1e-12
    if key == "se" and zero.any():
        level = np.abs(np.asarray(_flat(expected["estimate"]), dtype=float))
        if np.any(np.abs(b[zero]) >= 1e-7 * np.maximum(level[zero], 1e-300)):
            return math.inf
        a, b, floor = a[~zero], b[~zero], floor[~zero]
    if key in ("vcov", "deff"):
        keep = np.abs(a) > 1e-12 * max(scale, 1e-300)
        a, b, floor = a[keep], b[keep], floor[keep]
    both = np.isnan(a) & np.isnan(b)
    return float(np.max(np.where(both, 0, np.abs(a - b) / floor), initial=0.0))


def main(arguments: list[str]) -> int:
    cases, folder = json.loads(Path(arguments[0]).read_text("utf-8")), Path(arguments[1])
    passed = failed = skipped = 0
    for case in cases:
        try:
            worst = error(case["expected"], answer(case, folder), case["tolerance_rel"])
        except Unsupported as reason:
            failed += 1
            print(case["id"], "unsupported", reason)
            continue
        good = worst <= case["tolerance_rel"]
        passed, failed = passed + good, failed + (not good)
        print(case["id"], "ok" if good else "FAIL", f"{worst:.2e}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
