"""Cases of estimates: means, totals, ratios, groups, shares, quantiles, contrasts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import expit

from analysis.core import compare, estimate, intervals, quantiles, regression, reliability
from analysis.core.design import Design
from analysis.core.replicates import Replicates
from tests.referee import formulas
from tests.referee.data import (
    AnyDesign,
    Data,
    Unsupported,
    inside,
    items,
    levels,
    many,
    words,
)

Answer = dict[str, Any]
INTERVALS = {
    "logit": "logit", "xlogit": "logit", "likelihood": "likelihood", "asin": "arcsine",
    "beta": "beta", "mean": "symmetric", "wilson": "wilson",
}  # fmt: skip
EVENT = re.compile(r"I?\(?\s*([\w.]+)\s*(==|_eq_|>=|<=|>|<|!=)\s*([^)]*?)\s*\)?")
QUANTILES = {
    "mean": "symmetric", "xlogit": "logit", "asin": "arcsine", "beta": "beta", "score": "score",
    "quantile": "replicates",
}  # fmt: skip


def factors(case: Mapping[str, Any]) -> list[str]:
    return many((case["design"] or {}).get("factors")) + many(case["call"].get("factors"))


def described(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    """mean, total, ratio, by and var."""
    table = tabled(case, case["call"], design, data)
    mask = inside(case, data)
    df = design.degrees(mask)
    low_t, high_t = table.interval(df=df, method="symmetric")
    low_z, high_z = table.interval(df=np.inf, method="symmetric")
    return {
        "names": list(table.names), "estimate": table.values, "se": table.se,
        "vcov": table.covariance, "df": df, "ci_lo_t": low_t, "ci_hi_t": high_t,
        "ci_lo_z": low_z, "ci_hi_z": high_z, "deff": table.deff, "n": table.n,
        "df_design": df, "df_domain": table.df,
    }  # fmt: skip


def tabled(
    case: Mapping[str, Any], call: Mapping[str, Any], design: AnyDesign, data: Data
) -> estimate.Estimates:
    fn, mask = call["fn"], inside(case, data)
    if fn == "ratio":
        return _ratio(call, design, data, mask)
    if fn == "by":
        return _grouped(case, call, design, data, mask)
    if fn == "glm":
        return _coefficients(case, call, design, data, mask)
    names, y = items(many(call["vars"]), data, factors(case))
    if fn == "var":
        return estimate.variance(design, y, inside=mask)
    mask = complete(call, y, mask)
    function = {"mean": estimate.mean, "total": estimate.total}.get(fn)
    if function is None:
        raise Unsupported(fn)
    replacement = call.get("deff") == "replace"
    return function(design, y, inside=mask, names=names, replacement=replacement)


def complete(call: Mapping[str, Any], y: np.ndarray, mask: np.ndarray | None) -> Any:
    """na_rm: rows with NA in any listed variable leave the domain."""
    if not call.get("na_rm"):
        return mask
    whole = np.isfinite(y).all(axis=1)
    return whole if mask is None else mask & whole


def _ratio(call: Mapping[str, Any], design: AnyDesign, data: Data, mask: Any) -> Any:
    numerators, denominators = many(call["num"]), many(call["den"])
    pairs = [(a, b) for b in denominators for a in numerators]
    top = np.stack([data[a] for a, _ in pairs], axis=1)
    bottom = np.stack([data[b] for _, b in pairs], axis=1)
    mask = complete(call, np.concatenate([top, bottom], axis=1), mask)
    names = [f"{a}/{b}" for a, b in pairs]
    replacement = call.get("deff") == "replace"
    return estimate.ratio(
        design, top, bottom, inside=mask, names=names, replacement=replacement
    )  # fmt: skip


def _grouped(
    case: Mapping[str, Any], call: Mapping[str, Any], design: AnyDesign, data: Data, mask: Any
) -> estimate.Estimates:
    names, y = items(many(call["vars"]), data, factors(case))
    mask = complete(call, y, mask)
    groups, masks = cells(many(call["by"]), data, mask)
    labels = [f"{g}:{n}" if len(names) > 1 else g for n in names for g in groups]
    statistic = call["stat"].removeprefix("svy")
    if statistic not in ("mean", "total", "ratio"):
        raise Unsupported(call["stat"])
    below = call.get("den", call.get("denominator"))
    return estimate.by_group(
        design, y, masks, statistic=statistic, inside=mask, names=labels,
        below=np.stack([data[name] for name in many(below)], axis=1) if below else None,
        replacement=call.get("deff") == "replace",
    )  # fmt: skip


def cells(names: list[str], data: Data, mask: Any) -> tuple[list[str], list[np.ndarray]]:
    """Groups present in the domain, the first variable fastest, as R's interaction() has them."""
    columns = [words(data[name]) for name in names]
    labels, masks = [], []
    for place in np.ndindex(*[len(levels(data[name])) for name in reversed(names)]):
        chosen = [levels(data[name])[i] for name, i in zip(names, reversed(place), strict=True)]
        member = np.logical_and.reduce(
            [column == level for column, level in zip(columns, chosen, strict=True)]
        )
        if (member if mask is None else member & mask).any():
            labels.append(".".join(chosen))
            masks.append(member)
    return labels, masks


