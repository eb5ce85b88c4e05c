"""What is written in a manuscript: its states, changing, undoing, checking, saving as a version.

Every change names the revision it started from. `Outdated` when another one came in between: then
nothing is stored, and the caller shows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from . import gateway, services
from .core import starting, workbook, xform
from .core.definition import Definition
from .core.problems import Problem, Where
from .core.workbook import Workbook
from .models import Manuscript, Revision

FILENAME = "在线编辑.xlsx"
KEPT = 200  # states one may go back to


class Outdated(Exception):
    """The manuscript has moved on since the revision the change started from."""


def current(manuscript: Manuscript) -> Revision:
    return manuscript.revisions.get(number=manuscript.revision)


def book_of(revision: Revision) -> Workbook:
    return _read(bytes(revision.workbook)).copy()


@lru_cache(maxsize=8)
def _read(data: bytes) -> Workbook:
    """By content: one state is read for the page, its problems, its preview and the next change."""
    return workbook.read(data)


def change(
    manuscript: Manuscript, base: int, book: Workbook, summary: str, *, by: str, now: datetime
) -> Revision:
    """Store a new state. Outdated when ``base`` is not the newest any more."""
    return append(manuscript, base, workbook.write(book), summary, by, now, undo_to=base)


_TURNS = {"undo": "撤销", "redo": "重做"}


def turn(manuscript: Manuscript, base: int, way: str, *, by: str, now: datetime) -> Revision | None:
    """Back to the state before (``undo``), or forward to one that was left; None without one."""
    here = current(manuscript)
    to = here.undo_to if way == "undo" else here.redo_to
    wanted = manuscript.revisions.filter(number=to or 0).first()
    if wanted is None:
        return None
    what = here.summary if way == "undo" else wanted.summary
    return append(
        manuscript, base, bytes(wanted.workbook), f"{_TURNS[way]}：{what}", by, now,
        undo_to=wanted.undo_to, redo_to=here.number if way == "undo" else wanted.redo_to,
    )  # fmt: skip


def append(
    manuscript: Manuscript,
    base: int,
    data: bytes,
    summary: str,
    by: str,
    now: datetime,
    *,
    undo_to: int | None = None,
    redo_to: int | None = None,
) -> Revision:
    """Add a state behind ``base``. Outdated when that is not the newest any more."""
    with transaction.atomic():
        rows = Manuscript.objects.filter(pk=manuscript.pk, revision=base)
        if not rows.update(revision=base + 1):
            raise Outdated
        manuscript.revision = base + 1
        manuscript.revisions.filter(number__lte=base + 1 - KEPT).delete()
        return manuscript.revisions.create(
            number=base + 1, workbook=data, summary=summary[:200], edited_by=by, edited_at=now,
            undo_to=undo_to, redo_to=redo_to,
        )  # fmt: skip


def since(manuscript: Manuscript, base: int) -> Sequence[Revision]:
    """What others did after a revision, oldest first, without the workbooks."""
    rows = manuscript.revisions.filter(number__gt=base).order_by("number")
    return list(rows.defer("workbook", "xform"))


def check(revision: Revision) -> list[Problem]:
    """What an import would say; kept with the revision, which never changes."""
    if revision.problems is None:
        checked = services.check_workbook(bytes(revision.workbook), FILENAME)
        revision.problems = [_as_json(p) for p in checked.problems]
        revision.xform = checked.xform if checked.sound else None
        revision.save(update_fields=["problems", "xform"])
    return [_from_json(p) for p in revision.problems]


def _as_json(problem: Problem) -> dict[str, object]:
    where = problem.where
    return {
        "code": problem.code,
        "where": [where.sheet, where.row, where.column, where.path, where.part],
        "params": {key: str(value) for key, value in problem.params.items()},
        "level": problem.level,
    }


def _from_json(kept: dict) -> Problem:
    return Problem(kept["code"], Where(*kept["where"]), kept["params"], kept["level"])


def definition(revision: Revision) -> Definition | None:
    """The compiled form of a state, None while it has errors."""
    check(revision)
    if not revision.xform:
        return None
    root = gateway.parse_xml(bytes(revision.xform), max_nodes=gateway.FORM_NODES)
    return xform.compile(root).definition


def save_as_version(
    manuscript: Manuscript, base: int, number: str, *, by: str, now: datetime
) -> services.Imported:
    """Import the newest state under a version number; the manuscript goes on from there."""
    here = current(manuscript)
    if here.number != base:
        raise Outdated
    book = book_of(here)
    starting.write_settings(book, {"version": number})
    done = services.import_workbook(
        workbook.write(book), FILENAME, by=by, now=now, manuscript=manuscript
    )
    if done.version is not None:
        manuscript.version, manuscript.title = done.version, str(done.version)
        manuscript.saved_revision = here.number
        manuscript.save(update_fields=["version", "title", "saved_revision"])
    return done
