"""An open question of a volunteers' form with answers, ready to be coded by two people."""

from analysis.models import Coding, CodingTask, MaskedAnswer, Quote
from analysis.services import coding, masked, open_text
from surveys import envelope
from tests.analysis.everything import OTHER, file_response, open_for_volunteers

QUESTION = "/data/wish"
LIGHTS, CARE, BOTH = "把路灯修好", "孩子放学没人管", "把路灯修好，孩子放学没人管"
CODES = [
    {"key": "", "name": "路灯", "definition": "路和灯", "includes": "", "excludes": "",
     "example": 1},
    {"key": "", "name": "托管", "definition": "孩子的照看", "includes": "", "excludes": "",
     "example": None},
]  # fmt: skip


def filled(campaign, said):
    """The source and, for every text, the instance that said it."""
    source = open_for_volunteers(campaign)
    return source, [file_response(source, OTHER | {"wish": text}) for text in said]


def opened(source, coders, now, **changes) -> CodingTask:
    """A task whose answers are masked and dealt."""
    definition = source.version.definition
    task = coding.open_task(
        source, definition.by_path(QUESTION), label="您的一句话", coders=coders,
        **({"size": 0, "overlap": 0, "seed": 7, "by": "t", "now": now} | changes),
    )  # fmt: skip
    open_text.prepare(task, now=now)
    return task


def meant(text):
    return [key for key, word in (("c1", "路灯"), ("c2", "孩子")) if word in text]


def read_all(task, coder, codes=meant, doubt=""):
    """One coder works through everything that is hers, by what the text says."""
    book = coding.codebook(task)
    readings = list(coding.to_read(task, coder))
    said = masked.read([reading.answer for reading in readings])
    for reading in readings:
        coding.record(reading, book, codes(said[reading.answer_id]), doubt)


def finished(source, coders, now) -> CodingTask:
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    for coder in coders:
        read_all(task, coder)
    coding.finish(task, by="t", now=now)
    return task


def one_of_each(source, coders, now) -> tuple[CodingTask, Quote]:
    """A task with one answer to read and one quote to decide, without opening any response."""
    task = CodingTask.objects.create(
        source=source, question=QUESTION, label="您的一句话", first=coders[0], second=coders[1],
        seed=1, written=1, opened_by="t", opened_at=now, prepared_at=now,
    )  # fmt: skip
    sealed = envelope.seal(b"a", aad=masked.aad(task.pk, "a"), today=now.date())
    answer = MaskedAnswer.objects.create(
        task=task, position=1, instance_id="a", key_id=sealed.key_id, body=sealed.body
    )
    Coding.objects.bulk_create([Coding(answer=answer, coder=coder) for coder in coders])
    coding.write_codebook(task, CODES, by="t", now=now)
    body = envelope.seal(b"a", aad="quote|a", today=now.date(), key_id=sealed.key_id).body
    quote = Quote.objects.create(
        answer=answer, code="c1", body=body, proposed_by=coders[1], proposed_on=now.date()
    )
    return task, quote
