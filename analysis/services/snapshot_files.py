"""Files of a snapshot: parts written beside the old ones, then one manifest put in their place.

A part is a Parquet file per table and, where a table has L4 columns, a second one sealed under a
key of its own. A reader sees the old manifest or the new one. What the new one no longer names is
deleted and its key destroyed, so that nothing of a rewritten part can be read again.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
from django.conf import settings
from django.utils import timezone
from pyarrow import parquet as pq

from analysis.core.snapshot import Packed
from surveys import envelope

FORMAT = 1


@dataclass(frozen=True)
class Part:
    """One batch of rows. ``tables``: repeat path -> suffix of its files."""

    name: str
    rows: int
    key_id: str
    tables: dict[str, str] = field(default_factory=dict)
    sealed: tuple[str, ...] = ()  # the tables that have a private file


@dataclass(frozen=True)
class Manifest:
    """What is valid now. ``decided`` and ``tombstone`` are how far the stores were read.

    total: the sum of the review ids of all rows, so that a swap of two is seen.
    """

    xform: str
    generation: int = 0
    parts: tuple[Part, ...] = ()
    decided: str = ""
    tombstone: int = 0
    total: int = 0
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


def folder(source: int) -> Path:
    path = Path(settings.SNAPSHOT_DIR) / str(source)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """One process at a time works on a snapshot."""
    with (place / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def read_manifest(place: Path, xform: str) -> Manifest:
    """An empty one when there is none, or when it was written for another form or format."""
    try:
        found = json.loads((place / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return Manifest(xform)
    if (found.get("xform"), found.get("format")) != (xform, FORMAT):
        return Manifest(xform)
    parts = tuple(Part(**{**p, "sealed": tuple(p["sealed"])}) for p in found.pop("parts"))
    return Manifest(**found, parts=parts)


def put_manifest(place: Path, manifest: Manifest) -> None:
    """Make it valid, then clear away what it does not name, keys first."""
    draft = place / "manifest.new"
    with draft.open("w", encoding="utf-8") as out:
        json.dump(asdict(manifest), out)
        out.flush()
        os.fsync(out.fileno())
    before = _keys(place)
    draft.replace(place / "manifest.json")
    today = timezone.localdate()
    for key_id in before - {part.key_id for part in manifest.parts}:
        envelope.destroy(key_id, today)
    named = {part.name for part in manifest.parts}
    for path in place.glob("part-*"):
        if path.name.split(".")[0] not in named:
            path.unlink()


def _keys(place: Path) -> set[str]:
    """Keys the manifest on disk names, whatever form or format it was written for."""
    try:
        parts = json.loads((place / "manifest.json").read_text("utf-8"))["parts"]
    except (OSError, ValueError, KeyError):
        return set()
    return {part["key_id"] for part in parts if part["key_id"]}


def write_part(place: Path, packed: Packed, today: date) -> Part:
    """A new part, on disk but not yet named by the manifest."""
    name = f"part-{secrets.token_hex(6)}"
    suffixes = {path: f".{k}" if path else "" for k, path in enumerate(packed.open_)}
    key_id = envelope.new_key(today) if packed.private else ""
    part = Part(name, packed.rows, key_id, suffixes, tuple(packed.private))
    for path, data in packed.open_.items():
        _file(place, part, path).write_bytes(data)
    for path, data in packed.private.items():
        body = envelope.seal(data, aad=_aad(part, path), today=today, key_id=key_id).body
        _file(place, part, path, ".l4").write_bytes(body)
    return part


def read_open(place: Path, part: Part, table: str, columns: list[str] | None = None) -> pa.Table:
    return pq.read_table(_file(place, part, table), columns=columns)


def read_private(place: Path, part: Part, table: str) -> pa.Table | None:
    """The L4 columns of a part, in the row order of the open ones; None where it has none."""
    if table not in part.sealed:
        return None
    body = _file(place, part, table, ".l4").read_bytes()
    raw = envelope.open_(body, key_id=part.key_id, aad=_aad(part, table))
    return pq.read_table(io.BytesIO(raw))


def paths(place: Path, manifest: Manifest, table: str = "") -> list[Path]:
    """The open Parquet files of one table, for an engine that reads them itself."""
    return [_file(place, part, table) for part in manifest.parts]


def with_part(manifest: Manifest, part: Part) -> Manifest:
    return replace(manifest, parts=(*manifest.parts, part))


def _file(place: Path, part: Part, table: str, kind: str = ".parquet") -> Path:
    return place / f"{part.name}{part.tables[table]}{kind}"


def _aad(part: Part, table: str) -> str:
    return f"snapshot|{part.name}|{table}"
