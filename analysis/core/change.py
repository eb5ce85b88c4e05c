"""The section ``change`` of the figures: this round against the last one, need by need.

Values of the earlier round are those of its frozen version; errors come from both rounds' answers
on their joint design (`rounds.py`). For every need: the difference with interval, raw and adjusted
p-value (Benjamini-Hochberg over the needs of one axis); whether an action's target named before
was met, in the townships it was for; difference in differences against townships without an
action; and, for needs taken up because they stood high, how far they would have fallen back by
themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from analysis.core import beside, compare, crossing, gate, intervals, needs, rounds, wording
from analysis.core.comparable import Verdict, verdicts
from analysis.core.crossing import Crossing
from analysis.core.cuts import Official, rows_of
from analysis.core.estimate import Estimates
from analysis.core.thresholds import THRESHOLDS

AXES = ("joint", "need")
ALPHA = 0.05
Row = dict[str, Any]


@dataclass(frozen=True)
class Action:
    """What was decided on a need in the earlier round: the fall aimed at in shares (None: none was

    named), and the townships it is for (none: the whole area)."""

    number: str
    title: str
    domain: str
    drop: float | None
    townships: tuple[str, ...]


@dataclass(frozen=True)
class Before:
    """The earlier round: its answers, its newest frozen figures and the actions that followed.

    door: what left of its answers before, and holds what leaves of them now. whole: whether its
    answers are still those of the frozen figures.
    """

    official: Official
    figures: Row
    actions: Sequence[Action] = ()
    door: gate.Release = field(default_factory=gate.Release)
    whole: bool = True


def section(
    official: Official, found: needs.Indicators, before: Before | str | None,
    townships: Sequence[Row], door: gate.Release,
) -> Row | None:  # fmt: skip
    """None without an earlier round; ``before`` as a text says why it cannot be compared.

    townships: this round's rows as they will be published, past the gate; door: of this round.
    """
    if before is None or isinstance(before, str):
        return None if before is None else {"refused": before}
    told = verdicts(before.official.definition, official.definition)
    codes = [c for c in found.codes if not told[c].refused]
    head = {"since": _since(before), "alpha": ALPHA, "domains": []}
    if not codes:
        return head | {"refused": "两轮问卷没有一项需求问法相同，不能比较变化。"}
    pair = _Pair(official, found, before, codes, townships, door)
    rows = {axis: pair.axis(axis) for axis in AXES}
    return head | {
        "villages": dict(rounds.shared(pair.first, pair.second)),
        "family": f"每个方面{len(codes)}项变化为一族，BH校正",
        "domains": [
            pair.domain(code, told[code], {a: rows[a][codes.index(code)] for a in AXES})
            if code in codes else {"code": code, "refused": told[code].refused}
            for code in found.codes
        ],
    }  # fmt: skip


def _since(before: Before) -> Row:
    meta, sample = before.figures["meta"], before.figures["sample"]
    return {"round": meta["round"], "title": meta["title"], "data_version": meta["data_version"],
            "n": sample["n"]}  # fmt: skip


class _Pair:
    """Both rounds of the comparable needs."""

    def __init__(
        self, official: Official, found: needs.Indicators, before: Before, codes: list[str],
        townships: Sequence[Row], door: gate.Release,
    ) -> None:  # fmt: skip
        self.before, self.codes = before, codes
        self.published = [*townships, *before.figures["townships"]]
        self.first, self.second = rounds.Round.of(before.official), rounds.Round.of(official)
        earlier = needs.indicators(needs.plan(before.official.definition), before.official.columns)
        self.doors = [
            (_people(before.official, earlier), before.door), (_people(official, found), door)
        ]  # fmt: skip
        self.columns = {a: rounds.stacked((earlier, found), a, codes) for a in AXES}
        self.frozen = {d["code"]: d for d in before.figures["domains"]}
        values, errors = (
            np.array([d["joint"][key] if d["joint"][key] is not None else np.nan
                      for d in self.frozen.values()], dtype=float) for key in ("value", "se")
        )  # fmt: skip
        falls = rounds.fallback(values, errors)
        self.falls = dict(zip(self.frozen, falls, strict=True))

    def axis(self, axis: str) -> list[Row]:
        """before, after and change of every need, the p-values adjusted over all of them."""
        table = rounds.together(self.first, self.second, *self.columns[axis])
        rows, q = rows_of(table), len(self.codes)
        out = [
            {"before": self.frozen[code][axis], "after": rows[q + k],
             "change": _change(table, [k], [q + k], [rows[k]], [rows[q + k]],
                               self.frozen[code][axis])}
            for k, code in enumerate(self.codes)
        ]  # fmt: skip
        p = [r["change"]["p"] if r["change"]["p"] is not None else np.nan for r in out]
        for row, adjusted in zip(out, compare.adjust_p(p, "BH"), strict=True):
            row["change"]["p_adjusted"] = None if np.isnan(adjusted) else float(adjusted)
            row["change"]["verdict"] = _verdict(row["change"])
        return out

    def domain(self, code: str, told: Verdict, rows: Row) -> Row:
        frozen = self.frozen[code]
        acted = [a for a in self.before.actions if a.domain == code]
        chosen = bool(acted) or frozen["tier"] in ("confirmed", "possible")
        joint = rows["joint"]["change"]
        return {
            "code": code, **rows, "caution": told.caution, "chosen": chosen,
            "fallback": self._fall(code) if chosen and joint["value"] is not None else None,
            "targets": [self._target(code, a, joint) for a in acted],
            "compared": self._compared(code, acted),
        }  # fmt: skip

    def _fall(self, code: str) -> float | None:
        """Only what would look like an improvement: a share above the others' mean falls back."""
        fall = self.falls.get(code, np.nan)
        return float(fall) if np.isfinite(fall) and fall > 0 else None

    def _target(self, code: str, action: Action, county: Row) -> Row:
        """Judged where the action was; by the county's change, with the reason, where that cannot

        be told."""
        told = {"number": action.number, "title": action.title, "drop": action.drop}
        if not action.townships:
            return told | {"area": "county", "verdict": _met(county, action)}
        places = sorted(set(action.townships))
        found = self._apart(code, places)
        why = found.get("refused") or ("" if found["own"]["value"] is not None
                                       else "办理的乡镇数字不公布")  # fmt: skip
        if why:
            return told | {"area": "county", "townships": places, "why": why,
                           "verdict": _met(county, action)}  # fmt: skip
        return told | {"area": "townships", "townships": places, "change": found["own"],
                       "verdict": _met(found["own"], action)}  # fmt: skip

    def _compared(self, code: str, acted: Sequence[Action]) -> Row | None:
        """(change with the action) - (change without), on the joint share; None without actions."""
        if not acted:
            return None
        if not all(a.townships for a in acted):
            return {"refused": "办理范围是全县，没有未办理的乡镇可以对照"}
        return self._apart(code, sorted({town for a in acted for town in a.townships}))

    def _apart(self, code: str, places: Sequence[str]) -> Row:
        """Some townships and all others in both rounds, the change of the former, and how far the

        changes differ; or why they cannot be set apart."""
        if not self.before.whole:
            return {"refused": "上一轮冻结以后有答卷由本人撤回，分乡镇对照会推算出撤回的人"}
        masks = [np.isin(r.township.astype(str), places) for r in (self.first, self.second)]
        if not all(mask.any() and not mask.all() for mask in masks):
            return {"refused": "办理与未办理的乡镇没有都在两轮样本里，不能对照"}
        if len({town in places for town in _hidden(self.published, code)}) > 1:
            return {"refused": "有乡镇的数字不公布，分开对照会推算出来"}
        k = self.codes.index(code)
        first, second = (
            np.stack([np.where(mask, y[:, k], np.nan), np.where(mask, np.nan, y[:, k])], axis=1)
            for mask, y in zip(masks, self.columns["joint"], strict=True)
        )
        table = rounds.together(self.first, self.second, first, second)
        plain = rows_of(table)
        then, now = (
            gate.places(code, places, some, *door)
            for some, door in zip((plain[:2], plain[2:]), self.doors, strict=True)
        )
        did = _change(table, [0, 3], [1, 2], then, now)  # n: both places, per round
        own = _change(table, [0], [2], then[:1], now[:1])
        (first_with, first_without), (now_with, now_without) = then, now
        return {
            "townships": list(places), "with": [first_with, now_with],
            "without": [first_without, now_without],
            "own": beside.difference(own, [[now_with], [first_with]]),
            "difference": beside.difference(did, [[first_without, now_with],
                                                  [first_with, now_without]]),
        }  # fmt: skip


