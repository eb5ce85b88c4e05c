"""Cases of tests and tables, and those that need no design: ranks, worth, quality, families."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.core import (
    association,
    compare,
    plackett_luce,
    pseudoweights,
    reliability,
    screening,
)
from analysis.core.design import Design
from analysis.core.multinomial import choice_rank_sets
from analysis.core.ranking import best_set, rank_sets
from analysis.core.replicates import Replicates
from tests.referee import formulas
from tests.referee.data import (
    AnyDesign,
    Data,
    Unsupported,
    inside,
    levels,
    load,
    many,
    word,
    words,
)
from tests.referee.estimates import Answer, factors


def _tested(found: association.Test, **more: Any) -> Answer:
    return {
        "statistic": found.statistic, "parameter": found.df, "p_value": found.p_value,
        "estimate": found.estimate, "df": found.df, "t": found.statistic, **more,
    }  # fmt: skip


def chi_square(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    rows, columns = (words(data[name]) for name in many(case["call"]["vars"]))
    statistic = case["call"].get("statistic", "F")
    found = association.chi_square(
        design, rows, columns, statistic=statistic, inside=inside(case, data)
    )
    return _tested(found, observed=found.observed, expected=found.expected)


def goodness(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    call = case["call"]
    found = association.goodness_of_fit(
        design, words(data[many(call["vars"])[0]]), call["p"], inside=inside(case, data)
    )
    return _tested(found, scale=found.df[0], df=found.df[1])


def t_test(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    left, right = formulas.sides(case["call"]["formula"])
    group = None if right in ("", "0", "1") else data[right]
    found = association.t_test(
        design, formulas.evaluate(left, data), group, inside=inside(case, data)
    )
    return _tested(found, df=found.df[0], ci=found.interval)


def rank_test(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    left, right = formulas.sides(case["call"]["formula"])
    found = association.rank_test(
        design, formulas.evaluate(left, data), words(data[right]),
        score=case["call"].get("test", "wilcoxon"), inside=inside(case, data),
    )  # fmt: skip
    many_groups = len(found.df) > 1
    return _tested(
        found, df=found.df if many_groups else found.df[0], ddf=found.df[-1], ndf=found.df[0],
        F=found.statistic / found.df[0],
    )  # fmt: skip


def table(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    """Levels of texts and factors stay where a domain has none of them, as in R.

    So do those of numbers after calibration, when R keeps the rows outside the domain.
    """
    names, mask = many(case["call"]["vars"]), inside(case, data)
    found, counts = association.table(design, *[data[name] for name in names], inside=mask)
    labels = [[word(_number(v)) for v in one] for one in found]
    fixed = names if isinstance(design, Design) and design.steps else factors(case)
    for axis, name in enumerate(names):
        if data[name].dtype == object or name in fixed:
            every = levels(data[name])
            wide = np.zeros([len(every) if k == axis else n for k, n in enumerate(counts.shape)])
            at = [every.index(label) for label in labels[axis]]
            wide[tuple(at if k == axis else slice(None) for k in range(counts.ndim))] = counts
            counts, labels[axis] = wide, every
    if isinstance(design, Replicates):  # R scales these to the whole domain, the missing included
        counts = counts * (design.weights[design.inside(mask)].sum() / counts.sum())
    return {
        "dim": counts.shape, "dimnames": labels, "counts": counts.flatten(order="F"),
        "total": counts.sum(),
    }  # fmt: skip


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def ranks(call: Mapping[str, Any]) -> Answer:
    """Sets by the covariance; order says whether the largest or the smallest is first."""
    sign = -1.0 if call.get("order") == "increasing" else 1.0
    sides = {"two-sided": "both", "lower": "low", "upper": "high"}[call.get("cstype", "two-sided")]
    found = rank_sets(
        sign * np.array(call["x"], dtype=float), call["Sigma"], coverage=call["coverage"],
        simultaneous=call.get("simultaneous", True), sides=sides,
        step_down=call.get("stepdown", True), df=call.get("df") or np.inf,
    )  # fmt: skip
    pick = [i - 1 for i in np.atleast_1d(call.get("indices") or [])] or slice(None)
    return {"rank": found.rank[pick], "L": found.low[pick], "U": found.high[pick]}


def best(call: Mapping[str, Any]) -> Answer:
    sign = -1.0 if call.get("order") == "increasing" else 1.0
    members = best_set(
        sign * np.array(call["x"], dtype=float), call["Sigma"], call["tau"],
        coverage=call["coverage"],
    )  # fmt: skip
    return {"member": members.astype(float), "members": np.flatnonzero(members) + 1}


def single_choice(call: Mapping[str, Any]) -> Answer:
    found = choice_rank_sets(
        call["counts"], coverage=call["coverage"],
        simultaneous=call.get("simultaneous", True), correction=call.get("multcorr", "Holm"),
    )  # fmt: skip
    return {"rank": found.rank, "L": found.low, "U": found.high}


def corrected(call: Mapping[str, Any]) -> Answer:
    method = {"fdr": "BH"}.get(call["method"], call["method"])
    return {"p_adj": compare.adjust_p(call["p"], method)}


def worth(case: Mapping[str, Any], design: AnyDesign | None, data: Data) -> Answer:
    call = case["call"]
    rankings = np.stack([data[name] for name in call["ranking"]], axis=1) - 1
    if design is None:
        given = call.get("weights")
        weights = data[given] if isinstance(given, str) else given
        design = Design.declare(n=len(rankings), weights=weights)
    found = plackett_luce.fit(design, rankings, call["items"], inside=inside(case, data))
    return {
        "log_worth": found.log_worth, "worth": found.worth, "se": found.se,
        "log_worth_se": found.se, "vcov": found.covariance, "n": found.n,
    }  # fmt: skip


def interviewers(case: Mapping[str, Any], data: Data) -> Answer:
    call, mask = case["call"], inside(case, data)
    rows = slice(None) if mask is None else mask
    found = reliability.interviewer_effect(
        data[call["var"]][rows], words(data[call["group"]])[rows]
    )
    return {
        "msb": found.msb, "msw": found.msw, "k0": found.k0, "icc": found.icc,
        "groups": found.groups, "n": found.n, "F": found.f, "p_value": found.p_value,
        "mean_workload": found.mean_workload, "deff_int": found.deff,
    }  # fmt: skip


def _grid(case: Mapping[str, Any], data: Data) -> np.ndarray:
    columns = []
    for name in many(case["call"]["vars"]):
        column = data[name]
        if column.dtype == object:
            text = words(column)
            places = {level: i for i, level in enumerate(sorted({v for v in text if v}))}
            column = np.array([np.nan if v is None else places[v] for v in text])
        columns.append(column)
    return np.stack(columns, axis=1).astype(float)


def _ids(case: Mapping[str, Any], data: Data) -> np.ndarray:
    name = case["call"].get("id", "id")
    return data[name] if name in data else np.arange(1.0, len(next(iter(data.values()))) + 1)


def _missing_rule(text: str) -> str:
    """Which of our rules a case's words mean."""
    said = text.lower()
    if any(part in said for part in ("ignor", "exclu", "pairwise", "drop", "skip", "remove")):
        return "ignore"
    if any(part in said for part in ("differ", "mismatch", "not equal", "never", "no match")):
        return "differ"
    return "equal"


