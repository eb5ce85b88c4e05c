"""The whole loop on the demonstration county: from the workbooks to the reports and the actions.

Every step is the product's own service; simulated women answer through the real intake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.demo import coders, followup, respondents, sending, visits
from analysis.demo.stage import FROZEN, Say, Stage, prepare
from analysis.models import DataVersion, Document
from analysis.services import documents, freezing
from fieldwork.services import quality, review

RESPONSES, RATE, VOLUNTEERS = 2400, 0.78, 0.62


@dataclass(frozen=True)
class Result:
    stage: Stage
    version: DataVersion
    documents: list[Document]


def run(seed: int, responses: int, now: datetime, say: Say) -> Result:
    """Play the loop; ``responses`` is the rough number of completed interviews."""
    stage = prepare(seed, now, say)
    visits.interview(stage, households(responses))
    sending.send(stage, sending.volunteers(stage, round(responses * VOLUNTEERS)), "线上自填")
    check(stage)
    say("开放题：遮盖、编码、裁定 …")
    coders.play(stage)
    say("冻结数据版 …")
    frozen = now - timedelta(days=FROZEN)
    version = freezing.freeze(stage.campaign, by="yanjiu", now=frozen)
    say("问题、决定、行动 …")
    followup.follow(stage, version)
    return Result(stage, version, list(_print(stage, version)))


def _print(stage: Stage, version: DataVersion) -> Iterator[Document]:
    for kind in Document.Kind:
        stage.say(f"{kind.label} …")
        yield documents.make(version, kind, by="yanjiu", now=stage.now)


def households(responses: int) -> int:
    """Households per village that bring about so many interviews."""
    return min(max(round(responses / RATE / respondents.VILLAGES), 2), 40)


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
