"""Pages of the fieldwork floor: who may open what, and what each page does."""

import re
from datetime import date, timedelta

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fieldwork import burden
from fieldwork.models import Assignment, Campaign, Household, Review, Unit
from fieldwork.services import campaigns, frames, review
from surveys import drafts, intake, services
from surveys.core import instance
from surveys.core.lint import minutes
from surveys.models import AuditEvent
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


def button(html, words):
    return re.search(rf"<button[^>]*>{words}</button>", html)


def as_(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def volunteer(campaign, source, visit_version, now):
    return campaigns.open_source(campaign, visit_version, "volunteer", by="r", now=now)


@pytest.fixture
def stage(campaign, source, volunteer, sample, cast, now):
    """Everything a URL may need: two sources, a sample, an assignment, a review."""
    row = Assignment.objects.first()
    row.interviewer = cast["interviewer"]
    row.save()
    form = row.household.village.form
    form.interviewer = cast["interviewer"]
    form.save()
    send(source, now, 1)
    review.pull(source)
    return {"campaign": campaign, "source": source, "volunteer": volunteer, "assignment": row,
            "form": form, "village": row.household.village_id,
            "review": Review.objects.get()}  # fmt: skip


def send(source, now, number, context="", present="alone"):
    answers = {"/data/visit/present": present, "/data/visit/women": "2", "/data/visit/order": "1",
               "/data/talk/agree": "1", "/data/talk/age": "34", "/data/wish": "机密的一句话",
               **{f"/data/n{i}": "2" if i % 2 else "dk" for i in range(1, 9)}}  # fmt: skip
    xml = instance.write("visit", "1", "data", answers, instance_id=f"uuid:{number}")
    return intake.receive(
        xml, collection=source.collection, channel="interview", now=now, context=context
    )


CAMPAIGN, SOURCE, SELF_FILL, VISIT = "campaign", "source", "volunteer", "assignment"
# address, method, who gets in (and which status she sees)
MATRIX = [
    ("/fieldwork/", "get", "supervisor", 200),
    ("/fieldwork/new/", "get", "designer", 200),
    ("/fieldwork/frame-template/", "get", "analyst", 200),
    ("/fieldwork/{campaign}/", "get", "supervisor", 200),
    ("/fieldwork/{campaign}/sources/", "get", "designer", 200),
    ("/fieldwork/{campaign}/key/", "get", "custodian", 200),
    ("/fieldwork/{campaign}/frame/", "get", "analyst", 200),
    ("/fieldwork/{campaign}/draw/", "get", "analyst", 200),
    ("/fieldwork/{campaign}/assign/", "get", "supervisor", 200),
    ("/fieldwork/{campaign}/assign/{village}/", "get", "supervisor", 200),
    ("/fieldwork/{campaign}/posters/", "get", "supervisor", 200),
    ("/fieldwork/{campaign}/progress/", "get", "supervisor", 200),
    ("/fieldwork/{campaign}/reviews/", "get", "supervisor", 200),
    ("/fieldwork/sources/{volunteer}/poster/", "get", "supervisor", 200),
    ("/fieldwork/sources/{volunteer}/code.svg", "get", "supervisor", 200),
    ("/fieldwork/sources/{source}/queue/", "get", "supervisor", 200),
    ("/fieldwork/sources/{source}/pull/", "post", "supervisor", 302),
    ("/fieldwork/sources/{source}/approve/", "get", "supervisor", 200),
    ("/fieldwork/reviews/{review}/", "get", "supervisor", 200),
    ("/fieldwork/reviews/{review}/decide/", "post", "supervisor", 422),
    ("/fieldwork/visits/", "get", "interviewer", 200),
    ("/fieldwork/villages/{form}/begin/", "post", "interviewer", 302),
    ("/fieldwork/villages/{form}/ask/next/", "get", "interviewer", 302),
    ("/fieldwork/visits/{assignment}/", "get", "interviewer", 200),
    ("/fieldwork/visits/{assignment}/attempt/", "post", "interviewer", 302),
    ("/fieldwork/visits/{assignment}/select/", "post", "interviewer", 422),
    ("/fieldwork/visits/{assignment}/begin/", "post", "interviewer", 302),
    ("/fieldwork/visits/{assignment}/sealed/", "get", "interviewer", 200),
    ("/fieldwork/visits/{assignment}/done/", "get", "interviewer", 302),
    ("/fieldwork/visits/{assignment}/ask/next/", "get", "interviewer", 302),
]


def addressed(stage):
    """What stands for each name in an address."""
    codes = {name: stage[name].code for name in (VISIT, "form")}
    return {name: getattr(row, "pk", row) for name, row in stage.items()} | codes


def test_the_matrix_names_every_url():
    from fieldwork.urls import urlpatterns

    assert len(MATRIX) == len(urlpatterns)


def test_every_url_asks_for_login_role_and_area(stage, cast):
    names = addressed(stage)
    anonymous = Client()
    for address, method, role, status in MATRIX:
        url = address.format(**names)
        first = getattr(anonymous, method)(url)
        assert first.status_code == 302, url
        assert first.headers["Location"].startswith("/login/"), url
        for outsider in ("nobody", "sibling"):
            if outsider == "sibling" and "{" not in address and "/vi" not in address:
                continue  # a supervisor may list and create in her own county
            seen = getattr(as_(cast[outsider]), method)(url)
            assert seen.status_code == 404, (url, outsider)
        assert getattr(as_(cast[role]), method)(url).status_code == status, url


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("/fieldwork/{campaign}/key/", "analyst"),
        ("/fieldwork/{campaign}/assign/", "designer"),
        ("/fieldwork/{campaign}/reviews/", "analyst"),
        ("/fieldwork/reviews/{review}/", "analyst"),
        ("/fieldwork/visits/{assignment}/", "colleague"),
        ("/fieldwork/{campaign}/", "interviewer"),
    ],
)
def test_the_wrong_role_in_the_right_county_finds_nothing(stage, cast, address, role):
    names = addressed(stage)
    assert as_(cast[role]).get(address.format(**names)).status_code == 404


