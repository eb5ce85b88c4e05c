"""Who reaches a question: its conditions in words, and how many random respondents got there.

The shares come from simulated respondents who all agree to take part and otherwise answer by
chance; they prove that a path is open, they say nothing about any population.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles

from . import simulate
from .conditions import Words, chain, numbers, parts
from .definition import Definition, Question
from .interview import EvaluationProblem
from .lint.minutes import seconds

EVERYBODY = "所有人"


@dataclass(frozen=True, slots=True)
class Reach:
    """One question or note (number 0): who reaches it, and how many of those drawn did."""

    number: int
    question: Question
    label: str
    condition: str
    reached: int


@dataclass(frozen=True, slots=True)
class Report:
    """All questions of a version, and how long the simulated respondents took in minutes."""

    drawn: int
    stopped: int  # of those drawn: a formula could not be evaluated
    rows: tuple[Reach, ...]
    median: float
    longest_tenth: float

    @property
    def questions(self) -> int:
        return sum(1 for row in self.rows if row.number)

    @property
    def never(self) -> list[Reach]:
        return [row for row in self.rows if not row.reached]


def report(definition: Definition, *, drawn: int, seed: int, now: datetime) -> Report:
    """Walk ``drawn`` random respondents through the form; the same seed gives the same counts."""
    rng, reached, minutes = random.Random(seed), Counter[str](), list[float]()
    costs = {q.path: seconds(q) for q in definition.questions() if q.visible}
    stopped = 0
    for _ in range(drawn):
        try:
            done = simulate.respond(definition, rng, now=now, plan=agreeing)
        except EvaluationProblem:
            stopped += 1
            continue
        seen = [node.generic for node in done.root.leaves() if node.relevant]
        reached.update(set(seen))
        minutes.append(sum(costs.get(path, 0) for path in seen) / 60)
    middle, tenth = _quantiles(minutes)
    return Report(drawn, stopped, tuple(_rows(definition, reached)), middle, tenth)


def _quantiles(minutes: list[float]) -> tuple[float, float]:
    if len(minutes) < 2:
        return (minutes or [0.0])[0], (minutes or [0.0])[0]
    cuts = quantiles(minutes, n=10, method="inclusive")
    return cuts[4], cuts[8]


def agreeing(question: Question) -> str | None:
    """Whoever is simulated takes part; all else is left to chance."""
    if question.properties.get("consent") != "survey":
        return None
    return next((choice.name for choice in question.choices if choice.score == 1), None)


def _rows(definition: Definition, reached: Counter[str]) -> Iterator[Reach]:
    words, found = numbered(definition), numbers(definition)
    for question in (q for q in definition.questions() if q.visible):
        said = who(definition, words, question.path)
        label = words.wording(question.label) or question.name
        yield Reach(found.get(question.path, 0), question, label, said, reached[question.path])


def numbered(definition: Definition) -> Words:
    """Words that call a question by its number."""
    found = {path: f"第 {number} 题" for path, number in numbers(definition).items()}
    return Words(definition, found.get)


def who(definition: Definition, words: Words, path: str) -> str:
    """The conditions of a question and of all groups around it, each said once."""
    around = ((node.relevant, node.path) for node in chain(definition, path))
    found = [(part, here) for said, here in around if said for part in parts(said.ast, "and")]
    return words.all_of(found) or EVERYBODY
