"""The one door for answers: wizard, tablet and ODK Collect all end here as an XForm instance.

Two steps. *Acknowledge*: parse, identify, hash, seal the bytes as an Envelope, audit; one commit,
then 201/202. *File*, right after or by the worker, safe to repeat: `surveys/filing.py` splits the
envelope into ordinary answers, L4 ciphertext, contact vault; nothing is ever discarded.

`attachments` maps file name to bytes. The only kind taken today is ``sealed-<group>.json``.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from lxml import etree

from . import audit, envelope, filing, gateway, receipts
from .core import instance
from .core.problems import Problem, Refused, Where
from .models import Collection, Envelope, Quarantine, SealedSection, Tombstone, Version

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """HTTP-like status: 201 new, 202 seen before or held for a person, 400 refused, 409 differs."""

    status: int
    instance_id: str = ""
    receipt: receipts.SignedReceipt | None = None
    problem: Problem | None = None

    @property
    def accepted(self) -> bool:
        return self.status in (201, 202)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One instance on its way in."""

    xml: bytes
    sha256: str
    head: instance.Instance
    attachments: Mapping[str, bytes]
    collection: Collection | None
    channel: str
    context: str
    actor: str
    now: datetime

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)


def receive(
    xml: bytes,
    attachments: Mapping[str, bytes] | None = None,
    *,
    collection: Collection | None,
    channel: str,
    now: datetime,
    actor: str = "",
    context: str = "",
) -> Outcome:
    """Acknowledge and file one instance. Safe to call again, also at once from many processes."""
    try:
        root = gateway.parse_xml(xml)
        parts = dict(attachments or {})
        for name, body in parts.items():
            _check_attachment(name, body)
        head = instance.read(root)
    except Refused as refusal:
        return Outcome(400, problem=refusal.problems[0])
    if not head.instance_id:
        return Outcome(400, problem=Problem("instance_id_missing", Where(path="meta/instanceID")))
    sha256 = hashlib.sha256(etree.tostring(root, method="c14n")).hexdigest()
    parcel = Parcel(xml, sha256, head, parts, collection, channel, context, actor, now)
    outcome = _acknowledge(parcel)
    if outcome.status == 201:
        _file_now(head.instance_id, now, root)
    return outcome


def _check_attachment(name: str, body: bytes) -> None:
    sealed = name.startswith("sealed-") and name.endswith(".json")
    if not sealed:
        raise Refused(Problem("attachment_unknown", Where(path=name)))
    gateway.parse_sealed(body)


def _acknowledge(parcel: Parcel) -> Outcome:
    known = Envelope.objects.filter(instance_id=parcel.head.instance_id).first()
    if known:
        return _seen_before(parcel, known)
    if Tombstone.objects.filter(instance_id=parcel.head.instance_id).exists():
        return _taken_back(parcel)
    held = _reason_to_hold(parcel)
    if held:
        return _hold(parcel, held, 202)
    key_id = envelope.new_key(parcel.today)
    try:
        with transaction.atomic():
            stored = _store(parcel, key_id)
    except IntegrityError:  # a twin was faster: its row decides
        envelope.destroy(key_id, parcel.today)
        return _seen_before(parcel, Envelope.objects.get(instance_id=parcel.head.instance_id))
    return _answer(201, stored)


def _store(parcel: Parcel, key_id: str) -> Envelope:
    head = parcel.head
    sealed = envelope.seal(
        parcel.xml, aad=f"envelope|{head.instance_id}", today=parcel.today, key_id=key_id
    )
    stored = Envelope.objects.create(
        instance_id=head.instance_id,
        payload_sha256=parcel.sha256,
        form_id=head.form_id,
        form_version=head.version,
        collection=parcel.collection,
        channel=parcel.channel,
        context=parcel.context,
        alg=sealed.alg,
        key_id=key_id,
        body=sealed.body,
        received_on=parcel.today,
    )
    _store_sealed(parcel)
    audit.record(
        parcel.actor or parcel.channel,
        "receive",
        head.instance_id,
        at=parcel.now,
        data_class="L4",
        detail={"sha256": parcel.sha256, "channel": parcel.channel},
    )
    return stored


