"""Who stands where: ranks of what is printed, given after the gate, and refused in words.

A need is ranked where its row is shown and the sample bears it: 8 degrees of freedom, 100 women who
answered, effectively too. All others may stand anywhere, so the sets of the ranked ones leave them
room at either end: they stay true of all needs, and tell nothing of what is withheld.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.core import cuts, equity, needs, ranking, wording
from analysis.core.cuts import Official
from analysis.core.design import Design, Floats
from analysis.core.estimate import Estimates
from analysis.core.thresholds import THRESHOLDS

NOT_RANKED, UNRANKED = "样本不足以排序", "unranked"
NO_ANSWERS = "没有审核通过的答卷，不作推断"
Row = dict[str, Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Standing:
    """sets: of all p needs; ranked: (p,) of which they may be told; refused: why of none."""

    sets: ranking.RankSets
    ranked: Mask
    refused: str = ""

    def rank(self, k: int) -> list[int] | None:
        return [int(self.sets.low[k]), int(self.sets.high[k])] if self.ranked[k] else None

    def tiers(self, tau: int) -> list[str]:
        names = zip(self.sets.tier(tau), self.ranked, strict=True)
        return [name if told else UNRANKED for name, told in names]


def standing(table: Estimates, shown: Sequence[bool], coverage: float = 0.95) -> Standing:
    """shown: which rows of the table are printed."""
    seen = np.array(shown, dtype=bool)
    wide = np.minimum(table.n, np.nan_to_num(table.n_eff)) >= THRESHOLDS.rank_n_eff
    ranked = seen & wide & (table.df >= THRESHOLDS.rank_df) & np.isfinite(table.values)
    refused = "" if ranked.sum() > 1 else f"{NOT_RANKED}：{_why(table, seen)}"
    told = ranked if not refused else np.zeros_like(ranked)
    return Standing(cuts.ranks(table, coverage, told), told, refused)


def _why(table: Estimates, seen: Mask) -> str:
    df = int(table.df.max())
    if df < THRESHOLDS.rank_df:
        return f"自由度{df}，不足{THRESHOLDS.rank_df}"
    if seen.sum() < 2:
        return "能公布的事项不足两项"
    return f"样本或有效样本不足{THRESHOLDS.rank_n_eff}人"


# -- the county ------------------------------------------------------------------------------


def county(tables: needs.NeedTables, domains: Sequence[Row]) -> Row:
    """``domains`` with ranks on every axis and the tier of the joint share, and ``ranking``."""
    found = {
        axis: standing(tables.axis(axis), [wording.shown(d[axis]) for d in domains])
        for axis in needs.AXES
    }
    joint, tau = found["joint"], cuts.top_count(len(domains))
    placed = [
        {**d, "rank": {axis: one.rank(k) for axis, one in found.items()}, "tier": tier}
        for k, (d, tier) in enumerate(zip(domains, joint.tiers(tau), strict=True))
    ]
    return {"domains": placed, "ranking": _ranking(placed, joint, tau)}


def _ranking(domains: Sequence[Row], joint: Standing, tau: int) -> Row:
    codes = [d["code"] for d in domains]
    left = [d["code"] for d in domains if d["tier"] == UNRANKED]
    return {
        "axis": "joint", "tau": tau, "refused": joint.refused, UNRANKED: left,
        "confirmed": [d["code"] for d in domains if d["tier"] == "confirmed"],
        "possible": [d["code"] for d in domains if d["tier"] == "possible"],
        "alpha": 0.05, "family": f"{len(domains)}个领域两两比较{_room(len(left))}",
        "draws": ranking.DRAWS, "seed": cuts.SEED,
        "borderline": [[codes[i], codes[j]] for i, j in joint.sets.borderline],
    }  # fmt: skip


def _room(left: int) -> str:
    """What the family makes of needs without a rank."""
    return f"，其中{left}项不公布或样本不足，按可能在任何位置计" if left else ""


# -- parts of it -----------------------------------------------------------------------------


def groups(
    official: Official, plan: needs.Plan, found: needs.Indicators, given: Sequence[Row]
) -> list[Row]:  # fmt: skip
    """The groups with what stands at their top, see `top`."""
    masks = needs.group_masks(plan, official.columns)
    return [
        {**g, "top": top(official.design, found, masks[g["code"]], g["domains"], len(given))}
        for g in given
    ]


def top(
    design: Design, found: needs.Indicators, mask: Floats, domains: Sequence[Row], groups: int
) -> Row:  # fmt: skip
    """Ranks inside one group, only where it is large enough to tell them apart.

    They hold together with those of all other groups: no group is heard by chance alone.
    """
    table = cuts.within(design, found.joint, found.codes, mask == 1)
    here = standing(table, [wording.shown(d["joint"]) for d in domains], equity.coverage(groups))
    if here.refused:
        return {"confirmed": [], "possible": [], "note": NOT_RANKED}
    tiers = here.tiers(cuts.top_count(len(found.codes)))
    told = {
        tier: [c for c, t in zip(found.codes, tiers, strict=True) if t == tier]
        for tier in ("confirmed", "possible")
    }
    family = equity.family(groups, len(found.codes))
    return told | {"family": family + _room(int((~here.ranked).sum()))}


def townships(official: Official, found: needs.Indicators, given: Sequence[Row]) -> list[Row]:
    """The townships with ranks of their needs, or a note where the sample cannot bear them."""
    labels = official.columns.keys["township"].astype(str)
    return [_place(official, found, labels == t["code"], t) for t in given]


def _place(official: Official, found: needs.Indicators, rows: Mask, township: Row) -> Row:
    table = cuts.within(official.design, found.need, found.codes, rows)
    here = standing(table, [wording.shown(d["need"]) for d in township["domains"]])
    domains: Sequence[Mapping[str, Any]] = township["domains"]
    return {
        **township,
        "domains": [
            {**d, **({} if (rank := here.rank(k)) is None else {"rank": rank})}
            for k, d in enumerate(domains)
        ],
        "note": NO_ANSWERS if township["n"] == 0 else NOT_RANKED if here.refused else "",
    }  # fmt: skip
