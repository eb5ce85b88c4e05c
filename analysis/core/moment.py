"""The time in the ledger of the women a table counts, when some have left since the freeze.

A later time of the ledger holds the persons of every earlier one (`surveys/core/release.py`). Of
one version women only leave, so that who is still there stands before it: one step for everyone who
left. Of a later version it is taken that it holds all of these. Where some did leave, the gate is
stricter than it need be, and shows nothing where that cannot be.
"""

from __future__ import annotations

from collections.abc import Collection


class Overtaken(ValueError):
    """Women left after a newer version was frozen: only of the newest one this order is true."""


def of(frozen: int, others: Collection[int], left: Collection[int]) -> int | None:
    """The time; None when so many left that the version before would be reached.

    frozen: generation of the version; others: those of all versions of the source; left: the
    generation in which each of its women left since.
    """
    newest, before = max([frozen, *others]), max([g for g in others if g < frozen], default=0)
    if newest > frozen and any(at > newest for at in left):
        raise Overtaken
    time = frozen - len(left)
    return time if time > before else None
