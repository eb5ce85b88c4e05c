"""What she takes back is gone everywhere, and the frozen version says how many left, not who."""

import io
import json
import logging
import secrets
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.urls import reverse
from django.utils import timezone

from analysis.core.report import annex
from analysis.models import Coding, DataVersion, Departure, Document, Quote
from analysis.services import (
    coding,
    exporting,
    masked,
    open_text,
    shelf,
    snapshot,
    snapshot_files,
)
from fieldwork.models import Campaign, CampaignQuestionnaire, Review, Unit
from fieldwork.services import review
from surveys import audit, envelope, filing, intake, jobs, packing, sealing, services, withdrawal
from surveys.models import Collection, Contact, Job, RecordKey, Response, SealedSection, Tombstone
from tests import canaries
from tests.analysis.conftest import COUNTY, EXAMPLE
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, THREE_STORES, workbook

pytestmark = [pytest.mark.django_db(databases=THREE_STORES, transaction=True), pytest.mark.db]
SURVEY = (
    FIVE_QUESTIONS
    + """
| text | say | 您的一句话 | ${agree} = '1' | | | L3 | | | |
| text | wish | 您的心愿 | ${agree} = '1' | | | L4 | | | |
| begin_repeat | person | 家人 | | | | | | | |
| text | nick | 小名 | | | | L4 | | | |
| text | work | 工作 | | | | L3 | | | |
| end_repeat | | | | | | | | | |
"""
)
FIELDS = ("/data/say", "/data/wish", "/data/person[1]/nick", "/data/person[1]/work")


def word() -> str:
    return f"金丝雀{secrets.token_hex(5)}"


@pytest.fixture
def source(now):
    """A form with texts of both classes, bound to a campaign."""
    done = services.import_workbook(
        workbook(SURVEY, CHOICES, SETTINGS), "five.xlsx", by="test", now=now
    )
    assert done.version, done.problems
    services.publish_version(done.version, by="test", now=now)
    keys = sealing.new_key_pair("一句很长的口令")
    collection = Collection.objects.create(
        version=done.version, code=secrets.token_urlsafe(16), channel="self_fill",
        area_code=COUNTY, title="妇女群众需求调研", opens_on=date(2026, 1, 1),
        closes_on=date(2099, 12, 31), public_key=keys.public_pem, key_id=keys.key_id,
    )  # fmt: skip
    campaign = Campaign.objects.create(
        title="2026年调查", unit=Unit.objects.create(name="青禾县妇联", area_code=COUNTY),
        area_code=COUNTY, round="2026", opens_on=date(2026, 9, 1), closes_on=date(2026, 12, 31),
    )  # fmt: skip
    return CampaignQuestionnaire.objects.create(
        campaign=campaign, version=done.version, source="volunteer", collection=collection
    )


def send(source, name, now, **answers):
    """One response with words of its own; returns what it said."""
    said = dict.fromkeys(FIELDS, "") | {path: word() for path in FIELDS}
    given = said | {"/data/agree": "1", "/data/age": "34", **answers}
    collection = source.collection
    xml, parts = packing.pack(
        source.version.definition, given, instance_id=name,
        public_key=collection.public_key, key_id=collection.key_id,
    )  # fmt: skip
    outcome = intake.receive(xml, parts, collection=collection, channel="self_fill", now=now)
    assert outcome.status == 201
    return xml, list(said.values())


def approve(source, now):
    review.pull(source)
    for row in source.reviews.filter(state="pending"):
        review.decide(row, "approved", by="t", now=now)


def spoken(source) -> str:
    """Everything the snapshot's files say, opened: values, dictionaries and statistics."""
    place, texts = snapshot_files.folder(source.pk), []
    for path in sorted(place.glob("*.parquet")):
        texts.append(_read(path.read_bytes()))
    manifest = snapshot_files.read_manifest(place, source.version.xform_sha256)
    for part in manifest.parts:
        for table in part.sealed:
            found = snapshot_files.read_private(place, part, table)
            out = io.BytesIO()
            pq.write_table(found, out)
            texts.append(_read(out.getvalue()))
    return "\n".join(texts)


def _read(data: bytes) -> str:
    file = pq.ParquetFile(io.BytesIO(data))
    groups = [file.metadata.row_group(k) for k in range(file.num_row_groups)]
    columns = [g.column(k).statistics for g in groups for k in range(g.num_columns)]
    bounds = [f"{s.min}{s.max}" for s in columns if s is not None and s.has_min_max]
    for column in file.read().columns:
        for chunk in column.chunks:
            said = chunk.dictionary if isinstance(chunk, pa.DictionaryArray) else chunk
            bounds.extend(map(str, said.to_pylist()))
    return "\n".join(bounds)


def work_off():
    while job := jobs.run_next(timezone.now()):
        assert job.state == Job.State.DONE, job.message


