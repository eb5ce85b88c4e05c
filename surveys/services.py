"""Verbs on questionnaires: import one, take a version from draft to closed.

Answers come in by `intake`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils import timezone

from . import audit
from .core import difference, reach
from .core.definition import Definition
from .core.problems import Problem, Refused, Where
from .importing import (
    Checked,
    Imported,
    check_workbook,
    compile_file,
    import_file,
    import_files,
    import_workbook,
)
from .models import Version


class MoveRefused(ValueError):
    """The version is not in a state for this, or something is missing; the text is the sentence."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step in the life of a version: from which states, to which, who may, with what words."""

    name: str
    label: str
    sources: tuple[Version.State, ...]
    target: Version.State
    permission: str
    note: str = ""  # what the note must tell; "" = none needed
    by_another: bool = False  # never by the author


_STATE = Version.State
MOVES = {
    move.name: move
    for move in (
        Move("review", "审核通过", (_STATE.DRAFT,), _STATE.REVIEWED, "surveys.review_version",
             by_another=True),
        Move("send_back", "退回修改", (_STATE.DRAFT, _STATE.REVIEWED), _STATE.DRAFT,
             "surveys.review_version", note="退回请写明理由。", by_another=True),
        Move("publish", "发布", (_STATE.REVIEWED,), _STATE.PUBLISHED, "surveys.publish_version"),
        Move("close", "停用", (_STATE.PUBLISHED,), _STATE.CLOSED, "surveys.publish_version",
             note="停用请写明理由。"),
        Move("discard", "作废", (_STATE.DRAFT,), _STATE.DISCARDED, "surveys.add_version",
             note="作废请写明理由。"),
        Move("restore", "恢复为草稿", (_STATE.DISCARDED,), _STATE.DRAFT, "surveys.add_version"),
    )
}  # fmt: skip


def moves_for(version: Version, user: Any) -> list[Move]:
    """What this person may do with the version as it stands."""
    return [
        move
        for move in MOVES.values()
        if version.state in move.sources
        and user.has_perm(move.permission)
        and not (move.by_another and user.get_username() == version.author)
    ]


def move_version(version: Version, name: str, *, by: str, now: datetime, note: str = "") -> Version:
    """Take one step. MoveRefused with the reason, Refused when answers could not be kept apart."""
    move, note = MOVES[name], note.strip()
    if version.state not in move.sources:
        raise MoveRefused(f"“{version.get_state_display()}”的版本不能{move.label}。")
    if move.by_another and by == version.author:
        raise MoveRefused("自己导入的版本要由另一位同事审核。")
    if move.note and not note:
        raise MoveRefused(move.note)
    if move.target == Version.State.PUBLISHED:
        refuse_type_changes(version)
    with transaction.atomic():
        rows = Version.objects.filter(pk=version.pk, state=version.state)
        if not rows.update(state=move.target, **_stamps(move, by, now, note)):
            raise MoveRefused("刚才有人改变了这个版本的状态，请刷新后再看。")
        detail = {"sha256": version.xform_sha256} | ({"note": note} if note else {})
        audit.record(by, f"{name}_version", str(version), at=now, detail=detail)
    version.refresh_from_db()
    return version


def _stamps(move: Move, by: str, now: datetime, note: str) -> dict[str, Any]:
    """Who and when, in the columns of the version; a review before it was sent back or discarded
    counts no longer."""
    if move.name == "review":
        return {"reviewed_by": by, "reviewed_at": now, "review_note": note}
    if move.name in ("send_back", "discard"):
        return {"reviewed_by": "", "reviewed_at": None, "review_note": note}
    return {"published_by": by, "published_at": now} if move.name == "publish" else {}


def publish_version(version: Version, *, by: str, now: datetime, purpose: str = "") -> Version:
    """Publish without a second person: for operators and the demonstration, and so journalled.

    People at a desk go through `move_version`. Publishing twice changes nothing.
    """
    if version.state in Version.IN_USE:
        return version
    refuse_type_changes(version)
    with transaction.atomic():
        detail = {"sha256": version.xform_sha256, "reviewed_by": version.reviewed_by}
        version.state = Version.State.PUBLISHED
        version.published_at, version.published_by = now, by
        version.save(update_fields=["state", "published_at", "published_by"])
        audit.record(by, "publish", str(version), at=now, purpose=purpose, detail=detail)
    return version


def refuse_type_changes(version: Version) -> None:
    """Refused when a place of the form holds another kind of answer in a version in use.

    Answers of all versions of a questionnaire stand side by side under their paths.
    """
    used = Version.objects.filter(
        questionnaire_id=version.questionnaire_id, state__in=Version.IN_USE
    )
    found: dict[str, Problem] = {}
    for earlier in used.exclude(pk=version.pk).defer("workbook", "xform").order_by("id"):
        for change in difference.type_changes(earlier.definition, version.definition):
            params = {"old": change.old, "new": change.new, "version": earlier.version}
            found[change.path] = Problem("type_changed", Where(path=change.path), params)
    if found:
        raise Refused(*found.values())


DRAWN, SEED = 200, 20261124  # respondents of the path report, the same on every visit


def path_report(version: Version) -> reach.Report:
    """Who reaches which question; drawn once for each form in the life of a process."""
    return _drawn_paths(version.definition, version.created_at)


@lru_cache(maxsize=64)
def _drawn_paths(definition: Definition, moment: datetime) -> reach.Report:
    now = timezone.localtime(moment)
    return reach.report(definition, drawn=DRAWN, seed=SEED, now=now)


__all__ = [
    "MOVES",
    "Checked",
    "Imported",
    "Move",
    "MoveRefused",
    "check_workbook",
    "compile_file",
    "import_file",
    "import_files",
    "import_workbook",
    "move_version",
    "moves_for",
    "path_report",
    "publish_version",
    "refuse_type_changes",
]
