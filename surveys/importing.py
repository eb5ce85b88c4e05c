"""Import: a questionnaire with its media -> a draft Version, or all problems.

Never half an import: whatever is found, it is found before anything is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from . import attaching, audit, gateway, uploads
from .core import xform, xlsform
from .core.definition import Definition
from .core.lint import lint
from .core.problems import Problem, Refused, Where
from .models import Manuscript, Questionnaire, Version


@dataclass(slots=True)
class Imported:
    """version is None when any problem is an error: nothing was stored then."""

    version: Version | None
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Checked:
    """What an import would say, with the definition as far as there is one."""

    problems: list[Problem]
    definition: Definition | None = None
    xform: bytes = b""
    book: xlsform.Book = field(default_factory=lambda: xlsform.Book({}))

    @property
    def sound(self) -> bool:
        """Whether nothing in it is an error."""
        errors = any(problem.level == "error" for problem in self.problems)
        return self.definition is not None and not errors


@dataclass(frozen=True, slots=True)
class Draft:
    """A questionnaire as read, with the bytes to keep; not stored yet."""

    xform: bytes
    definition: Definition
    workbook: bytes
    filename: str
    attachments: attaching.Attachments


def import_files(files: Mapping[str, bytes], *, by: str, now: datetime) -> Imported:
    """Files chosen together, by what they are, whatever their names say; archives are unpacked."""
    try:
        return _imported(uploads.sort(files), by, now)
    except Refused as refusal:
        return Imported(None, list(refusal.problems))


def import_file(data: bytes, filename: str, *, by: str, now: datetime) -> Imported:
    return import_files({filename: data}, by=by, now=now)


def import_workbook(
    data: bytes, filename: str, *, by: str, now: datetime, manuscript: Manuscript | None = None
) -> Imported:
    """A workbook alone; of a manuscript, with the files that were brought in the editor."""
    return _imported(uploads.Upload(filename, data), by, now, manuscript)


def check_workbook(data: bytes, filename: str) -> Checked:
    """What an import would say of a workbook; nothing is stored."""
    try:
        kind = gateway.check_workbook(data, filename)
        converted = xlsform.convert(data, filename, kind=kind)
        if converted.xform is None:
            return Checked(_in_order([*converted.problems, *_beyond(converted)]))
        return _checked(_compiled(converted.xform), converted)
    except Refused as refusal:
        return Checked(list(refusal.problems))


def check_xform(data: bytes) -> Checked:
    """What an import would say of an XForm; nothing is stored."""
    try:
        return _checked(_compiled(data), xlsform.Converted(data))
    except Refused as refusal:
        return Checked(list(refusal.problems))


def compile_file(data: bytes, filename: str) -> tuple[Definition | None, list[Problem]]:
    """A workbook or XForm as a definition, with nothing stored; None when a problem is an error."""
    xml = gateway.file_type(data) == "xml"
    checked = check_xform(data) if xml else check_workbook(data, filename)
    return (checked.definition if checked.sound else None), checked.problems


def _in_order(problems: list[Problem]) -> list[Problem]:
    """As the author goes through her workbook: by sheet and row."""
    return sorted(problems, key=lambda p: (p.where.sheet, p.where.row or 0))


def _beyond(converted: xlsform.Converted) -> list[Problem]:
    """The faults that only show in the XForm, of a workbook that has others already."""
    if converted.remainder is None:
        return []
    compiled = _compiled(converted.remainder)
    advice = lint(compiled.definition) if compiled.definition else []
    return converted.more([*compiled.problems, *advice])


def _compiled(xml: bytes) -> xform.Compiled:
    return xform.compile(gateway.parse_xml(xml, max_nodes=gateway.FORM_NODES))


def _checked(compiled: xform.Compiled, converted: xlsform.Converted) -> Checked:
    found, definition = [*converted.problems, *compiled.problems], compiled.definition
    if definition is not None:
        found += lint(definition)
    found = _in_order([converted.book.located(problem) for problem in found])
    return Checked(found, definition, converted.xform or b"", converted.book)


def _imported(
    upload: uploads.Upload, by: str, now: datetime, manuscript: Manuscript | None = None
) -> Imported:
    """Of a foreign XForm there is no workbook to keep."""
    xml = upload.xml
    checked = check_xform(upload.data) if xml else check_workbook(upload.data, upload.name)
    definition = checked.definition
    if definition is None:
        return Imported(None, checked.problems)
    attachments = attaching.judge(definition, upload.others, manuscript)
    further = [*_misfits(definition), *attachments.problems]
    problems = _in_order([*checked.problems, *map(checked.book.located, further)])
    if any(problem.level == "error" for problem in problems):
        return Imported(None, problems)
    workbook = b"" if xml else upload.data
    draft = Draft(checked.xform, definition, workbook, upload.name, attachments)
    return Imported(_store(draft, by, now), problems)


def _misfits(definition: Definition) -> Iterator[Problem]:
    """What the database could not hold, or holds already."""
    for value, column, limit in (
        (definition.form_id, "form_id", 64),
        (definition.title, "form_title", 200),
        (definition.version, "version", 64),
    ):
        if len(value) > limit or (column == "form_id" and not value):
            params = {"limit": limit, "text": value[:80]}
            yield Problem(
                f"{column}_invalid", Where(path=f"/{definition.root}", part=column), params
            )
    kept = Version.objects.filter(questionnaire__form_id=definition.form_id)
    if kept.filter(version=definition.version).exists():
        params = {"version": definition.version}
        yield Problem("version_exists", Where(path=f"/{definition.root}", part="version"), params)


def _store(draft: Draft, by: str, now: datetime) -> Version:
    definition = draft.definition
    with transaction.atomic():
        questionnaire, _ = Questionnaire.objects.get_or_create(
            form_id=definition.form_id, defaults={"title": definition.title}
        )
        version = Version.objects.create(
            questionnaire=questionnaire,
            version=definition.version,
            workbook=draft.workbook,
            workbook_name=draft.filename[:200],
            xform=draft.xform,
            xform_sha256=hashlib.sha256(draft.xform).hexdigest(),
            created_at=now,
            author=by,
        )
        files = attaching.store(version, draft.attachments)
        detail = {"media": files} if files else {}
        audit.record(by, "import_questionnaire", str(version), at=now, detail=detail)
    return version
