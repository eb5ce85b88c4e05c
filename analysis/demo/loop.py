"""The whole loop on the demonstration county: from the workbooks to the reports and the actions.

Every step is the product's own service; simulated women answer through the real intake.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from analysis.demo import respondents, sending, visits
from analysis.demo.stage import Say, Stage, prepare
from analysis.models import DataVersion
from analysis.services import freezing
from fieldwork.services import review

RESPONSES, RATE, VOLUNTEERS = 2400, 0.78, 0.62


@dataclass(frozen=True)
class Result:
    stage: Stage
    version: DataVersion


def run(seed: int, responses: int, now: datetime, say: Say) -> Result:
    """Play the loop; ``responses`` is the rough number of completed interviews."""
    stage = prepare(seed, now, say)
    visits.interview(stage, households(responses))
    sending.send(stage, sending.volunteers(stage, round(responses * VOLUNTEERS)), "线上自填")
    check(stage)
    say("冻结数据版 …")
    version = freezing.freeze(stage.campaign, by="yanjiu", now=now)
    return Result(stage, version)


def households(responses: int) -> int:
    """Households per village that bring about so many interviews."""
    return min(max(round(responses / RATE / respondents.VILLAGES), 2), 40)


def check(stage: Stage) -> None:
    """Pull, flag, and decide as a supervisor would."""
    stage.say("审核 …")
    for source in stage.sources.values():
        review.pull(source)
        review.approve_clean(source, by="dudao", now=stage.now)
