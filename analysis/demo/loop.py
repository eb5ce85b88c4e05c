"""The whole loop on the demonstration county: from the workbooks to the reports and the actions.

Every step is the product's own service; simulated women answer through the real intake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.demo import coders, earlier, followup, respondents, reviewing, sending, visits
from analysis.demo.stage import FROZEN, Say, Stage, later, prepare
from analysis.models import DataVersion, Document
from analysis.services import documents, freezing

RESPONSES, RATE, VOLUNTEERS = 2400, 0.78, 0.62


@dataclass(frozen=True)
class Result:
    stage: Stage
    version: DataVersion
    documents: list[Document]


def run(seed: int, responses: int, now: datetime, say: Say, *, rounds: int = 2) -> Result:
    """Play the loop; ``responses`` is the rough number of completed interviews.

    With two rounds that of the year before comes first: smaller, in the villages kept since.
    """
    stage = prepare(seed, now - timedelta(days=earlier.DAYS * (rounds - 1)), say)
    if rounds > 1:
        say("上一轮 …")
        earlier.play(stage)
        stage = later(stage, now, seed)
    visits.interview(stage, households(responses))
    sending.send(stage, sending.volunteers(stage, round(responses * VOLUNTEERS)), "线上自填")
    reviewing.check(stage)
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