def test_a_reader_cannot_change_what_she_may_look_at(stage, cast):
    client, pk = as_(cast["custodian"]), stage["campaign"].pk
    assert client.get(f"/fieldwork/{pk}/draw/").status_code == 200
    for part in ("draw", "frame", "sources"):
        assert client.post(f"/fieldwork/{pk}/{part}/", {}).status_code == 404


def test_the_links_stand_where_the_role_needs_them(cast):
    home = as_(cast["supervisor"]).get("/fieldwork/").content.decode()
    assert ">现场</a>" in home
    assert ">走访</a>" not in home


def test_a_task_links_only_for_who_may_open_it(campaign, cast):
    pages = {
        who: as_(cast[who]).get(f"/fieldwork/{campaign.pk}/") for who in ("analyst", "supervisor")
    }
    for step, least in (("progress", {"analyst", "supervisor"}), ("reviews", {"supervisor"})):
        link = f'href="/fieldwork/{campaign.pk}/{step}/"'
        assert {who for who, page in pages.items() if link in page.content.decode()} == least


def test_the_overview_leads_to_ones_own_work(cast):
    for who, link in (("supervisor", "/fieldwork/"), ("interviewer", "/fieldwork/visits/")):
        main = as_(cast[who]).get("/").content.decode().partition("<main")[2]
        assert f'href="{link}"' in main


def test_a_campaign_is_created_for_ones_own_unit(cast, county):
    client = as_(cast["supervisor"])
    given = {"title": "秋季调研", "round": "2026-2", "unit": county.pk,
             "opens_on": "2026-10-01", "closes_on": "2026-09-01"}  # fmt: skip
    assert "不能早于" in client.post("/fieldwork/new/", given).content.decode()
    page = client.post("/fieldwork/new/", given | {"closes_on": "2026-11-30"}, follow=True)
    assert "任务清单" in page.content.decode()
    assert Campaign.objects.get().area_code == county.area_code
    assert AuditEvent.objects.last().action == "create_campaign"


def test_another_countys_unit_cannot_be_chosen(cast, county):
    given = {"title": "x", "round": "1", "unit": county.pk,
             "opens_on": "2026-10-01", "closes_on": "2026-11-01"}  # fmt: skip
    assert as_(cast["sibling"]).post("/fieldwork/new/", given).status_code == 422
    assert not Campaign.objects.exists()


