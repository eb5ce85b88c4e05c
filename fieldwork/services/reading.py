"""One response as a reviewer reads it: questions and labels, never codes, classes L1-L3 only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fieldwork.models import Assignment, Review
from surveys import audit
from surveys.core import instance
from surveys.core.definition import Definition, Group, Question
from surveys.models import Response, SealedSection


@dataclass(frozen=True)
class Part:
    """One part of the questionnaire and what was answered in it."""

    title: str
    answers: list[tuple[str, str]]


@dataclass(frozen=True)
class Read:
    """What the page shows. ``withheld``: how many questions hold answers no reviewer sees."""

    response: Response
    assignment: Assignment | None
    parts: list[Part]
    sealed: int
    withheld: bool

    @property
    def minutes(self) -> str:
        seconds = self.response.seconds
        return "没有记录" if seconds is None else f"{seconds // 60} 分 {seconds % 60} 秒"


def read(review: Review, *, by: str, now: datetime) -> Read:
    """Open one response and note who opened it."""
    rows = Response.objects.select_related("version")
    response = rows.get(instance_id=review.instance_id)
    asked = Assignment.objects.filter(code=response.context) if response.context else None
    related = "interviewer", "household__village__village"
    assignment = asked.select_related(*related).first() if asked is not None else None
    sealed = SealedSection.objects.filter(instance_id=response.instance_id).count()
    parts = _parts(response.version.definition, response.answers)
    audit.record(by, "read_response", review.instance_id, at=now, data_class="L3")
    return Read(response, assignment, parts, sealed, bool(response.sensitive))


def _parts(definition: Definition, answers: dict[str, str]) -> list[Part]:
    """Answers in the order of the questionnaire, part by part; hidden fields are left out."""
    language = definition.default_language
    by_generic: dict[str, list[tuple[str, str]]] = {}
    for path, value in answers.items():
        if value:  # what was left blank is not shown
            by_generic.setdefault(instance.generic(path), []).append((path, value))
    found = []
    for node in definition.children:
        inside = [n for n in _questions(node) if n.visible and n.path in by_generic]
        rows = [
            (_label(q, language) + _position(path), _said(q, value, language))
            for q in inside
            for path, value in by_generic[q.path]
        ]
        if rows:
            title = _text(node.label, language) if isinstance(node, Group) else ""
            found.append(Part(title, rows))
    return found


def _questions(node: Question | Group) -> list[Question]:
    if isinstance(node, Question):
        return [node]
    return [q for child in node.children for q in _questions(child)]


def _position(path: str) -> str:
    """（2） for the second instance of a repeat."""
    number = path.partition("[")[2].partition("]")[0]
    return f"（{number}）" if number else ""


def _label(question: Question, language: str) -> str:
    return _text(question.label, language) or question.name


def _text(texts, language: str) -> str:
    return texts.get(language) or texts.get("") or next(iter(texts.values()), "")


def _said(question: Question, value: str, language: str) -> str:
    if not question.choices:
        return value
    labels = {c.name: _text(c.label, language) for c in question.choices}
    return "、".join(labels.get(name, name) for name in value.split())
