"""How far the fieldwork of a sample is, whole and by township."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count

from fieldwork.core.outcomes import Disposition, ResponseRate, response_rate
from fieldwork.models import Sample
from fieldwork.queries.samples import assignments_of, names_of


@dataclass
class Progress:
    """Counts of one township, or of the whole campaign."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    villages: set[int] = field(default_factory=set)
    reached: set[int] = field(default_factory=set)

    @property
    def drawn(self) -> int:
        return self.outcomes.total()

    @property
    def contacted(self) -> int:
        return self.drawn - self.outcomes[""]

    @property
    def complete(self) -> int:
        return self.outcomes[Disposition.COMPLETE]

    @property
    def rate(self) -> ResponseRate | None:
        """RR3 so far: households nobody has been to count as unknown. None before any outcome."""
        try:
            return response_rate(o or Disposition.UNKNOWN for o in self.outcomes.elements())
        except ValueError:
            return None


def progress_of(sample: Sample, today: date) -> tuple[Progress, list[Progress]]:
    """The whole, and every township in the order of its code."""
    counted = (
        assignments_of(sample)
        .values_list("household__village__stratum", "household__village_id", "disposition")
        .annotate(n=Count("pk"))
    )
    rows = list(counted)
    names = names_of({row[0] for row in rows}, today)
    whole, parts = Progress("合计"), {code: Progress(names[code]) for code in sorted(names)}
    for township, village, disposition, count in rows:
        for part in (whole, parts[township]):
            part.outcomes[disposition] += count
            part.villages.add(village)
            if disposition == Disposition.COMPLETE:
                part.reached.add(village)
    return whole, list(parts.values())
