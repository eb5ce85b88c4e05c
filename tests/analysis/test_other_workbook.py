"""A questionnaire nobody prepared the program for goes the whole way: sample, interviews, priority,
three documents, action. Seven needs, other codes and groups, two languages."""

import io
import random
import subprocess
from datetime import date, timedelta

import pikepdf
import pytest
from django.contrib.auth.models import User

from analysis.core import figures as tables
from analysis.models import Document
from analysis.services import actions, documents, freezing, issues, work
from fieldwork.models import Assignment, Campaign, Review, Unit
from fieldwork.services import campaigns, drawing, frames, review
from surveys import filing, intake, packing, services
from surveys.core import simulate
from surveys.models import Contact, SealedSection
from tests.other_workbook import GROUPS, NEEDS, other_workbook
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
COUNTY = "990103000000"
# what no figure, table or document may ever hold, whatever way it took
PRIVATE = {"number": "13911112222", "told": "金丝雀不飞"}
LACKING = dict(zip(NEEDS, (0.8, 0.7, 0.35, 0.3, 0.25, 0.2, 0.15), strict=True))


def frame_csv() -> bytes:
    lines = ["区划代码,名称,城乡,户数,妇女数"]
    for township in (1, 2, 3):
        for village in range(1, 13):
            code = f"990103{township:03}{200 + village:03}"
            lines.append(f"{code},牧村{township}-{village},乡村,{60 + village},{70 + village}")
    return "\n".join(lines).encode()


def plan(rng):
    """Her answers to the need questions, more often yes where more is lacking."""

    def answer(question):
        axis, domain = question.properties.get("axis"), question.properties.get("domain")
        if question.name in PRIVATE:
            return PRIVATE[question.name]
        if axis == "need":
            return rng.choice("34") if rng.random() < LACKING[domain] else rng.choice("12")
        return "y" if question.properties.get("consent") == "survey" else None

    return answer


@pytest.fixture
def campaign(now):
    unit = Unit.objects.create(name="牧云县妇联", area_code=COUNTY)
    made = Campaign.objects.create(
        title="牧云县2026年妇女需求调查", unit=unit, area_code=COUNTY, round="2026",
        opens_on=date(2026, 11, 1), closes_on=date(2026, 12, 31),
    )  # fmt: skip
    done = services.import_workbook(other_workbook(), "other.xlsx", by="r", now=now)
    assert done.version, done.problems
    services.publish_version(done.version, by="r", now=now)
    campaigns.give_key(made, "一句很长的口令", by="r", now=now)
    campaigns.open_source(made, done.version, "probability", by="r", now=now)
    frame, problems = frames.import_frame(made, frame_csv(), "f.csv", by="r", now=now)
    assert problems == []
    drawing.draw_sample(
        frame, drawing.Plan(villages=24, per_township=8, households=7), seed=5, by="r", now=now
    )
    return made


def interview_everybody(campaign, now):
    source = campaign.questionnaires.get(source="probability")
    definition, rng = source.version.definition, random.Random(7)
    rows = Assignment.objects.order_by("household__village__village__code", "household__number")
    for number, row in enumerate(rows.select_related("household")):
        row.household.eligible_women = 1
        row.household.save(update_fields=["eligible_women"])
        answers = simulate.answer(definition, rng, now=now, plan=plan(rng))
        xml, sealed = packing.pack(
            definition, answers, instance_id=f"uuid:other-{number}",
            public_key=source.collection.public_key, key_id=source.collection.key_id,
        )  # fmt: skip
        outcome = intake.receive(
            xml, sealed, collection=source.collection, channel="interview", now=now,
            context=row.code,
        )  # fmt: skip
        assert outcome.status == 201
    filing.deliver_outbox(now)
    review.pull(source)
    review.approve_clean(source, by="s", now=now)


def text_of(document) -> str:
    data = bytes(document.pdf)
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    return "".join(done.stdout.decode().split())


def inside(document) -> list[str]:
    """The tables a document carries."""
    with pikepdf.open(io.BytesIO(bytes(document.pdf))) as pdf:
        return [kept.get_file().read_bytes().decode() for kept in pdf.attachments.values()]


def test_a_township_with_one_village_answered_is_refused_in_words(campaign, now):
    """The first township's first village has seven households; no other village of it is left."""
    interview_everybody(campaign, now)
    rest = [f"uuid:other-{number}" for number in range(7, 56)]
    Review.objects.filter(instance_id__in=rest).update(state="pending")
    with pytest.raises(freezing.CannotFreeze, match=r"990103001000只有一个村.*再有一个村的答卷"):
        freezing.freeze(campaign, by="r", now=now)
    params = {"campaign": campaign.pk, "number": 1, "by": "r"}
    assert "只有一个村" in work._freeze(params, lambda done, words: None)["refused"]


def test_other_needs_reach_priority_documents_and_action(campaign, now):
    interview_everybody(campaign, now)
    version = freezing.freeze(campaign, by="r", now=now)
    figures = version.figures
    assert {d["code"] for d in figures["domains"]} == set(NEEDS)
    assert figures["ranking"]["family"].startswith("7个领域")
    assert {g["code"] for g in figures["groups"]} == set(GROUPS)
    needs = {d["code"]: d["need"]["value"] for d in figures["domains"]}
    assert max(needs, key=needs.get) in ("water", "road")

    leader = User.objects.create_user("leader")
    owner = User.objects.create_user("owner")
    bureau = Unit.objects.create(name="县水利局", kind="department", area_code=COUNTY)
    found = issues.propose(version, by="r", now=now)
    issue = found[0]
    issues.decide(
        issue, party="年度民生实事", ours="together", ours_note="摸排需求", result="major",
        reason="位列前茅", by=leader, at=now,
    )  # fmt: skip
    action = actions.open_action(
        issue, title="打机井三眼", kind="serve", target="三个牧村通水", owner_unit=bureau,
        owner=owner, deadline=now.date() + timedelta(days=60), by=leader, now=now,
    )  # fmt: skip
    actions.accept(action, by=owner, now=now)

    made = {kind: documents.make(version, kind, by="r", now=now) for kind in Document.Kind.values}
    assert len(pikepdf.open(io.BytesIO(bytes(made["brief"].pdf))).pages) == 1
    survey = text_of(made["survey"])
    for label, _ in NEEDS.values():
        assert label in survey
    assert "打机井三眼" in text_of(made["progress"])
    assert "十二" not in survey
    assert "就业增收" not in survey
    assert Contact.objects.exists()
    assert SealedSection.objects.exists()
    published = [version.figures_json, *tables.tables_csv(figures).values()]
    for document in made.values():
        published += [text_of(document), *inside(document)]
    assert len(published) > 20
    assert not [word for word in PRIVATE.values() for text in published if word in text]
