"""Her private words stand nowhere in clear: not while she fills, not after, whoever sent them.

Each canary is a word of its own that the real forms accept; that it did arrive is shown by opening
what should hold it. Answers of the sealed section open only with the custodian's passphrase.
"""

import json
import logging
import secrets
import tempfile
from datetime import date
from random import Random

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from surveys import envelope, filing, intake, packing, sealing, services
from surveys.models import Collection, Contact, RecordKey, Response, SealedSection
from tests import canaries
from tests.respondents import Walk, answer, self_fill
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, THREE_STORES, workbook

pytestmark = [
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
    pytest.mark.db,
]
PASSPHRASE = "一句很长的口令"
PHONE = "13907654321"
# what leads to the questions for a name and a number
WISH = {"i1": "call"}


def word() -> str:
    return f"金丝雀{secrets.token_hex(5)}"


@pytest.fixture
def search(tmp_path, monkeypatch, caplog):
    """``search(words)``: every place where one stands in clear, as of now."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    for alias in THREE_STORES:  # statements and their values go to the log as well
        monkeypatch.setattr(connections[alias], "force_debug_cursor", True)
    folders = [tmp_path]  # the data folder is inside
    return lambda words: canaries.found(words, folders, caplog.text)


def opened(data: bytes, name: str) -> tuple[Collection, sealing.KeyPair]:
    """A workbook, published and opened for self-fill."""
    now = timezone.now()
    done = services.import_workbook(data, name, by="test", now=now)
    assert done.version, done.problems
    services.publish_version(done.version, by="test", now=now)
    keys = sealing.new_key_pair(PASSPHRASE)
    collection = Collection.objects.create(
        version=done.version, code=secrets.token_urlsafe(16), channel="self_fill",
        area_code="990101000000", title="妇女群众需求调研", opens_on=date(2026, 1, 1),
        closes_on=date(2099, 12, 31), public_key=keys.public_pem, key_id=keys.key_id,
    )  # fmt: skip
    return collection, keys


def shipped(name: str) -> tuple[Collection, sealing.KeyPair]:
    data = (settings.BASE_DIR / "surveys" / "bank" / f"{name}.xlsx").read_bytes()
    return opened(data, f"{name}.xlsx")


def arrived() -> str:
    """All that the stores hold of the one response, opened with every key of the server."""
    response, contact = Response.objects.get(), Contact.objects.get()
    parts = [
        (response.sensitive, response.key_id, filing.sensitive_aad(response.instance_id)),
        (contact.body, contact.key_id, f"contact|{contact.record_id}"),
    ]
    texts = [envelope.open_(b, key_id=k, aad=aad).decode() for b, k, aad in parts if b]
    return "\n".join(texts)


def unsealed(keys: sealing.KeyPair) -> str:
    row = SealedSection.objects.get()
    aad = f"{row.instance_id}|{row.section}"
    return sealing.open_section(keys.private_pem, PASSPHRASE, bytes(row.body), aad=aad).decode()


def found_at_check(collection, walk, search, words) -> list[str]:
    """She fills everything; what stands in clear while her draft is open and holds all of it."""
    found = {}
    self_fill(
        collection, walk,
        watch=lambda step: found.update({step: search(words)}) if step == "check" else None,
    )  # fmt: skip
    return found["check"]


def test_a_full_interview_leaves_nothing_in_clear(search):
    collection, keys = shipped("individual")
    definition, now = collection.version.definition, timezone.now()
    private = [q for q in definition.questions() if q.properties.get("class") == "L4"]
    fixed = {"i2_phone": PHONE, "i2_name": word(), "h6": word()}
    fixed |= {"g4": "1", "g4_topic": word(), "h4b_say": word()}
    given = answer(definition, Random(7), fixed=fixed | WISH)
    # what the server cannot read it cannot judge: in the sealed part every answer is a canary
    sealed = [q.path for q in private if q.path.startswith("/data/private/")]
    given |= {path: word() for path in sealed}
    xml, parts = packing.pack(
        definition, given, instance_id="uuid:canary",
        public_key=collection.public_key, key_id=collection.key_id,
    )  # fmt: skip
    intake.receive(xml, parts, collection=collection, channel="interview", now=now)
    filing.deliver_outbox(now)
    assert len(sealed) > 5
    assert all(given[path] in unsealed(keys) for path in sealed)
    words = [v for k, v in fixed.items() if k != "g4"]
    assert [w for w in words if w not in arrived()] == []
    assert search([*words, *(given[path] for path in sealed)]) == []


def test_a_full_self_fill_leaves_nothing_in_clear_at_any_page(search, settings):
    settings.ROOT_URLCONF = "config.urls_respondent"
    collection, _ = shipped("online")
    fixed = {"i2_phone": PHONE, "i2_name": word(), "h6": word(), "h4b_say": word()}
    definition = collection.version.definition
    walk = Walk(definition, answer(definition, Random(7), fixed=fixed | WISH))
    assert found_at_check(collection, walk, search, fixed.values()) == []
    filing.deliver_outbox(timezone.now())
    assert [w for w in fixed.values() if w not in arrived()] == []
    assert search(fixed.values()) == []


def test_what_is_typed_into_a_sealed_part_leaves_nothing_in_clear(search, settings):
    settings.ROOT_URLCONF = "config.urls_respondent"
    survey = FIVE_QUESTIONS.replace("| select_one yesno | afraid |", "| text | afraid |")
    collection, keys = opened(workbook(survey, CHOICES, SETTINGS), "five.xlsx")
    fixed = {"afraid": word(), "age": "34", "groups": "left", "call_me": "1", "phone": PHONE}
    definition = collection.version.definition
    walk = Walk(definition, answer(definition, Random(7), fixed=fixed))
    words = [fixed["afraid"], PHONE]
    assert found_at_check(collection, walk, search, words) == []
    filing.deliver_outbox(timezone.now())
    assert json.loads(unsealed(keys)) == {"/data/private/afraid": fixed["afraid"]}
    assert PHONE in arrived()
    assert fixed["afraid"] not in arrived()
    assert search(words) == []


def test_bytes_held_for_a_person_are_not_in_clear(collection, search, now):
    xml, _ = packing.pack(
        collection.version.definition, {"/data/phone": PHONE}, instance_id="uuid:late",
        public_key=collection.public_key, key_id=collection.key_id,
    )  # fmt: skip
    late = now.replace(year=2027)
    outcome = intake.receive(xml, collection=collection, channel="self_fill", now=late)
    assert outcome.status == 202
    assert search([PHONE]) == []


def test_the_search_finds_a_word_in_every_place_it_looks(search, tmp_path):
    lost = word()
    (tmp_path / "draft.tmp").write_text(lost)
    logging.getLogger("surveys").debug("answer %s", lost)
    RecordKey.objects.create(
        key_id="text", wrapped=lost.encode(), wrap_key=lost[:16], created_on=date(2026, 1, 1)
    )
    places = {hit.rpartition("/")[2].rpartition(" ")[2] for hit in search([lost])}
    assert {"log", "draft.tmp"} < places
    assert any("keys" in place for place in places)
