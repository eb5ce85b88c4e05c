"""Filing: an acknowledged Envelope becomes a Response, its L4 ciphertext and contact records.

Safe to repeat. The version's own definition judges the answers again (clock taken from the
instance); a disagreement is a flag for review, never a loss. Contact fields leave the envelope:
they get a key of their own, so that they can be forgotten apart from the answers.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from . import envelope, gateway
from .core import instance
from .core.definition import Definition, Question
from .core.interview import Interview
from .models import Contact, Envelope, Response, RetentionRule, VaultOutbox, Version

# from py/2 on, a question that was asked and left blank stands in the answers with an empty value
ENGINE = "py/2"
# A draft left open over night tells nothing about how long answering took.
LONGEST_SECONDS = 12 * 3600
# What may lie in clear; whatever else a field says, or says nothing, is kept as L4.
_OPEN_CLASSES = frozenset({"L1", "L2", "L3"})


class CannotFile(Exception):
    """The envelope is safe but cannot become a response; the text is a stable code."""


@dataclass
class Split:
    """Answers by where they may live."""

    plain: dict[str, str] = field(default_factory=dict)
    sensitive: dict[str, str] = field(default_factory=dict)
    contact: dict[str, str] = field(default_factory=dict)
    consents: dict[str, bool] = field(default_factory=dict)


def file(stored: Envelope, now: datetime, root: Any = None) -> Response:
    """Create the response of one envelope, once. CannotFile when no version fits.

    root: the instance as just parsed; without it the envelope is opened.
    """
    filed = Response.objects.filter(instance_id=stored.instance_id).first()
    if filed:
        return filed
    version = _version(stored)
    if root is None:
        aad = f"envelope|{stored.instance_id}"
        root = gateway.parse_xml(envelope.open_(stored.body, key_id=stored.key_id, aad=aad))
    head = instance.read(root)
    definition = version.definition
    asked, flags = _judge(definition, head.answers, _clock(head, now))
    parts = split(definition, asked)
    response = _response(stored, version, parts, flags, now)
    response.seconds = _seconds(head)
    contact = _contact(stored, parts, now) if parts.contact else None
    try:
        with transaction.atomic():
            response.save(force_insert=True)
            if contact:
                contact.save(force_insert=True)
            _mark_filed(stored, root, _vault_paths(definition, head.answers), now)
    except IntegrityError:  # the worker or the request was faster: its row counts
        return Response.objects.get(instance_id=stored.instance_id)
    return response


def _mark_filed(stored: Envelope, root: Any, vault: list[str], now: datetime) -> None:
    """Filed, and without the contact fields, which have a record of their own now."""
    if vault:
        cleared = gateway.to_bytes(instance.without(root, vault))
        aad, today = f"envelope|{stored.instance_id}", timezone.localdate(now)
        stored.body = envelope.seal(cleared, aad=aad, today=today, key_id=stored.key_id).body
    stored.state = Envelope.State.FILED
    stored.save(update_fields=["state", "body"])


def _version(stored: Envelope) -> Version:
    found = (
        Version.objects.filter(questionnaire__form_id=stored.form_id, version=stored.form_version)
        .defer("workbook", "xform")
        .first()
    )
    if found is None or found.state not in Version.IN_USE:
        raise CannotFile("version_unknown")
    return found


def _clock(head: instance.Instance, now: datetime) -> datetime:
    """The instance's own end time, so that a late arrival is judged as of its interview."""
    return _moment(head, "timeEnd", "end") or now


def _seconds(head: instance.Instance) -> int | None:
    """How long answering took, None when the instance does not tell or it means nothing."""
    started, ended = _moment(head, "timeStart", "start"), _moment(head, "timeEnd", "end")
    if started is None or ended is None:
        return None
    seconds = round((ended - started).total_seconds())
    return seconds if 0 <= seconds <= LONGEST_SECONDS else None


def _moment(head: instance.Instance, *names: str) -> datetime | None:
    raw = next((head.meta[name] for name in names if head.meta.get(name)), "")
    try:
        found = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return found if found.tzinfo else timezone.make_aware(found)


def _judge(
    definition: Definition, answers: dict[str, str], now: datetime
) -> tuple[dict[str, str], list[str]]:
    """What was asked, answered or not, and codes of every disagreement with the sender."""
    judged = Interview(definition, answers, now=now)
    flags = sorted({p.code for p in judged.problems()})
    dropped = [p for p, value in answers.items() if value and not judged.relevant(p)]
    if dropped:
        flags.append("answer_not_relevant")
    return judged.asked, flags


