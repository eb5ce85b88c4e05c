"""An open question of a volunteers' form with answers, ready to be coded by two people."""

from analysis.models import CodingTask
from analysis.services import coding, open_text
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
    from analysis.services import masked

    book = coding.codebook(task)
    for reading in coding.to_read(task, coder):
        text = masked.read([reading.answer])[reading.answer_id]
        coding.record(reading, book, codes(text), doubt)


def finished(source, coders, now) -> CodingTask:
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    for coder in coders:
        read_all(task, coder)
    coding.finish(task, by="t", now=now)
    return task
