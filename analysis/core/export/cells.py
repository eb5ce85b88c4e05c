"""One stored answer -> the cells of its columns. Kinds of missing stay apart, as negative codes.

The same codes stand in every format and in the codebook. What cannot be read becomes HIDDEN rather
than a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

from analysis.core.ages import AGES
from surveys.core.definition import Question

Cell = int | float | str


class Code(IntEnum):
    """Why a cell holds no answer."""

    NOT_ASKED = -991
    DONT_KNOW = -992
    REFUSED = -993
    NOT_APPLICABLE = -994
    BLANK = -995
    HIDDEN = -996


LOWEST, HIGHEST = -999, -990  # numbers in this range mean a kind of missing, never an answer
MISSING: Mapping[Code, str] = {
    Code.NOT_ASKED: "没有问到（跳过）",
    Code.DONT_KNOW: "不知道",
    Code.REFUSED: "不愿回答",
    Code.NOT_APPLICABLE: "不适用",
    Code.BLANK: "问到但没有填",
    Code.HIDDEN: "已隐去",
}
_KINDS = {
    "dont_know": Code.DONT_KNOW,
    "refused": Code.REFUSED,
    "not_applicable": Code.NOT_APPLICABLE,
}
_CACHED = 5000
_MONTH = re.compile(r"(\d{4}-\d\d)-\d\d")


class Cells:
    """The recoding of one question, remembered answer by answer."""

    def __init__(
        self, width: int, recode: Callable[[str], tuple[Cell, ...]], words: bool = False
    ) -> None:
        self.width, self.recode, self.words = width, recode, words
        self.known: dict[str, tuple[Cell, ...]] = {}
        self.not_asked = self.absent(Code.NOT_ASKED)
        self.blank = self.absent(Code.BLANK)
        self.hidden = self.absent(Code.HIDDEN)

    def absent(self, code: Code) -> tuple[Cell, ...]:
        """The code, or in a column of texts the words for it."""
        return (word(code) if self.words else int(code),) * self.width

    def fill(self, raw: str) -> tuple[Cell, ...]:
        found = self.recode(raw)
        if len(self.known) < _CACHED:
            self.known[raw] = found
        return found

    @classmethod
    def of(cls, question: Question, kind: str) -> Cells:
        """A single column of that kind."""
        if kind == "code":
            codes = codes_of(question)
            return cls(1, lambda raw: (codes.get(raw, int(Code.HIDDEN)),))
        if kind == "number":
            return cls(1, lambda raw: (_number(raw),))
        if kind == "month":
            return cls(1, lambda raw: (_month(raw),), words=True)
        return cls(1, lambda raw: (raw,), words=True)

    @classmethod
    def ages(cls, year: int | None) -> Cells:
        """An age, or with a year a year of birth, as its age class."""

        def band(raw: str) -> tuple[Cell, ...]:
            value = _number(raw)
            if value <= HIGHEST:
                return (int(Code.HIDDEN),)
            age = value if year is None else year - value
            inside = (k for k, (_, _, low, high) in enumerate(AGES, 1) if low <= age <= high)
            return (next(inside, int(Code.HIDDEN)),)

        return cls(1, band)

    @classmethod
    def options(cls, question: Question, names: Sequence[str]) -> Cells:
        """Chosen or not per option; of a rank, the place of each."""
        kinds = {c.name: _KINDS.get(c.missing, Code.BLANK) for c in question.choices if c.missing}
        ranked = question.kind == "rank"

        def spread(raw: str) -> tuple[Cell, ...]:
            chosen = raw.split()
            gone = next((kinds[name] for name in chosen if name in kinds), None)
            if gone is not None:
                return (int(gone),) * len(names)
            place = {name: k if ranked else 1 for k, name in enumerate(chosen, 1)}
            return tuple(place.get(name, 0) for name in names)

        return cls(len(names), spread)


def codes_of(question: Question) -> dict[str, int]:
    """Option name -> code: the name itself where all are small whole numbers, else its place."""
    if question.kind == "acknowledge":
        return {"OK": 1}
    answers = [c.name for c in question.choices if not c.missing]
    whole = all(re.fullmatch(r"-?\d{1,6}", name) for name in answers)
    plain = {name: int(name) for name in answers} if whole else {}
    if (
        not whole
        or len(set(plain.values())) < len(answers)
        or min(plain.values(), default=0) < -900
    ):
        plain = {name: place for place, name in enumerate(answers, 1)}
    gone = {c.name: int(_KINDS.get(c.missing, Code.BLANK)) for c in question.choices if c.missing}
    return plain | gone


def labels_of(question: Question) -> dict[int, str]:
    """Code -> wording of the substantive options."""
    codes = codes_of(question)
    words = {
        c.name: c.label.get("") or next(iter(c.label.values()), c.name) for c in question.choices
    }
    return {code: words.get(name, "确认") for name, code in codes.items() if code > HIGHEST}


def _number(raw: str) -> int | float:
    """A whole number stays whole; what reads as no number, or as a missing code, is hidden."""
    try:
        value = float(raw)
    except ValueError:
        return int(Code.HIDDEN)
    if value != value or value in (float("inf"), float("-inf")) or LOWEST <= value <= HIGHEST:
        return int(Code.HIDDEN)
    return int(value) if value.is_integer() else value


def _month(raw: str) -> str:
    found = _MONTH.match(raw)
    return found[1] if found else word(Code.HIDDEN)


def word(code: Code) -> str:
    """A kind of missing as it stands in a column of texts."""
    return f"（{MISSING[code]}）"