def _coefficients(
    case: Mapping[str, Any], call: Mapping[str, Any], design: AnyDesign, data: Data, mask: Any
) -> estimate.Estimates:
    names, fit = fitted(case, call, design, data, mask)
    k = len(names)
    return estimate.Estimates(
        tuple(names), fit.values, fit.covariance, np.full(k, fit.df), np.full(k, fit.n),
        np.full(k, np.nan), np.full(k, -1), "mean",
    )  # fmt: skip


def fitted(
    case: Mapping[str, Any], call: Mapping[str, Any], design: AnyDesign, data: Data, mask: Any
) -> tuple[list[str], regression.Fit]:
    family = call.get("family", "gaussian").partition("(")[0].removeprefix("quasi")
    fit = {
        "gaussian": regression.fit_linear, "binomial": regression.fit_logit,
        "poisson": regression.fit_poisson,
    }.get(family)  # fmt: skip
    if fit is None:
        raise Unsupported(f"family {family}")
    left, right = formulas.sides(call["formula"])
    names, x = formulas.matrix(call["formula"], data, factors(case))
    y, shift = _response(left, data, factors(case)), formulas.offset(right, data)
    return names, fit(design, y, x, inside=mask, offset=shift)


def _response(text: str, data: Data, factors: list[str]) -> np.ndarray:
    """The left side; of a factor whether it has another level than the first."""
    column = _classes(text, data)
    if column.dtype != object and text not in factors and not text.startswith("factor("):
        return column
    missing = np.array([v is None for v in words(column)])
    return np.where(missing, np.nan, words(column) != levels(column)[0]).astype(float)


def _classes(text: str, data: Data) -> np.ndarray:
    """A column, or what stands in (ordered) factor()."""
    inner = re.fullmatch(r"(?:as\.)?(?:factor|ordered)\(\s*(.*?)\s*\)", text)
    return formulas.evaluate(inner[1] if inner else text, data)


