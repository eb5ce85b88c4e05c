"""Media: the pictures and recordings a questionnaire names, by form, language and place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .definition import Definition, Group, Media

# form of an itext value -> what it is called
FORMS = {"image": "图片", "audio": "录音"}
NONE: Media = {}


@dataclass(frozen=True, slots=True)
class Use:
    """A file named at one place; `path` is of the question or group that shows it."""

    file: str
    form: str
    path: str
    sealed: bool


def key(name: str) -> str:
    """File names as systems take them for the same: capitals aside, however accents are written."""
    return unicodedata.normalize("NFC", name).casefold()


def form_of(header: str) -> str:
    """image or audio for a column that names such files (``media::audio::English``), else ""."""
    form = header.removeprefix("media::").partition("::")[0]
    return form if form in FORMS else ""


def uses(definition: Definition) -> Iterator[Use]:
    """Every file named, in the form's order; a list's at each question that has it."""
    sealed = [n.path for n in definition.children if n.properties.get("sealed") == "yes"]
    for node in definition.nodes():
        inside = any(f"{node.path}/".startswith(f"{path}/") for path in sealed)
        places = [node.media]
        if not isinstance(node, Group):
            places += [choice.media for choice in node.choices if choice.media]
        for media in places:
            for form, files in media.items():
                yield from (Use(file, form, node.path, inside) for file in files.values())


def chosen(media: Media, form: str, language: str, default: str) -> str:
    """The file for a language. A picture speaks all of them, a recording only its own."""
    files: Mapping[str, str] = media.get(form, {})
    if form == "audio":
        return files.get(language) or files.get("", "")
    found = files.get(language) or files.get(default)
    return found or next(iter(files.values()), "")
