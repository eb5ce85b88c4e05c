"""What this floor lets the background worker do: freeze, print, export, mask answers, forget.

All are safe to run twice. The heavy modules are imported when a job starts, so that serving pages
does not wait for them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from analysis.models import CodingTask, DataVersion, Document, Export, Tabulation
from analysis.services import masked, papers, shelf
from fieldwork.models import Campaign, CampaignQuestionnaire
from surveys import jobs, withdrawal
from surveys.models import Job, Tombstone, Version

log = logging.getLogger(__name__)


class NotForgotten(RuntimeError):
    """Something that held withdrawn answers could not be rewritten; all the rest was."""


def ask_freeze(campaign: Campaign, *, by: str, now: datetime) -> Job:
    """Queue the next data version once, however often it is asked for."""
    number = campaign.data_versions.count() + 1
    params = {"campaign": campaign.pk, "number": number, "by": by}
    return _once("freeze", params, f"freeze {campaign.pk} {number}", by, now)


def ask_document(version: DataVersion, kind: str, *, by: str, now: datetime) -> Job:
    """Queue one document; each is kept beside the earlier ones."""
    number = version.documents.filter(kind=kind).count() + 1
    params = {"version": version.pk, "kind": Document.Kind(kind).value, "number": number, "by": by}
    return _once("document", params, f"document {version.pk} {kind} {number}", by, now)


def ask_export(export: Export, *, by: str, now: datetime) -> Job:
    """Queue the making of a registered export."""
    return _once("export", {"export": export.pk}, f"export {export.pk}", by, now)


def ask_paper(version: Version, *, by: str, now: datetime) -> Job:
    """Queue the printable form of a version."""
    params = {"form": version.pk, "file": papers.name(version)}
    return _once("paper", params, f"paper {version.pk}", by, now)


def ask_masking(task: CodingTask, *, by: str, now: datetime) -> Job:
    """Queue the masking of the answers of a coding task."""
    return _once("mask", {"task": task.pk}, f"mask {task.pk}", by, now)


def ask_tabulation(table: Tabulation, *, by: str, now: datetime) -> Job:
    """Queue the making of a table that a page does not wait for."""
    return _once("tabulate", {"tabulation": table.pk}, f"tabulate {table.pk}", by, now)


def ask_snapshot(source: CampaignQuestionnaire, *, by: str, now: datetime) -> Job:
    """Queue the refresh of a snapshot, which also builds a damaged one anew."""
    return _once("snapshot", {"source": source.pk}, f"snapshot {source.pk}", by, now)


def _once(kind: str, params: Mapping[str, Any], key: str, by: str, now: datetime) -> Job:
    """What ended without a result may be tried again under a key of its own."""
    ended = Job.objects.filter(
        unique_key__startswith=f"{key} ", state__in=[Job.State.FAILED, Job.State.DONE]
    ).count()
    return jobs.enqueue(kind, params, now=now, owner=by, unique_key=f"{key} {ended}")


@jobs.register("freeze")
def _freeze(params: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    from analysis.services.freezing import CannotFreeze, freeze

    campaign = Campaign.objects.get(pk=params["campaign"])
    number = params["number"]
    made = campaign.data_versions.filter(number=number).first()
    progress(5, "正在读取审核通过的答卷，计算估计值与名次")
    try:
        made = made or freeze(campaign, by=params["by"], now=timezone.now(), number=number)
    except CannotFreeze as error:
        return {"refused": str(error)}
    return {"version": made.pk}


@jobs.register("document")
def _document(params: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    from analysis import pdf
    from analysis.services import documents

    version = DataVersion.objects.get(pk=params["version"])
    made = version.documents.filter(kind=params["kind"]).order_by("id")[params["number"] - 1 :]
    progress(5, "正在排版")
    try:
        found = made.first() or documents.make(
            version, params["kind"], by=params["by"], now=timezone.now()
        )
    except pdf.TooLong:
        return {"refused": "要情专报超过一页，请缩短事项标题后再生成。"}
    except pdf.MissingGlyph as error:
        return {"refused": f"{error}。请改用常用字后再生成。"}
    return {"document": found.pk}


@jobs.register("paper")
def _paper(params: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    from analysis import pdf

    version = Version.objects.defer("workbook", "xform").get(pk=params["form"])
    try:
        papers.make(version, params["file"], progress)
    except (pdf.PdfUnavailable, pdf.MissingGlyph) as error:
        return {"refused": str(error)}
    return {"form": version.pk}


@jobs.register(withdrawal.FORGET)
def _forget(params: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    """Take withdrawn responses out of snapshots and coding; exports that held them go.

    What fails does not keep the others from forgetting; the job then fails at its end.
    """
    withdrawn = Tombstone.objects.filter(collection__isnull=False).values("collection")
    sources = CampaignQuestionnaire.objects.filter(collection__in=withdrawn)
    left = 0
    for source in sources.select_related("version", "collection", "campaign").order_by("id"):
        progress(5, f"正在从{source.get_source_display()}的快照中去掉撤回的答卷")
        left += sum(not _done(step, source) for step in _forgetting(source))
    if left:
        raise NotForgotten(left)
    return {"sources": len(sources)}


def _forgetting(source: CampaignQuestionnaire) -> list[Callable[[], object]]:
    from analysis.services import snapshot

    now = timezone.now()
    return [
        partial(snapshot.refresh, source),
        partial(shelf.destroy_outdated, source, now),
        partial(masked.forget, source, now),
    ]


def _done(step: Callable[[], object], source: CampaignQuestionnaire) -> bool:
    try:
        step()
    except Exception:  # whatever it is, the other answers must still be forgotten; it is logged
        log.exception("source %s has not forgotten all that was withdrawn", source.pk)
        return False
    return True


@jobs.register("snapshot")
def _snapshot(params: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    """Bring it up to date and read all of it, so that whatever is damaged shows."""
    from analysis.services import snapshot

    sources = CampaignQuestionnaire.objects.select_related("version", "collection", "campaign")
    progress(5, "正在更新答卷快照")
    taken, _ = snapshot.load(sources.get(pk=params["source"]))
    return {"generation": taken.generation}


@jobs.register("export")
def _export(params: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    from analysis.core.export.sinks import TooManyRows
    from analysis.services import exporting

    export = Export.objects.get(pk=params["export"])
    try:
        if not export.sha256:
            exporting.write(export, progress)
    except TooManyRows as error:
        return {"refused": str(error)}
    return {"export": export.pk}


@jobs.register("mask")
def _mask(params: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    from analysis.services import open_text

    task = CodingTask.objects.select_related("source__version").get(pk=params["task"])
    progress(5, "正在遮盖作答中的姓名、电话、住址，分词并整理建议")
    open_text.prepare(task, now=timezone.now())
    return {"text": task.pk}


@jobs.register("tabulate")
def _tabulate(params: Mapping[str, Any], progress: jobs.Progress) -> Mapping[str, Any]:
    from analysis.services import tables

    table = Tabulation.objects.get(pk=params["tabulation"])
    try:
        if not table.result:
            tables.fill_by_job(table, progress)
    except ValueError as error:
        return {"refused": str(error)}
    return {"tabulation": table.pk}


@jobs.tidying
def _tidy(now: datetime) -> None:
    shelf.destroy_expired(now)