@pytest.fixture
def frozen(source, now):
    """Two responses in the snapshot, one version frozen from it."""
    sent = [send(source, f"uuid:{k}", now) for k in range(2)]
    approve(source, now)
    taken = snapshot.refresh(source)
    version = DataVersion.objects.create(
        campaign=source.campaign, number=1, figures_json=EXAMPLE.read_text("utf-8"),
        snapshots={str(source.pk): taken.generation}, sha256="0" * 64, revision="t",
        frozen_at=now, frozen_by="t",
    )  # fmt: skip
    return version, sent


def test_a_withdrawn_response_is_gone_from_every_file(source, frozen, now, settings, caplog):
    caplog.set_level(logging.DEBUG)
    version, ((_, lost), (_, stays)) = frozen
    before = {r.key_id for r in RecordKey.objects.filter(destroyed_on=None)}
    assert [w for w in lost + stays if w not in spoken(source)] == []
    folders = [Path(settings.DATA_DIR)]
    assert {hit[:13] for hit in canaries.found(lost, folders, "")} == {lost[0], lost[3]}

    assert withdrawal.withdraw("uuid:0", by="self", now=now)
    assert not Response.objects.filter(instance_id="uuid:0").exists()
    work_off()
    text = spoken(source)
    assert [w for w in lost if w in text] == []
    assert [w for w in stays if w not in text] == []
    assert canaries.found(lost, folders, caplog.text) == []
    left = {r.key_id for r in RecordKey.objects.filter(destroyed_on=None)}
    assert len(before - left) == 2  # hers, and that of the private file that held her rows
    assert Review.objects.count() == 1
    assert version.withdrawn == 1
    assert audit.first_break() is None


def test_kept_exports_that_held_it_go_and_later_ones_stay(source, frozen, now):
    def export():
        asked = exporting.ask(source, "csv", "核对", by="t", now=timezone.now())
        exporting.write(asked, lambda percent, said: None)
        return asked

    before = export()
    withdrawal.withdraw("uuid:0", by="self", now=now)
    work_off()
    assert not shelf.path_of(before).exists()
    with pytest.raises((envelope.Unreadable, FileNotFoundError)):
        list(shelf.read(before))
    assert RecordKey.objects.get(key_id=before.key_id).destroyed_on is not None
    before.refresh_from_db()
    assert before.destroyed_at is not None
    after = export()
    withdrawal.ask_to_forget(now)
    work_off()
    assert b"".join(shelf.read(after))
    after.refresh_from_db()
    assert after.destroyed_at is None


def test_the_number_is_on_the_page_and_in_the_method_note(
    source, frozen, now, client, settings, people
):
    version, _ = frozen
    withdrawal.withdraw("uuid:0", by="self", now=now)
    work_off()
    client.force_login(people["analyst"])
    page = client.get(reverse("version", args=[version.pk])).content.decode()
    assert "有 1 份答卷由本人撤回并已销毁" in page
    notes = dict(annex.technical(version.figures | {"withdrawn": version.withdrawn}))
    assert "冻结后有1份答卷由本人撤回" in notes["版本"]
    assert "撤回" not in dict(annex.technical(version.figures | {"withdrawn": 0}))["版本"]


def test_only_what_was_in_a_version_counts_as_left(source, frozen, now):
    version, _ = frozen
    send(source, "uuid:late", now)
    approve(source, now)
    snapshot.refresh(source)
    withdrawal.withdraw("uuid:late", by="self", now=now)
    work_off()
    assert Departure.objects.count() == 1
    assert version.withdrawn == 0


def test_a_withdrawn_instance_is_not_taken_again(source, frozen, now):
    _, ((xml, lost), _) = frozen
    withdrawal.withdraw("uuid:0", by="self", now=now)
    again = intake.receive(xml, collection=source.collection, channel="self_fill", now=now)
    assert (again.status, again.receipt.instance_id) == (202, "uuid:0")
    assert not Response.objects.filter(instance_id="uuid:0").exists()
    assert canaries.found(lost, [], "") == []


def test_contact_and_sealed_answers_go_with_it_and_nothing_else(source, now):
    for name in ("uuid:a", "uuid:b"):
        answers = {"/data/call_me": "1", "/data/phone": "13900000000", "/data/private/afraid": "1"}
        send(source, name, now, **answers)
    assert Contact.objects.count() == 0  # still on its way
    withdrawal.withdraw("uuid:a", by="self", now=now)
    assert Contact.objects.get().pseudonym == filing.pseudonym("uuid:b")
    assert SealedSection.objects.get().instance_id == "uuid:b"
    assert Tombstone.objects.get().instance_id == "uuid:a"


def test_withdrawing_twice_or_something_unknown_changes_nothing(source, frozen, now):
    assert withdrawal.withdraw("uuid:0", by="self", now=now)
    assert not withdrawal.withdraw("uuid:0", by="self", now=now)
    assert not withdrawal.withdraw("uuid:nobody", by="self", now=now)
    assert Tombstone.objects.count() == 1


