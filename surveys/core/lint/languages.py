"""Languages: what a translation leaves out, and recordings that only some questions have.

A column that is missing throughout is one fault, not one for each question.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..definition import Definition, Question, Text
from ..problems import Problem
from .walk import warning

_TEXTS = ("label", "hint", "constraint_message", "required_message")
_UNNAMED = ("", "default")  # what the converter calls the language of a form that names none
_EACH = 5  # from more places than this, only the first is shown


def languages(definition: Definition) -> Iterator[Problem]:
    shown = [q for q in definition.questions() if q.visible]
    several = definition.languages if len(definition.languages) > 1 else ()
    for language in several:
        for part in _TEXTS:
            silent = [q for q in shown if _is_silent(getattr(q, part), language)]
            yield from _places("translation_missing", silent, f"{part}::{language}", language)
        yield from _choices(shown, language)
    for language in _recorded(definition):
        silent = [q for q in shown if q.label and not _recording(q, language)]
        named = "" if language in _UNNAMED else f"::{language}"
        said = language if named else "默认语言"
        yield from _places("audio_missing", silent, f"media::audio{named}", said)


def _is_silent(texts: Text, language: str) -> bool:
    """pyxform writes a dash where a translation is missing."""
    return bool(texts) and texts.get(language, "").strip() in ("", "-")


def _places(code: str, silent: list[Question], column: str, language: str) -> Iterator[Problem]:
    shown = silent if len(silent) <= _EACH else silent[:1]
    for question in shown:
        yield warning(code, question, column, language=language, count=len(silent))


def _choices(shown: list[Question], language: str) -> Iterator[Problem]:
    """One problem a list, at the first question that uses it."""
    seen: set[str] = set()
    for question in shown:
        key = question.list_name or question.path
        silent = [c.name for c in question.choices if _is_silent(c.label or {"": ""}, language)]
        if silent and key not in seen:
            names = "、".join(silent[:_EACH])
            yield warning("choices_untranslated", question, "type", language=language, names=names)
        seen.add(key)


def _recorded(definition: Definition) -> list[str]:
    """Languages in which at least one question is recorded."""
    questions = list(definition.questions())
    return [name for name in definition.languages if any(_recording(q, name) for q in questions)]


def _recording(question: Question, language: str) -> str:
    return question.media.get("audio", {}).get(language, "")
