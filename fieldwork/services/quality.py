"""Flags on the filed responses of one source: from answers to `core.quality` and into the reviews.

Which questions form the scale and which tells who was present comes from the definition's
properties alone. A flag asks for a look; only reviews that still wait are touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fieldwork.core import quality
from fieldwork.models import Assignment, CampaignQuestionnaire, Review
from surveys.core.definition import Definition, Question
from surveys.models import Response

PAGE = 500
# what filing notes when its own judgement differs from the sender's
FILING = {
    "required_missing": "必答题没有回答",
    "constraint_failed": "回答超出允许范围",
    "value_not_possible": "回答无法识别",
    "answer_not_relevant": "回答了不该问的题",
}
WORDS = FILING | quality.LABELS
Row = tuple[str, dict[str, str], int | None, list[str], str]


def word(flag: str) -> str:
    """What a person reads; an unknown flag is shown as it is rather than hidden."""
    return WORDS.get(flag, flag)


def refresh(source: CampaignQuestionnaire) -> int:
    """Compute the flags anew over all filed responses; returns how many waiting reviews changed."""
    rows = list(_rows(source))
    if not rows:
        return 0
    found = quality.flags(_batch(source.version.definition, rows))
    wanted = {row[0]: [*row[3], *checks] for row, checks in zip(rows, found, strict=True)}
    ids = list(wanted)
    return sum(_store(ids[i : i + PAGE], wanted) for i in range(0, len(ids), PAGE))


def _store(ids: list[str], wanted: dict[str, list[str]]) -> int:
    waiting = Review.objects.filter(instance_id__in=ids, state=Review.State.PENDING)
    changed = [r for r in waiting if r.flags != wanted[r.instance_id]]
    for review in changed:
        review.flags = wanted[review.instance_id]
    Review.objects.bulk_update(changed, ["flags"], batch_size=PAGE)
    return len(changed)


def _rows(source: CampaignQuestionnaire) -> Iterator[Row]:
    last = 0
    while True:
        page = list(
            Response.objects.filter(collection=source.collection, id__gt=last)
            .order_by("id")
            .values_list("id", "instance_id", "answers", "seconds", "flags", "context")[:PAGE]
        )
        if not page:
            return
        last = page[-1][0]
        codes = [row[5] for row in page if row[5]]
        asked = Assignment.objects.filter(code__in=codes).select_related("interviewer")
        names = {a.code: str(a.interviewer_id or "") for a in asked}
        for _, instance_id, answers, seconds, flags, context in page:
            yield instance_id, answers, seconds, flags, names.get(context, "")


def _batch(definition: Definition, rows: list[Row]) -> quality.Batch:
    scale = [n for n in definition.with_property("axis", "need") if isinstance(n, Question)]
    present = [n for n in definition.with_property("role", "presence") if isinstance(n, Question)]
    return quality.Batch(
        scales=np.array([[_score(q, row[1]) for q in scale] for row in rows], dtype=float),
        seconds=np.array([np.nan if row[2] is None else row[2] for row in rows], dtype=float),
        interviewer=[row[4] for row in rows],
        others_present=np.array([any(_score(q, row[1]) == 1 for q in present) for row in rows]),
    )


def _score(question: Question, answers: dict[str, Any]) -> float:
    """The option's ``nr_score``; NaN without an answer or for an option without a score."""
    given = answers.get(question.path)
    scores = [c.score for c in question.choices if c.name == given]
    return scores[0] if scores and scores[0] is not None else np.nan