def test_the_key_is_given_once_and_kept_nowhere(campaign, cast):
    client, url = as_(cast["custodian"]), f"/fieldwork/{campaign.pk}/key/"
    words = "足够长的一个口令啊啊啊啊"
    wrong = client.post(url, {"passphrase": words, "again": "别的"}).content.decode()
    assert "不一样" in wrong
    page = client.post(url, {"passphrase": words, "again": words})
    assert "attachment" in page.headers["Content-Disposition"]
    assert b"ENCRYPTED PRIVATE KEY" in page.content
    campaign.refresh_from_db()
    assert "PRIVATE" not in campaign.public_key
    again = client.post(url, {"passphrase": words, "again": words})
    assert again.status_code == 422


def test_a_questionnaire_is_bound_to_a_source_once(campaign, visit_version, cast, now):
    campaigns.give_key(campaign, "口令很长很长很长很长", by="r", now=now)
    client, url = as_(cast["designer"]), f"/fieldwork/{campaign.pk}/sources/"
    given = {"source": "volunteer", "version": visit_version.pk, "minutes": 8}
    page = client.post(url, given, follow=True)
    assert "自愿扫码已开通" in page.content.decode()
    bound = campaign.questionnaires.get()
    assert bound.collection.facts["system"]["source"] == "volunteer"
    assert client.post(url, given).status_code == 422


def test_time_and_overlap_are_told_before_a_source_is_opened(
    campaign, visit_version, cast, now, sample
):
    campaigns.give_key(campaign, "口令很长很长很长很长", by="r", now=now)
    other = Unit.objects.create(name="一乡妇联", area_code="990101001000")
    far = Unit.objects.get(name="邻县妇联")
    dates = {"opens_on": campaign.closes_on, "closes_on": campaign.closes_on, "round": "2026"}
    for unit, title in ((other, "一乡小调查"), (far, "邻县调查")):
        Campaign.objects.create(
            title=title, unit=unit, area_code=unit.area_code, state="open", **dates
        )
    text = as_(cast["designer"]).get(f"/fieldwork/{campaign.pk}/sources/").content.decode()
    homes = Household.objects.count()
    assert homes > 0
    assert f"抽样名单 {homes} 户" in text
    assert f'<td class="number">{homes} 户</td>' in text
    each = minutes(visit_version.definition)
    assert f'<td class="number">{each * homes / 60:.1f}</td>' in text
    assert "还有 1 项调研在进行" in text
    assert "一乡小调查" in text
    assert "邻县调查" not in text


def test_a_form_about_the_village_is_counted_once_a_village(campaign, now, sample):
    path = project.BASE_DIR / "surveys" / "bank" / "village.xlsx"
    version = services.import_workbook(path.read_bytes(), path.name, by="r", now=now).version
    villages = sample.villages.count()
    (load,) = burden.loads([version], burden.planned(campaign))
    assert (load.minutes, load.copies) == (15, f"{villages} 村")
    assert load.hours == pytest.approx(minutes(version.definition) * villages / 60)


def test_posters_carry_a_short_link_and_an_own_picture(stage, cast, settings):
    settings.RESPONDENT_HOST = "diaoyan.cn"
    client, pk = as_(cast["supervisor"]), stage["volunteer"].pk
    page = client.get(f"/fieldwork/sources/{pk}/poster/").content.decode()
    link = re.search(r'class="address">([^<]+)<', page)[1]
    assert len(link) <= 40
    picture = client.get(f"/fieldwork/sources/{pk}/code.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<svg")
    interview = stage["source"].pk
    assert client.get(f"/fieldwork/sources/{interview}/poster/").status_code == 404


def test_a_broken_frame_is_explained_row_by_row(campaign, cast):
    client, url = as_(cast["analyst"]), f"/fieldwork/{campaign.pk}/frame/"
    table = "区划代码,名称,城乡,户数,妇女数\n99,一村,农村,0,5\n"
    page = client.post(url, {"table": SimpleUploadedFile("f.csv", table.encode())})
    assert page.status_code == 422
    html = page.content.decode()
    assert "没有导入任何内容" in html
    assert html.count("f.csv") == 3
    assert not campaign.frames.exists()
    assert client.post(url, {}).status_code == 422


