"""Showing: the pictures and recordings of a version as addresses for one page in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from django.urls import reverse

from .core import media
from .core.definition import Definition, Media
from .models import Version


@dataclass(frozen=True, slots=True)
class Shown:
    """Addresses beside one wording; "" where there is none."""

    picture: str = ""
    recording: str = ""

    def __bool__(self) -> bool:
        return bool(self.picture or self.recording)


@dataclass(frozen=True, slots=True)
class Showing:
    """File name -> hash of what goes with the version, and the languages to choose by."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    default: str = ""

    def of(self, files: Media) -> Shown:
        if not files or not self.hashes:
            return Shown()
        return Shown(self._address(files, "image"), self._address(files, "audio"))

    def _address(self, files: Media, form: str) -> str:
        name = media.chosen(files, form, self.language, self.default)
        sha256 = self.hashes.get(name, "")
        return reverse("media", args=[sha256]) if sha256 else ""


NOTHING = Showing()


@lru_cache(maxsize=64)
def _names_files(definition: Definition) -> bool:
    """Looked for once in the life of a process: a list may hold every village of a province."""
    return any(True for _ in media.uses(definition))


def hashes(version: Version) -> dict[str, str]:
    """Name -> hash of everything that goes with a version."""
    return dict(version.media.values_list("name", "file__sha256"))


def showing(version: Version, language: str) -> Showing:
    """Asks the database only when the questionnaire names a file at all."""
    definition = version.definition
    if not _names_files(definition):
        return NOTHING
    return Showing(hashes(version), language, definition.default_language)