def regressed(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    call = case["call"]
    names, fit = fitted(case, call, design, data, inside(case, data))
    wald = {}
    for term in many(call.get("terms")):
        place = formulas.positions(call["formula"], data, factors(case), term)
        f, df, below, p = fit.wald(place)
        wald[term] = {"F": f, "df": df, "ddf": below, "p": p}
    return {
        "names": names, "estimate": fit.values, "se": fit.se, "vcov": fit.covariance,
        "df_residual": fit.df, "df": fit.df, "wald": wald,
    }  # fmt: skip


def ordinal(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    call = case["call"]
    left, _ = formulas.sides(call["formula"])
    names, x = formulas.matrix(call["formula"], data, factors(case))
    response = _classes(left, data)
    steps = levels(response)
    codes = {level: place for place, level in enumerate(steps)}
    y = np.array([np.nan if v is None else codes[v] for v in words(response)])
    fit = regression.fit_ordinal(design, y, x[:, 1:], inside=inside(case, data))
    cuts = [f"{a}|{b}" for a, b in pairwise(steps)]
    return {
        "names": names[1:] + cuts, "estimate": fit.values, "se": fit.se, "vcov": fit.covariance,
        "df_residual": fit.df,
    }  # fmt: skip


def proportion(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    call, mask = case["call"], inside(case, data)
    y = _event(call, data)
    table = estimate.share(design, y, inside=complete(call, y[:, None], mask))
    df = design.degrees(mask)
    if call.get("method") == "beta":  # R counts those without an answer, too
        whole = isinstance(design, Design) and design.steps
        rows = design.n if whole else int(design.inside(mask).sum())
        table = replace(table, n=np.full(1, rows))
    method, level = call.get("method", "logit"), call.get("level", 0.95)
    low, high = table.interval(level=level, df=df, method=INTERVALS[method])
    if isinstance(design, Replicates) and method == "logit":
        # the replicates of the log-odds, not the delta method
        fit = regression.fit_logit(design, y, np.ones((len(y), 1)), inside=mask)
        low, high = expit(intervals.symmetric(fit.values, fit.se, df, level))
    return {
        "estimate": table.values, "se": table.se, "ci_lo": low, "ci_hi": high,
        "ci": np.concatenate([low, high]), "df": df,
    }  # fmt: skip


def _event(call: Mapping[str, Any], data: Data) -> np.ndarray:
    """name_eq_value, a 0/1 column of that name, or R's I(name == value)."""
    text = call.get("expr") or call.get("vars")
    text = text[0] if isinstance(text, list) else text.strip("~ ")
    inner = EVENT.fullmatch(text)
    if text in data:
        return data[text]
    if inner is None:
        raise Unsupported(f"expr {text}")
    name, sign, value = inner[1], inner[2].replace("_eq_", "=="), inner[3].strip("'\"")
    if "_eq_" in text:
        name, _, value = text.rpartition("_eq_")
    return _compared(data[name], sign, value)


def _compared(column: np.ndarray, sign: str, value: str) -> np.ndarray:
    case = {"subset": [{"col": "x", "op": sign, "value": value}]}
    if column.dtype != object:
        case["subset"][0]["value"] = float(value)
    hit = inside(case, {"x": column})
    missing = np.array([v is None or v != v for v in column])
    return np.where(missing, np.nan, hit)


def quantile(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    call, mask = case["call"], inside(case, data)
    method = call.get("interval", "mean")
    if method not in QUANTILES:
        raise Unsupported(f"interval {method}")
    y = np.stack([data[name] for name in many(call["vars"])], axis=1)
    rows = complete(call, y, mask)
    found = [
        quantiles.quantile(
            design, column, np.atleast_1d(call["q"]), inside=rows, interval=QUANTILES[method],
            rule=call.get("qrule", call.get("rule", "math")), df=_left(design, rows, call),
        )
        for column in y.T
    ]  # fmt: skip
    parts = {"estimate": "values", "ci_lo": "low", "ci_hi": "high", "se": "se"}
    told = {k: np.concatenate([getattr(one, part) for one in found]) for k, part in parts.items()}
    return {"q": found[0].levels, **told}


def _left(design: AnyDesign, rows: Any, call: Mapping[str, Any]) -> int:
    """R takes the missing out of the design, and counts those of replicates anew with them."""
    if call.get("na_rm") and isinstance(design, Replicates):
        design = design.recounted() if rows is None or rows.all() else design
    return design.degrees(rows)


def contrast(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    call = case["call"]
    table, df = tabled(case, call["base"], design, data), design.degrees(inside(case, data))
    if call.get("coef") is not None:
        found = compare.contrast(table, call["coef"], df=df)
    else:
        body = compile(call["expr"].replace("^", "**"), "case", "eval")
        functions = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt, "__builtins__": {}}

        def function(b: Any) -> Any:
            return eval(body, functions, {f"b{i}": v for i, v in enumerate(b)})

        found = compare.smooth(table, function, df=df)
    low, high = found.interval()
    return {
        "base_names": list(table.names), "estimate": found.value, "se": found.se,
        "df": found.df, "t": found.t, "p_value": found.p_value, "ci": [low, high],
        "ci_lo_t": low, "ci_hi_t": high,
    }  # fmt: skip


def weights(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    mask = inside(case, data)
    w = design.weights if mask is None else design.weights[mask]
    first = np.atleast_1d(case["expected"].get("first", []))
    return {
        "n": len(w), "sum": w.sum(), "sum_sq": (w**2).sum(), "min": w.min(), "max": w.max(),
        "first": w[: len(first)], "index_sum": (w * np.arange(1, len(w) + 1)).sum(),
    }  # fmt: skip


def alpha(case: Mapping[str, Any], design: AnyDesign, data: Data) -> Answer:
    call = case["call"]
    _, y = items(many(call["vars"]), data, factors(case))
    mask = inside(case, data)
    return {"alpha": reliability.cronbach_alpha(design, y, inside=mask)}