def _store_sealed(parcel: Parcel) -> None:
    SealedSection.objects.bulk_create(
        [
            SealedSection(
                instance_id=parcel.head.instance_id,
                section=name.removeprefix("sealed-").removesuffix(".json"),
                alg=gateway.parse_sealed(body)["alg"],
                key_id=gateway.parse_sealed(body)["key_id"],
                body=body,
                received_on=parcel.today,
            )
            for name, body in parcel.attachments.items()
        ],
        ignore_conflicts=True,
    )


def _seen_before(parcel: Parcel, known: Envelope) -> Outcome:
    if known.payload_sha256 == parcel.sha256:
        _store_sealed(parcel)  # a part that got lost the first time joins its record
        return _answer(202, known)
    return _hold(parcel, "content_differs", 409)


def _taken_back(parcel: Parcel) -> Outcome:
    """She withdrew it: a device that still sends it may delete its copy, and nothing is kept."""
    receipt = receipts.sign(parcel.head.instance_id, parcel.sha256, parcel.today)
    return Outcome(202, parcel.head.instance_id, receipt)


def _reason_to_hold(parcel: Parcel) -> str:
    """Why a person must look first: a version never published, or a channel that is closed.

    A closed version still takes what tablets collected with it.
    """
    head = parcel.head
    versions = Version.objects.filter(
        questionnaire__form_id=head.form_id, version=head.version
    ).values_list("state", flat=True)
    state = versions.first()
    if state not in Version.IN_USE:
        return "version_unknown"
    if parcel.collection and not parcel.collection.is_open(parcel.today):
        return "collection_closed"
    return ""


def _hold(parcel: Parcel, reason: str, status: int) -> Outcome:
    """Keep the bytes for a supervisor; the same bytes twice are one row."""
    head = parcel.head
    key = {"instance_id": head.instance_id, "payload_sha256": parcel.sha256}
    if not Quarantine.objects.filter(**key).exists():
        sealed = envelope.seal(parcel.xml, aad=f"quarantine|{head.instance_id}", today=parcel.today)
        with transaction.atomic():
            _, created = Quarantine.objects.get_or_create(
                **key,
                defaults={
                    "reason": reason,
                    "channel": parcel.channel,
                    "alg": sealed.alg,
                    "key_id": sealed.key_id,
                    "body": sealed.body,
                    "received_on": parcel.today,
                },
            )
            if created:
                audit.record(
                    parcel.actor or parcel.channel,
                    "quarantine",
                    head.instance_id,
                    at=parcel.now,
                    data_class="L4",
                    detail={"reason": reason},
                )
    receipt = receipts.sign(head.instance_id, parcel.sha256, parcel.today)
    problem = Problem(reason, Where(path=head.instance_id))
    return Outcome(status, head.instance_id, None if status == 409 else receipt, problem)


def _answer(status: int, stored: Envelope) -> Outcome:
    receipt = receipts.sign(stored.instance_id, stored.payload_sha256, stored.received_on)
    return Outcome(status, stored.instance_id, receipt)


def _file_now(instance_id: str, now: datetime, root: Any) -> None:
    """Filing never undoes an acknowledgement: on failure the envelope waits for the worker."""
    try:
        filing.file(Envelope.objects.get(instance_id=instance_id), now, root)
    except filing.CannotFile as error:
        log.warning("envelope %s waits: %s", instance_id, error)


def file_waiting(*, now: datetime, limit: int = 200) -> int:
    """File acknowledged envelopes that are still waiting. Returns how many were filed."""
    waiting = Envelope.objects.filter(state=Envelope.State.RECEIVED).order_by("id")[:limit]
    filed = 0
    for stored in waiting:
        try:
            filing.file(stored, now)
            filed += 1
        except filing.CannotFile as error:
            stored.state, stored.hold_reason = Envelope.State.HELD, str(error)[:64]
            stored.save(update_fields=["state", "hold_reason"])
    return filed


deliver_outbox = filing.deliver_outbox
