"""How well two coders of a task agree: kappa of every code, alpha over whole sets of codes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from analysis.core import agreement, rounding
from analysis.models import CodingTask
from analysis.services import coding
from surveys.core.disclosure import FLOOR

Row = dict[str, Any]


def measure(task: CodingTask) -> Row:
    """{n, alpha, low, high, left_out, codes: [{key, name, value, low, high, ...}]}.

    Over answers both read; those one of them could give no code, being in doubt, say nothing of
    agreement and are counted as ``left_out``. Empty when the two may not be compared yet.
    """
    book = coding.codebook(task)
    if book is None or not coding.compared(task):
        return {}
    both = [one.readings for one in coding.comparisons(task) if len(one.readings) == 2]
    read = [pair for pair in both if not any(r.doubt and not r.codes for r in pair)]
    sets = [[frozenset(reading.codes) for reading in pair] for pair in read]
    whole = agreement.krippendorff_alpha(sets, agreement.between_sets)
    codes = []
    for code in book.codes.all():
        first, second = ([code.key in pair[k] for pair in sets] for k in (0, 1))
        codes.append({"key": code.key, "name": code.name,
                      **asdict(agreement.cohen_kappa(first, second))})  # fmt: skip
    return {"n": whole.n, "alpha": whole.value, "low": whole.low, "high": whole.high,
            "left_out": len(both) - len(read), "codes": codes}  # fmt: skip


def shown(measured: Row) -> Row:
    """What a page may tell of it: ``few`` stands on a code that one to nine answers have or lack.

    Of these nothing is told, since kappa and the share alike follow from so few.
    """
    if not measured:
        return {}
    codes = [code | {"few": _is_few(code)} for code in measured["codes"]]
    for code in codes:
        if not code["few"] and code["n"]:
            code["observed"] = rounding.share(code["observed"], code["n"])
    return measured | {"codes": codes}


def _is_few(code: Row) -> bool:
    given = (code["first"], code["second"])
    return any(0 < count < FLOOR for n in given for count in (n, code["n"] - n))
