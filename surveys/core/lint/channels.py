"""Channels: what a phone page cannot show, and what is not yet sent along with a questionnaire."""

from __future__ import annotations

from collections.abc import Iterator

from ..definition import Definition
from ..problems import Problem, Where
from ..program import Program
from .walk import warning

_ON_TABLETS = frozenset({"image", "audio", "geopoint"})


def channels(definition: Definition) -> Iterator[Problem]:
    for question in definition.questions():
        if question.kind in _ON_TABLETS:
            yield warning("not_on_phones", question, "type", name=question.kind)
        if question.kind == "preload":
            yield warning("preload_elsewhere", question, "type", name=question.name)
    program = definition.program
    assert isinstance(program, Program)
    files = {
        (key.partition(":label")[0], text.rsplit("/", 1)[-1])
        for texts in program.texts.values()
        for key, text in texts.items()
        if text.startswith("jr://")
    }
    for path, file in sorted(files):
        place = Where(path=path if path.startswith("/") else "", part="media")
        yield Problem("media_not_sent", place, {"file": file, "text": file}, "warning")
