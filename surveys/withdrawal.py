"""Withdrawal: she takes her answers back. Keys first, then the rows; a tombstone remains.

The key in its own store goes first, so that whatever survives elsewhere (a backup, a free page of a
disk) can never be read. The tombstone says only that the instance existed: it is not taken again,
and the floors above forget what they made of it in the job ``forget``, which they register.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from . import audit, envelope, filing, jobs
from .models import (
    Collection,
    Contact,
    Draft,
    Envelope,
    Job,
    Quarantine,
    Response,
    SealedSection,
    Tombstone,
    VaultOutbox,
)

FORGET = "forget"


def withdraw(instance_id: str, *, by: str, now: datetime) -> bool:
    """Destroy everything she sent under this instance id; False when nothing is known of it.

    Safe to repeat after a crash at any point. What was published as a table stays published.
    """
    stored = Envelope.objects.filter(instance_id=instance_id).first()
    if stored is None and not Quarantine.objects.filter(instance_id=instance_id).exists():
        return False
    today = timezone.localdate(now)
    _destroy_keys(instance_id, today)
    _destroy_contact(instance_id, today, now)
    with transaction.atomic():
        collection = stored.collection if stored else None
        fields = {"collection": collection, "withdrawn_on": today}
        Tombstone.objects.get_or_create(instance_id=instance_id, defaults=fields)
        for model in (Response, SealedSection, Quarantine, Draft, Envelope):
            model.objects.filter(instance_id=instance_id).delete()
        audit.record(by, "withdraw", instance_id, at=now, data_class="L4")
    ask_to_forget(now)
    return True


def withdrawn_count(collection: Collection) -> int:
    return Tombstone.objects.filter(collection=collection).count()


def ask_to_forget(now: datetime) -> None:
    """Queue the rewriting of what was made of withdrawn answers; one waiting job does for all."""
    if not Job.objects.filter(kind=FORGET, state=Job.State.WAITING).exists():
        jobs.enqueue(FORGET, {}, now=now)


def remind(now: datetime) -> None:
    """Every hour while anything is withdrawn, so that a job that failed is soon done."""
    if Tombstone.objects.exists():
        ask_to_forget(now)


def _destroy_keys(instance_id: str, today: date) -> None:
    for model in (Envelope, Quarantine, Draft):
        for key_id in model.objects.filter(instance_id=instance_id).values_list(
            "key_id", flat=True
        ):
            envelope.destroy(key_id, today)


def _destroy_contact(instance_id: str, today: date, now: datetime) -> None:
    """A contact on its way is delivered first: only in the vault can it be told whose it is."""
    while VaultOutbox.objects.exists():
        filing.deliver_outbox(now)
    for contact in Contact.objects.filter(pseudonym=filing.pseudonym(instance_id)):
        envelope.destroy(contact.key_id, today)
        contact.delete()