def test_a_plan_is_looked_at_before_it_is_drawn(campaign, frame, cast):
    client, url = as_(cast["analyst"]), f"/fieldwork/{campaign.pk}/draw/"
    plan = {"villages": 3, "per_township": 1, "households": 4, "seed": 5}
    html = client.get(url, plan).content.decode()
    assert "预计抽 12 户" in html
    assert "少于 2 个" in html
    assert not Assignment.objects.exists()
    page = client.post(url, plan | {"villages": 6, "per_township": 3}, follow=True)
    assert "种子 5" in page.content.decode()
    assert Assignment.objects.count() == 24


def test_a_second_draw_has_to_be_meant_and_is_refused_once_work_began(campaign, sample, cast):
    client, url = as_(cast["analyst"]), f"/fieldwork/{campaign.pk}/draw/"
    plan = {"villages": 6, "per_township": 3, "households": 4, "seed": 5}
    assert "请勾选" in client.post(url, plan).content.decode()
    assert Assignment.objects.count() == 12
    Assignment.objects.filter(pk=Assignment.objects.first().pk).update(disposition="refused")
    page = client.post(url, plan | {"discard": "on"})
    assert "已经开始走访" in page.content.decode()
    assert Assignment.objects.count() == 12


def test_the_villages_of_the_last_round_are_offered_and_kept(
    campaign, sample, cast, frame_csv, now
):
    later = Campaign.objects.create(
        title="下一年", unit=campaign.unit, area_code=campaign.area_code, round="2",
        opens_on=campaign.opens_on + timedelta(365), closes_on=campaign.closes_on + timedelta(365),
    )  # fmt: skip
    frames.import_frame(later, frame_csv, "f.csv", by="r", now=now)
    client, url = as_(cast["analyst"]), f"/fieldwork/{later.pk}/draw/"
    assert "4 个村）" in client.get(url).content.decode()
    assert "沿用" not in client.get(f"/fieldwork/{campaign.pk}/draw/").content.decode()
    plan = {"villages": 40, "per_township": 20, "households": 4, "seed": 5, "keep": "on"}
    assert "预计抽 16 户" in client.get(url, plan).content.decode()
    html = client.post(url, plan, follow=True).content.decode()
    assert "本次沿用上一轮" in html
    kept = later.frames.get().samples.get().villages
    assert set(kept.values_list("village__code", "probability")) == set(
        sample.villages.values_list("village__code", "probability")
    )


def test_villages_and_households_are_assigned_and_moved(campaign, sample, cast, county):
    client, url = as_(cast["supervisor"]), f"/fieldwork/{campaign.pk}/assign/"
    village = sample.villages.first()
    member = cast["interviewer"].memberships.get()
    client.post(url, {"village": [village.pk], "member": member.pk})
    assert Assignment.objects.filter(interviewer=cast["interviewer"]).count() == 3
    one = village.households.first()
    other = cast["colleague"].memberships.get()
    client.post(f"{url}{village.pk}/", {"household": [one.pk], "member": other.pk})
    assert one.assignment.interviewer == cast["colleague"]
    html = client.get(url).content.decode()
    assert "访员 2 户" in html
    assert "同事 1 户" in html
    foreign = cast["sibling"].memberships.get()
    assert client.post(url, {"village": [village.pk], "member": foreign.pk}).status_code == 422


def test_progress_shows_the_rate_with_its_parts(campaign, sample, cast):
    """Referee: RR3 by hand. 12 drawn: 3 complete, 1 refused, 8 open; 3 / (4 + 1.0 * 8)."""
    url = f"/fieldwork/{campaign.pk}/progress/"
    assert "算不出应答率" in as_(cast["supervisor"]).get(url).content.decode()
    codes = list(Assignment.objects.values_list("pk", flat=True))
    Assignment.objects.filter(pk__in=codes[:3]).update(disposition="complete")
    Assignment.objects.filter(pk=codes[3]).update(disposition="refused")
    text = re.sub(r"<[^>]+>", "", as_(cast["supervisor"]).get(url).content.decode())
    assert "目前应答率 25%（完成 3 ÷ 估计合格 12.0）" in text


