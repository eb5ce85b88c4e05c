"""Frames, drawing, review and access of the middle floor."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.http import Http404

from fieldwork import access
from fieldwork.models import (
    Assignment,
    Campaign,
    Frame,
    Household,
    Membership,
    Review,
    Sample,
    SampledVillage,
    Unit,
)
from fieldwork.services import campaigns, drawing, frames, review
from surveys import intake, messages, services
from surveys.core import instance
from surveys.models import AuditEvent, Response
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


def test_a_frame_with_faults_names_every_row_and_stores_nothing(campaign, frame_csv, now):
    text = frame_csv.decode()
    text = text.replace("990101001203", "990101001202").replace("第5村,乡村", "第5村,农村", 1)
    text = text.replace("990101002207", "990102002207").replace(",99,", ",零,", 1)
    found, problems = frames.import_frame(campaign, text.encode(), "f.csv", by="r", now=now)
    assert found is None
    assert {(p.code, p.where.row) for p in problems} >= {
        ("village_twice", 4), ("urban_invalid", 6), ("area_outside", 28),
    }  # fmt: skip
    assert any(p.code == "count_invalid" for p in problems)
    assert not Frame.objects.exists()


def test_a_missing_column_is_named(campaign, now):
    _, problems = frames.import_frame(campaign, b"a,b\n1,2\n", "f.csv", by="r", now=now)
    assert problems[0].code == "columns_missing"
    assert "区划代码" in problems[0].params["names"]


AGED = "区划代码,名称,城乡,户数,妇女数,18-34岁妇女,35-59岁妇女,60岁及以上妇女\n"


def test_women_by_age_are_read_when_all_three_columns_stand(campaign, now):
    row = "990101001201,一村,乡村,80,90,20,40,30\n"
    found, problems = frames.import_frame(campaign, (AGED + row).encode(), "f.csv", by="r", now=now)
    assert problems == []
    assert found.villages.get().women_by_age == {"18-34": 20, "35-59": 40, "60+": 30}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("990101001201,一村,乡村,80,90,20,40,31", "ages_differ"),
        ("990101001201,一村,乡村,80,90,20,,30", "count_not_whole"),
        ("990101001201,,乡村,80,90,20,40,30", "village_name_missing"),
        ("990101001201,一村,乡村,99999999999,90,20,40,30", "count_invalid"),
        ("990101001201,一村,乡村", "count_invalid"),
    ],
)
def test_faults_of_a_row_are_sentences(campaign, now, row, code):
    found, problems = frames.import_frame(campaign, (AGED + row).encode(), "f.csv", by="r", now=now)
    assert found is None
    assert code in {p.code for p in problems}
    assert {p.where.row for p in problems} == {2}
    assert not any("不能处理" in messages.sentence(p) for p in problems)


def test_two_of_three_age_columns_are_refused(campaign, now):
    data = "区划代码,名称,城乡,户数,妇女数,18-34岁妇女,35-59岁妇女\n990101001201,一村,乡村,8,9,4,5"
    _, problems = frames.import_frame(campaign, data.encode(), "f.csv", by="r", now=now)
    assert problems[0].params["names"] == "60岁及以上妇女"


def test_the_template_is_accepted_as_it_is(campaign, now):
    found, problems = frames.import_frame(campaign, frames.template(), "t.xlsx", by="r", now=now)
    assert problems == []
    assert found.villages.get().women_by_age["60+"] == 124


def test_a_plan_that_does_not_fit_is_refused_in_words(frame):
    with pytest.raises(drawing.DrawRefused, match="总数至少要 20"):
        drawing.allocation(frame, drawing.Plan(villages=19, per_township=10))
    with pytest.raises(drawing.DrawRefused, match="只有 20 个村"):
        drawing.allocation(frame, drawing.Plan(villages=60, per_township=10))


def test_drawing_again_discards_an_untouched_sample_only(frame, sample, now):
    plan = drawing.Plan(villages=4, per_township=2, households=2)
    second = drawing.replace_sample(frame, plan, seed=12, by="r", now=now)
    assert Sample.objects.get() == second
    assert Assignment.objects.count() == 8
    assert AuditEvent.objects.filter(action="discard_sample").count() == 1
    Assignment.objects.filter(pk=Assignment.objects.first().pk).update(disposition="no_contact")
    with pytest.raises(drawing.DrawRefused, match="已经开始走访"):
        drawing.replace_sample(frame, plan, seed=13, by="r", now=now)


@pytest.fixture
def next_frame(campaign, sample, frame_csv, now):
    """A year on: a drawn village is gone, another is bigger, one is new."""
    gone, bigger = [v.village.code for v in sample.villages.order_by("village__code")[:2]]
    lines = [line for line in frame_csv.decode().splitlines() if not line.startswith(gone)]
    lines = [f"{bigger},改大村,乡村,300,320" if x.startswith(bigger) else x for x in lines]
    later = Campaign.objects.create(
        title="下一年", unit=campaign.unit, area_code=campaign.area_code, round="2",
        opens_on=campaign.opens_on + timedelta(365), closes_on=campaign.closes_on + timedelta(365),
    )  # fmt: skip
    data = "\n".join([*lines, "990101002299,新村,乡村,70,80"]).encode()
    return frames.import_frame(later, data, "f.csv", by="r", now=now)[0]


KEEP = drawing.Plan(villages=1, households=5, keep=True)


def test_kept_villages_carry_their_probability_and_get_new_households(sample, next_frame, now):
    """Township 1 loses one of its two: refused. With three of them left the rest is kept."""
    with pytest.raises(drawing.DrawRefused, match=r"990101001000 .*不能沿用"):
        drawing.draw_sample(next_frame, KEEP, seed=3, by="r", now=now)
    plan = drawing.Plan(villages=6, per_township=3, households=3)
    last = drawing.replace_sample(sample.frame, plan, seed=11, by="r", now=now)
    codes = [v.village.code for v in last.villages.order_by("village__code")]
    here = next_frame.villages.filter(code__in=codes).values_list("code", flat=True)
    one, two = (
        drawing.draw_sample(next_frame, KEEP, seed=3, by="r", now=now) for _ in range(2)
    )  # fmt: skip
    chances = dict(last.villages.values_list("village__code", "probability"))
    now_drawn = dict(one.villages.values_list("village__code", "probability"))
    assert now_drawn == {code: chances[code] for code in here} | {"990101002299": 1.0}
    listed = dict(one.villages.values_list("village__code", "households_listed"))
    assert listed == dict(
        next_frame.villages.filter(code__in=listed).values_list("code", "households")
    )
    numbers = [
        list(
            Household.objects.filter(village__sample=s)
            .order_by("village__village__code", "number").values_list("number", "probability")
        ) for s in (one, two)
    ]  # fmt: skip
    assert numbers[0] == numbers[1]
    assert {p for n, p in numbers[0]} >= {5 / 70}
    assert one.plan["keep"]


def test_nothing_can_be_kept_without_an_earlier_round(frame):
    with pytest.raises(drawing.DrawRefused, match="没有上一轮村居"):
        drawing.allocation(frame, KEEP)


def test_a_second_sealing_key_is_refused(campaign, now):
    campaigns.give_key(campaign, "口令很长很长很长很长", by="r", now=now)
    with pytest.raises(ValueError, match="已经有"):
        campaigns.give_key(campaign, "另一个很长很长的口令", by="r", now=now)


def test_the_sample_keeps_its_probabilities_and_can_be_drawn_again(frame, now):
    plan = drawing.Plan(villages=20, per_township=10, households=5)
    one = drawing.draw_sample(frame, plan, seed=11, by="r", now=now)
    two = drawing.draw_sample(frame, plan, seed=11, by="r", now=now)
    codes = [[v.village.code for v in s.villages.order_by("village__code")] for s in (one, two)]
    assert codes[0] == codes[1]
    assert SampledVillage.objects.filter(sample=one).count() == 20
    assert Household.objects.filter(village__sample=one).count() == 100
    assert Assignment.objects.count() == 200
    for village in one.villages.select_related("village"):
        expected = 10 * village.households_listed / sum(81 + i for i in range(20))
        assert village.probability == pytest.approx(expected)


@pytest.fixture
def source(campaign, five_questions, now):
    version = services.import_workbook(five_questions, "f.xlsx", by="r", now=now).version
    services.publish_version(version, by="r", now=now)
    campaigns.give_key(campaign, "口令很长很长", by="r", now=now)
    return campaigns.open_source(campaign, version, "probability", by="r", now=now)


def send(source, now, number, age="34"):
    answers = {"/data/agree": "1", "/data/age": age}
    xml = instance.write("five", "1", "data", answers, instance_id=f"uuid:{number}")
    return intake.receive(xml, collection=source.collection, channel="interview", now=now)


def test_filed_responses_are_pulled_once_and_clean_ones_approved(source, now):
    for number in range(3):
        assert send(source, now, number).status == 201
    send(source, now, 9, age="7")
    assert review.pull(source) == 4
    assert review.pull(source) == 0
    assert review.approve_clean(source, by="s", now=now) == 3
    assert Review.objects.get(state="pending").flags == ["constraint_failed"]


def test_returning_needs_a_reason_and_a_decision_is_final(source, now):
    send(source, now, 1)
    review.pull(source)
    row = Review.objects.get()
    with pytest.raises(review.MoveRefused, match="理由"):
        review.decide(row, "returned", by="s", now=now)
    review.decide(row, "void", by="s", now=now, reason="编造")
    with pytest.raises(review.MoveRefused, match="已经审核"):
        review.decide(row, "approved", by="s", now=now)
    assert AuditEvent.objects.last().action == "review_void"
    assert Response.objects.count() == 1


def test_a_source_needs_a_key_and_a_published_version(campaign, five_questions, now):
    version = services.import_workbook(five_questions, "f.xlsx", by="r", now=now).version
    with pytest.raises(ValueError, match="已发布"):
        campaigns.open_source(campaign, version, "probability", by="r", now=now)
    services.publish_version(version, by="r", now=now)
    with pytest.raises(ValueError, match="密钥"):
        campaigns.open_source(campaign, version, "probability", by="r", now=now)


def test_a_supervisor_sees_her_county_and_no_sibling(campaign, person, county):
    sibling = Unit.objects.create(name="邻县妇联", area_code="990102000000")
    own, other = person("甲", "supervisor", county), person("乙", "supervisor", sibling)
    assert access.campaign_for(own, campaign.pk) == campaign
    with pytest.raises(Http404):
        access.campaign_for(other, campaign.pk)


def test_a_township_does_not_see_the_county_above(campaign, person):
    township = Unit.objects.create(name="一乡妇联", area_code="990101001000")
    with pytest.raises(Http404):
        access.campaign_for(person("丙", "supervisor", township), campaign.pk)


def test_rights_end_with_the_membership_and_with_the_unit(campaign, person, county):
    former = person("丁", "supervisor", county, until=date(2026, 6, 1))
    assert not access.campaigns_for(former).exists()
    current = person("戊", "supervisor", county)
    assert access.campaigns_for(current).exists()
    county.closed_on = date(2026, 11, 1)
    county.save()
    assert not access.campaigns_for(current).exists()


def test_a_superuser_is_nobody_here(campaign):
    root = User.objects.create_superuser("root", password="x")
    assert not access.campaigns_for(root).exists()
    assert not access.AreaBackend().has_perm(root, "fieldwork.review", campaign)


def test_has_perm_asks_role_and_area(campaign, person, county):
    analyst = person("己", "analyst", county)
    assert analyst.has_perm("fieldwork.draw", campaign)
    assert not analyst.has_perm("fieldwork.review", campaign)
    assert Membership.objects.count() == 1
