"""Import: a workbook, a parcel of tables or a foreign XForm -> a draft Version, or all problems.

Never half an import: whatever is found, it is found before anything is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import transaction

from . import audit, gateway
from .core import xform, xlsform
from .core.definition import Definition
from .core.lint import lint
from .core.problems import Problem, Refused, Where
from .core.xlsform import aliases
from .models import Questionnaire, Version


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


def import_file(data: bytes, filename: str, *, by: str, now: datetime) -> Imported:
    """By what the file is, whatever its name says."""
    if gateway.file_type(data) == "xml":
        return import_xform(data, filename, by=by, now=now)
    if gateway.is_parcel(data):
        return import_parcel(data, filename, by=by, now=now)
    return import_workbook(data, filename, by=by, now=now)


def import_parcel(data: bytes, filename: str, *, by: str, now: datetime) -> Imported:
    """CSV files in an archive: kept and read as the workbook they make together."""
    try:
        workbook = parcel_workbook(data, filename)
    except Refused as refusal:
        return Imported(None, list(refusal.problems))
    return import_workbook(workbook, f"{Path(filename).stem}.xlsx", by=by, now=now)


def parcel_workbook(data: bytes, filename: str) -> bytes:
    """The workbook that the CSV files of an archive make together; Refused when they make none."""
    tables = gateway.read_parcel(data, filename)
    return gateway.to_workbook({_sheet_name(name): lines for name, lines in tables.items()})


def _sheet_name(file: str) -> str:
    """survey.csv is the sheet; any other file is a list and keeps its whole name."""
    stem = file[: -len(".csv")]
    return stem if stem.lower() in aliases.SHEETS.values() or stem in aliases.SHEETS else file


def import_workbook(data: bytes, filename: str, *, by: str, now: datetime) -> Imported:
    return _imported(check_workbook(data, filename), data, filename, by, now)


def import_xform(data: bytes, filename: str, *, by: str, now: datetime) -> Imported:
    """A foreign XForm under the same rule; there is no workbook to keep."""
    return _imported(check_xform(data), b"", filename, by, now)


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


def _imported(checked: Checked, workbook: bytes, filename: str, by: str, now: datetime) -> Imported:
    definition = checked.definition
    if definition is None:
        return Imported(None, checked.problems)
    misfits = [checked.book.located(problem) for problem in _misfits(definition)]
    if misfits or not checked.sound:
        return Imported(None, _in_order([*checked.problems, *misfits]))
    draft = Draft(checked.xform, definition, workbook, filename)
    return Imported(_store(draft, by, now), checked.problems)


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
        audit.record(by, "import_questionnaire", str(version), at=now)
    return version
