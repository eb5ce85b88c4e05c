"""The figures as they are printed: every row rounded, and what follows from rows computed anew.

A difference, a number of women or a bound that were computed from exact numbers would tell more
than the rounded ones beside them.
"""

from __future__ import annotations

from typing import Any

from scipy import stats

from analysis.core import beside, equity, intervals, preferences, rounding
from analysis.core.thresholds import THRESHOLDS

Row = dict[str, Any]
POWER = 0.80
PLACED = ("first", "top", "borda", "best_worst", "worth")


def of(figures: Row) -> Row:
    return {
        **figures,
        "domains": [_domain(d, figures["sample"]) for d in figures["domains"]],
        "groups": equity.judged([_group(g) for g in figures["groups"]]),
        "breakdowns": [
            {**b, "rows": [{**r, "n": rounding.tens(r["n"])} for r in b["rows"]]}
            for b in figures["breakdowns"]
        ],
        "first_choice": {
            axis: [{**r, "share": rounding.bare(r["share"])} for r in rows]
            for axis, rows in figures["first_choice"].items()
        },
        "presence": [_presence(asked) for asked in figures["presence"]],
        "rankings": [
            told for asked in figures["rankings"] if (told := _places(asked)) is not None
        ],
    }  # fmt: skip


def _presence(asked: Row) -> Row:
    """Differences go with the shares they compare, in steps as wide as both together."""
    base = asked["base"]
    seen = {d["code"]: d["need"] for d in base["needs"]}
    classes = [
        {**_size(one), "domains": [
            _apart(d, own["need"], seen[d["code"]])
            for d, own in zip(one["domains"], one["needs"], strict=True)
        ]}
        for one in asked["classes"]
    ]  # fmt: skip
    return {**asked, "base": _size(base), "classes": classes}


def _size(one: Row) -> Row:
    kept = {key: value for key, value in one.items() if key != "needs"}
    return kept | {"n": rounding.tens(one["n"])}


def _apart(row: Row, own: Row, other: Row) -> Row:
    row = {**row, "n": own["n"]}
    hidden = next((r for r in (own, other) if r["status"] == "suppressed"), None)
    if row["value"] is None or hidden:
        reason = row["reason"] if row["value"] is None or hidden is None else hidden["reason"]
        return {**beside.withheld(row, reason), "p": None, "p_adjusted": None}
    n, width = min(own["n"], other["n"]), 2 * rounding.WIDTH
    unit = rounding.step(n, width) / 1000
    value, se = round(row["value"] / unit) * unit, rounding.error(row["se"], n, width) or 0.0
    low, high = (float(end) for end in intervals.symmetric(value, se, row["df"]))
    return {**row, "value": value, "se": se, "low": low, "high": high,
            "p": round(row["p"], 3), "p_adjusted": round(row["p_adjusted"], 3)}  # fmt: skip


def _places(asked: Row) -> Row | None:
    """Points and worth go with both shares of places; None when no base is told."""
    n = next((r["first"]["n"] for r in asked["rows"] if r["first"]["n"] is not None), None)
    return None if n is None else {**asked, "n": n, "rows": [_option(r) for r in asked["rows"]]}


def _option(row: Row) -> Row:
    # points less the share of the first three tell how many put it first
    shares, out = (row["first"], row["top"]), {}
    top, hidden = row["top"], next((r for r in shares if r["status"] == "suppressed"), None)
    for key, reach in (("borda", preferences.PLACES), ("best_worst", 2), ("worth", None)):
        if row[key] is None:
            continue
        if hidden or row[key]["value"] is None:
            reason = hidden["reason"] if hidden else row[key]["reason"]
            out[key] = {**beside.withheld(row[key], reason), "n": top["n"], "n_eff": None}
        elif reach is None:
            out[key] = rounding.row(row[key], top["n"])
        else:
            out[key] = rounding.amounts(row[key], top["n"], reach)
    told = {**row, **out}
    return told | {key: rounding.bare(told[key]) for key in PLACED if told[key]}


