"""Finished coding tasks as shares under the design of their source, for a data version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.core import gate, mentions
from analysis.core.estimate import AnyDesign
from analysis.core.figures import rounded
from analysis.models import CodingTask
from analysis.services import agreeing, coding
from fieldwork.models import CampaignQuestionnaire

Row = dict[str, Any]


def tables(
    source: CampaignQuestionnaire, design: AnyDesign, instances: Sequence[str],
    door: gate.Release,
) -> list[Row]:  # fmt: skip
    """One table per finished question; ``instances``: the respondents in the design's order."""
    tasks = source.coding_tasks.filter(finished_at__isnull=False).order_by("finished_at", "id")
    left = [task for task in tasks if task.answers.exists()]  # all may have been taken back
    return rounded([mentions.table(design, _coded(task), instances, door) for task in left])


def _coded(task: CodingTask) -> mentions.Coded:
    book = coding.codebook(task)
    assert book is not None  # a task without one cannot be finished
    measured = agreeing.measure(task)
    return mentions.Coded(
        question=task.question, label=task.label,
        codes=tuple((c.key, c.name, c.definition) for c in book.codes.all()),
        found=coding.final(task),
        agreement={name: measured[name] for name in ("n", "alpha", "low", "high", "left_out")},
        read=task.answers.count(), written=task.written,
    )  # fmt: skip
