"""From answers to masked answers: the one step that opens what women wrote. For jobs only.

The words are masked, sealed again under the key of the same response and dealt to the coders. What
was opened is kept nowhere; of keywords and themes only gated counts and positions are stored.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from analysis.core import keywords, masking, needs, population, segmentation
from analysis.core.ages import AGES
from analysis.models import Coding, CodingTask, MaskedAnswer
from analysis.services import known_names, snapshot
from analysis.services.masked import aad
from surveys import audit, envelope
from surveys.models import Response

Row = dict[str, Any]


def prepare(task: CodingTask, *, now: datetime) -> int:
    """Mask, draw and deal the answers of a task, once there are any; the number to be coded."""
    if task.prepared_at is not None and task.answers.exists():
        return task.answers.count()
    columns = snapshot.load(task.source)[1].columns()
    texts, ids = columns.texts[task.question.rsplit("/", 1)[-1]], columns.keys["instance_id"]
    written = [k for k, said in enumerate(texts) if str(said).strip()]
    drawn, keys = _drawn(task, written, ids)
    places, people = known_names.around(task)
    masked = [masking.mask(str(texts[k]).strip(), places=places, people=people) for k in drawn]
    with transaction.atomic():
        answers = _store(task, [str(ids[k]) for k in drawn], masked, keys)
        _deal(task, answers)
        task.written, task.prepared_at = len(written), now
        task.suggestions = suggest(masked, _ages(task, columns, drawn))
        task.save(update_fields=["written", "prepared_at", "suggestions"])
        audit.record(
            task.opened_by, "mask_answers", str(task.pk), at=now, data_class="L4",
            detail={"question": task.question, "answers": len(answers)},
        )  # fmt: skip
    return len(answers)


def _drawn(
    task: CodingTask, written: Sequence[int], ids: np.ndarray
) -> tuple[list[int], dict[str, str]]:
    """Rows in a drawn order that depends on the seed alone, and the keys of their responses."""
    known = sorted(written, key=lambda k: str(ids[k]))
    drawn = random.Random(task.seed).sample(known, min(task.size or len(known), len(known)))
    keys = _keys([str(ids[k]) for k in drawn])
    return [k for k in drawn if str(ids[k]) in keys], keys


def _keys(names: Sequence[str]) -> dict[str, str]:
    """Instance id -> key of the response; who withdrew meanwhile has none."""
    found: dict[str, str] = {}
    for start in range(0, len(names), 500):
        rows = Response.objects.filter(instance_id__in=names[start : start + 500])
        found |= dict(rows.values_list("instance_id", "key_id"))
    return found


def _store(
    task: CodingTask, names: Sequence[str], masked: Sequence[str], keys: dict[str, str]
) -> list[MaskedAnswer]:
    pairs = zip(names, masked, strict=True)
    bodies = envelope.seal_many(
        [(keys[name], text.encode(), aad(task.pk, name)) for name, text in pairs]
    )
    rows = [
        MaskedAnswer(task=task, position=k, instance_id=name, key_id=keys[name], body=body)
        for k, (name, body) in enumerate(zip(names, bodies, strict=True), 1)
    ]
    return MaskedAnswer.objects.bulk_create(rows, batch_size=500)


def _deal(task: CodingTask, answers: Sequence[MaskedAnswer]) -> None:
    """Shared answers to both, the others in turn. The order is drawn, so the first are a sample."""
    shared = min(task.overlap or len(answers), len(answers))
    both = [Coding(answer=a, coder_id=c) for a in answers[:shared] for c in _coders(task)]
    alone = [
        Coding(answer=a, coder_id=_coders(task)[k % 2]) for k, a in enumerate(answers[shared:])
    ]
    Coding.objects.bulk_create([*both, *alone], batch_size=500)


def _coders(task: CodingTask) -> tuple[int, int]:
    return task.first_id, task.second_id


# -- suggestions -------------------------------------------------------------------------------


def _ages(task: CodingTask, columns: Any, rows: Sequence[int]) -> np.ndarray | None:
    """Age class of each answer, where the form asks the year of birth."""
    name = needs.role_column(task.source.version.definition, "birth_year")
    if name is None or name not in columns.numbers:
        return None
    year = task.source.campaign.opens_on.year
    return population.age_classes(year - columns.numbers[name][list(rows)])


def suggest(masked: Sequence[str], ages: np.ndarray | None) -> Row:
    """Keywords, words each age class uses more, themes; answers by their positions from 1."""
    names, used = keywords.matrix([segmentation.words(text) for text in masked])
    groups: list[Row] = []
    for code, label, _, _ in AGES if ages is not None else ():
        keys = keywords.keyness(names, used, np.asarray(ages, dtype=object), code)
        groups += [{"label": label, "words": [asdict(key) for key in keys]}] if keys else []
    return {
        "words": [_placed(asdict(word)) for word in keywords.keywords(names, used)],
        "groups": groups,
        "themes": [_placed(asdict(theme)) for theme in keywords.themes(names, used)],
    }


def _placed(found: Row) -> Row:
    return {**found, "examples": [k + 1 for k in found["examples"]]}
