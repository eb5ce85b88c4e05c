"""The supervisor of the demonstration looks at what the quality checks have flagged."""

from __future__ import annotations

from analysis.demo.stage import Stage
from fieldwork.services import quality, review


def check(stage: Stage) -> None:
    """Pull, flag, and decide as a supervisor would after looking at what is flagged."""
    stage.say("审核 …")
    for source in stage.sources.values():
        review.pull(source)
        quality.refresh(source)
        review.approve_clean(source, by="dudao", now=stage.now)
        for row in source.reviews.filter(state="pending").order_by("id"):
            reason = _doubt(set(row.flags))
            state = "void" if reason else "approved"
            review.decide(row, state, by="dudao", now=stage.now, reason=reason)


def _doubt(flags: set[str]) -> str:
    """Why a flagged interview is not accepted; "" when a look finds nothing wrong."""
    if {"near_duplicate", "too_fast"} <= flags:
        return "与同一访员的答卷雷同且用时过短，电话核实未通过"
    if {"straight_line", "too_fast"} <= flags:
        return "一列题全选同一答案且用时过短"
    return ""
