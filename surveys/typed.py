"""Numbers as they come from query strings, hidden fields and cells: whole, and small enough.

Nine digits fit every database's integer, and Python refuses to read thousands of them.
"""

from __future__ import annotations

import re

_WHOLE = re.compile(r"\d{1,9}")


def whole(text: str) -> int | None:
    """The number typed, or None for everything that is none (signs, superscripts, too long)."""
    return int(text) if _WHOLE.fullmatch(text) else None
