"""The pool of quotes: words proposed by one person, approved by another, printed with nothing else.

A quote stands beside its question and what it speaks of, never beside a place, an age or a group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from analysis.core import quoting
from analysis.models import CodingTask, DataVersion, MaskedAnswer, Quote
from analysis.services import coding, known_names, masked
from surveys import audit, envelope
from surveys.core.disclosure import FLOOR

Row = dict[str, Any]
AT_MOST = 3  # printed of one code


class QuoteRefused(ValueError):
    """Words that may not be quoted; the text says why, and how to mend it."""


def quotable(task: CodingTask) -> bool:
    definition = task.source.version.definition
    return quoting.quotable(definition, definition.by_path(task.question))  # type: ignore[arg-type]


def candidates(task: CodingTask, code: str, at_most: int = 30) -> list[tuple[int, str]]:
    """(position, masked text) of answers with a code, those without a placeholder first.

    None where fewer than ten have it: nobody may be quoted, and a list would tell how many.
    """
    if not task.finished_at or not code:
        return []
    mine = [name for name, keys in coding.final(task).items() if code in keys]
    if len(mine) < FLOOR:
        return []
    answers = list(task.answers.filter(instance_id__in=mine[:500]))
    said = masked.read(answers)
    found = [(a.position, said[a.pk]) for a in answers if a.pk in said]
    return sorted(found, key=lambda one: ("〔" in one[1], one[0]))[:at_most]


def propose(answer: MaskedAnswer, code: str, words: str, *, by: User, now: datetime) -> Quote:
    """Words of an answer for the pool. `QuoteRefused` when they might tell who she is."""
    task, words = answer.task, words.strip()
    if not task.finished_at:
        raise QuoteRefused("编码完成以后才能提出引语。")
    if not quotable(task):
        raise QuoteRefused("这道题与敏感题相连，不引用原话。")
    found = coding.final(task)
    if code not in found.get(answer.instance_id, frozenset()):
        raise QuoteRefused("这条作答没有编到这一项，请另选编码。")
    persons = Counter(key for keys in found.values() for key in keys)
    places, people = known_names.around(task)
    if faults := quoting.faults(words, persons[code], places=places, people=people):
        raise QuoteRefused("".join(faults))
    if words in read(list(answer.quotes.filter(code=code).select_related("answer"))).values():
        raise QuoteRefused("这句话已经提出过，在下面的列表里。")
    today = timezone.localdate(now)
    body = envelope.seal(words.encode(), aad=_aad(answer), today=today, key_id=answer.key_id).body
    return Quote.objects.create(
        answer=answer, code=code, body=body, proposed_by=by, proposed_on=today
    )


def decide(quote: Quote, approve: bool, reason: str, *, by: User, now: datetime) -> None:
    """A second person says whether it may be printed."""
    if quote.state != Quote.State.PROPOSED:
        raise QuoteRefused("这条引语已经审过。")
    if quote.proposed_by_id == by.pk:
        raise QuoteRefused("提出引语的人不能自己审定，请另一位研究人员审。")
    quote.state = Quote.State.APPROVED if approve else Quote.State.REFUSED
    quote.decided_by, quote.decided_on, quote.reason = by, timezone.localdate(now), reason
    with transaction.atomic():
        quote.save(update_fields=["state", "decided_by", "decided_on", "reason"])
        audit.record(
            by.get_username(), "decide_quote", str(quote.pk), at=now, data_class="L3",
            detail={"state": quote.state},
        )  # fmt: skip


def read(quotes: Sequence[Quote]) -> dict[int, str]:
    """Primary key -> words; those she took back are not there."""
    opened = envelope.open_many([(q.answer.key_id, bytes(q.body), _aad(q.answer)) for q in quotes])
    return {q.pk: raw.decode() for q, raw in zip(quotes, opened, strict=True) if raw is not None}


def printable(version: DataVersion) -> list[Row]:
    """Approved quotes for the shares this version shows, at most a few of each code."""
    shown = {
        (table["question"], code["key"]): code["name"]
        for table in version.figures.get("mentions", []) for code in table["codes"]
        if code["share"]["status"] != "suppressed"
    }  # fmt: skip
    approved = Quote.objects.filter(
        answer__task__source__campaign=version.campaign, state=Quote.State.APPROVED,
        answer__task__source__source="probability",
    ).select_related("answer__task")  # fmt: skip
    rows, taken, found = list(approved), Counter[tuple[str, str]](), []
    words = read(rows)
    for quote in rows:
        place = (quote.answer.task.question, quote.code)
        if quote.pk in words and place in shown and taken[place] < AT_MOST:
            taken[place] += 1
            found.append({"id": quote.pk, "question": quote.answer.task.label,
                          "code": shown[place], "words": words[quote.pk]})  # fmt: skip
    return found


def _aad(answer: MaskedAnswer) -> str:
    return f"quote|{answer.instance_id}"
