"""Documents: the frozen figures and the issues and actions of the day, printed and kept."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from analysis import reports
from analysis.models import Action, DataVersion, Decision, Document, Issue
from analysis.services import board, issues, quotes
from surveys import audit

Row = dict[str, Any]


def make(version: DataVersion, kind: str, *, by: str, now: datetime) -> Document:
    """Print one document and keep it with what it said. `pdf.TooLong` when a brief cannot fit."""
    found = facts(version, timezone.localdate(now))
    built = reports.build(Document.Kind(kind).value, version.figures | found)
    digest = hashlib.sha256(built.pdf).hexdigest()
    with transaction.atomic():
        document = Document.objects.create(
            data_version=version, kind=kind, facts=found, pdf=built.pdf, sha256=digest,
            made_at=now, made_by=by,
        )  # fmt: skip
        audit.record(by, "make_document", str(document), at=now, detail={"sha256": digest})
    return document


def facts(version: DataVersion, today: date) -> Row:
    """Issues with the decision that counts, their actions with today's lights, approved quotes."""
    figures = {d["code"]: d for d in version.figures["domains"]}
    actions = Action.objects.filter(issue__data_version=version)
    found = board.cards(actions.select_related("issue", "owner_unit"), today)
    return {
        "as_of": today.isoformat(),
        "issues": [
            _issue(issue, figures[issue.domain])
            for issue in version.issues.order_by("pk").prefetch_related("decisions__by")
        ],
        "actions": [_action(card) for card in found],
        "action_counts": board.counts(found),
        "withdrawn": version.withdrawn,
        "quotes": quotes.printable(version),
    }


def _issue(issue: Issue, domain: Row) -> Row:
    decision = issues.latest(issue)
    return {
        "number": issue.number,
        "domain": issue.domain,
        "label": issue.label,
        "tier": issue.tier,
        "decision": _decision(decision, domain) if decision else None,
    }


def _decision(decision: Decision, domain: Row) -> Row:
    return {
        "needed": domain["joint"],
        "party": decision.party,
        "ours": f"{decision.get_ours_display()}：{decision.ours_note}",
        "result": decision.get_result_display(),
        "by": decision.by.first_name or decision.by.get_username(),
        "on": timezone.localdate(decision.at).isoformat(),
        "reason": decision.reason,
    }


def _action(card: board.Card) -> Row:
    action = card.action
    return {
        "number": action.number,
        "title": action.title,
        "target": _target(action),
        "kind": action.get_kind_display(),
        "owner": action.owner_unit.name,
        "co_owners": [unit.name for unit in action.co_owners.all()],
        "deadline": action.deadline.isoformat(),
        "state": action.get_state_display(),
        "light": card.light,
        "progress": [
            {"on": entry.on.isoformat(), "text": entry.text, "reached": entry.reached}
            for entry in card.log
        ],
        "issue": action.issue.number,
    }


def _target(action: Action) -> str:
    """What was aimed at, with the fall the next round is to show where one was named."""
    if action.drop is None:
        return action.target
    return f"{action.target}；下一轮占比下降{action.drop:g}个百分点以上"
