"""Backstage: the work of a job or a command, which nobody waits for at a page.

What opens sensitive answers by the thousand asks `must`. A page cannot do it by mistake: nothing it
calls is backstage unless a job's or a command's own entry says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_here: ContextVar[bool] = ContextVar("backstage", default=False)


class OnAPage(RuntimeError):
    """A page, or what it called, went for what only jobs and commands may open."""


@contextmanager
def entered(here: bool = True) -> Iterator[None]:
    """Around a job, or as decorator of a command's ``handle``."""
    token = _here.set(here)
    try:
        yield
    finally:
        _here.reset(token)


def must() -> None:
    if not _here.get():
        raise OnAPage("sensitive answers are opened by jobs and commands only")