def copies(case: Mapping[str, Any], data: Data) -> Answer:
    call = case["call"]
    block = data[call["block"]] if call.get("block") else None
    share = screening.closest_match(
        _grid(case, data), None if block is None else words(block),
        missing=_missing_rule(str(call.get("missing", ""))),
    )  # fmt: skip
    over = share > call.get("threshold", 0.85)
    return {"max_match": share, "n_over_085": over.sum(), "ids_over_085": _ids(case, data)[over]}


def lines(case: Mapping[str, Any], data: Data) -> Answer:
    call = case["call"]
    found = screening.straight_lines(_grid(case, data))
    names = words(data[call.get("by") or call.get("interviewer") or "interviewer"])
    groups = sorted(set(names))
    per_group = {
        group: {
            "n": int((found.complete & (names == group)).sum()),
            "n_complete": int((found.complete & (names == group)).sum()),
            "n_straight": int((found.straight & (names == group)).sum()),
        }
        for group in groups
    }
    for one in per_group.values():
        one["share"] = one["n_straight"] / one["n"] if one["n"] else np.nan
    return {
        "n_complete": found.complete.sum(), "n_straight": found.straight.sum(),
        "irv": _either(found.spread, found.complete, case["expected"].get("irv")),
        "longest_run": _either(
            found.longest_run, found.complete, case["expected"].get("longest_run")
        ),
        "by_interviewer": _shaped(per_group, case["expected"].get("by_interviewer")),
        "ids_straight": _ids(case, data)[found.straight],
    }  # fmt: skip


