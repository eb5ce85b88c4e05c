"""A snapshot that was interrupted or damaged: the next look ends what was begun, nobody is lost."""

# ruff: noqa: F811  (fixtures of another file are named as arguments)
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone

from analysis.models import DataVersion, Departure, Export
from analysis.services import exporting, ground, shelf, snapshot, snapshot_files, stays, work
from fieldwork.models import CampaignQuestionnaire, Review
from surveys import envelope, jobs, withdrawal
from surveys.models import Job, RecordKey, Tombstone
from tests import canaries
from tests.analysis.test_forgetting import (  # noqa: F401  the fixtures of answers in a snapshot
    approve,
    frozen,
    send,
    source,
    work_off,
)
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES, transaction=True), pytest.mark.db]


class Killed(BaseException):
    """What no handler catches."""


def raising(error):
    def dies(*args, **kwargs):
        raise error

    return dies


def alive():
    return set(RecordKey.objects.filter(destroyed_on=None).values_list("key_id", flat=True))


def on_disk(source):
    return {p.name.split(".")[0] for p in snapshot_files.folder(source.pk).glob("part-*")}


def held(source):
    return snapshot.load(source)[1].columns().keys["instance_id"].tolist()


# -- killed --------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [Killed, OperationalError])
@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (stays.review, "forget"),  # departures written, not committed
        (snapshot_files, "put_manifest"),  # committed, the rewritten part not named
        (Path, "replace"),  # the manifest written, not valid
        (envelope, "destroy"),  # valid, the old key still there
        (Path, "unlink"),  # the old key gone, its files still there
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refresh_that_died_is_ended_by_the_next(
    source, frozen, now, settings, monkeypatch, owner, step, error
):
    version, ((_, lost), _) = frozen
    before = alive()
    withdrawal.withdraw("uuid:0", by="self", now=now)
    with monkeypatch.context() as broken:
        broken.setattr(owner, step, raising(error))
        with pytest.raises(error):
            snapshot.refresh(source)
    work_off()
    assert canaries.found(lost, [Path(settings.DATA_DIR)], "") == []
    (part,) = snapshot.refresh(source).manifest.parts
    assert on_disk(source) == {part.name}
    assert len(before - alive()) == 2  # hers, and that of the private file that held her rows
    assert alive() - before == {part.key_id}
    assert (Departure.objects.count(), version.withdrawn) == (1, 1)
    assert [r.instance_id for r in Review.objects.all()] == ["uuid:1"]


def test_a_key_that_is_not_in_the_name_of_its_part_goes_with_it(source, now):
    """As parts were named before."""
    place, key = snapshot_files.folder(source.pk), envelope.new_key(now.date())
    file = place / "part-0a1b2c3d4e5f.l4"
    file.write_bytes(b"x")
    named = [{"name": "part-0a1b2c3d4e5f", "key_id": key}]
    (place / "manifest.json").write_text(json.dumps({"parts": named}))
    snapshot.refresh(source)
    assert not file.exists()
    assert key not in alive()


def test_a_manifest_that_told_the_newest_withdrawal_is_still_read(source, frozen):
    path, taken = snapshot_files.folder(source.pk) / "manifest.json", snapshot.refresh(source)
    said = json.loads(path.read_text("utf-8"))
    del said["withdrawn"]
    path.write_text(json.dumps(said | {"tombstone": 0}))
    assert snapshot.refresh(source).manifest == taken.manifest


def test_a_withdrawal_committed_after_a_later_one_is_seen(source, frozen, now):
    version, _ = frozen
    for name, number in (("uuid:1", 11), ("uuid:0", 10)):
        Tombstone.objects.create(
            id=number, instance_id=name, collection=source.collection, withdrawn_on=now.date()
        )
        snapshot.refresh(source)
    assert held(source) == []
    assert not Review.objects.exists()
    assert version.withdrawn == 2


# -- lost and damaged ----------------------------------------------------------------------------


def cut(path):
    path.write_bytes(path.read_bytes()[:100])


def garble(path):
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + bytes(len(raw) // 3) + raw[4 + len(raw) // 3 :])


@pytest.mark.parametrize("kind", [".parquet", ".1.parquet", ".l4", ".1.l4"])
@pytest.mark.parametrize("harm", [Path.unlink, cut, garble])
def test_a_damaged_file_is_built_anew(source, frozen, harm, kind):
    version, _ = frozen
    place, (part,) = snapshot_files.folder(source.pk), snapshot.refresh(source).manifest.parts
    harm(place / f"{part.name}{kind}")
    taken, kept = snapshot.load(source)
    assert taken.generation > version.snapshots[str(source.pk)]
    assert kept.until(version.snapshots[str(source.pk)]).n == kept.n == 2
    assert on_disk(source) == {p.name for p in taken.manifest.parts} != {part.name}
    assert part.key_id not in alive()


def test_damage_found_after_a_departure_was_noted(source, frozen, now, monkeypatch):
    """The clock may have been put back: the new generation still lies after the departure."""
    version, _ = frozen
    path = snapshot_files.folder(source.pk) / "manifest.json"
    said = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(said | {"generation": said["generation"] + 1_000_000}))
    without = snapshot._without

    def harmed(place, manifest, gone):
        if manifest.parts:
            raise snapshot.Damaged("part")
        return without(place, manifest, gone)

    monkeypatch.setattr(snapshot, "_without", harmed)
    withdrawal.withdraw("uuid:0", by="self", now=now)
    taken = snapshot.refresh(source)
    assert Departure.objects.get().until <= taken.generation
    assert (taken.manifest.rows, version.withdrawn) == (1, 1)


