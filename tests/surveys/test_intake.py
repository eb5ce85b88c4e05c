"""The one door for answers: exactly once, nothing lost, nothing in clear that must not be."""

import pytest

from surveys import audit, envelope, filing, intake, receipts, sealing
from surveys.core import instance
from surveys.models import AuditEvent, Contact, Envelope, Quarantine, Response, SealedSection
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]

ANSWERS = {
    "/data/agree": "1",
    "/data/age": "34",
    "/data/groups": "left poor",
    "/data/call_me": "1",
    "/data/phone": "13900001234",
}


def parcel(answers=None, instance_id="uuid:one", version="1"):
    return instance.write("five", version, "data", answers or ANSWERS, instance_id=instance_id)


def sealed(collection, payload=b'{"afraid": "1"}', instance_id="uuid:one"):
    body = sealing.seal_section(
        collection.public_key, collection.key_id, payload, aad=f"{instance_id}|private"
    )
    return {"sealed-private.json": body}


def receive(collection, now, xml=None, attachments=None):
    xml = xml or parcel()
    return intake.receive(xml, attachments, collection=collection, channel="self_fill", now=now)


def test_an_instance_is_acknowledged_filed_and_receipted(collection, now):
    outcome = receive(collection, now, attachments=sealed(collection))
    assert outcome.status == 201
    assert receipts.verify(outcome.receipt)
    response = Response.objects.get()
    assert response.answers == {"/data/agree": "1", "/data/age": "34", "/data/call_me": "1"}
    assert response.consents == {"survey": True, "contact": True}
    assert response.flags == []
    assert SealedSection.objects.get().section == "private"


def test_a_changed_receipt_does_not_verify(collection, now):
    receipt = receive(collection, now).receipt
    forged = type(receipt)(**{**receipt.as_json(), "payload_sha256": "0" * 64})
    assert not receipts.verify(forged)


def test_the_same_instance_again_is_the_same_receipt(collection, now):
    first, second = receive(collection, now), receive(collection, now)
    assert (first.status, second.status) == (201, 202)
    assert first.receipt == second.receipt
    assert Response.objects.count() == 1


def test_other_content_under_the_same_id_is_kept_apart(collection, now):
    receive(collection, now)
    outcome = receive(collection, now, parcel({**ANSWERS, "/data/age": "35"}))
    assert outcome.status == 409
    assert Quarantine.objects.get().reason == "content_differs"
    assert Response.objects.get().answers["/data/age"] == "34"


def test_an_unknown_version_is_held_not_refused(collection, now):
    outcome = receive(collection, now, parcel(version="99"))
    assert outcome.status == 202
    assert Quarantine.objects.get().reason == "version_unknown"


def test_a_closed_collection_holds_what_arrives_late(collection, now):
    outcome = receive(collection, now.replace(year=2027))
    assert outcome.status == 202
    assert Quarantine.objects.get().reason == "collection_closed"


@pytest.mark.parametrize(
    "xml",
    [b" ", b"hello", b"<!DOCTYPE a><a/>", b"<data", "<a/>".encode("utf-16"), b"<a>" * 100],
    ids=["empty", "text", "doctype", "cut", "utf-16", "unclosed"],
)
def test_malformed_bytes_are_refused_with_a_reason(collection, now, xml):
    outcome = receive(collection, now, xml)
    assert outcome.status == 400
    assert outcome.problem.code


def test_answers_that_break_the_rules_are_flagged_not_lost(collection, now):
    receive(collection, now, parcel({**ANSWERS, "/data/age": "7"}))
    response = Response.objects.get()
    assert response.flags == ["constraint_failed"]
    assert response.answers["/data/age"] == "7"


def test_the_contact_moves_to_the_vault_and_leaves_the_envelope(collection, now):
    receive(collection, now)
    assert filing.deliver_outbox(now) == 1
    contact, kept = Contact.objects.get(), Envelope.objects.get()
    assert contact.pseudonym == filing.pseudonym("uuid:one")
    xml = envelope.open_(kept.body, key_id=kept.key_id, aad="envelope|uuid:one")
    assert b"13900001234" not in xml
    aad = f"contact|{contact.record_id}"
    assert b"13900001234" in envelope.open_(contact.body, key_id=contact.key_id, aad=aad)


def test_without_consent_to_contact_no_contact_is_kept(collection, now):
    receive(collection, now, parcel({**ANSWERS, "/data/call_me": "0"}))
    assert filing.deliver_outbox(now) == 0
    kept = Envelope.objects.get()
    xml = envelope.open_(kept.body, key_id=kept.key_id, aad="envelope|uuid:one")
    assert b"13900001234" not in xml


def test_filing_interrupted_after_the_receipt_is_taken_up_again(collection, now, monkeypatch):
    def broken(*args):
        raise filing.CannotFile("interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(filing, "file", broken)
        assert receive(collection, now).status == 201
    assert not Response.objects.exists()
    assert intake.file_waiting(now=now) == 1
    assert Response.objects.count() == 1


def test_the_audit_chain_holds_and_shows_an_edit(collection, now):
    receive(collection, now)
    assert audit.first_break() is None
    AuditEvent.objects.filter(seq=2).update(actor="someone else")
    assert audit.first_break() == 2


def test_a_cut_off_tail_of_the_chain_shows_against_the_anchor(collection, now):
    receive(collection, now)
    last = AuditEvent.objects.last()
    AuditEvent.objects.filter(seq=last.seq).delete()
    assert audit.first_break((last.seq, last.hash)) == last.seq


def test_sealed_answers_open_only_with_the_passphrase():
    keys = sealing.new_key_pair("口令一")
    body = sealing.seal_section(keys.public_pem, keys.key_id, b"secret", aad="i|s")
    assert sealing.open_section(keys.private_pem, "口令一", body, aad="i|s") == b"secret"
    with pytest.raises(ValueError, match=r".+"):
        sealing.open_section(keys.private_pem, "口令二", body, aad="i|s")


def test_a_destroyed_key_makes_its_record_unreadable(collection, now):
    receive(collection, now)
    kept = Envelope.objects.get()
    envelope.destroy(kept.key_id, now.date())
    with pytest.raises(envelope.Unreadable):
        envelope.open_(kept.body, key_id=kept.key_id, aad="envelope|uuid:one")


def test_every_campaign_gets_a_key_of_its_own():
    made = sealing.new_key_pair.__wrapped__  # the surroundings of a test keep the first
    one, two = made("口令一"), made("口令一")
    assert one.key_id != two.key_id
    assert one.public_pem != two.public_pem
