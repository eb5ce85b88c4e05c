"""The analysis store: approved responses of one questionnaire version as a Parquet snapshot.

One snapshot per source of a campaign, which binds one version. `refresh` brings it up to date from
where it stopped: new approvals are appended as a part, withdrawn responses leave by rewriting their
parts; `load` does that and opens it. Both open L4 answers and therefore refuse to work for a page,
which may read what `opened` gives. A refresh may be killed anywhere: the next one ends what was
begun, and what lies damaged is built anew. No estimate reads documents.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import compress
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from django.utils import timezone
from pyarrow import compute as pc

from analysis import queries
from analysis.core import snapshot as core
from analysis.services import snapshot_files as files
from analysis.services import stays
from analysis.services.snapshot_files import Damaged, Manifest, Part
from analysis.services.stays import Ids
from fieldwork.models import CampaignQuestionnaire
from surveys import backstage, filing, withdrawal
from surveys.core.interview import Interview
from surveys.models import Tombstone

__all__ = ["Damaged", "Snapshot", "load", "opened", "refresh"]
CHUNK, PAGE = 25_000, 5_000
SMALL_PARTS = 16
# how far back decisions are looked at again: a transaction may end later than its own clock says
OVERLAP = timedelta(minutes=10)
_NOON = datetime.min.time().replace(hour=12)
Used = TypeVar("Used")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as it stands, and the generation a data version notes."""

    source: CampaignQuestionnaire
    place: Path
    manifest: Manifest

    @property
    def generation(self) -> int:
        return self.manifest.generation

    def files(self) -> list[Path]:
        """Its open Parquet files: ordinary answers and keys, nothing of class L4."""
        return files.paths(self.place, self.manifest)


def refresh(source: CampaignQuestionnaire) -> Snapshot:
    """Bring the snapshot of a source up to date; nothing is written when nothing changed."""
    return _current(source, lambda found: found)


def load(source: CampaignQuestionnaire) -> tuple[Snapshot, core.Kept]:
    """The snapshot brought up to date and opened, private columns included. `OnAPage` on a page."""
    return _current(source, lambda found: (found, _kept(found, _whole)))


def opened(source: CampaignQuestionnaire) -> tuple[Snapshot, core.Kept]:
    """The open columns as they lie, nothing refreshed, nothing of class L4: what pages may read.

    Damaged when there is nothing, or not all of it: a refresh mends that.
    """
    with suppress(Damaged):  # parts may just have been written anew
        return _opened(source)
    return _opened(source)


def _opened(source: CampaignQuestionnaire) -> tuple[Snapshot, core.Kept]:
    place = files.folder(source.pk)
    found = Snapshot(source, place, files.read_manifest(place, source.version.xform_sha256))
    if not found.generation:
        raise Damaged("no manifest")
    return found, _kept(found, files.read_open)


def generation(source: CampaignQuestionnaire) -> int:
    """Of the snapshot as it lies; 0 when there is none."""
    return files.read_manifest(files.folder(source.pk), source.version.xform_sha256).generation


def is_current(source: CampaignQuestionnaire) -> bool:
    """Whether it holds what is approved and nothing withdrawn, by number and sum: opens nothing."""
    manifest = files.read_manifest(files.folder(source.pk), source.version.xform_sha256)
    held = (manifest.rows, manifest.total, manifest.withdrawn)
    now = (*queries.approved_sum(source), withdrawal.withdrawn_count(source.collection))
    return bool(manifest.generation) and held == now


def _current(source: CampaignQuestionnaire, use: Callable[[Snapshot], Used]) -> Used:
    """The snapshot brought up to date and used, built anew when a file of it is damaged."""
    backstage.must()
    place, xform = files.folder(source.pk), source.version.xform_sha256
    with files.locked(place):
        manifest = files.read_manifest(place, xform)
        files.sweep(place, manifest)
        generation = _next(source, manifest)
        try:
            files.demand(place, manifest)
            return use(_refresh(source, place, manifest, generation))
        except Damaged as error:
            log.warning("the snapshot of source %s is built anew: %s is damaged", source.pk, error)
            return use(_refresh(source, place, Manifest(xform), generation))


def _next(source: CampaignQuestionnaire, before: Manifest) -> int:
    """A generation after all that a version may have noted."""
    last = before.generation or max((number for number, _ in stays.versions(source)), default=0)
    return max(last + 1, int(timezone.now().timestamp()))