def _domain(domain: Row, sample: Row) -> Row:
    """Women behind J_k; how many did not answer at most, and the bounds where that is much."""
    missing = {
        axis: _unanswered(rate, domain[axis]["n"], sample["n"])
        for axis, rate in domain["missing"].items()
    }
    base = missing["joint"]
    return {
        **domain,
        "women": rounding.persons(domain["joint"], sample["population_women"]),
        "base_rate": None if base is None else 1 - base,
        "missing_rate": base,
        "missing": missing,
        "bounds": {
            axis: _bounds(domain[axis], rate)
            for axis, rate in missing.items()
            if rate is not None and rate > THRESHOLDS.missing_bounds
            and domain[axis]["value"] is not None
        },
    }  # fmt: skip


def _unanswered(rate: float, n: int | None, whole: int) -> float | None:
    """Weighted share without an answer, upwards to ten persons; None where n is withheld.

    Never below what n leaves open. With equal weights it is just that, so it tells nothing more.
    """
    if n is None:
        return None
    return min(max(whole - n + rounding.TENS, rounding.tens_up(rate * whole)) / whole, 1.0)


def _bounds(row: Row, rate: float) -> list[float]:
    """The share if all of those who did not answer are not, and if all are."""
    low, high = rounding.ends(row["value"], row["n"])
    return [(1 - rate) * low, (1 - rate) * high + rate]


def _group(group: Row) -> Row:
    def whole(n: int | None) -> int | None:
        return None if n is None else rounding.tens(n)

    return {
        **group, "n": whole(group["n"]), "unknown": whole(group["unknown"]),
        "domains": [_beside({**d, "gap": gap(d)}) for d in group["domains"]],
    }  # fmt: skip


def _beside(domain: Row) -> Row:
    """Ratios go with their gap, and are no finer than the shares they compare."""
    if domain["gap"]["status"] == "suppressed":
        return {**domain, **dict.fromkeys(("risk_ratio", "representation", "part"))}
    return {
        **domain,
        "risk_ratio": beside.ratio(domain["risk_ratio"], domain["joint"], domain["complement"]),
        "representation": beside.ratio(domain["representation"]),
    }


def gap(domain: Row) -> Row:
    """Difference group minus others; withheld as soon as either side is.

    detectable: the smallest difference this sample finds with 80 % certainty.
    """
    inside, outside, gap = domain["joint"], domain["complement"], domain["gap"]
    hidden = next((r for r in (inside, outside) if r["status"] == "suppressed"), None)
    if hidden:
        return {**hidden, "n": inside["n"], "detectable": None}
    value, se = inside["value"] - outside["value"], rounding.error(gap["se"], inside["n"])
    low, high = (float(end) for end in intervals.symmetric(value, se or 0.0, gap["df"]))
    status = "review" if "review" in (inside["status"], outside["status"]) else "ok"
    steps = stats.t.ppf([0.975, POWER], max(gap["df"], 1)).sum()
    return {
        "value": value, "se": se, "low": low, "high": high, "n": inside["n"],
        "n_eff": inside["n_eff"], "df": gap["df"], "deff": None, "status": status,
        "reason": inside["reason"] or outside["reason"], "detectable": float(steps * (se or 0.0)),
    }  # fmt: skip


def gap_of_means(one: Row, two: Row, apart: Row, unit: float) -> Row:
    """Difference of two printed means, its error in the coarser of their steps, upwards."""
    value = one["value"] - two["value"]
    se = rounding.up(apart["se"], unit) * unit if unit else apart["se"]
    low, high = (float(end) for end in intervals.symmetric(value, se, apart["df"]))
    reason = one["reason"] or two["reason"]
    return {**apart, "value": value, "se": se, "low": low, "high": high, "n": one["n"],
            "status": "review" if reason else "ok", "reason": reason}  # fmt: skip
