"""Questionnaires on paper, kept as files: laid out once by the worker, served from then on.

Setting a long form takes more than a second, so no page waits for it. A file is named by the form
it prints and the program that set it: a new program sets it anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from analysis import revision
from surveys.models import Version


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "papers"


def name(version: Version) -> str:
    """Of the file this program looks for."""
    mark = "-demo" if settings.DEMO else ""
    return f"{version.xform_sha256}-{revision.fingerprint()}{mark}.pdf"


def ready(version: Version) -> bytes | None:
    """The PDF, None while it has not been made."""
    try:
        return (_folder() / name(version)).read_bytes()
    except FileNotFoundError:
        return None


def make(version: Version, wanted: str, progress: Callable[[int, str], None]) -> None:
    """Lay it out and keep it under the name that was asked for; what was set earlier goes."""
    from analysis import paper  # matplotlib comes with it: only when needed

    progress(10, "正在排版，题目多时要十几秒")
    data = paper.printed(version.definition)
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{wanted}.{os.getpid()}"
    fresh.write_bytes(data)
    os.replace(fresh, folder / wanted)
    for old in folder.glob(f"{version.xform_sha256}-*.pdf"):
        if old.name != wanted:
            old.unlink(missing_ok=True)
