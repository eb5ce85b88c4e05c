"""Languages: what a translation leaves out, recordings and pictures that only some places have.

A column that is missing throughout is one fault, not one for each question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..definition import Choice, Definition, Media, Question, Text
from ..problems import Problem
from .walk import warning

_TEXTS = ("label", "hint", "constraint_message", "required_message")
_UNNAMED = ("", "default")  # what the converter calls the language of a form that names none
_EACH = 5  # from more places than this, only the first is shown
_READ_ALOUD = 20  # a longer list is looked through, not listened to


def languages(definition: Definition) -> Iterator[Problem]:
    shown = [q for q in definition.questions() if q.visible]
    several = definition.languages if len(definition.languages) > 1 else ()
    for language in several:
        for part in _TEXTS:
            silent = [q for q in shown if _is_silent(getattr(q, part), language)]
            yield from _places("translation_missing", silent, f"{part}::{language}", language)
        yield from _choices("choices_untranslated", shown, _untranslated, language, language)
    for language in _named("audio", shown, definition.languages):
        yield from _recordings(shown, language)
    for language in _named("image", shown, several):
        blind = [q for q in shown if _lacks_picture(q.media, language)]
        yield from _places("image_missing", blind, f"media::image::{language}", language)
        yield from _choices("choices_unpictured", shown, _unpictured, language, language)


def _recordings(shown: list[Question], language: str) -> Iterator[Problem]:
    """What cannot be heard in a language in which some questions can."""
    silent = [q for q in shown if q.label and not _file(q.media, "audio", language)]
    named = "" if language in _UNNAMED else f"::{language}"
    said = language if named else "默认语言"
    yield from _places("audio_missing", silent, f"media::audio{named}", said)
    heard = [q for q in shown if _file(q.media, "audio", language)]
    heard = [q for q in heard if len(q.choices) <= _READ_ALOUD]
    yield from _choices("choices_unrecorded", heard, _unrecorded, language, said)


def _untranslated(choice: Choice, language: str) -> bool:
    return _is_silent(choice.label or {"": ""}, language)


def _unrecorded(choice: Choice, language: str) -> bool:
    return not _file(choice.media, "audio", language)


def _unpictured(choice: Choice, language: str) -> bool:
    return _lacks_picture(choice.media, language)


def _is_silent(texts: Text, language: str) -> bool:
    """pyxform writes a dash where a translation is missing."""
    return bool(texts) and texts.get(language, "").strip() in ("", "-")


def _places(code: str, silent: list[Question], column: str, language: str) -> Iterator[Problem]:
    shown = silent if len(silent) <= _EACH else silent[:1]
    for question in shown:
        yield warning(code, question, column, language=language, count=len(silent))


def _choices(
    code: str,
    shown: list[Question],
    lacks: Callable[[Choice, str], bool],
    language: str,
    said: str,
) -> Iterator[Problem]:
    """One problem a list, at the first question that uses it."""
    seen: set[str] = set()
    for question in shown:
        key = question.list_name or question.path
        silent = [_called(c, language) for c in question.choices if lacks(c, language)]
        if silent and key not in seen:
            names = "、".join(silent[:_EACH])
            yield warning(code, question, "type", language=said, names=names)
        seen.add(key)


def _called(choice: Choice, language: str) -> str:
    silent = _is_silent(choice.label or {"": ""}, language)
    return choice.name if silent else choice.label[language]


def _named(form: str, shown: list[Question], languages: Iterable[str]) -> list[str]:
    """Languages in which at least one question, or for pictures option, has a file of its own."""
    places = [q.media for q in shown]
    if form == "image":
        places += [c.media for q in shown for c in q.choices]
    return [name for name in languages if any(_file(files, form, name) for files in places)]


def _lacks_picture(files: Media, language: str) -> bool:
    """There is a picture, of another language: words on it would be strange to her."""
    return bool(files.get("image")) and not _file(files, "image", language)


def _file(files: Media, form: str, language: str) -> str:
    return files.get(form, {}).get(language, "")
