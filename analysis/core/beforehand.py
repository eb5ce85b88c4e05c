"""Names of places and persons that are known before an answer is read, and how they are looked for.

Whatever they look like, with spaces between their characters or without. A village that is called
like a word (石桥村, 幸福村) may lose its 村 only where the sentence speaks of a place. Patterns are
for folded text (`writing`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from analysis.core import segmentation, writing

Patterns = list[re.Pattern[str]]
_COUNT = "0-9〇零一二三四五六七八九十百"
GROUP = rf"(?:\s*第?[{_COUNT}]+\s*(?:村民)?(?:小组|组|生产队|队|社)(?:[{_COUNT}]+号)?)"
_GAP, _DOTTED = r"\s{0,3}", r"[\s·・•.]{0,3}"
_KIND = re.compile(r"(?:村|社区|居委会)$")
_ENDING = rf"{_GAP}(?:[（(]\s?(?:村|社区)\s?[）)]|村|社{_GAP}区)"
_LIVES = r"(?<![留守抓记保挡护拉忍停])住在?|家在|来自|嫁[到在]|搬[到来回]"
_GOES = r"(?<![生活存])在|(?<![感得找遇看想达受收听做盼等])到|从|回"
_STOPS = r"[\s，。；、！？,.;!?]|$"
_NO_PLACE = r"(?!方面|程度|水平|活动|生活|建设|工作|知识|[中之上下])"  # 在文化方面, 从石桥上
_GOES_ON = r"的人|到|去|这[边里]|那[边里]|打工|长大|教书|开店|上班|种地|没有|住"


@lru_cache(maxsize=32)
def places(names: tuple[str, ...]) -> Patterns:
    """Villages and communities, with or without their 村 or 社区; group ``before`` stays."""
    plain = {writing.fold(name).text for name in names}
    stems = {stem for name in plain if len(stem := _KIND.sub("", name)) > 1}
    words = {stem for stem in stems if segmentation.known(stem)}
    whole = {name for name in plain if len(name) > 1} | (stems - words)
    called, said, things = _any(stems, _GAP), _any(words, _GAP), _any(_things(words), _GAP)
    found = [
        (f"(?P<before>)(?:{called}){_ENDING}{GROUP}?", called),
        (f"(?P<before>)(?:{_any(whole, _GAP)}){GROUP}?", whole),
        (f"(?P<before>{_LIVES})(?:{said}){GROUP}?", said),
        (f"(?P<before>{_GOES})(?:{said})(?={_STOPS}|{_GOES_ON})", said),
        (f"(?P<before>{_GOES})(?:{things}){_NO_PLACE}", things),
        (f"(?P<before>^|[\\s，。；、！？是])(?:{things})(?=的人)", things),
    ]
    return [re.compile(pattern) for pattern, given in found if given]


def _things(words: set[str]) -> set[str]:
    """Those that name a thing: 石桥的人 are from there, 幸福的人 may be anybody."""
    return {word for word in words if segmentation.tagged(word)[0][1].startswith("n")}


@lru_cache(maxsize=32)
def people(names: tuple[str, ...]) -> Patterns:
    """Full names of persons."""
    listed = {plain for name in names if len(plain := writing.fold(name).text) > 1}
    return [re.compile(_any(listed, _DOTTED))] if listed else []


def _any(names: set[str], gap: str) -> str:
    """One of them, the longest first, with gaps between its characters."""
    ordered = sorted(names, key=lambda name: (-len(name), name))
    return "|".join(gap.join(map(re.escape, name)) for name in ordered)
