"""Minutes: how long a questionnaire takes, from the length of its words and the kind of answers.

The constants stand in docs/authoring.md. With them the shipped questionnaires come out near what
they say of themselves: 20 minutes for the individual one (20 to 25), 10 for the short one (8),
15 for the one about a village, whose figures are looked up.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..definition import Definition, Group, Question
from ..problems import Problem, Where
from .walk import parents, plain

CHARACTERS_PER_SECOND = 5.0
SECONDS = {
    "select_one": 4.0,
    "select_multiple": 8.0,
    "rank": 15.0,
    "text": 20.0,
    "note": 1.0,
    "acknowledge": 2.0,
    "image": 20.0,
    "audio": 30.0,
    "geopoint": 15.0,
}
OTHER_SECONDS = 6.0
LOOKED_UP_SECONDS = 45.0  # finding the figure in a register (nr:lookup): a proposal, not measured
REACHED = 0.5  # the share of respondents who meet a condition, for want of knowledge
LONGEST = 30.0


def minutes(definition: Definition) -> float:
    """Expected minutes of one interview."""
    around = parents(definition)
    spent = 0.0
    for question in definition.questions():
        if question.visible:
            spent += seconds(question) * _share(question, around[question.path])
    return spent / 60


def seconds(question: Question) -> float:
    """How long one question takes: read with its options, then answered."""
    texts = [next(iter(question.label.values()), ""), next(iter(question.hint.values()), "")]
    if question.kind.startswith("select") and "list-nolabel" not in question.appearance:
        texts += [next(iter(c.label.values()), "") for c in question.choices[:12]]
    read = sum(len(plain(text)) for text in texts) / CHARACTERS_PER_SECOND
    if question.properties.get("lookup") == "yes":
        return read + LOOKED_UP_SECONDS
    return read + SECONDS.get(question.kind, OTHER_SECONDS)


def _share(question: Question, around: tuple[Group, ...]) -> float:
    """One condition halves the audience; a condition that all share is not counted twice."""
    return REACHED if question.relevant or any(g.relevant for g in around[1:]) else 1.0


def length(definition: Definition) -> Iterator[Problem]:
    expected = minutes(definition)
    if expected > LONGEST:
        params = {"minutes": round(expected), "limit": round(LONGEST)}
        yield Problem("questionnaire_long", Where(part="form_title"), params, "warning")