def test_masked_answers_quotes_and_what_printed_them_go_too(source, people, now, settings):
    """Her words lie in no row in clear; after the job nothing is left of them."""
    said = ["村口的路灯坏了晚上看不清", "卫生室的药常常不够用"]  # nothing in them to mask
    for k, words in enumerate(said):
        send(source, f"uuid:{k}", now, **{"/data/say": words})
    approve(source, now)
    coders = people["analyst"], people["leader"]
    task = coding.open_task(
        source, source.version.definition.by_path("/data/say"), label="一句话", coders=coders,
        size=0, overlap=0, seed=1, by="t", now=now,
    )  # fmt: skip
    open_text.prepare(task, now=now)
    answers = {a.instance_id: a for a in task.answers.all()}
    kept = masked.read(list(answers.values()))
    assert sorted(kept.values()) == sorted(said)
    quote = Quote.objects.create(
        answer=answers["uuid:0"], code="c1", proposed_by=coders[0], proposed_on=now.date(),
        body=envelope.seal(b"a", aad="a", today=now.date(), key_id=answers["uuid:0"].key_id).body,
    )  # fmt: skip
    version = DataVersion.objects.create(
        campaign=source.campaign, number=1, figures_json=EXAMPLE.read_text("utf-8"),
        sha256="0" * 64, revision="t", frozen_at=now, frozen_by="t",
    )  # fmt: skip
    fields = {"data_version": version, "kind": "survey", "pdf": b"%PDF", "made_at": now}
    for number in (quote.pk, quote.pk + 1):
        said_there = {"quotes": [{"id": number, "words": "a"}]}
        Document.objects.create(facts=said_there, sha256="0" * 64, made_by="t", **fields)
    withdrawal.withdraw("uuid:0", by="self", now=now)
    assert masked.read([answers["uuid:0"]]) == {}  # her key is gone before the job runs
    work_off()
    assert [a.instance_id for a in task.answers.all()] == ["uuid:1"]
    assert not Quote.objects.exists()
    assert Coding.objects.count() == 2
    assert [d.facts["quotes"][0]["id"] for d in Document.objects.all()] == [quote.pk + 1]
    assert canaries.found(said[:1], [Path(settings.SNAPSHOT_DIR)], "") == []
    assert masked.read(list(task.answers.all())) == {answers["uuid:1"].pk: said[1]}


# -- keeping up --------------------------------------------------------------------------------


def test_new_approvals_are_appended_and_nothing_else_is_written(source, frozen, now):
    first = snapshot.refresh(source)
    assert snapshot.refresh(source).manifest == first.manifest
    send(source, "uuid:2", now)
    assert snapshot.refresh(source).manifest == first.manifest  # not approved yet
    approve(source, now)
    second = snapshot.refresh(source)
    assert second.manifest.parts[:-1] == first.manifest.parts
    assert second.manifest.rows == 3
    assert second.generation > first.generation


def test_many_small_parts_are_merged(source, now, monkeypatch):
    monkeypatch.setattr(snapshot, "SMALL_PARTS", 2)
    words = []
    for k in range(4):
        words += send(source, f"uuid:{k}", now)[1]
        approve(source, now)
        snapshot.refresh(source)
    _, kept = snapshot.load(source)
    assert len(snapshot.refresh(source).manifest.parts) == 2
    columns = kept.columns()
    assert columns.keys["instance_id"].tolist() == [f"uuid:{k}" for k in range(4)]
    assert [columns.texts["say"][k] for k in range(4)] == words[::4]
    assert columns.repeats["person"].texts["nick"].tolist() == words[2::4]
    assert columns.repeats["person"].keys["parent_row"].tolist() == [0, 1, 2, 3]


def test_a_lost_or_broken_manifest_is_built_anew(source, frozen, now):
    place = snapshot_files.folder(source.pk)
    (place / "manifest.json").write_text("{half")
    found, kept = snapshot.load(source)
    assert kept.n == found.manifest.rows == 2
    assert {p.name.split(".")[0] for p in place.glob("part-*")} == {
        part.name for part in found.manifest.parts
    }


def test_private_columns_are_in_no_open_file(source, frozen):
    _, sent = frozen
    open_ = "\n".join(_read(path.read_bytes()) for path in snapshot.refresh(source).files())
    said = [words for _, words in sent]
    assert all(say in open_ for say, *_ in said)
    assert not any(wish in open_ for _, wish, *_ in said)


def test_a_document_of_the_earlier_engine_is_judged_again(source, now):
    send(source, "uuid:old", now)
    row = Response.objects.get()
    keep = {k: v for k, v in row.answers.items() if v}
    aad = filing.sensitive_aad(row.instance_id)
    private = json.loads(envelope.open_(row.sensitive, key_id=row.key_id, aad=aad))
    raw = json.dumps({k: v for k, v in private.items() if v}).encode()
    body = envelope.seal(raw, aad=aad, today=row.filed_on, key_id=row.key_id).body
    Response.objects.update(engine="py/1", answers=keep, sensitive=body)
    assert "/data/call_me" not in keep
    approve(source, now)
    columns = snapshot.load(source)[1].columns()
    kinds = {name: int(kind[0]) for name, kind in columns.missing.items()}
    assert (kinds["call_me"], kinds["phone"], kinds["afraid"], kinds["say"]) == (6, 1, 5, 0)
