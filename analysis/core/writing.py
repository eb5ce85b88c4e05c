"""One text, many ways to write it: reduced to one way to search in, with the way back.

Full-width and circled figures and letters become plain ones, traditional characters simplified,
what cannot be seen is dropped, and so are spaces that part single characters (王　晓　梅). The
table of traditional characters holds those of names, places and the words the rules look for, no
more: it is for searching, nobody reads what it gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from analysis.core.vocabulary import COMPOUND, TRADITIONAL

_HAN = "\u4e00-\u9fff"
_LONE = re.compile(
    rf"(?<![{_HAN}])[{_HAN}]( +)(?=[{_HAN}])"  # a single character before the space
    rf"|(?<=[{_HAN}])( +)(?=[{_HAN}](?![{_HAN}]))"  # or after it
    rf"|(?:{COMPOUND})( +)(?=[{_HAN}])"
)
_UNSEEN = frozenset({"Cf", "Me"})
_DASHES = frozenset("\u2043\u2212\u30fc")
_MARKS = frozenset("@._")


@dataclass(frozen=True)
class Folded:
    """text: to search in; at: for each of its characters the place in the raw text."""

    raw: str
    text: str
    at: Sequence[int]

    def unfold(self, pieces: Sequence[str]) -> list[str]:
        """Parts of the text, in their order and apart, as they were written."""
        found, start = [], 0
        for piece in pieces:
            begin = self.text.find(piece, start)
            start = begin + len(piece)
            found.append(self.raw[self.at[begin] : self.at[start - 1] + 1] if piece else "")
        return found


def fold(text: str) -> Folded:
    plain = [(one, k) for k, c in enumerate(text) if (one := _plain(c))]
    joined = "".join(one for one, _ in plain)
    gone = {k for found in _LONE.finditer(joined) for k in _group(found)}
    kept = [pair for k, pair in enumerate(plain) if k not in gone]
    return Folded(text, "".join(one for one, _ in kept), [k for _, k in kept])


def _group(found: re.Match[str]) -> range:
    return next(range(*found.span(k)) for k in range(1, found.re.groups + 1) if found[k])


@lru_cache(maxsize=8192)
def _plain(letter: str) -> str:
    """The one character that stands for another, "" for one that cannot be seen."""
    if letter.isascii():
        return letter
    kind = unicodedata.category(letter)
    if kind in _UNSEEN or "\ufe00" <= letter <= "\ufe0f":
        return ""
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    if kind == "Zs":
        return " "
    if letter in _DASHES or (kind == "Pd" and letter != "—"):
        return "-"
    same = unicodedata.normalize("NFKC", letter)
    if len(same) == 1 and same.isascii() and (same.isalnum() or same in _MARKS):
        return same
    return TRADITIONAL.get(letter, letter)
