"""Looking for words that must not lie in clear: in stores, logs, temporary files, data folder."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import connections

from tests.workbooks import THREE_STORES


def spellings(word: str) -> list[bytes]:
    """The bytes in which the same word would still be readable by anyone."""
    raw = word.encode()
    shifted = [base64.b64encode(b"\0" * k + raw)[4 if k else 0 : -4] for k in range(3)]
    escaped = json.dumps(word)[1:-1].encode()
    return [raw, escaped, word.encode("utf-16-le"), raw.hex().encode(), *shifted]


def found(words: Iterable[str], folders: Iterable[Path], log: str) -> list[str]:
    """``word @ place`` for everything that stands in clear; empty is what a test wants."""
    needles = {word: spellings(word) for word in words}
    places = [("log", log.encode()), *_files(folders), *_stores()]
    return [
        f"{word} @ {place}"
        for place, content in places
        for word, ways in needles.items()
        if any(way in content for way in ways)
    ]


def _files(folders: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield str(path), path.read_bytes()


def _stores() -> Iterator[tuple[str, bytes]]:
    """Bytes of the database files with their journals, or every row of every table as text."""
    for alias in THREE_STORES:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            base = Path(str(connection.settings_dict["NAME"]))
            for file in sorted(base.parent.glob(base.name + "*")):
                yield file.name, file.read_bytes()
            continue
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT t::text FROM "{table}" t')  # bytea comes as hexadecimal
                rows = [row[0] for row in cursor.fetchall()]
                yield f"{alias}.{table}", "\n".join(rows).encode()
