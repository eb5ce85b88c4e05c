"""What has outstayed its time goes, what says no data class is kept as the most private."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from surveys import drafts, envelope, filing, intake, services
from surveys.core import instance
from surveys.models import Contact, Draft, RecordKey, Response, RetentionRule
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, THREE_STORES, workbook

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


def test_every_kind_of_data_has_its_rule_waiting_for_a_lawyer():
    rules = RetentionRule.objects.all()
    assert {rule.kind for rule in rules} == set(RetentionRule.Kind.values)
    assert all(rule.article and rule.checked_on is None for rule in rules)
    assert all("待法务核对" in rule.note for rule in rules)


def test_a_shorter_stay_written_in_the_table_holds_for_what_comes_next(collection, now):
    RetentionRule.objects.filter(kind="draft").update(days=3)
    RetentionRule.objects.filter(kind="contact").update(days=30)
    opened, _ = drafts.start(collection, now.date())
    assert opened.row.expires_on == now.date() + timedelta(days=3)
    answers = {"/data/agree": "1", "/data/age": "34", "/data/call_me": "1", "/data/phone": "139"}
    xml = instance.write("five", "1", "data", answers, instance_id="uuid:one")
    intake.receive(xml, collection=collection, channel="self_fill", now=now)
    filing.deliver_outbox(now)
    assert Contact.objects.get().delete_after == now.date() + timedelta(days=30)


def test_the_worker_destroys_expired_drafts_with_their_keys_and_no_others(collection):
    today = timezone.localdate()
    old, _ = drafts.start(collection, today - timedelta(days=15))
    young, _ = drafts.start(collection, today)
    call_command("run_worker", "--once")
    assert Draft.objects.get().pk == young.row.pk
    assert not bytes(RecordKey.objects.get(key_id=old.row.key_id).wrapped)


def test_the_worker_destroys_contacts_past_their_day_with_their_keys(collection, now):
    answers = {"/data/agree": "1", "/data/age": "34", "/data/call_me": "1", "/data/phone": "139"}
    for name in ("old", "young"):
        xml = instance.write("five", "1", "data", answers, instance_id=f"uuid:{name}")
        intake.receive(xml, collection=collection, channel="self_fill", now=now)
    filing.deliver_outbox(now)
    old, young = Contact.objects.order_by("id")
    today = timezone.localdate()
    Contact.objects.filter(pk=old.pk).update(delete_after=today - timedelta(days=1))
    Contact.objects.filter(pk=young.pk).update(delete_after=today + timedelta(days=1))
    call_command("run_worker", "--once")
    assert list(Contact.objects.values_list("pk", flat=True)) == [young.pk]
    assert not bytes(RecordKey.objects.get(key_id=old.key_id).wrapped)
    assert Response.objects.count() == 2


def test_a_field_without_a_data_class_is_filed_as_sensitive(collection, now):
    bare = FIVE_QUESTIONS.replace("| . >= 18 and . <= 110 | yes | L3 |",
                                  "| . >= 18 and . <= 110 | yes | |")  # fmt: skip
    assert bare != FIVE_QUESTIONS
    data = workbook(bare, CHOICES, SETTINGS.replace("| five | 1 |", "| five | 2 |"))
    version = services.import_workbook(data, "five.xlsx", by="test", now=now).version
    services.publish_version(version, by="test", now=now)
    xml = instance.write(
        "five", "2", "data", {"/data/agree": "1", "/data/age": "34"}, instance_id="uuid:bare"
    )
    intake.receive(xml, collection=collection, channel="self_fill", now=now)
    response = Response.objects.get()
    assert {p: v for p, v in response.answers.items() if v} == {"/data/agree": "1"}
    aad = filing.sensitive_aad("uuid:bare")
    kept = envelope.open_(response.sensitive, key_id=response.key_id, aad=aad)
    assert {p: v for p, v in json.loads(kept).items() if v} == {"/data/age": "34"}