def _people(official: Official, found: needs.Indicators) -> Crossing:
    """Whom the gate counts when townships are put together."""
    people = Crossing(official.columns.n)
    towns = official.columns.keys["township"].astype(str)
    people.add("township", towns, sorted(set(towns)))
    crossing.of_needs(people, found)
    crossing.of_classes(people, official.definition)
    return people


def _hidden(townships: Sequence[Row], code: str) -> set[str]:
    """Townships whose joint share of a need is withheld; older versions do not tell it."""
    return {
        t["code"] for t in townships for d in t["domains"]
        if d["code"] == code and d.get("joint", d["need"])["status"] == "suppressed"
    }  # fmt: skip


def _change(
    table: Estimates, minus: Sequence[int], plus: Sequence[int], below: Sequence[Row],
    above: Sequence[Row], frozen: Row | None = None,
) -> Row:  # fmt: skip
    """Sum of the ``plus`` estimates less the ``minus`` ones; withheld as soon as any part is.

    frozen: the published row of a single ``minus`` estimate, whose value takes its place.
    """
    rows = [*below, *above, *([frozen] if frozen else [])]
    hidden = next((r for r in rows if r["status"] == "suppressed" or r["value"] is None), None)
    if hidden:
        return {**beside.withheld(hidden, hidden["reason"]), "n_before": None, "p": None}
    weights = np.zeros(len(table.names))
    weights[list(plus)], weights[list(minus)] = 1.0, -1.0
    found = compare.contrast(table, weights)
    value = found.value
    if frozen:
        value = float(table.values[list(plus)].sum() - frozen["value"])
    df = max(int(found.df), 0)
    usable = df >= THRESHOLDS.interval_df and found.se > 0
    low, high = intervals.symmetric(value, found.se, df) if usable else (None, None)
    doubt = next((r["reason"] for r in rows if r["status"] == "review"), "")
    return {
        "value": value, "se": found.se, "low": low, "high": high,
        "n": int(sum(r["n"] for r in above)), "n_before": int(sum(r["n"] for r in below)),
        "n_eff": min(float(r["n_eff"]) for r in rows), "df": df, "deff": None,
        "status": "review" if doubt else "ok", "reason": doubt,
        "p": float(2 * stats.t.sf(abs(value / found.se), df)) if usable else None,
    }  # fmt: skip


def _verdict(change: Row) -> str:
    """up | down | open (no clear change, which is not the same as none) | withheld."""
    if change["p_adjusted"] is None:
        return "withheld"
    if change["p_adjusted"] >= ALPHA or not wording.clear(change):
        return "open"
    return "up" if change["value"] > 0 else "down"


def _met(change: Row, action: Action) -> str:
    """met | missed | open | unnamed | withheld: the fall aimed at against the whole interval."""
    if action.drop is None:
        return "unnamed"
    if change["low"] is None:
        return "withheld"
    if change["high"] <= -action.drop:
        return "met"
    return "missed" if change["low"] > -action.drop else "open"
