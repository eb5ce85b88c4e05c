"""Files of exports at rest: encrypted in pieces under a key of their own, destroyed with it.

A file is sealed piece by piece, so that memory does not grow with it. Every piece is bound to its
export, its place and whether it is the last, so none can be moved, dropped or cut off unseen.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from analysis.models import Export
from fieldwork.models import CampaignQuestionnaire
from surveys import envelope, withdrawal

PIECE = 1 << 20
# no export takes so long, and what was withdrawn meanwhile is gone well within the day
ABANDONED = timedelta(hours=12)
_NONCE_AND_TAG = 28


def _home() -> Path:
    folder = settings.DATA_DIR / "exports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def path_of(export: Export) -> Path:
    """Named by its key: no two exports of any database share a file."""
    return _home() / f"{export.key_id}.sealed"


@contextmanager
def workbench() -> Iterator[Path]:
    """A private folder for files being written, gone afterwards whatever happens."""
    with tempfile.TemporaryDirectory(prefix="building-", dir=_home()) as folder:
        yield Path(folder)


def keep(export: Export, file: Path, today: date) -> None:
    """Seal a finished file and note its size and hash on the export (not yet saved)."""
    _begin(export, today)
    digest = hashlib.sha256()
    with file.open("rb") as source, path_of(export).open("wb") as out:
        for place, piece, last in _pieces(iter(lambda: source.read(PIECE), b"")):
            digest.update(piece)
            sealed = envelope.seal(
                piece, aad=_bound(export, place, last), today=today, key_id=export.key_id
            )
            out.write(sealed.body)
    export.size, export.sha256 = file.stat().st_size, digest.hexdigest()


def _begin(export: Export, today: date) -> None:
    """A key of its own, on the row before there is a file; what a killed process sealed goes."""
    if export.key_id:
        envelope.destroy(export.key_id, today)
        path_of(export).unlink(missing_ok=True)
    export.key_id = envelope.new_key(today)
    export.save(update_fields=["key_id", "withdrawn"])


def read(export: Export) -> Iterator[bytes]:
    """The file's bytes. `envelope.Unreadable` when the key is gone or a piece was changed."""
    with path_of(export).open("rb") as source:
        pieces = iter(lambda: source.read(PIECE + _NONCE_AND_TAG), b"")
        for place, piece, last in _pieces(pieces):
            yield envelope.open_(piece, key_id=export.key_id, aad=_bound(export, place, last))


def destroy_expired(now: datetime) -> int:
    """Keys first, then files, of everything past its day; then whatever a crash left half made."""
    n = _destroy(_kept().filter(expires_at__lte=now), now)
    _destroy_strays(now)
    for folder in _home().glob("building-*"):
        if now.timestamp() - folder.stat().st_mtime > ABANDONED.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)
    return n


def _destroy_strays(now: datetime) -> None:
    """Sealed files that no kept export names."""
    found = list(_home().glob("*.sealed"))  # before the rows are read: a row is there first
    named = set(_kept().values_list("key_id", flat=True))
    for path in found:
        if path.stem not in named:
            envelope.destroy(path.stem, now.date())
            path.unlink(missing_ok=True)


def destroy_outdated(source: CampaignQuestionnaire, now: datetime) -> int:
    """Destroy what was read from a source before the latest withdrawal from it."""
    withdrawn = withdrawal.withdrawn_count(source.collection)
    return _destroy(_kept().filter(source=source, withdrawn__lt=withdrawn), now)


def _kept() -> QuerySet[Export]:
    return Export.objects.filter(destroyed_at=None).exclude(key_id="")


def _destroy(exports: Iterable[Export], now: datetime) -> int:
    gone = list(exports)
    for export in gone:
        envelope.destroy(export.key_id, now.date())
        path_of(export).unlink(missing_ok=True)
        Export.objects.filter(pk=export.pk).update(destroyed_at=now)
    return len(gone)


def _pieces(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """(place, piece, whether it is the last)."""
    place, held = 0, next(pieces, b"")
    for following in pieces:
        yield place, held, False
        place, held = place + 1, following
    yield place, held, True


def _bound(export: Export, place: int, last: bool) -> str:
    return f"export|{export.pk}|{place}|{'last' if last else 'more'}"