@pytest.mark.parametrize("loss", [shutil.rmtree, lambda p: (p / "manifest.json").write_text("{ha")])
def test_a_snapshot_built_anew_knows_what_its_versions_held(source, frozen, now, loss):
    """Whoever came after a version was frozen is not in it, whoever left it is counted."""
    version, _ = frozen
    later = now + timedelta(hours=1)
    send(source, "uuid:late", later)
    approve(source, later)
    snapshot.refresh(source)
    loss(snapshot_files.folder(source.pk))
    for name in ("uuid:0", "uuid:late"):
        withdrawal.withdraw(name, by="self", now=now)
    send(source, "uuid:last", later)
    approve(source, later)
    taken, kept = snapshot.load(source)
    assert kept.until(version.snapshots[str(source.pk)]).contexts == [""]
    assert kept.until(taken.generation).n == kept.n == 2
    assert version.withdrawn == 1


def test_nobody_leaves_a_version_that_held_nobody(source, now):
    taken = snapshot.refresh(source)
    version = DataVersion.objects.create(
        campaign=source.campaign, number=1, figures_json="{}", sha256="0" * 64, revision="t",
        snapshots={str(source.pk): taken.generation}, frozen_at=now, frozen_by="t",
    )  # fmt: skip
    for name in ("uuid:0", "uuid:1"):
        send(source, name, now)
        approve(source, now)
        snapshot.refresh(source)
    withdrawal.withdraw("uuid:0", by="self", now=now)
    work_off()
    assert (Departure.objects.count(), version.withdrawn) == (1, 0)


def test_a_page_asks_for_a_damaged_snapshot_to_be_mended(source, frozen, monkeypatch):
    version, _ = frozen
    monkeypatch.setattr(ground, "source_of", lambda version: source)
    for harm in (shutil.rmtree, lambda place: cut(next(place.glob("part-*.parquet")))):
        harm(snapshot_files.folder(source.pk))
        for _ in range(2):
            with pytest.raises(ground.NotReady, match="答卷快照正在更新"):
                ground.for_page(version)
        assert Job.objects.filter(kind="snapshot", state=Job.State.WAITING).count() == 1
        work_off()
        assert snapshot.opened(source)[1].n == 2


def test_a_source_that_fails_does_not_keep_the_others_from_forgetting(
    source, frozen, now, monkeypatch
):
    collection = source.collection
    collection.pk, collection.code = None, "other"
    collection.save()
    other = CampaignQuestionnaire.objects.create(
        campaign=source.campaign, version=source.version, source="probability",
        collection=collection,
    )  # fmt: skip
    source.refresh_from_db()
    send(other, "uuid:other", now)
    approve(other, now)
    assert held(other) == ["uuid:other"]
    asked = exporting.ask(source, "csv", "核对", by="t", now=timezone.now())
    exporting.write(asked, lambda percent, said: None)
    for name in ("uuid:0", "uuid:other"):
        withdrawal.withdraw(name, by="self", now=now)
    refresh = snapshot.refresh
    with monkeypatch.context() as broken:
        broken.setattr(snapshot, "refresh", lambda s: 1 / 0 if s.pk == source.pk else refresh(s))
        job = jobs.run_next(timezone.now())
    assert (job.kind, job.state) == ("forget", Job.State.FAILED)
    assert not shelf.path_of(asked).exists()
    assert snapshot.opened(other)[1].n == 0
    withdrawal.remind(now)
    work_off()
    assert held(source) == ["uuid:1"]


# -- exports -------------------------------------------------------------------------------------


def die_of_the_hash(export, *, update_fields):
    """The last writing: the file is whole, its row does not say so."""
    if "sha256" in update_fields:
        raise Killed
    Export.save_base(export, update_fields=update_fields)


@pytest.mark.parametrize(
    ("owner", "step", "dies"),
    [(shelf, "_bound", raising(Killed)), (Export, "save", die_of_the_hash)],
    ids=["sealing", "noting"],
)
def test_an_export_that_died_leaves_no_file_and_no_key(
    source, frozen, now, monkeypatch, owner, step, dies
):
    asked = exporting.ask(source, "parquet", "核对", by="t", now=now)
    job, keys = work.ask_export(asked, by="t", now=now), alive()
    with monkeypatch.context() as broken:
        broken.setattr(owner, step, dies)
        with pytest.raises(Killed):
            exporting.write(asked, lambda percent, said: None)
    dead = shelf.path_of(asked)
    asked.refresh_from_db()
    assert dead.exists()
    assert not asked.ready(now)
    work_off()  # the same job is taken up again
    job.refresh_from_db()
    asked.refresh_from_db()
    assert asked.ready(now)
    assert b"".join(shelf.read(asked))
    assert not dead.exists()
    assert alive() - keys == {asked.key_id}


def test_a_file_that_no_export_names_is_destroyed(source, frozen, now):
    asked = exporting.ask(source, "parquet", "核对", by="t", now=now)
    exporting.write(asked, lambda percent, said: None)
    stray = shelf.path_of(asked).with_name(f"{envelope.new_key(now.date())}.sealed")
    stray.write_bytes(b"x")
    jobs.tidy(now)
    assert not stray.exists()
    assert stray.stem not in alive()
    assert b"".join(shelf.read(asked))


def test_what_a_killed_export_left_in_clear_goes_within_half_a_day(settings):
    folder = settings.DATA_DIR / "exports" / "building-0"
    folder.mkdir(parents=True)
    (folder / "data.csv").write_text("x")
    shelf.destroy_expired(timezone.now() + timedelta(hours=11))
    assert folder.exists()
    shelf.destroy_expired(timezone.now() + timedelta(hours=12, minutes=1))
    assert not folder.exists()
