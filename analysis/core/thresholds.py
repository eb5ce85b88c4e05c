"""The one set of publication thresholds; every table, figure, report and ranking reads it here.

Holds numbers and the verdict they lead to. Knows no estimates beyond their sizes and no disclosure
between tables (that is the gate's work).
"""

from __future__ import annotations

from dataclasses import dataclass

from surveys.core import disclosure


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Smallest sizes that may be shown.

    cell:     unweighted persons; a count of 1 to cell - 1 is hidden.
    base:     respondents, and effective respondents, below which no estimate is published.
    df:       degrees of freedom below which an estimate needs review.
    interval_df: degrees of freedom below which there is no interval, so nothing is published.
    rank_df, rank_n_eff: what an area needs before its needs are ranked.
    follow_up_base: women in need before a share among them is given.
    cell_merge: sample persons below which calibration cells are merged.
    weight_low, weight_high: limits of the adjustment factor of a weight.
    missing_bounds: missing rate above which bounds are printed.
    """

    cell: int = 10
    base: int = 30
    df: int = 8
    interval_df: int = 3
    rank_df: int = 8
    rank_n_eff: int = 100
    follow_up_base: int = 30
    cell_merge: int = 30
    weight_low: float = 0.3
    weight_high: float = 3.0
    missing_bounds: float = 0.05


THRESHOLDS = Thresholds()
VILLAGE, TOWNSHIP, COUNTY, ABOVE = "village", "township", "county", "above"
ORDINARY, SENSITIVE = "L3", "L4"
# level of the area and class of the answers -> smallest cell; None: no result at this level at all
CELLS: dict[tuple[str, str], int | None] = {
    (VILLAGE, ORDINARY): 10, (VILLAGE, SENSITIVE): None,
    (TOWNSHIP, ORDINARY): 10, (TOWNSHIP, SENSITIVE): 20,
    (COUNTY, ORDINARY): 10, (COUNTY, SENSITIVE): 10,
    (ABOVE, ORDINARY): 10, (ABOVE, SENSITIVE): 10,
}  # fmt: skip


def cell(level: str, data_class: str) -> int | None:
    """Smallest cell that may be shown of an area's answers of a class, never below the floor."""
    found = CELLS[level, SENSITIVE if data_class >= SENSITIVE else ORDINARY]
    return None if found is None else max(found, disclosure.FLOOR)


@dataclass(frozen=True, slots=True)
class Verdict:
    """status: ok | review | suppressed; reason: Chinese sentence, empty when ok."""

    status: str
    reason: str = ""


def judge(n: int, n_eff: float, df: int, rules: Thresholds = THRESHOLDS) -> Verdict:
    """Whether an estimate on n persons (n_eff effective) with df may be shown."""
    if n < rules.cell:
        return Verdict("suppressed", f"不足 {rules.cell} 人，不显示")
    if n < rules.base:
        return Verdict("suppressed", f"样本不足 {rules.base} 人，不公布")
    if min(n, n_eff) < rules.base:
        return Verdict("suppressed", f"有效样本不足 {rules.base} 人，不公布")
    if df < rules.interval_df:
        return Verdict("suppressed", f"自由度不足 {rules.interval_df}，给不出区间，不公布")
    if df < rules.df:
        return Verdict("review", f"自由度 {df}，谨慎使用")
    return Verdict("ok")


def judge_share(
    n: int, positives: int | None, n_eff: float, df: int, rules: Thresholds = THRESHOLDS
) -> Verdict:
    """`judge`, and additionally hides a share that rests on 1 to cell - 1 persons either way.

    positives: persons with the attribute, unweighted; None when it does not apply.
    """
    verdict = judge(n, n_eff, df, rules)
    if verdict.status == "suppressed" or positives is None:
        return verdict
    if 0 < positives < rules.cell or 0 < n - positives < rules.cell:
        return Verdict("suppressed", disclosure.HIDDEN)
    if positives in (0, n):
        return Verdict("review", "样本中全无或全有，仅给单侧界")
    return verdict
