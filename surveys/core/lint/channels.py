"""Channels: what a phone page cannot show."""

from __future__ import annotations

from collections.abc import Iterator

from ..definition import Definition
from ..problems import Problem
from .walk import warning

_ON_TABLETS = frozenset({"image", "audio", "geopoint"})


def channels(definition: Definition) -> Iterator[Problem]:
    for question in definition.questions():
        if question.kind in _ON_TABLETS:
            yield warning("not_on_phones", question, "type", name=question.kind)
        if question.kind == "preload":
            yield warning("preload_elsewhere", question, "type", name=question.name)
