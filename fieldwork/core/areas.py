"""Area codes: 12 digits, 2-2-2-3-3. Knows nothing of units or who may see them.

Trailing zeros mean a whole province, prefecture, county or township, so a scope is a prefix of the
digits that say something.
"""

from __future__ import annotations

import re
from enum import IntEnum

_ENDS = (2, 4, 6, 9, 12)
_CODE = re.compile(r"\d{12}\Z")


class Level(IntEnum):
    PROVINCE = 1
    PREFECTURE = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5


def is_code(text: str) -> bool:
    """Twelve digits with at least a province; gaps in the middle are not a code."""
    if not _CODE.match(text) or text.startswith("00"):
        return False
    return text == significant(text).ljust(12, "0") and _no_gap(text)


def _no_gap(text: str) -> bool:
    parts = [text[a:b] for a, b in zip((0, *_ENDS), _ENDS, strict=False)]
    empty = [not part.strip("0") for part in parts]
    return empty == sorted(empty)


def level(code: str) -> Level:
    return Level(_ENDS.index(len(significant(code))) + 1)


def significant(code: str) -> str:
    """The digits that say something: 990101000000 -> 990101."""
    for end in reversed(_ENDS):
        start = ([0, *_ENDS])[_ENDS.index(end)]
        if code[start:end].strip("0"):
            return code[:end]
    return code[:2]


def parent(code: str) -> str:
    """The code one level up. ValueError at the top."""
    own = level(code)
    if own == Level.PROVINCE:
        raise ValueError(f"{code} has no parent")
    return code[: _ENDS[own - 2]].ljust(12, "0")


def contains(scope: str, code: str) -> bool:
    """Whether `code` lies in `scope` (or is it)."""
    return code.startswith(significant(scope))


def around(code: str) -> list[str]:
    """The code itself and all it lies in, the province first."""
    return [ancestor(code, wanted) for wanted in Level if wanted <= level(code)]


def ancestor(code: str, wanted: Level) -> str:
    """The code of the county, township ... a place lies in."""
    return code[: _ENDS[wanted - 1]].ljust(12, "0")
