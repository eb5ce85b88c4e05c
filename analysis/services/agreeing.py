"""How well two coders of a task agree: kappa of every code, alpha over whole sets of codes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from analysis.core import agreement
from analysis.models import CodingTask
from analysis.services import coding

Row = dict[str, Any]


def measure(task: CodingTask) -> Row:
    """{n, alpha, low, high, codes: [{key, name, kappa, low, high, ...}]} over answers both read.

    Empty when the two may not be compared yet.
    """
    book = coding.codebook(task)
    if book is None or not coding.compared(task):
        return {}
    both = [one.readings for one in coding.comparisons(task) if len(one.readings) == 2]
    sets = [[frozenset(reading.codes) for reading in pair] for pair in both]
    whole = agreement.krippendorff_alpha(sets, agreement.between_sets)
    codes = []
    for code in book.codes.all():
        first, second = ([code.key in pair[k] for pair in sets] for k in (0, 1))
        codes.append({"key": code.key, "name": code.name,
                      **asdict(agreement.cohen_kappa(first, second))})  # fmt: skip
    return {"n": whole.n, "alpha": whole.value, "low": whole.low, "high": whole.high,
            "codes": codes}  # fmt: skip
