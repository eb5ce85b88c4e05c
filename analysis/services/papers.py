"""Questionnaires on paper, kept as files: laid out once by the worker, served from then on.

Setting a long form takes more than a second, so no page waits for it. A file is named by the form
and the pictures it prints and the program that set it: a new program sets it anew.
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from analysis import revision
from surveys.models import Version
from surveys.showing import hashes


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "papers"


def name(version: Version) -> str:
    """Of the file this program looks for."""
    mark = "-demo" if settings.DEMO else ""
    if files := sorted(hashes(version).items()):
        mark += f"-{hashlib.sha256(repr(files).encode()).hexdigest()[:16]}"
    return f"{version.xform_sha256}-{revision.fingerprint()}{mark}.pdf"


def ready(version: Version) -> bytes | None:
    """The PDF, None while it has not been made."""
    try:
        return (_folder() / name(version)).read_bytes()
    except FileNotFoundError:
        return None


def _pictures(version: Version) -> dict[str, str]:
    """File name -> the picture itself as an address: a PDF fetches nothing."""
    rows = version.media.filter(file__type__startswith="image/").select_related("file")
    return {
        row.name: f"data:{row.file.type};base64,{b64encode(bytes(row.file.data)).decode()}"
        for row in rows
    }


def make(version: Version, wanted: str, progress: Callable[[int, str], None]) -> None:
    """Lay it out and keep it under the name that was asked for; what was set earlier goes."""
    from analysis import paper  # matplotlib comes with it: only when needed

    progress(10, "正在排版，题目多时要十几秒")
    data = paper.printed(version.definition, _pictures(version))
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{wanted}.{os.getpid()}"
    fresh.write_bytes(data)
    os.replace(fresh, folder / wanted)
    for old in folder.glob(f"{version.xform_sha256}-*.pdf"):
        if old.name != wanted:
            old.unlink(missing_ok=True)
