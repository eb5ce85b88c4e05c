"""A questionnaire with other needs, codes, groups and languages goes through unchanged code."""

import json
import re
import secrets
from datetime import date
from random import Random

import pytest
from django.test import Client
from django.utils import timezone

from analysis.core import needs, tabulate
from analysis.core.columns import Missing
from surveys import envelope, filing, sealing, services
from surveys.models import Collection, Contact, Response, SealedSection
from tests.other_workbook import GROUPS, NEEDS, other_workbook
from tests.respondents import NOW, Walk, answer, self_fill
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES)]


@pytest.fixture
def pasture(settings):
    settings.ROOT_URLCONF = "config.urls_respondent"
    now = timezone.now()
    done = services.import_workbook(other_workbook(), "pasture.xlsx", by="test", now=now)
    assert done.version, done.problems
    services.publish_version(done.version, by="test", now=now)
    keys = sealing.new_key_pair("一句很长的口令")
    collection = Collection.objects.create(
        version=done.version, code=secrets.token_urlsafe(16), channel="self_fill",
        area_code="990101000000", title="妇女群众需求调研", opens_on=date(2026, 1, 1),
        closes_on=date(2099, 12, 31), public_key=keys.public_pem, key_id=keys.key_id,
    )  # fmt: skip
    return collection, keys


FIXED = {f"q_{code}": "4" for code in NEEDS} | {"kind": "k_herder k_twohomes", "uneasy": "w1"}


def test_from_import_to_columns_and_plan(pasture):
    collection, keys = pasture
    definition = collection.version.definition
    women = [answer(definition, Random(seed), fixed=FIXED) for seed in (1, 2)]
    for answers in women:
        self_fill(collection, Walk(definition, answers))
    responses = list(Response.objects.order_by("id"))
    assert [r.flags for r in responses] == [[], []]

    found = needs.plan(definition)
    assert {d.code: d.label for d in found.domains} == {c: zh for c, (zh, _) in NEEDS.items()}
    assert all(d.urgency and d.hope and d.need.threshold == 3 for d in found.domains)
    assert {g.code: g.label for g in found.groups} == {c: zh for c, (zh, _) in GROUPS.items()}
    assert [f.axis for f in found.firsts] == ["first_urgent"]

    columns = tabulate.tabulate(definition, [filed(r) for r in responses], now=NOW)
    masks = needs.group_masks(found, columns)
    assert {code: mask.tolist() for code, mask in masks.items()} == {
        "herder": [1, 1], "returned": [0, 0], "twohomes": [1, 1],
    }  # fmt: skip
    table = needs.indicators(found, columns)
    assert table.codes == tuple(NEEDS)
    assert (table.need == 1).all()
    assert columns.missing["uneasy"].tolist() == [Missing.SEALED, Missing.SEALED]

    filing.deliver_outbox(timezone.now())
    assert Contact.objects.count() == 2
    attachment = SealedSection.objects.first()
    opened = sealing.open_section(
        keys.private_pem, "一句很长的口令", bytes(attachment.body),
        aad=f"{attachment.instance_id}|quiet",
    )  # fmt: skip
    told = {f"/data/quiet/{name}": women[0][f"/data/quiet/{name}"] for name in ("uneasy", "told")}
    assert json.loads(opened) == told
    assert told["/data/quiet/uneasy"] == "w1"


def filed(response):
    """A response as the analysis reads it, sensitive answers opened."""
    aad = filing.sensitive_aad(response.instance_id)
    raw = envelope.open_(response.sensitive, key_id=response.key_id, aad=aad)
    return tabulate.Filed(response.answers | json.loads(raw))


def test_the_entry_offers_both_languages_by_their_own_names(pasture):
    collection, _ = pasture
    html = Client().get(f"/q/{collection.code}/").content.decode()
    offered = re.findall(r'<a href="\?language=(\d)" lang="([^"]+)"[^>]*>([^<]+)</a>', html)
    assert offered == [("0", "zh-CN", "中文"), ("1", "en", "English")]
    assert re.search(r'lang="zh-CN"[^>]*aria-current', html)


def test_the_chosen_language_stays_to_the_end_and_after_resuming(pasture):
    collection, _ = pasture
    walk = Walk(collection.version.definition, answer(collection.version.definition, Random(3)))
    seen = self_fill(collection, walk, language="1")
    questions = [html for step, html in seen if step in walk.pages]
    assert all('<html lang="en" dir="ltr"' in html for html in questions)
    assert "Will you take part?" in questions[0]
    assert "您愿意参加吗" not in questions[0]
    assert all("继续</button>" in html for html in questions)
    (check,) = [html for step, html in seen if step == "check"]
    assert "What is lacking" in check

    client = Client()
    page = client.post(f"/q/{collection.code}/age/?language=1", {"adult": "yes"}, follow=True)
    handle = page.redirect_chain[-1][0].split("/")[2]
    kept = client.post(f"/a/{handle}/keep/").content.decode()
    code = re.search(r"\d{4} \d{4} \d{4}", kept)[0]
    again = Client().post("/resume/", {"code": code}, follow=True).content.decode()
    assert "Will you take part?" in again


def test_without_a_choice_the_default_language_is_asked(pasture):
    collection, _ = pasture
    page = Client().post(f"/q/{collection.code}/age/", {"adult": "yes"}, follow=True)
    html = page.content.decode()
    assert '<html lang="zh-CN"' in html
    assert "您愿意参加吗" in html


@pytest.mark.parametrize("language", ["9", "-1", "x", "²"])
def test_an_unknown_language_falls_back(pasture, language):
    collection, _ = pasture
    age = f"/q/{collection.code}/age/?language={language}"
    assert "您愿意参加吗" in Client().post(age, {"adult": "yes"}, follow=True).content.decode()


def test_one_language_offers_no_choice(collection, settings):
    settings.ROOT_URLCONF = "config.urls_respondent"
    html = Client().get(f"/q/{collection.code}/").content.decode()
    assert "language=" not in html
