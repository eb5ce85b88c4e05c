"""What she sent and what became of it: Draft, Envelope, Response, Receipt, SealedSection.

Bytes that may hold L4 data are always ciphertext here (see `surveys/envelope.py`); the keys lie in
another store. There are no foreign keys across stores.
"""

from __future__ import annotations

from django.db import models

from .questionnaires import Collection, Version


class Draft(models.Model):
    """A self-filled questionnaire in progress, found by the hash of a token or resume code."""

    token_hash = models.CharField(max_length=64, unique=True)
    resume_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT)
    # what only the fieldwork floor understands, e.g. the assignment an interviewer works on
    context = models.CharField(max_length=64, blank=True, default="")
    instance_id = models.CharField(max_length=64, unique=True)
    body = models.BinaryField("密文")
    key_id = models.CharField(max_length=64)
    started_on = models.DateField()
    touched_on = models.DateField()
    expires_on = models.DateField()
    submitted = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["expires_on"])]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class Envelope(models.Model):
    """The bytes of one accepted instance as they came, sealed at rest. UNIQUE is the promise."""

    class State(models.TextChoices):
        RECEIVED = "received", "已收到"
        FILED = "filed", "已归档"
        HELD = "held", "待核对"

    instance_id = models.CharField(max_length=64, unique=True)
    payload_sha256 = models.CharField(max_length=64)
    form_id = models.CharField(max_length=64)
    form_version = models.CharField(max_length=64)
    collection = models.ForeignKey(Collection, null=True, on_delete=models.PROTECT)
    channel = models.CharField(max_length=16)
    context = models.CharField(max_length=64, blank=True, default="")
    alg = models.CharField(max_length=32)
    key_id = models.CharField(max_length=64)
    body = models.BinaryField("密文")
    received_on = models.DateField()
    state = models.CharField(max_length=16, choices=State, default=State.RECEIVED)
    hold_reason = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["state", "id"])]

    def __str__(self) -> str:
        return self.instance_id


class Quarantine(models.Model):
    """Bytes that may not become an answer by themselves: other content, unknown form."""

    instance_id = models.CharField(max_length=64, db_index=True)
    payload_sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=64)
    channel = models.CharField(max_length=16)
    alg = models.CharField(max_length=32)
    key_id = models.CharField(max_length=64)
    body = models.BinaryField("密文")
    received_on = models.DateField()
    resolved_by = models.CharField(max_length=150, blank=True, default="")
    resolution = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instance_id", "payload_sha256"], name="one_quarantine_row_per_content"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instance_id} ({self.reason})"


class Response(models.Model):
    """One filed instance: ordinary answers in clear, L4 answers as ciphertext, vault fields absent.

    ``answers`` maps instance paths to values of classes L1-L3 only. ``flags`` lists what filing
    found (codes), for review. Ids are random, dates are days: order and clock re-identify.
    """

    instance_id = models.CharField(max_length=64, unique=True)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="responses")
    collection = models.ForeignKey(Collection, null=True, on_delete=models.PROTECT)
    channel = models.CharField(max_length=16)
    context = models.CharField(max_length=64, blank=True, default="", db_index=True)
    area_code = models.CharField(max_length=12, db_index=True)
    answers = models.JSONField(default=dict)
    sensitive = models.BinaryField("敏感答案密文", default=bytes)
    key_id = models.CharField(max_length=64)
    consents = models.JSONField("同意项", default=dict)
    flags = models.JSONField("提示", default=list)
    seconds = models.PositiveIntegerField("用时", null=True)
    engine = models.CharField(max_length=32, default="")
    filed_on = models.DateField()

    def __str__(self) -> str:
        return self.instance_id


class SealedSection(models.Model):
    """Answers of one sealed section, encrypted to the campaign's public key."""

    instance_id = models.CharField(max_length=64)
    section = models.CharField(max_length=64)
    alg = models.CharField(max_length=32)
    key_id = models.CharField(max_length=64)
    body = models.BinaryField("密文")
    received_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instance_id", "section"], name="one_sealed_section_per_instance"
            )
        ]

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.section}"


class Receipt(models.Model):
    """The woman's look-up code (hashed) for one instance. Never holds the code itself."""

    code_hash = models.CharField(max_length=64, unique=True)
    instance_id = models.CharField(max_length=64, unique=True)
    issued_on = models.DateField()

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class Tombstone(models.Model):
    """She took it back: only that an instance existed, so that it is not taken a second time.

    Floors above read new rows by id and forget what they made of the instance.
    """

    instance_id = models.CharField(max_length=64, unique=True)
    collection = models.ForeignKey(Collection, null=True, on_delete=models.PROTECT)
    withdrawn_on = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["collection", "id"])]

    def __str__(self) -> str:
        return self.instance_id


class VaultOutbox(models.Model):
    """A contact on its way to the vault store: written with the envelope, moved by the worker."""

    record_id = models.CharField(max_length=64, unique=True)
    alg = models.CharField(max_length=32)
    key_id = models.CharField(max_length=64)
    body = models.BinaryField("密文")
    queued_on = models.DateField()

    def __str__(self) -> str:
        return self.record_id
