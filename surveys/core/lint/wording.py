"""Wording: questions too long, two in one, with rare characters, or without a way not to answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..definition import Definition, Question
from ..problems import Problem
from .walk import asked, plain, warning

LONGEST = 40  # characters; read aloud it takes eight seconds
_CHINESE = re.compile("[\u4e00-\u9fff]")
# two things joined, and then one judgement asked of both
_TWO = re.compile("[\u4e00-\u9fff]{2,}(以及|和|及|与|、)[\u4e00-\u9fff]{2,}")
_JUDGED = re.compile("(满意|同意|认为|觉得|评价|支持).*(吗|程度|如何|怎么样|怎样)[？?]?$")
_ALTERNATIVES = re.compile("(吗|是否[^，。？]*)[，。？?].*(吗|是否)")


def wording(definition: Definition) -> Iterator[Problem]:
    for question, _ in asked(definition):
        for text in _chinese(question):
            yield from _judge(question, text)
        yield from _way_out(question)


def _chinese(question: Question) -> Iterator[str]:
    for text in question.label.values():
        if _CHINESE.search(text):
            yield plain(text)


def _judge(question: Question, text: str) -> Iterator[Problem]:
    if len(text) > LONGEST:
        yield warning("wording_long", question, "label", length=len(text), limit=LONGEST)
    joined = _TWO.search(text)
    if (joined and _JUDGED.search(text)) or _ALTERNATIVES.search(text):
        yield warning("wording_double", question, "label", text=joined[0] if joined else text)
    rare = "".join(dict.fromkeys(c for c in _CHINESE.findall(text) if not is_common(c)))
    if rare:
        yield warning("wording_rare", question, "label", text=rare)


def is_common(character: str) -> bool:
    """One of the 3,755 characters of GB 2312's first level, chosen for their frequency."""
    try:
        row = character.encode("gb2312")[0] - 0xA0
    except UnicodeEncodeError:
        return False
    return 16 <= row <= 55


def _way_out(question: Question) -> Iterator[Problem]:
    """A need or a sensitive matter must be answerable with 不知道 or 不想回答."""
    told = question.properties
    sensitive = told.get("class") in ("L4", "L5") or told.get("axis")
    free = told.get("consent") or told.get("vault")
    choosing = question.kind in ("select_one", "select_multiple") and question.choices
    if choosing and sensitive and not free and not any(c.missing for c in question.choices):
        yield warning("no_way_out", question, "type", list=question.list_name)
