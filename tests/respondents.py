"""Simulated women who take part: valid answers to any questionnaire, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from django.test import Client

from surveys import layout
from surveys.core import simulate
from surveys.core.definition import Definition, Question
from surveys.core.interview import Interview, Item, Page
from surveys.forms import RANK_PLACES

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def answer(
    definition: Definition, rng: Random, *, fixed: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Path -> value of one adult who agrees to everything and fills the form herself.

    fixed: answers by question name; the rest is drawn as `surveys.core.simulate` does.
    """
    for_staff = {
        node.path for node in definition.nodes() if node.properties.get("show") == "interviewer"
    }

    def plan(question: Question) -> str | None:
        if question.name in (fixed or {}):
            return (fixed or {})[question.name]
        if any(question.path == p or question.path.startswith(p + "/") for p in for_staff):
            return ""
        return _planned(question, rng)

    return simulate.answer(definition, rng, now=NOW, plan=plan)


def _planned(question: Question, rng: Random) -> str | None:
    """What every adult who takes part has in common; None leaves it to chance."""
    if question.properties.get("consent"):
        return next(c.name for c in question.choices if c.score == 1)
    if question.properties.get("role") == "birth_year":
        return str(rng.randint(1946, 2004))
    if question.kind == "rank":
        names = [c.name for c in question.choices]
        return " ".join(rng.sample(names, min(RANK_PLACES, len(names))))
    return None


class Walk:
    """Her way through the pages: step of the address -> what she puts there."""

    def __init__(self, definition: Definition, answers: Mapping[str, str]) -> None:
        self.interview = Interview(definition, answers, now=NOW)
        order = [q.path for q in definition.questions()]
        self.pages: dict[str, Page] = {}
        for page in layout.with_notes(self.interview.pages()):
            asked = [i for i in page.items if i.question.kind != "note"]
            first = (asked or page.items)[0]
            positions = re.findall(r"\[(\d+)\]", first.path)
            number = order.index(first.question.path) + 1
            self.pages[".".join([f"p{number}", *positions])] = page

    @property
    def asking(self) -> list[str]:
        """Steps that want an answer; pages of notes alone are not among them."""
        return [step for step in self.pages if self.fields(step)]

    def fields(self, step: str) -> list[tuple[str, Item, str]]:
        """(name of the field, question, value) of each thing to fill on a page."""
        asked = [i for i in self.pages[step].items if i.question.kind != "note"]
        return [
            (f"{step}-q{index}", item, self.interview.value(item.path))
            for index, item in enumerate(asked)
        ]

    def posted(self, step: str) -> dict[str, str | list[str]]:
        """The same as a browser would send it."""
        data: dict[str, str | list[str]] = {}
        for name, item, value in self.fields(step):
            if item.question.kind == "select_multiple":
                data[name] = value.split()
            elif item.question.kind == "rank":
                data |= {f"{name}_{i}": chosen for i, chosen in enumerate(value.split())}
            else:
                data[name] = value
        return data


def self_fill(
    collection: Any,
    walk: Walk,
    *,
    language: str = "",
    client: Client | None = None,
    watch: Callable[[str], object] = lambda step: None,
) -> list[tuple[str, str]]:
    """Every page by the Django client; returns the pages she saw. `watch` is called at each one."""
    client, seen = client or Client(), []
    age = f"/q/{collection.code}/age/" + (f"?language={language}" if language else "")
    page = client.post(age, {"adult": "yes"}, follow=True)
    for _ in range(len(walk.pages) + 10):
        url = page.redirect_chain[-1][0]
        step = url.rstrip("/").rsplit("/", 1)[-1]
        html = page.content.decode()
        seen.append((step, html))
        watch(step)
        if step == "done":
            return seen
        data = walk.posted(step) if step in walk.pages else {}
        hidden = re.findall(r'<input type="hidden" name="([^"]+)"[^>]*value="([^"]+)"', html)
        page = client.post(url, dict(hidden) | data, follow=True)
    raise AssertionError(f"no receipt after {[step for step, _ in seen]}")
