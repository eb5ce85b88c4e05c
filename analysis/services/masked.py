"""Reading and forgetting of masked answers: the words, as long as she has not taken them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from analysis.models import Document, MaskedAnswer, Quote
from fieldwork.models import CampaignQuestionnaire
from surveys import audit, envelope
from surveys.models import Tombstone


def aad(task: int, instance_id: str) -> str:
    """What binds a masked text to its row."""
    return f"masked|{task}|{instance_id}"


def read(answers: Sequence[MaskedAnswer]) -> dict[int, str]:
    """Primary key -> masked text; an answer taken back meanwhile is not there."""
    opened = envelope.open_many(
        [(a.key_id, bytes(a.body), aad(a.task_id, a.instance_id)) for a in answers]
    )
    return {a.pk: raw.decode() for a, raw in zip(answers, opened, strict=True) if raw is not None}


def forget(source: CampaignQuestionnaire, now: datetime) -> int:
    """Remove the masked answers of withdrawn responses, their quotes, and what printed these.

    A printed document that quotes her is destroyed: it can be printed anew from the same figures.
    """
    gone = Tombstone.objects.filter(collection=source.collection).values("instance_id")
    answers = MaskedAnswer.objects.filter(task__source=source, instance_id__in=gone)
    quotes = set(Quote.objects.filter(answer__in=answers).values_list("pk", flat=True))
    with transaction.atomic():
        for document in _printed(source, quotes):
            audit.record("system", "destroy_document", str(document), at=now, data_class="L4")
            document.delete()
        return answers.delete()[1].get(MaskedAnswer._meta.label, 0)


def _printed(source: CampaignQuestionnaire, quotes: set[int]) -> list[Document]:
    if not quotes:
        return []
    rows = Document.objects.filter(data_version__campaign=source.campaign).defer("pdf")
    return [d for d in rows if quotes & {q["id"] for q in d.facts.get("quotes", [])}]