def test_today_lists_only_ones_own_open_households(stage, cast):
    html = as_(cast["interviewer"]).get("/fieldwork/visits/").content.decode()
    assert html.count("号户") == 1
    assert "今天没有安排" in as_(cast["colleague"]).get("/fieldwork/visits/").content.decode()


def test_a_contact_is_recorded_with_one_button(stage, cast):
    client, code = as_(cast["interviewer"]), stage["assignment"].code
    page = client.post(f"/fieldwork/visits/{code}/attempt/", {"result": "no_contact"}, follow=True)
    assert "已记录：家里没人" in page.content.decode()
    stage["assignment"].refresh_from_db()
    assert stage["assignment"].disposition == "no_contact"


def test_the_number_of_women_draws_one_and_asks_no_more(stage, cast):
    client, base = as_(cast["interviewer"]), f"/fieldwork/visits/{stage['assignment'].code}/"
    assert "请填整数" in client.post(base + "select/", {"eligible": "两"}).content.decode()
    html = client.post(base + "select/", {"eligible": "2"}, follow=True).content.decode()
    assert re.search(r"第 [12] 位", html)
    assert "抽一位" not in html
    client.post(base + "begin/")
    assert not drafts.by_context(stage["assignment"].code).row.submitted


def test_a_review_shows_labels_of_open_answers_only_and_is_journalled(stage, cast):
    client, pk = as_(cast["supervisor"]), stage["review"].pk
    html = client.get(f"/fieldwork/reviews/{pk}/").content.decode()
    assert "比较需要" in html
    assert "不知道" in html
    assert "独自一人" in html
    assert "机密的一句话" not in html
    assert "敏感题和密封部分的回答这里不显示" in html
    event = AuditEvent.objects.last()
    assert (event.action, event.actor) == ("read_response", cast["supervisor"].username)


def test_decisions_need_a_reason_and_lead_to_the_next(stage, cast, now):
    client, pk = as_(cast["supervisor"]), stage["review"].pk
    url = f"/fieldwork/reviews/{pk}/decide/"
    assert "写明理由" in client.post(url, {"state": "returned"}).content.decode()
    send(stage["source"], now, 2)
    review.pull(stage["source"])
    page = client.post(url, {"state": "returned", "reason": "请再核对"})
    following = Review.objects.get(state="pending")
    assert page.headers["Location"] == f"/fieldwork/reviews/{following.pk}/"
    stage["review"].refresh_from_db()
    assert stage["review"].state == "returned"


def test_nobody_reviews_her_own_interviews(stage, cast, county, now):
    day = date(2026, 1, 1)
    cast["supervisor"].memberships.create(unit=county, role="interviewer", since=day)
    row = stage["assignment"]
    row.interviewer = cast["supervisor"]
    row.save()
    send(stage["source"], now, 7, context=row.code)
    client = as_(cast["supervisor"])
    client.post(f"/fieldwork/sources/{stage['source'].pk}/pull/")
    own = Review.objects.get(instance_id="uuid:7")
    assert client.get(f"/fieldwork/reviews/{own.pk}/").status_code == 404
    client.post(f"/fieldwork/sources/{stage['source'].pk}/approve/")
    own.refresh_from_db()
    assert own.state == "pending"
    stage["review"].refresh_from_db()
    assert stage["review"].state == "approved"


def test_the_queue_filters_by_flag(stage, cast, now):
    send(stage["source"], now, 3, present="adult")
    client, url = as_(cast["supervisor"]), f"/fieldwork/sources/{stage['source'].pk}/"
    client.post(url + "pull/")
    html = client.get(url + "queue/", {"flag": "others_present"}).content.decode()
    assert len(re.findall(r"/fieldwork/reviews/\d+/", html)) == 1
    assert "有其他成人在场 1" in html
    clean = client.get(url + "queue/", {"flag": "clean"}).content.decode()
    assert "没有提示" in clean
    assert "通过没有提示的 1 份" in clean