def split(definition: Definition, asked: dict[str, str]) -> Split:
    """Every answer where its class may live; blanks of sealed sections tell nothing and go."""
    parts, questions, sealed = Split(), _questions(definition), _sealed(definition)
    for path, value in asked.items():
        question = questions.get(instance.generic(path))
        if question is None or (not value and question.path in sealed):
            continue
        if value and _is_vault(question):
            parts.contact[path] = value
            value = ""  # beside the answers stands only that she was asked
        (parts.plain if is_open(question) else parts.sensitive)[path] = value
        scope = question.properties.get("consent")
        if scope and value:
            parts.consents[scope] = _agreed(question, value)
    return parts


def is_open(question: Question) -> bool:
    """Whether its answer may lie in clear."""
    return question.properties.get("class") in _OPEN_CLASSES


def _vault_paths(definition: Definition, answers: dict[str, str]) -> list[str]:
    """Every contact field sent, relevant or not: none may stay in the envelope."""
    questions = _questions(definition)
    return [p for p in answers if _is_vault(questions.get(instance.generic(p)))]


def _is_vault(question: Question | None) -> bool:
    return question is not None and "vault" in question.properties


@lru_cache(maxsize=64)
def _sealed(definition: Definition) -> frozenset[str]:
    """Paths of the questions inside sealed sections."""
    prefixes = tuple(f"{node.path}/" for node in definition.with_property("sealed", "yes"))
    return frozenset(path for path in _questions(definition) if path.startswith(prefixes))


@lru_cache(maxsize=64)
def _questions(definition: Definition) -> dict[str, Question]:
    return {q.path: q for q in definition.questions()}


def _agreed(question: Question, value: str) -> bool:
    chosen = value.split()
    return any(c.name in chosen and c.score == 1 for c in question.choices)


def _response(
    stored: Envelope, version: Version, parts: Split, flags: list[str], now: datetime
) -> Response:
    today = timezone.localdate(now)
    sensitive = b""
    if parts.sensitive:
        data = json.dumps(parts.sensitive, ensure_ascii=False).encode()
        aad = sensitive_aad(stored.instance_id)
        sensitive = envelope.seal(data, aad=aad, today=today, key_id=stored.key_id).body
    return Response(
        instance_id=stored.instance_id,
        version=version,
        collection=stored.collection,
        channel=stored.channel,
        context=stored.context,
        area_code=stored.collection.area_code if stored.collection else "",
        answers=parts.plain,
        sensitive=sensitive,
        key_id=stored.key_id,
        consents=parts.consents,
        flags=flags,
        engine=ENGINE,
        filed_on=today,
    )


def sensitive_aad(instance_id: str) -> str:
    """What binds `Response.sensitive` to its row."""
    return f"sensitive|{instance_id}"


def _contact(stored: Envelope, parts: Split, now: datetime) -> VaultOutbox | None:
    """A contact goes on only with her consent to be contacted; without it nothing is kept."""
    if not parts.consents.get("contact"):
        return None
    today, record_id = timezone.localdate(now), secrets.token_hex(16)
    content = {
        "fields": {path.rsplit("/", 1)[-1]: value for path, value in parts.contact.items()},
        "pseudonym": pseudonym(stored.instance_id),
        "area_code": stored.collection.area_code if stored.collection else "",
    }
    data = json.dumps(content, ensure_ascii=False).encode()
    sealed = envelope.seal(data, aad=f"contact|{record_id}", today=today)
    return VaultOutbox(
        record_id=record_id,
        alg=sealed.alg,
        key_id=sealed.key_id,
        body=sealed.body,
        queued_on=today,
    )


def pseudonym(instance_id: str) -> str:
    """The only link between answers and contact: an HMAC under the vault's own key."""
    key = bytes.fromhex(settings.PSEUDONYM_KEY)
    return hmac.digest(key, instance_id.encode(), "sha256").hex()


def deliver_outbox(now: datetime) -> int:
    """Move queued contacts into the vault store; a crash between the two steps repeats safely."""
    moved = 0
    for queued in VaultOutbox.objects.order_by("id")[:200]:
        _deliver(queued, timezone.localdate(now))
        queued.delete()
        moved += 1
    return moved


def _deliver(queued: VaultOutbox, today: date) -> None:
    aad = f"contact|{queued.record_id}"
    content = json.loads(envelope.open_(queued.body, key_id=queued.key_id, aad=aad))
    Contact.objects.get_or_create(
        record_id=queued.record_id,
        defaults={
            "pseudonym": content["pseudonym"],
            "area_code": content["area_code"],
            "alg": queued.alg,
            "key_id": queued.key_id,
            "body": bytes(queued.body),
            "received_on": today,
            "delete_after": today
            + timedelta(days=RetentionRule.days_of(RetentionRule.Kind.CONTACT)),
        },
    )


def destroy_overdue_contacts(today: date, limit: int = 500) -> int:
    """Contacts past the day her consent and the retention table allow: key first, then the row."""
    overdue = list(Contact.objects.filter(delete_after__lt=today).order_by("id")[:limit])
    for contact in overdue:
        envelope.destroy(contact.key_id, today)
        contact.delete()
    return len(overdue)
