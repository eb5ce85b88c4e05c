"""Outcomes of assignments and the response rate (AAPOR Standard Definitions, RR3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Disposition(StrEnum):
    """Final outcome of one assigned household; the label is what people read."""

    COMPLETE = "complete", "完成"
    PARTIAL = "partial", "部分完成"
    REFUSED = "refused", "拒访"
    NO_CONTACT = "no_contact", "多次无人"
    OTHER_ELIGIBLE = "other_eligible", "合格但未访成"
    UNKNOWN = "unknown", "是否合格不明"
    NOT_ELIGIBLE = "not_eligible", "不合格"

    label: str

    def __new__(cls, value: str, label: str) -> Disposition:
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member


# codes of the Standard Definitions, as the technical note prints them
AAPOR = {
    Disposition.COMPLETE: "I", Disposition.PARTIAL: "P", Disposition.REFUSED: "R",
    Disposition.NO_CONTACT: "NC", Disposition.OTHER_ELIGIBLE: "O", Disposition.UNKNOWN: "UH",
    Disposition.NOT_ELIGIBLE: "NE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResponseRate:
    """RR3 = I / (I + P + R + NC + O + e * U); e: share of eligible among the resolved."""

    value: float
    numerator: int
    denominator: float
    eligibility: float
    counts: dict[str, int]


def response_rate(outcomes: Iterable[str]) -> ResponseRate:
    """ValueError without any assignment."""
    counts = Counter(outcomes)
    complete = counts[Disposition.COMPLETE]
    eligible = sum(
        counts[d]
        for d in (
            Disposition.COMPLETE,
            Disposition.PARTIAL,
            Disposition.REFUSED,
            Disposition.NO_CONTACT,
            Disposition.OTHER_ELIGIBLE,
        )
    )
    resolved = eligible + counts[Disposition.NOT_ELIGIBLE]
    if not resolved:
        raise ValueError("no assignment has an outcome")
    eligibility = eligible / resolved
    denominator = eligible + eligibility * counts[Disposition.UNKNOWN]
    rate = complete / denominator if denominator else 0.0
    return ResponseRate(rate, complete, denominator, eligibility, dict(counts))