def _refresh(
    source: CampaignQuestionnaire, place: Path, before: Manifest, generation: int
) -> Snapshot:
    layout = core.Layout.of(source.version.definition)
    gone, withdrawn = _withdrawn(source, place, before, generation)
    fresh, stray, read = _changes(source, place, before)
    manifest = _without(place, before, {*gone, *stray})
    known = bool(before.generation)
    for since, ids in [(generation, fresh)] if known else stays.arrivals(source, fresh, generation):
        for packed in _packed(layout, ids, since):
            part = files.write_part(place, packed, timezone.localdate())
            manifest = files.with_part(manifest, part)
    manifest = replace(_merged(place, manifest), withdrawn=withdrawn, **read)
    if manifest.parts != before.parts or not known:
        manifest = replace(manifest, generation=generation)
    if manifest != before:
        files.put_manifest(place, manifest)
    return Snapshot(source, place, manifest)


def _withdrawn(
    source: CampaignQuestionnaire, place: Path, manifest: Manifest, generation: int
) -> tuple[set[str], int]:
    """(rows that were taken back, how many withdrawals there are); their stays end.

    All withdrawals are looked at when their number changed, not those after the newest one seen:
    two at the same time may be committed in the other order. None is ever undone.
    """
    if withdrawal.withdrawn_count(source.collection) == manifest.withdrawn:
        return set(), manifest.withdrawn
    rows = Tombstone.objects.filter(collection=source.collection)
    names = list(rows.values_list("instance_id", flat=True))
    came = _came(source, place, manifest, names, generation)
    stays.end(source, names, came, generation)
    return set(came), len(names)


def _came(
    source: CampaignQuestionnaire, place: Path, manifest: Manifest, names: list[str],
    generation: int,
) -> dict[str, int]:  # fmt: skip
    """Instance -> generation it came in, of those that are held, or were in a version."""
    if not manifest.generation:
        found = stays.arrivals(source, stays.reviews(names), generation)
        return {name: since for since, ids in found[:-1] for _, name in ids}
    came: dict[str, int] = {}
    for part in manifest.parts:
        held = files.read_open(place, part, "", [core.INSTANCE, core.SINCE])
        left = held.filter(pc.is_in(held[core.INSTANCE], pa.array(names, pa.string())))
        came |= zip(left[core.INSTANCE].to_pylist(), left[core.SINCE].to_pylist(), strict=True)
    return came


def _changes(
    source: CampaignQuestionnaire, place: Path, manifest: Manifest
) -> tuple[list[Ids], list[str], dict[str, Any]]:
    """(new responses, rows that should not be there, how far was read).

    Decisions after the newest one known are looked at first, then those a while before it; when
    number and sum of ids then still disagree, all of them are.
    """
    known, last = _ids(place, manifest), queries.last_decision(source)
    count, total = queries.approved_sum(source)
    read = {"decided": max(manifest.decided, last.isoformat() if last else ""), "total": total}
    for since in _looks(manifest):
        fresh = _unknown(queries.approved_ids(source, since), known)
        more = sum(review for review, _ in fresh)
        if (len(known) + len(fresh), manifest.total + more) == (count, total):
            return fresh, [], read
    wanted = queries.approved_ids(source)
    if not len(known):
        return wanted, [], read
    stray = known.filter(pc.invert(pc.is_in(known, _names(wanted))))
    return _unknown(wanted, known), stray.to_pylist(), read


def _looks(manifest: Manifest) -> list[datetime]:
    if not manifest.decided:
        return []
    newest = datetime.fromisoformat(manifest.decided)
    return [newest + timedelta.resolution, newest - OVERLAP]


def _unknown(found: list[Ids], known: pa.Array) -> list[Ids]:
    new = pc.invert(pc.is_in(_names(found), known))
    return list(compress(found, new.to_numpy(zero_copy_only=False)))


def _names(found: Sequence[Ids]) -> pa.Array:
    return pa.array([instance_id for _, instance_id in found], pa.string())


def _ids(place: Path, manifest: Manifest) -> pa.Array:
    columns = [
        files.read_open(place, p, "", [core.INSTANCE])[core.INSTANCE] for p in manifest.parts
    ]
    chunks = [chunk for column in columns for chunk in column.chunks]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())


def _chunks(ids: Sequence[Ids], size: int) -> Iterator[Sequence[Ids]]:
    yield from (ids[k : k + size] for k in range(0, len(ids), size))


