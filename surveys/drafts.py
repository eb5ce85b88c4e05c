"""Drafts: a questionnaire in progress, in the database from the first page, always ciphertext.

A draft is found by an unguessable token (session-only cookie) or by the resume code she asked for;
only keyed hashes of both are stored. Leaving without a code destroys the draft and its key.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from . import envelope
from .models import Collection, Draft, RetentionRule

WRONG_CODES, WAIT_SECONDS = 5, 600


@dataclass
class Open:
    """A draft in hand: its row and what is in it."""

    row: Draft
    answers: dict[str, str] = field(default_factory=dict)
    # sealed sections she has left: their answers are not shown again
    closed: list[str] = field(default_factory=list)
    # what is known beforehand, by the name the form asks for it under (``nr:system``)
    system: dict[str, str] = field(default_factory=dict)
    # clock of the whole draft, ISO; it travels only inside the envelope
    started: str = ""
    ended: str = ""
    # as the questionnaire names it; "" is its default language
    language: str = ""

    @property
    def handle(self) -> str:
        """Names the draft in URLs and cookie names; tells nothing without the token."""
        return self.row.token_hash[:12]


def start(
    collection: Collection,
    today: date,
    *,
    context: str = "",
    system: Mapping[str, str] | None = None,
    started: datetime | None = None,
    language: str = "",
) -> tuple[Open, str]:
    """A new empty draft and its token. The token is shown to the browser only."""
    token, key_id = secrets.token_urlsafe(24), envelope.new_key(today)
    row = Draft(
        token_hash=_hash("token", token),
        collection=collection,
        context=context,
        instance_id=f"uuid:{uuid4()}",
        key_id=key_id,
        started_on=today,
        touched_on=today,
        expires_on=today + timedelta(days=RetentionRule.days_of(RetentionRule.Kind.DRAFT)),
    )
    opened = Open(row, system=dict(system or {}), started=_moment(started), language=language)
    row.body = _sealed(opened, today)
    row.save(force_insert=True)
    return opened, token


def by_token(token: str) -> Open | None:
    return _open(Draft.objects.filter(token_hash=_hash("token", token)).first())


def by_context(context: str) -> Open | None:
    """The newest draft a floor above began for a piece of its own work."""
    return _open(Draft.objects.filter(context=context).order_by("-id").first())


def save(opened: Open, today: date) -> None:
    row = opened.row
    row.body, row.touched_on = _sealed(opened, today), today
    row.save(update_fields=["body", "touched_on"])


def resume_code(opened: Open) -> str:
    """Her 12-digit code; asking again (or loading the page again) gives the same one."""
    number = int(_hash("code", opened.row.instance_id), 16)
    digits = f"{number % 10**12:012}"
    opened.row.resume_hash = _hash("resume", digits)
    opened.row.save(update_fields=["resume_hash"])
    return " ".join(digits[i : i + 4] for i in (0, 4, 8))


def by_resume_code(code: str, today: date) -> tuple[Open, str] | None:
    """The draft and a fresh token for this browser; the old browser loses its own."""
    digits = "".join(c for c in code if c.isdigit())
    found = Draft.objects.filter(
        resume_hash=_hash("resume", digits), expires_on__gte=today, submitted=False
    ).first()
    opened = _open(found)
    if opened is None:
        return None
    token = secrets.token_urlsafe(24)
    opened.row.token_hash = _hash("token", token)
    opened.row.save(update_fields=["token_hash"])
    return opened, token


def may_try_code(browser: str) -> bool:
    """False while this browser has used up its wrong codes."""
    return cache.get(f"resume:{browser}", 0) < WRONG_CODES


def count_wrong_code(browser: str) -> None:
    cache.set(f"resume:{browser}", cache.get(f"resume:{browser}", 0) + 1, WAIT_SECONDS)


def end(opened: Open, now: datetime) -> None:
    """Fix the moment of submitting, once: whoever submits again sends the same bytes."""
    with transaction.atomic():
        row = Draft.objects.select_for_update().get(pk=opened.row.pk)
        stored = _open(row)
        opened.row, opened.ended = row, stored.ended if stored else ""
        if not opened.ended and not row.submitted:
            opened.ended = _moment(now)
            save(opened, timezone.localdate(now))


def finish(opened: Open, today: date) -> None:
    """After submitting only the fact remains: the answers of the draft are destroyed.

    The fact comes first, so that a second submit at the same moment finds it, not a broken draft.
    """
    opened.row.submitted, opened.row.body, opened.row.resume_hash = True, b"", None
    opened.row.save(update_fields=["submitted", "body", "resume_hash"])
    envelope.destroy(opened.row.key_id, today)


def destroy(opened: Open, today: date) -> None:
    envelope.destroy(opened.row.key_id, today)
    opened.row.delete()


def destroy_expired(today: date) -> int:
    """Housekeeping: drafts past their day are gone, keys first."""
    with transaction.atomic():
        expired = list(Draft.objects.filter(expires_on__lt=today)[:500])
        for row in expired:
            destroy(Open(row), today)
    return len(expired)


def _open(row: Draft | None) -> Open | None:
    if row is None:
        return None
    if row.submitted:
        return Open(row)
    try:
        data = envelope.open_(row.body, key_id=row.key_id, aad=f"draft|{row.instance_id}")
    except envelope.Unreadable:
        return None
    content = json.loads(data)
    return Open(row, **content)


def _sealed(opened: Open, today: date) -> bytes:
    names = ("answers", "closed", "system", "started", "ended", "language")
    content = {name: getattr(opened, name) for name in names}
    data = json.dumps(content, ensure_ascii=False).encode()
    row = opened.row
    aad = f"draft|{row.instance_id}"
    return envelope.seal(data, aad=aad, today=today, key_id=row.key_id).body


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


def _hash(kind: str, text: str) -> str:
    key = bytes.fromhex(settings.PSEUDONYM_KEY)
    return hmac.digest(key, f"{kind}|{text}".encode(), "sha256").hex()
