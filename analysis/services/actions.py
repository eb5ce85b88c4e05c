"""Actions: opened, signed for, reported on, checked and closed, each step by who may do it.

`MOVES` is the whole state machine. Every step is one narrow conditional write with its audit row:
of two people acting at once, the second is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from analysis.models import Action, Issue, Progress
from analysis.services import issues
from fieldwork.models import Unit
from surveys import audit, gateway

State = Action.State
Kind = Progress.Kind


class MoveRefused(ValueError):
    """This step is not possible now or not for this person; the text says why."""


@dataclass(frozen=True)
class Move:
    """From which states, to which (None: stays), and what to say elsewhere."""

    before: tuple[str, ...]
    after: str | None
    refusal: str


MOVES = {
    "accept": Move((State.NEW,), State.MOVING, "这件事已经签收过了。"),
    "report": Move((State.MOVING,), None, "只有办理中的事项能报进展：没签收的请先签收。"),
    "ask_to_close": Move((State.MOVING,), State.CHECKING, "只有办理中的事项能申请销号。"),
    "send_back": Move((State.CHECKING,), State.MOVING, "只有待验收的事项能退回补充。"),
    "close": Move((State.CHECKING,), State.CLOSED, "承办单位申请销号以后才能验收。"),
    "extend": Move((State.NEW, State.MOVING), None, "待验收或已销号的事项不能再延期。"),
}


def open_action(
    issue: Issue,
    *,
    title: str,
    kind: str,
    target: str,
    drop: float | None = None,
    townships: Collection[str] = (),
    owner_unit: Unit,
    owner: User,
    co_owners: Collection[Unit] = (),
    deadline: date,
    by: User,
    now: datetime,
) -> Action:
    """Open an action on an issue that was taken up. MoveRefused otherwise.

    The same sent twice on one day opens one: the one there is comes back.
    """
    today = timezone.localdate(now)
    if not issues.may_open(issue):
        raise MoveRefused("这个问题还没有决定列入，先作出三所决定，再确定办理事项。")
    if not title.strip() or not target.strip():
        raise MoveRefused("请写明办什么事、办到什么程度。")
    if deadline <= today:
        raise MoveRefused("时限应在今天以后。")
    fields = {
        "issue": issue, "title": title.strip(), "kind": Action.Kind(kind), "drop": drop,
        "target": target.strip(), "owner_unit": owner_unit, "owner": owner, "deadline": deadline,
        "opened_by": by, "opened_on": today,
    }  # fmt: skip
    with transaction.atomic():
        Issue.objects.select_for_update().get(pk=issue.pk)
        if sent_before := Action.objects.filter(**fields).first():
            return sent_before
        action = _numbered(today.year, townships=sorted(townships), **fields)
        action.co_owners.set([unit for unit in co_owners if unit != owner_unit])
        detail = {"owner": owner.get_username(), "deadline": deadline.isoformat()}
        audit.record(by.get_username(), "action_open", str(action), at=now, detail=detail)
    return action


def _numbered(year: int, **fields: Any) -> Action:
    """The next number of the year; somebody opening one at the same moment takes the one after."""
    for _ in range(9):
        number = f"{year}-{Action.objects.filter(number__startswith=f'{year}-').count() + 1:03}"
        try:
            with transaction.atomic():
                return Action.objects.create(number=number, **fields)
        except IntegrityError:
            if not Action.objects.filter(number=number).exists():
                raise
    raise MoveRefused("同时确定的事项太多，请稍后再试。")


def accept(action: Action, *, by: User, now: datetime) -> None:
    """签收, by the person named."""
    if by.pk != action.owner_id:
        raise MoveRefused(f"请由责任人{_name(action.owner)}本人签收。")
    _move(action, "accept", by=by, now=now)


def report(
    action: Action,
    *,
    on: date,
    text: str,
    reached: int,
    evidence: tuple[str, bytes] | None = None,
    by: User,
    now: datetime,
) -> Progress:
    """One entry of the log. ``evidence``: its name and bytes; no bytes when it lies elsewhere.

    surveys.core.problems.Refused when the file is not a picture or PDF that may be kept.
    """
    if not text.strip():
        raise MoveRefused("请写明做了什么。")
    if not action.opened_on <= on <= timezone.localdate(now):
        raise MoveRefused(f"日期应在{action.opened_on}与今天之间。")
    name, data = evidence or ("", b"")
    if data:
        kept = gateway.check_evidence(data, name)
        name, data = kept.name, kept.data
    digest = hashlib.sha256(data).hexdigest() if data else ""
    entry = Progress(
        on=on, text=text.strip(), reached=reached, evidence_name=name.strip(), evidence=data,
        evidence_sha256=digest,
    )  # fmt: skip
    _move(action, "report", by=by, now=now, entry=entry, detail={"sha256": digest})
    return entry


def ask_to_close(action: Action, *, by: User, now: datetime) -> None:
    """The unit says it is done; something must show it."""
    refusal = why_not_ask(action)
    if refusal:
        raise MoveRefused(refusal)
    entry = Progress(on=timezone.localdate(now), text="已按目标办成，请验收。", kind=Kind.ASKED)
    _move(action, "ask_to_close", by=by, now=now, entry=entry)


def why_not_ask(action: Action) -> str:
    """What is missing before closing may be asked for; empty when nothing is."""
    if action.state not in MOVES["ask_to_close"].before:
        return MOVES["ask_to_close"].refusal
    if not _shown(action):
        return "申请销号前，请先报一条带证明材料的进展；退回补充后要有新的材料。"
    return ""


def _shown(action: Action) -> bool:
    """Whether evidence was given since the action was last sent back."""
    log = list(action.progress.order_by("id").values_list("kind", "evidence_name"))
    returned = max((i for i, (kind, _) in enumerate(log) if kind == Kind.RETURNED), default=-1)
    return any(name for _, name in log[returned + 1 :])


def send_back(action: Action, *, note: str, by: User, now: datetime) -> None:
    if not note.strip():
        raise MoveRefused("请写明要补充什么。")
    entry = Progress(on=timezone.localdate(now), text=note.strip(), kind=Kind.RETURNED)
    _move(action, "send_back", by=by, now=now, entry=entry)


def close(action: Action, *, note: str, by: User, now: datetime) -> None:
    """销号, by somebody who neither owns the action nor reported on it."""
    refusal = why_not_close(action, by)
    if refusal:
        raise MoveRefused(refusal)
    if not note.strip():
        raise MoveRefused("请写明验收意见：看了什么材料、问了谁、结果怎样。")
    changes: dict[str, Any] = {
        "closed_by": by,
        "closed_on": timezone.localdate(now),
        "closing_note": note.strip(),
    }
    _move(action, "close", by=by, now=now, detail={"note": note.strip()}, **changes)


def why_not_close(action: Action, by: User) -> str:
    """Why this person cannot close this action now; empty when she may."""
    if by.pk == action.owner_id:
        return "不能自己销号：您是这件事的责任人，请由另一位领导验收。"
    if action.progress.filter(by=by, kind__in=[Kind.REPORT, Kind.ASKED]).exists():
        return "不能自己销号：您报过这件事的进展，请由另一位领导验收。"
    return "" if action.state in MOVES["close"].before else MOVES["close"].refusal


def extend(action: Action, *, deadline: date, reason: str, by: User, now: datetime) -> None:
    """A later deadline with its reason, kept in the log for everybody to see."""
    today = timezone.localdate(now)
    if not reason.strip():
        raise MoveRefused("请写明延期的理由。")
    if deadline <= max(action.deadline, today):
        raise MoveRefused("新的时限应晚于原来的时限，也晚于今天。")
    text = f"时限由{action.deadline}延到{deadline}：{reason.strip()}"
    entry = Progress(on=today, text=text, kind=Kind.EXTENDED)
    detail = {"from": action.deadline.isoformat(), "to": deadline.isoformat()}
    _move(action, "extend", by=by, now=now, entry=entry, detail=detail, deadline=deadline)


def _move(
    action: Action,
    name: str,
    *,
    by: User,
    now: datetime,
    entry: Progress | None = None,
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """One step of the table: write only if nobody moved the action meanwhile, log it, audit it."""
    move = MOVES[name]
    if action.state not in move.before:
        raise MoveRefused(move.refusal)
    seen = Action.objects.filter(pk=action.pk, state=action.state, deadline=action.deadline)
    with transaction.atomic():
        if not seen.update(state=move.after or action.state, **changes):
            raise MoveRefused("刚才有人更新了这件事，请刷新后再看。")
        if entry is not None:
            entry.action, entry.by = action, by
            if entry.kind == Kind.REPORT and _sent_before(entry):
                raise MoveRefused("同样的内容刚才已经记下，没有再记一次。")
            entry.save(force_insert=True)
        audit.record(by.get_username(), f"action_{name}", str(action), at=now, detail=detail)
    action.refresh_from_db()


def _sent_before(entry: Progress) -> bool:
    """Whether the log ends with the very same, sent by the same person."""
    last = entry.action.progress.order_by("id").last()
    fields = ("kind", "on", "text", "reached", "evidence_name", "evidence_sha256", "by_id")
    return last is not None and all(getattr(last, f) == getattr(entry, f) for f in fields)


def _name(user: Any) -> str:
    return user.first_name or user.get_username()
