"""A random respondent: answers that a questionnaire accepts, drawn question by question.

Used to try a form's paths and by the demonstration. ``plan`` says what a respondent really has to
answer at some questions; everything else is drawn at random. Nothing is stored.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime

from .definition import Choice, Definition, Question
from .interview import Interview

Plan = Callable[[Question], str | None]
PASSES, TRIES = 12, 40
_TEXTS = ("希望多开班", "离家近一点就好", "想学点手艺", "盼望有人搭把手")


def answer(
    definition: Definition,
    rng: random.Random,
    *,
    now: datetime,
    plan: Plan = lambda question: None,
    given: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Path -> value of one complete response, calculations included."""
    return respond(definition, rng, now=now, plan=plan, given=given).answers


def respond(
    definition: Definition,
    rng: random.Random,
    *,
    now: datetime,
    plan: Plan = lambda question: None,
    given: Mapping[str, str] | None = None,
) -> Interview:
    """The interview of one respondent at its end.

    given: values known beforehand, e.g. those the system fills in. plan: the answer of one question
    ("" leaves it blank), or None to draw it. Questions that no draw satisfies stay blank.
    """
    interview = Interview(definition, given, now=now, seed=rng.randrange(2**31), first_load=True)
    known = set(given or ())
    askable = {q.path for q in definition.questions() if q.visible and q.kind != "note"}
    done = set[int]()  # nodes, since a path is dear to spell out
    for _ in range(PASSES):
        ready = [
            (node, interview.questions[node.generic])
            for node in interview.root.leaves()
            if id(node) not in done and node.generic in askable and node.relevant
        ]
        if not ready:
            break
        for node, question in ready:
            done.add(id(node))
            path = node.path
            if path not in known:
                _fill(interview, path, question, plan(question), rng)
        interview.recompute()
    return interview


def _fill(
    interview: Interview, path: str, question: Question, planned: str | None, rng: random.Random
) -> None:
    if planned is not None:
        interview.put(path, planned)
        return
    choices = interview.choices(path) if question.choices else ()
    for _ in range(TRIES):
        interview.put(path, _draw(question, choices, rng))
        if interview.constraint(path) != "BAD":
            return
    interview.put(path, "")


def _draw(question: Question, choices: tuple[Choice, ...], rng: random.Random) -> str:
    if question.choices:
        return _chosen(question, choices, rng)
    if question.kind in ("integer", "decimal", "range"):
        return str(rng.choice((0, 1, 1, 2, 3, 5, 8, rng.randint(0, 60), rng.randint(1936, 2008))))
    if question.kind == "date":
        return f"{rng.randint(1950, 2026)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    if question.kind == "time":
        return f"{rng.randint(6, 22):02}:{rng.choice((0, 15, 30, 45)):02}"
    if question.kind == "acknowledge":
        return "OK"
    if question.kind == "text":
        phone = question.properties.get("vault") == "phone"
        return f"139{rng.randrange(10**8):08}" if phone else rng.choice(_TEXTS)
    return ""


def _chosen(question: Question, choices: tuple[Choice, ...], rng: random.Random) -> str:
    if not choices:
        return ""
    if question.kind == "rank":
        return " ".join(c.name for c in rng.sample(choices, len(choices)))
    substantive = [c for c in choices if not c.missing] or list(choices)
    pool = list(choices) if rng.random() < 0.03 else substantive
    if question.kind == "select_one":
        return rng.choice(pool).name
    count = min(len(pool), rng.choice((1, 1, 2, 3)))
    picked = set(rng.sample(range(len(pool)), count))
    return " ".join(c.name for i, c in enumerate(pool) if i in picked)
