"""The journal of acts: who did what to which object, why; a hash chain nobody can edit unseen.

`record` appends inside the caller's transaction, so an act and its row are one commit. It is not a
log of page views, and it never holds an answer, a name or a number of a respondent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from .models import AuditEvent

GENESIS = "0" * 64
_LOCK = 7_310_001  # one advisory lock on PostgreSQL: rows must be chained one after the other


def record(
    actor: str,
    action: str,
    target: str,
    *,
    at: datetime,
    data_class: str = "",
    purpose: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one act. Call it last in a transaction: on PostgreSQL it serialises committers."""
    with transaction.atomic():
        last = _last_row()
        event = AuditEvent(
            seq=last.seq + 1 if last else 1,
            at=at,
            actor=actor or "system",
            action=action,
            target=target,
            data_class=data_class,
            purpose=purpose,
            detail=dict(detail or {}),
            previous=last.hash if last else GENESIS,
        )
        event.hash = digest(event)
        event.save(force_insert=True)
    return event


def _last_row() -> AuditEvent | None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    return AuditEvent.objects.order_by("-seq").first()


def digest(event: AuditEvent) -> str:
    """SHA-256 over the row's content and the previous hash, hex."""
    content = [
        event.seq,
        event.at.timestamp(),
        event.actor,
        event.action,
        event.target,
        event.data_class,
        event.purpose,
        event.detail,
        event.previous,
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def first_break(anchor: tuple[int, str] | None = None) -> int | None:
    """The seq of the first row that does not fit the chain; None when all do.

    anchor is (seq, hash) noted elsewhere earlier: a cut-off or rewritten tail shows against it.
    """
    previous, expected = GENESIS, 1
    for event in AuditEvent.objects.order_by("seq").iterator(chunk_size=500):
        broken = event.seq != expected or event.previous != previous
        if broken or event.hash != digest(event):
            return expected
        if anchor and event.seq == anchor[0] and event.hash != anchor[1]:
            return event.seq
        previous, expected = event.hash, expected + 1
    return expected if anchor and expected <= anchor[0] else None
