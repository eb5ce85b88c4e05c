"""Attaching: the pictures and recordings an import brings, judged, and stored with its version.

A file that is not brought is taken from the manuscript the questionnaire was written in, or taken
over from its newest version that names it, so that a mended workbook alone is enough. Everything is
judged before anything is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from . import gateway
from .core import media
from .core.definition import Definition
from .core.problems import Problem, Refused, Where
from .models import Manuscript, ManuscriptMedia, MediaFile, Version, VersionMedia

HEAVY = 200_000  # bytes; a recording of half a minute, a picture as wide as a phone
Brought = Mapping[str, tuple[str, bytes]]  # media.key -> name and bytes


@dataclass(slots=True)
class Attachments:
    """What goes with a version: name -> clean file or the row that is taken over."""

    problems: list[Problem] = field(default_factory=list)
    clean: dict[str, gateway.MediaFile] = field(default_factory=dict)
    kept: dict[str, VersionMedia] = field(default_factory=dict)
    own: dict[str, ManuscriptMedia] = field(default_factory=dict)
    sealed: set[str] = field(default_factory=set)


def judge(
    definition: Definition, brought: Brought, manuscript: Manuscript | None = None
) -> Attachments:
    """Every file the form names, each told once: brought, the manuscript's, taken over, missing."""
    found = Attachments()
    uses = list(media.uses(definition))
    open_files = {use.file for use in uses if not use.sealed}
    found.sealed = {use.file for use in uses} - open_files
    earlier = earlier_files(definition.form_id) if uses else {}
    written = manuscript_files(manuscript) if uses and manuscript else {}
    first: dict[tuple[str, str], media.Use] = {}
    for use in uses:
        first.setdefault((use.file, use.form), use)
    for use in first.values():
        name = media.key(use.file)
        if name in brought:
            _check(found, use, brought[name][1])
        elif name in written:
            found.own[use.file] = written[name]
            _match(found, use, written[name].type)
        elif name in earlier:
            found.kept[use.file] = earlier[name]
            _match(found, use, earlier[name].type)
        else:
            found.problems.append(_problem("media_missing", use))
    found.problems += _unused(brought, uses)
    if found.kept:
        found.problems.append(_taken_over(found.kept))
    return found


def _problem(code: str, use: media.Use, level: str = "error", **params: object) -> Problem:
    params |= {"file": use.file, "form": media.FORMS[use.form]}
    return Problem(code, Where(path=use.path, part="media"), params, level)


def _check(found: Attachments, use: media.Use, data: bytes) -> None:
    try:
        clean = gateway.check_media(data, use.file)
    except Refused as refusal:
        found.problems += [_problem(p.code, use, **p.params) for p in refusal.problems]
        return
    _match(found, use, clean.type)
    if len(clean.data) > HEAVY:
        size = {"size": len(clean.data) // 1000, "limit": HEAVY // 1000}
        found.problems.append(_problem("media_heavy", use, "warning", **size))
    found.clean[use.file] = clean


def _match(found: Attachments, use: media.Use, kind: str) -> None:
    real = kind.partition("/")[0]
    if real != use.form:
        found.problems.append(_problem("media_other_form", use, real=media.FORMS[real]))


def _unused(brought: Brought, uses: Iterable[media.Use]) -> list[Problem]:
    named = {media.key(use.file) for use in uses}
    strange = [name for key, (name, _) in brought.items() if key not in named]
    return [Problem("media_unused", Where(sheet=n), {"file": n}, "warning") for n in strange]


_FACTS = {"type": models.F("file__type"), "sha256": models.F("file__sha256")}


def earlier_files(form_id: str) -> dict[str, Any]:
    """What the versions of a questionnaire mean by a name (`media.key`), the newest before all."""
    rows = VersionMedia.objects.filter(version__questionnaire__form_id=form_id)
    rows = rows.select_related("version").annotate(**_FACTS)
    return {media.key(row.name): row for row in rows.order_by("version")}


def manuscript_files(manuscript: Manuscript) -> dict[str, Any]:
    """What was brought in the editor, by `media.key`."""
    return {media.key(row.name): row for row in manuscript.media.annotate(**_FACTS)}


def _taken_over(kept: Mapping[str, VersionMedia]) -> Problem:
    names, versions = list(kept), dict.fromkeys(row.version.version for row in kept.values())
    shown = "、".join(names[:5]) + ("等" if len(names) > 5 else "")
    params = {"names": shown, "count": len(names), "versions": "、".join(versions)}
    return Problem("media_taken_over", Where(), params, "warning")


def store(version: Version, attachments: Attachments) -> dict[str, str]:
    """Inside the caller's transaction; name -> hash, for the journal."""
    files = {name: keep(clean) for name, clean in attachments.clean.items()}
    stored = {name: file.sha256 for name, file in files.items()}
    rows = [(name, file.pk) for name, file in files.items()]
    for taken in (attachments.kept, attachments.own):
        rows += [(name, row.file_id) for name, row in taken.items()]
    VersionMedia.objects.bulk_create(
        VersionMedia(version=version, name=name, file_id=pk, sealed=name in attachments.sealed)
        for name, pk in rows
    )
    return stored


def keep(clean: gateway.MediaFile) -> MediaFile:
    """The row of a content, new or there already."""
    digest = hashlib.sha256(clean.data).hexdigest()
    defaults = {"type": clean.type, "data": clean.data}
    return MediaFile.objects.get_or_create(sha256=digest, defaults=defaults)[0]