def _packed(layout: core.Layout, fresh: Sequence[Ids], since: int) -> Iterator[core.Packed]:
    """Chunk after chunk; one is packed while the rows of the next are read."""

    def pack(rows: core.Rows) -> core.Packed:
        return core.Packed.of(*core.encode(layout, rows, filing.is_open))

    with ThreadPoolExecutor(1) as pool:
        ahead: Future[core.Packed] | None = None
        for ids in _chunks(fresh, CHUNK):
            rows = _rows(layout, ids, since)
            if ahead:
                yield ahead.result()
            ahead = pool.submit(pack, rows) if rows.keys else None
        if ahead:
            yield ahead.result()


def _rows(layout: core.Layout, ids: Sequence[Ids], since: int) -> core.Rows:
    rows = core.Rows([], [], [])
    for page in _chunks(ids, PAGE):
        flagged, found = queries.flagged(page), queries.documents(page)
        rows.keys.extend(
            (one.row, one.instance_id, one.context, one.channel, one.instance_id in flagged, since)
            for one in found
        )
        asked = [_asked(layout, one) for one in found]
        rows.plain.extend(plain for plain, _ in asked)
        rows.sensitive.extend(sensitive for _, sensitive in asked)
    return rows


def _asked(layout: core.Layout, one: queries.Document) -> tuple[str, str]:
    """Both documents; one filed before blanks were kept is judged again, as of its day."""
    if one.engine != "py/1":
        return one.plain, one.sensitive
    answers = json.loads(one.plain) | json.loads(one.sensitive)
    asked = Interview(layout.definition, answers, now=_noon(date.fromisoformat(one.filed_on))).asked
    parts = filing.split(layout.definition, asked)
    return json.dumps(parts.plain), json.dumps(parts.sensitive)


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, _NOON))


# -- leaving and merging -----------------------------------------------------------------------


def _without(place: Path, manifest: Manifest, gone: set[str]) -> Manifest:
    """Parts that hold any of these rows are written anew without them."""
    if not gone:
        return manifest
    names, parts = pa.array(sorted(gone), pa.string()), []
    for part in manifest.parts:
        held = files.read_open(place, part, "", [core.INSTANCE])[core.INSTANCE]
        if not pc.any(pc.is_in(held, names)).as_py():
            parts.append(part)
        elif (kept := _rewritten(place, [part], names)) is not None:
            parts.append(kept)
    return replace(manifest, parts=tuple(parts))


def _merged(place: Path, manifest: Manifest) -> Manifest:
    """Many small parts become one, so that reading does not slow down with every refresh."""
    small = [p for p in manifest.parts if p.rows < CHUNK]
    if len(small) <= SMALL_PARTS:
        return manifest
    kept = _rewritten(place, small, pa.array([], pa.string()))
    rest = tuple(p for p in manifest.parts if p not in small)
    return replace(manifest, parts=(*rest, kept) if kept else rest)


def _rewritten(place: Path, parts: Sequence[Part], gone: pa.Array) -> Part | None:
    """One part with the rows of several, less those that leave."""
    open_: dict[str, pa.Table] = {}
    private: dict[str, pa.Table] = {}
    names = [core.INSTANCE, core.ROW]
    main = pa.concat_tables([files.read_open(place, p, "", names) for p in parts])
    stay = main.filter(pc.invert(pc.is_in(main[core.INSTANCE], gone)))[core.ROW].combine_chunks()
    for path in parts[0].tables:
        table = pa.concat_tables([files.read_open(place, p, path) for p in parts])
        keep = pc.is_in(table[core.ROW], stay)
        open_[path] = core.only(table, keep)
        closed = [files.read_private(place, p, path) for p in parts]
        found = [one for one in closed if one is not None]
        private[path] = core.only(pa.concat_tables(found), keep) if found else core.NO_COLUMNS
    if not open_[""].num_rows:
        return None
    return files.write_part(place, core.Packed.of(open_, private), timezone.localdate())


def _kept(found: Snapshot, read: Callable[[Path, Part, str], Any]) -> core.Kept:
    layout = core.Layout.of(found.source.version.definition)
    facts = {"source": found.source.source, "version": found.source.version.version}
    tables: dict[str, Any] = {}
    for path in layout.tables:
        parts = [read(found.place, part, path) for part in found.manifest.parts]
        table = pa.concat_tables(parts) if parts else core.empty(path)
        tables[path] = table.sort_by(core.ROW)
    return core.Kept(layout, tables, facts)


def _whole(place: Path, part: Part, path: str) -> pa.Table:
    table, private = files.read_open(place, part, path), files.read_private(place, part, path)
    if private is not None:
        for name in private.column_names:
            table = table.append_column(name, private[name])
    return table
