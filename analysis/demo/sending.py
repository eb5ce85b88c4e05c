"""Simulated answers on their way into the real intake: interviews, volunteers, village forms.

Two processes write and hand in at once, as many tablets would. Every response has its own seed, so
the order of work changes nothing.
"""

from __future__ import annotations

import multiprocessing
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from analysis.demo import respondents, storage
from analysis.demo.answers import Respondent
from analysis.demo.stage import Stage
from fieldwork.models import Assignment, VillageForm
from surveys import intake, packing
from surveys.core import simulate

PROCESSES = 2
REPEATED = 700  # every so many responses one is sent twice, then again with other content


@dataclass(frozen=True)
class Visit:
    """One response to be simulated: who answers which form, when, for which assignment."""

    source: str
    serial: int
    woman: int
    start: datetime
    minutes: float
    context: str = ""
    actor: str = ""
    straight: bool = False
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


def interviews(stage: Stage, done: list[tuple[Assignment, int]]) -> list[Visit]:
    """The drawn women; a few answer in a straight line, and one interviewer invents."""
    if stage.honest:
        return [
            Visit("probability", serial, woman, stage.moment(), 24, row.code, str(row.interviewer),
                  facts=_facts(stage, row))
            for serial, (row, woman) in enumerate(done)
        ]  # fmt: skip
    inventor = stage.people.interviewers[stage.place.township_code(3)][1]
    invented: int | None = None
    visits = []
    for serial, (row, woman) in enumerate(done):
        minutes, straight = max(stage.rng.gauss(24, 4), 12), stage.rng.random() < 0.012
        if row.interviewer_id == inventor.pk and stage.rng.random() < 0.5:
            invented = woman if invented is None else invented
            woman, minutes = invented, stage.rng.gauss(7, 1)
        visits.append(
            Visit(
                "probability", serial, woman, stage.moment(), 6 if straight else minutes,
                row.code, str(row.interviewer), straight, _facts(stage, row),
            )
        )  # fmt: skip
    return visits


def _facts(stage: Stage, row: Assignment) -> dict[str, str]:
    village = row.household.village
    return {
        "source": "probability", "round": stage.campaign.round, "stratum": village.stratum,
        "psu": village.village.code, "pi_psu": f"{village.probability:.10g}",
        "households_listed": str(village.households_listed),
        "household": str(row.household.number), "mode": "interview",
        "rotation": str(1 + row.household.number % 4),
    }  # fmt: skip


def volunteers(stage: Stage, count: int) -> list[Visit]:
    """Women who scan the code by themselves: younger, in town, more in need."""
    numpy_rng = np.random.default_rng(stage.rng.randrange(2**31))
    women = respondents.volunteers(stage.place, stage.world.need, count, numpy_rng)
    facts = {"source": "volunteer", "round": stage.campaign.round, "mode": "self_fill"}
    return [
        Visit("volunteer", serial, int(woman), stage.moment(), max(stage.rng.gauss(8, 2), 2),
              facts=facts | {"rotation": str(1 + serial % 4)})
        for serial, woman in enumerate(women)
    ]  # fmt: skip


def village_forms(stage: Stage, forms: list[VillageForm]) -> list[Visit]:
    """One form a drawn village, filled in with its head."""
    return [
        Visit("village", serial, 0, stage.moment(), 12.0, form.code, str(form.interviewer),
              facts={"round": stage.campaign.round, "psu": form.village.village.code})
        for serial, form in enumerate(forms)
    ]  # fmt: skip


def send(stage: Stage, visits: list[Visit], what: str) -> None:
    """Hand every response to the intake, a few of them more than once."""
    storage.let_go()
    fork = multiprocessing.get_context("fork")
    with fork.Pool(PROCESSES, initializer=_Sender.enter, initargs=(stage,)) as pool:
        done = pool.imap_unordered(_Sender.deliver, visits, chunksize=10)
        for number, _ in enumerate(done):
            if number % 400 == 0:
                stage.say(f"{what}：{number}/{len(visits)}")
    storage.hurry()


class _Sender:
    """One of the processes that write and hand in; it inherits the stage."""

    stage: Stage

    @classmethod
    def enter(cls, stage: Stage) -> None:
        cls.stage = stage
        storage.hurry()

    @classmethod
    def deliver(cls, visit: Visit) -> None:
        stage = cls.stage
        rng = random.Random(f"{stage.seed}-{stage.campaign.round}-{visit.source}-{visit.serial}")
        answers = _answers(stage, visit, rng)
        instance_id = f"uuid:demo-{rng.getrandbits(112):028x}"
        xml, sealed = _packed(stage, visit, answers, instance_id)
        outcome = _receive(stage, visit, xml, sealed)
        if not outcome.accepted:
            raise RuntimeError(f"the intake refuses a simulated answer: {outcome.problem}")
        if visit.serial % REPEATED == 5:
            other = dict(list(answers.items())[:-1])
            _receive(stage, visit, xml, sealed)
            _receive(stage, visit, *_packed(stage, visit, other, instance_id))


def _receive(stage: Stage, visit: Visit, xml: bytes, sealed: dict[str, bytes]) -> intake.Outcome:
    collection = stage.sources[visit.source].collection
    return intake.receive(
        xml, sealed, collection=collection, channel=collection.channel, now=visit.end,
        actor=visit.actor, context=visit.context,
    )  # fmt: skip


def _answers(stage: Stage, visit: Visit, rng: random.Random) -> dict[str, str]:
    definition = stage.sources[visit.source].version.definition
    year = stage.campaign.opens_on.year
    person = Respondent(
        stage.place, stage.world, visit.woman, year, rng, visit.straight, stage.honest
    )
    stamps = {"started": visit.start, "ended": visit.end}
    facts = visit.facts | {k: t.isoformat(timespec="seconds") for k, t in stamps.items()}
    given = packing.system_values(definition, facts)
    return simulate.answer(definition, rng, now=visit.start, plan=person.plan, given=given)


def _packed(
    stage: Stage, visit: Visit, answers: dict[str, str], instance_id: str
) -> tuple[bytes, dict[str, bytes]]:
    collection = stage.sources[visit.source].collection
    stamps = {"timeStart": visit.start, "timeEnd": visit.end}
    return packing.pack(
        collection.version.definition, answers, instance_id=instance_id,
        public_key=collection.public_key, key_id=collection.key_id,
        meta={k: t.isoformat(timespec="seconds") for k, t in stamps.items()},
    )  # fmt: skip
