"""One stored answer -> the cells of its columns. Kinds of missing stay apart, as negative codes.

The same codes stand in every format and in the codebook. What cannot be read becomes HIDDEN rather
than a guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from enum import IntEnum

from analysis.core import tabulate
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
CACHED = 5000
_MONTH = re.compile(r"(\d{4}-\d\d)-\d\d")


class Cells:
    """How the answers of one question become the cells of one column."""

    def __init__(self, recode: Callable[[str], Cell], words: bool = False) -> None:
        self.recode, self.words = recode, words
        self.not_asked = self.absent(Code.NOT_ASKED)
        self.blank = self.absent(Code.BLANK)
        self.hidden = self.absent(Code.HIDDEN)

    def absent(self, code: Code) -> Cell:
        """The code, or in a column of texts the words for it."""
        return word(code) if self.words else int(code)

    @classmethod
    def of(cls, question: Question, kind: str) -> Cells:
        """The answer itself, in a column of that kind."""
        if kind == "code":
            codes = codes_of(question)
            return cls(lambda raw: codes.get(raw, int(Code.HIDDEN)))
        if kind == "number":
            return cls(_number)
        return cls(_month if kind == "month" else str, words=True)

    @classmethod
    def ages(cls, year: int | None) -> Cells:
        """An age, or with a year a year of birth, as its age class."""

        def band(raw: str) -> Cell:
            value = _number(raw)
            age = value if year is None else year - value
            inside = (k for k, (_, _, low, high) in enumerate(AGES, 1) if low <= age <= high)
            return next(inside, int(Code.HIDDEN))

        return cls(band)

    @classmethod
    def option(cls, question: Question, name: str) -> Cells:
        """Whether one option was chosen; of a rank, its place."""
        kinds = {c.name: _KINDS.get(c.missing, Code.BLANK) for c in question.choices if c.missing}
        ranked = question.kind == "rank"

        def chosen(raw: str) -> Cell:
            names = raw.split()
            gone = next((kinds[n] for n in names if n in kinds), None)
            if gone is not None:
                return int(gone)
            return (names.index(name) + 1 if ranked else 1) if name in names else 0

        return cls(chosen)


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
    value = tabulate.number(raw)
    if value is None or not math.isfinite(value) or LOWEST <= value <= HIGHEST:
        return int(Code.HIDDEN)
    return int(value) if value.is_integer() else value


def _month(raw: str) -> str:
    found = _MONTH.match(raw)
    return found[1] if found else word(Code.HIDDEN)


def word(code: Code) -> str:
    """A kind of missing as it stands in a column of texts."""
    return f"（{MISSING[code]}）"