def _either(values: np.ndarray, complete: np.ndarray, wanted: Any) -> np.ndarray:
    """All rows or the complete ones, as the case lists them; null where it leaves a row open."""
    if isinstance(wanted, list) and len(wanted) == complete.sum() != len(values):
        return values[complete]
    if isinstance(wanted, list) and len(wanted) == len(values):
        return np.where([w is None for w in wanted] & ~complete, np.nan, values.astype(float))
    return values


def _shaped(groups: dict[str, dict[str, float]], wanted: Any) -> Any:
    """Per interviewer in the case's own form: rows, columns, or one number each."""
    if isinstance(wanted, Mapping) and set(wanted) <= set(groups):
        first = next(iter(wanted.values()))
        if isinstance(first, Mapping):
            return groups
        key = "n_straight" if all(isinstance(v, int) for v in wanted.values()) else "share"
        return {group: groups[group][key] for group in wanted}
    if isinstance(wanted, Mapping):
        columns: Answer = {
            key: [one[key] for one in groups.values()]
            for key in ("n", "n_complete", "n_straight", "share")
        }
        return {"interviewer": list(groups), "id": list(groups), **columns}
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], Mapping):
        return [{"interviewer": name, **one} for name, one in groups.items()]
    return [one["share"] for one in groups.values()]


def times(case: Mapping[str, Any], data: Data) -> Answer:
    found = screening.durations(data[case["call"]["var"]])
    ids = _ids(case, data)
    outlier = np.abs(found.z) > 3
    return {
        "median": found.median, "n_half_median": (found.share < 1 / 2).sum(),
        "n_third_median": (found.share < 1 / 3).sum(), "log_mad": found.log_mad,
        "n_robust_z3": outlier.sum(), "ids_half_median": ids[found.share < 1 / 2],
        "ids_third_median": ids[found.share < 1 / 3], "ids_robust_z3": ids[outlier],
    }  # fmt: skip


def volunteers(case: Mapping[str, Any], data: Data, folder: Path) -> Answer:
    """The formula's left side marks the volunteers, or the call names the other sample's file."""
    call = case["call"]
    left, right = formulas.sides(call["formula"])
    other = _other(call, folder)
    weights = call.get("weights") or call.get("d") or (case["design"] or {}).get("weights") or "w"
    if other is not None:
        volunteer_data, reference_data = data, other
    else:
        mark = left or call.get("indicator") or call.get("sample") or ""
        if mark not in data:
            raise Unsupported("which rows are volunteers")
        chosen = words(data[mark]) == word(call.get("volunteer", 1.0))
        volunteer_data = {key: column[chosen] for key, column in data.items()}
        reference_data = {key: column[~chosen] for key, column in data.items()}
    both = {
        key: np.concatenate([volunteer_data[key], reference_data[key]])
        for key in volunteer_data
        if key in reference_data
    }
    _, x = formulas.matrix("~" + right, both)
    size = len(next(iter(volunteer_data.values())))
    found = pseudoweights.propensity(x[:size], x[size:], reference_data[weights])
    y = np.stack([volunteer_data[name] for name in many(call["vars"])], axis=1)
    return {
        "theta": found.theta, "estimate": found.mean(y), "weight_sum": found.weights.sum(),
        "n_eff_kish": found.n_eff,
    }  # fmt: skip


def _other(call: Mapping[str, Any], folder: Path) -> Data | None:
    for key, value in call.items():
        if key in ("fn", "formula", "vars", "weights") or not isinstance(value, str):
            continue
        if (folder / f"{value}.csv").exists():
            return load(folder, value)
    return None
