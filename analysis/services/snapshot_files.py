"""Files of a snapshot: parts written beside the old ones, then one manifest put in their place.

A part is a Parquet file per table and, where a table has L4 columns, a second one sealed under a
key of its own, which gives the part its name. A reader sees the old manifest or the new one. What
no manifest names is deleted and its key destroyed, so that nothing of a rewritten part can be read
again; `sweep` does so whenever the snapshot is next looked at, if the process was killed before.
"""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
from django.conf import settings
from django.utils import timezone
from pyarrow import parquet as pq

from analysis.core.snapshot import Packed
from surveys import envelope

FORMAT = 1


class Damaged(Exception):
    """A file that the manifest names is missing or broken; a refresh builds the snapshot anew."""


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
    """What is valid now. ``decided`` and ``withdrawn`` are how far the stores were read.

    withdrawn: how many withdrawals from the collection are accounted for.
    total:     the sum of the review ids of all rows: one approval in the place of another shows in
               it, two for two with the same sum do not. Approved is final, so neither happens.
    """

    xform: str
    generation: int = 0
    parts: tuple[Part, ...] = ()
    decided: str = ""
    withdrawn: int = -1
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
    except (FileNotFoundError, ValueError):
        return Manifest(xform)
    if (found.get("xform"), found.get("format")) != (xform, FORMAT):
        return Manifest(xform)
    parts = tuple(Part(**{**p, "sealed": tuple(p["sealed"])}) for p in found["parts"])
    known = {f.name for f in fields(Manifest)}
    return Manifest(**{k: v for k, v in found.items() if k in known} | {"parts": parts})


def demand(place: Path, manifest: Manifest) -> None:
    """Damaged unless every file it names is there."""
    for part in manifest.parts:
        for path in _files(place, part):
            if not path.exists():
                raise Damaged(path.name)


def put_manifest(place: Path, manifest: Manifest) -> None:
    """Make it valid once all it names lies on the disk, then clear away what it does not name."""
    before = _named(place)
    for part in manifest.parts:
        for path in _files(place, part) if part.name not in before else ():
            _flush(path)
    draft = place / "manifest.new"
    draft.write_text(json.dumps(asdict(manifest)), encoding="utf-8")
    _flush(draft)
    _flush(place)
    draft.replace(place / "manifest.json")
    _flush(place)
    sweep(place, manifest, before)


def sweep(place: Path, manifest: Manifest, before: Mapping[str, str] | None = None) -> None:
    """Keys, then files, of parts it does not name; ``before`` knows keys that no name tells."""
    before = _named(place) if before is None else before
    named, today = {part.name for part in manifest.parts}, timezone.localdate()
    unnamed: dict[str, list[Path]] = {}
    for path in sorted(place.glob("part-*")):
        name = path.name.split(".")[0]
        if name not in named:
            unnamed.setdefault(name, []).append(path)
    for name, paths in unnamed.items():
        envelope.destroy(before.get(name) or name.removeprefix("part-"), today)
        for path in paths:
            path.unlink()


def _named(place: Path) -> dict[str, str]:
    """Part -> key in the manifest on disk, whatever form or format it was written for."""
    try:
        parts = json.loads((place / "manifest.json").read_text("utf-8"))["parts"]
    except (FileNotFoundError, ValueError, KeyError):
        return {}
    return {part["name"]: part["key_id"] for part in parts}


def _flush(path: Path) -> None:
    """Wait until a file, or the list of a folder's files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_part(place: Path, packed: Packed, today: date) -> Part:
    """A new part, on disk but not yet named by the manifest."""
    key_id = envelope.new_key(today) if packed.private else ""
    suffixes = {path: f".{k}" if path else "" for k, path in enumerate(packed.open_)}
    name = f"part-{key_id or secrets.token_hex(16)}"
    part = Part(name, packed.rows, key_id, suffixes, tuple(packed.private))
    for path, data in packed.open_.items():
        _file(place, part, path).write_bytes(data)
    for path, data in packed.private.items():
        body = envelope.seal(data, aad=_aad(part, path), today=today, key_id=key_id).body
        _file(place, part, path, ".l4").write_bytes(body)
    return part


def read_open(place: Path, part: Part, table: str, columns: list[str] | None = None) -> pa.Table:
    """Open columns of a part. Damaged when they cannot be read."""
    with _readable(part):
        return pq.read_table(_file(place, part, table), columns=columns)


def read_private(place: Path, part: Part, table: str) -> pa.Table | None:
    """The L4 columns of a part, in the row order of the open ones; None where it has none."""
    if table not in part.sealed:
        return None
    with _readable(part):
        body = _file(place, part, table, ".l4").read_bytes()
        raw = envelope.open_(body, key_id=part.key_id, aad=_aad(part, table))
        return pq.read_table(io.BytesIO(raw))


@contextmanager
def _readable(part: Part) -> Iterator[None]:
    """One name for whatever ails a file. A disk that fails or refuses is something else."""
    try:
        yield
    except (pa.ArrowInvalid, envelope.Unreadable) as error:
        raise Damaged(part.name) from error
    except OSError as error:  # Arrow tells of broken pages by one without a number
        if error.errno not in (None, errno.ENOENT):
            raise
        raise Damaged(part.name) from error


def paths(place: Path, manifest: Manifest, table: str = "") -> list[Path]:
    """The open Parquet files of one table, for an engine that reads them itself."""
    return [_file(place, part, table) for part in manifest.parts]


def with_part(manifest: Manifest, part: Part) -> Manifest:
    return replace(manifest, parts=(*manifest.parts, part))


def _file(place: Path, part: Part, table: str, kind: str = ".parquet") -> Path:
    return place / f"{part.name}{part.tables[table]}{kind}"


def _files(place: Path, part: Part) -> list[Path]:
    open_ = [_file(place, part, table) for table in part.tables]
    return open_ + [_file(place, part, table, ".l4") for table in part.sealed]


def _aad(part: Part, table: str) -> str:
    return f"snapshot|{part.name}|{table}"
