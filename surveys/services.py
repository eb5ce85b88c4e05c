"""Verbs on questionnaires: import a workbook, publish a version. Answers come in by `intake`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from . import audit, gateway
from .core import xform, xlsform
from .core.definition import Definition
from .core.problems import Problem, Refused, Where
from .models import Questionnaire, Version


@dataclass(slots=True)
class Imported:
    """version is None when any problem is an error: nothing was stored then."""

    version: Version | None
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Checked:
    """What an import would say. definition and xform are None when any problem is an error."""

    problems: list[Problem]
    definition: Definition | None = None
    xform: bytes | None = None


def check_workbook(data: bytes, filename: str) -> Checked:
    """Convert and compile a workbook, storing nothing."""
    try:
        kind = gateway.check_workbook(data, filename)
        converted = xlsform.convert(data, filename, kind=kind)
        if converted.xform is None:
            return Checked(converted.problems)
        root = gateway.parse_xml(converted.xform, max_nodes=gateway.FORM_NODES)
    except Refused as refusal:
        return Checked(list(refusal.problems))
    compiled = xform.compile(root)
    found = [*converted.problems, *(_located(p, converted.rows) for p in compiled.problems)]
    if compiled.definition is None or any(p.level == "error" for p in found):
        return Checked(found)
    return Checked(found, compiled.definition, converted.xform)


def import_workbook(data: bytes, filename: str, *, by: str, now: datetime) -> Imported:
    """Workbook -> draft Version, or all problems found. Never half an import."""
    checked = check_workbook(data, filename)
    definition, xml = checked.definition, checked.xform
    if definition is None or xml is None:
        return Imported(None, checked.problems)
    if _exists(definition):
        where = Where(sheet="settings", row=2)
        taken = Problem("version_exists", where, {"version": definition.version})
        return Imported(None, [*checked.problems, taken])
    return Imported(_store(definition, data, filename, xml, by, now), checked.problems)


def _located(problem: Problem, rows: dict[str, Where]) -> Problem:
    """Compiled problems speak of paths; the author wants the row of the workbook."""
    name = problem.where.path.rsplit("/", 1)[-1]
    place = rows.get(name)
    if place is None:
        return problem
    return Problem(problem.code, place, problem.params, problem.level)


def _exists(definition: Definition) -> bool:
    return Version.objects.filter(
        questionnaire__form_id=definition.form_id, version=definition.version
    ).exists()


def _store(
    definition: Definition, data: bytes, filename: str, xml: bytes, by: str, now: datetime
) -> Version:
    with transaction.atomic():
        questionnaire, _ = Questionnaire.objects.get_or_create(
            form_id=definition.form_id, defaults={"title": definition.title}
        )
        version = Version.objects.create(
            questionnaire=questionnaire,
            version=definition.version,
            workbook=data,
            workbook_name=filename[:200],
            xform=xml,
            xform_sha256=hashlib.sha256(xml).hexdigest(),
            created_at=now,
        )
        audit.record(by, "import_questionnaire", str(version), at=now)
    return version


def publish_version(version: Version, *, by: str, now: datetime, purpose: str = "") -> Version:
    """Freeze a draft for ever. Publishing twice changes nothing."""
    if version.state != Version.State.DRAFT:
        return version
    with transaction.atomic():
        version.state = Version.State.PUBLISHED
        version.published_at, version.published_by = now, by
        version.save(update_fields=["state", "published_at", "published_by"])
        detail = {"sha256": version.xform_sha256}
        audit.record(by, "publish", str(version), at=now, purpose=purpose, detail=detail)
    return version
