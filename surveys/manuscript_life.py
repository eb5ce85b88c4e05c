"""The life of a manuscript: begun from a version, nothing, the bank or a file; copied, renamed,
put away and brought back. What is written in it is the affair of `manuscripts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import F, Q, QuerySet

from . import audit, editor_files, gateway, manuscripts, uploads
from .core import standard, starting, taking, workbook
from .core.problems import Problem, Refused, Where
from .core.workbook import Workbook
from .core.xlsform.child import COLUMNS, ROWS
from .core.xlsform.template import template
from .models import Manuscript, Revision, Version
from .question_bank import Module


def newest(sought: str = "", *, archived: bool = False) -> QuerySet[Revision]:
    """The newest state of each manuscript in use, or put away; the last changed first."""
    rows = Revision.objects.filter(
        number=F("manuscript__revision"), manuscript__archived_at__isnull=not archived
    )
    if sought:
        rows = rows.filter(
            Q(manuscript__title__icontains=sought)
            | Q(manuscript__version__questionnaire__form_id__icontains=sought)
            | Q(manuscript__started_by__icontains=sought)
            | Q(edited_by__icontains=sought)
        )
    rows = rows.select_related("manuscript__version__questionnaire").order_by("-edited_at", "-id")
    return rows.defer("workbook", "xform", "problems")


def in_use(version: Version) -> Manuscript | None:
    """The manuscript somebody writes on from this version."""
    return version.manuscripts.filter(archived_at=None).order_by("-id").first()


def open_version(version: Version, *, by: str, now: datetime) -> Manuscript:
    """The manuscript of a version, begun from its workbook when there is none in use."""
    found = in_use(version)
    if found is not None:
        return found
    data = bytes(version.workbook)
    book = workbook.read(data, gateway.check_workbook(data, version.workbook_name))
    changed = "，中文列名换成标准列名" if standard.standardise(book) else ""
    return _begin(book, str(version), f"打开 {version}{changed}", by, now, version)


def start_empty(title: str, form_id: str, *, by: str, now: datetime) -> Manuscript:
    return _begin(starting.empty(title, form_id), title, "新建问卷", by, now)


def start_from_template(title: str, form_id: str, *, by: str, now: datetime) -> Manuscript:
    """The example every author can download, under a name of its own."""
    book = workbook.read(template())
    standard.standardise(book)
    starting.write_settings(book, {"form_title": title, "form_id": form_id, "version": "1"})
    return _begin(book, title, "从示例问卷开始", by, now)


def start_from_bank(
    title: str, form_id: str, modules: Iterable[Module], *, by: str, now: datetime
) -> tuple[Manuscript, list[str]]:
    """Whole modules, one behind another; also the items whose skip rule found no question."""
    book, titles, dropped = starting.empty(title, form_id), [], []
    for module in modules:
        taken = taking.take(book, module.book, module.entries(), 0, set())
        titles.append(module.title)
        dropped += taken.dropped
    return _begin(book, title, f"从题库开始：{'、'.join(titles)}", by, now), dropped


def start_from_file(data: bytes, filename: str, *, by: str, now: datetime) -> Manuscript:
    """A workbook as it is, faults and all: they are mended in the editor. Refused when unreadable.

    Nothing becomes a questionnaire by this; that takes an import without a fault.
    """
    upload = uploads.sort({filename: data})
    if upload.xml:
        raise Refused(Problem("xform_not_editable", Where(sheet=filename)))
    book = _readable(upload.data, upload.name)
    files = editor_files.brought(book, upload.others)
    settings = book.sheet("settings")
    title = settings.get(2, "form_title") if len(settings.rows) > 1 else ""
    title = title or Path(filename).stem
    with transaction.atomic():
        begun = _begin(book, title, f"打开文件 {filename}", by, now)
        editor_files.bring(begun, files)
    return begun


def _readable(data: bytes, filename: str) -> Workbook:
    try:
        book = workbook.read(data, gateway.check_workbook(data, filename))
    except workbook.TooLarge as error:
        where = Where(sheet=str(error))
        raise Refused(
            Problem("sheet_too_large", where, {"rows": ROWS, "columns": COLUMNS})
        ) from error
    standard.standardise(book)
    if not book.sheet("survey").rows:
        raise Refused(Problem("survey_sheet_missing", Where(sheet=filename)))
    return book


def duplicate(manuscript: Manuscript, *, by: str, now: datetime) -> Manuscript:
    """Another manuscript that begins where this one stands, with a history of its own."""
    title = f"{manuscript.title[:190]}（副本）"
    book = manuscripts.book_of(manuscripts.current(manuscript))
    with transaction.atomic():
        begun = _begin(book, title, f"复制 {manuscript}", by, now)
        editor_files.carry_over(manuscript, begun)
    return begun


def _begin(
    book: Workbook, title: str, summary: str, by: str, now: datetime, version: Version | None = None
) -> Manuscript:
    with transaction.atomic():
        begun = Manuscript.objects.create(
            version=version, title=title[:200], started_by=by, started_at=now, saved_revision=1
        )
        manuscripts.append(begun, 0, workbook.write(book), summary, by, now)
    return begun


def rename(manuscript: Manuscript, title: str) -> None:
    """What the manuscript is called here; the title her respondents read stands in its settings."""
    manuscript.title = title
    manuscript.save(update_fields=["title"])


def archive(manuscript: Manuscript, *, by: str, now: datetime) -> None:
    """Out of the list, all its states kept: `restore` brings it back as it was."""
    _put(manuscript, "archive_manuscript", by, now, away=True)


def restore(manuscript: Manuscript, *, by: str, now: datetime) -> None:
    _put(manuscript, "restore_manuscript", by, now, away=False)


def _put(manuscript: Manuscript, action: str, by: str, now: datetime, *, away: bool) -> None:
    """Once, however often it is asked for."""
    with transaction.atomic():
        rows = Manuscript.objects.filter(pk=manuscript.pk, archived_at__isnull=away)
        stamps = {"archived_at": now, "archived_by": by} if away else {"archived_at": None}
        if rows.update(**stamps):
            audit.record(by, action, str(manuscript), at=now, detail={"manuscript": manuscript.pk})
    manuscript.refresh_from_db()
