"""A visit from the door to the filed response: knocks, the drawn woman, interview, flags."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from fieldwork.models import Assignment, ContactAttempt, Review, VillageForm
from fieldwork.services import assigning, campaigns, quality, review, village_forms, visits
from surveys import drafts, filing, intake, services
from surveys.core import instance
from surveys.models import AuditEvent, Draft, Response, SealedSection
from tests.fieldwork.test_pages import button
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


@pytest.fixture
def assignment(sample, source, cast):
    row = Assignment.objects.order_by("household__village__village__code", "pk").first()
    row.interviewer = cast["interviewer"]
    row.save()
    return row


class Interviewer:
    """A browser at the door: follows the pages, answers one question at a time."""

    def __init__(self, user, assignment):
        self.client, self.base = Client(), f"/fieldwork/visits/{assignment.code}/"
        self.client.force_login(user)
        self.page = self.client.get(self.base)

    @property
    def html(self):
        return self.page.content.decode()

    @property
    def text(self):
        return re.sub(r"<[^>]+>", "", self.html)

    @property
    def url(self):
        chain = self.page.redirect_chain if hasattr(self.page, "redirect_chain") else []
        return chain[-1][0] if chain else self.page.request["PATH_INFO"]

    def post(self, url="", **fields):
        hidden = re.findall(r'<input type="hidden" name="([^"]+)"[^>]*value="([^"]+)"', self.html)
        self.page = self.client.post(url or self.url, dict(hidden) | fields, follow=True)
        return self

    def answer(self, value):
        return self.post(**{re.search(r'name="([^"]*-q0)"', self.html)[1]: value})

    def open(self, url):
        self.page = self.client.get(url, follow=True)
        return self

    def begin(self, women="3"):
        self.post(self.base + "select/", eligible=women)
        return self.post(self.base + "begin/")

    def to_the_private_part(self, need="2"):
        self.begin().answer("alone").answer("1").answer("34")
        for _ in range(8):
            self.answer(need)
        return self.answer("有人教手艺")


def test_one_woman_is_drawn_once_and_stays(assignment, now):
    first = visits.select_woman(assignment, 3, by="f", now=now)
    assert 1 <= first <= 3
    assert visits.select_woman(assignment, 5, by="f", now=now) == first
    assignment.household.refresh_from_db()
    assert assignment.household.eligible_women == 3
    assert AuditEvent.objects.filter(action="select_woman").count() == 1


def test_the_draw_depends_on_seed_and_household_alone(sample):
    """Referee: 12 households x 3 women, every order appears; the same household gives the same."""
    codes = list(Assignment.objects.values_list("code", flat=True))
    orders = [visits._order(sample.seed, code, 3) for code in codes]
    assert orders == [visits._order(sample.seed, code, 3) for code in codes]
    many = {visits._order(sample.seed, f"{n}", 3) for n in range(60)}
    assert many == {1, 2, 3}


def test_no_woman_no_draw(assignment, now):
    with pytest.raises(visits.VisitRefused, match="1 到 20"):
        visits.select_woman(assignment, 0, by="f", now=now)


def test_the_newest_knock_is_the_outcome_so_far(assignment, now):
    visits.record_attempt(assignment, "no_contact", now=now)
    visits.record_attempt(assignment, "refused", now=now)
    assignment.refresh_from_db()
    assert assignment.disposition == "refused"
    assert assignment.attempts.count() == 2
    with pytest.raises(visits.VisitRefused):
        visits.record_attempt(assignment, "complete", now=now)


def test_an_interview_waits_for_the_drawn_woman(assignment, cast, now):
    with pytest.raises(visits.VisitRefused, match="户内抽选"):
        visits.begin(assignment, cast["interviewer"], now=now)


def test_a_whole_interview_is_filed_with_its_place_in_the_sample(assignment, cast):
    woman = Interviewer(cast["interviewer"], assignment).to_the_private_part()
    assert "请把平板交给她本人" in woman.text
    woman.post()
    assert "请您自己填" in woman.text
    woman.answer("1").answer("0")
    assert "请把平板交还访员" in woman.text
    woman.open(f"{woman.base}ask/next/").answer("没有")
    assert "核对答案" in woman.text
    assert "害怕" not in woman.text
    woman.post()
    assert "访问完成" in woman.text
    response, household = Response.objects.get(), Assignment.objects.get(pk=assignment.pk).household
    village = household.village
    assert response.context == assignment.code
    assert response.channel == "interview"
    assert 0 <= response.seconds < 600
    assert response.flags == []
    answers = response.answers
    assert answers["/data/sys_source"] == "probability"
    assert answers["/data/sys_psu"] == village.village.code
    assert float(answers["/data/sys_pi"]) == pytest.approx(village.probability)
    assert answers["/data/sys_drawn"] == "3"
    assert answers["/data/sys_who"] not in ("访员", str(cast["interviewer"].pk))
    assert answers["/data/visit/order"] == str(household.selected_order)
    assert answers["/data/sys_started"] <= answers["/data/sys_ended"]
    assert "/data/private/afraid" not in answers
    assert SealedSection.objects.get().section == "private"
    assignment.refresh_from_db()
    assert assignment.disposition == "complete"
    assert ContactAttempt.objects.get().result == "complete"


def test_what_the_sample_knows_is_not_asked_again(assignment, cast):
    woman = Interviewer(cast["interviewer"], assignment).begin()
    assert "现在旁边有谁" in woman.text
    assert "提示（不念）只看不问" in woman.text
    assert "入户情况" in woman.text


def test_only_the_assigned_interviewer_gets_in(assignment, cast):
    woman = Interviewer(cast["interviewer"], assignment).begin()
    for name in ("colleague", "supervisor", "sibling"):
        other = Client()
        other.force_login(cast[name])
        assert other.get(woman.url).status_code == 404
        assert other.post(woman.url, {}).status_code == 404


def test_the_cadre_never_sees_a_private_answer(assignment, cast):
    woman = Interviewer(cast["interviewer"], assignment).to_the_private_part().post()
    first = woman.url
    woman.answer("1")
    woman.open(first)
    assert "checked" not in woman.html
    woman.open(f"{woman.base}ask/next/")
    assert "请把平板交给她本人" in woman.text
    woman.post().post().answer("0")
    woman.open(first)
    assert "害怕" not in woman.text


def test_she_may_skip_the_private_part(assignment, cast):
    woman = Interviewer(cast["interviewer"], assignment).to_the_private_part()
    woman.post(skip="1")
    assert "请把平板交还访员" in woman.text
    woman.open(f"{woman.base}ask/next/").answer("").post()
    assert Response.objects.count() == 1
    assert not SealedSection.objects.exists()


def test_saying_no_ends_as_a_refusal_and_keeps_nothing(assignment, cast):
    woman = Interviewer(cast["interviewer"], assignment).begin().answer("alone").answer("0")
    assert woman.url == woman.base
    assert not Draft.objects.exists()
    assignment.refresh_from_db()
    assert assignment.disposition == "refused"


def test_a_submitted_interview_is_not_opened_again_unless_returned(assignment, cast, now):
    woman = Interviewer(cast["interviewer"], assignment).to_the_private_part()
    woman.post(skip="1").open(f"{woman.base}ask/next/").answer("").post()
    with pytest.raises(visits.VisitRefused, match="已经提交"):
        visits.begin(assignment, cast["interviewer"], now=timezone.now())
    review.pull(visits.source_of(assignment))
    review.decide(Review.objects.get(), "returned", by="s", now=now, reason="请核对年龄")
    assert "请核对年龄" in woman.open(woman.base).text
    assert "退回" in woman.open("/fieldwork/visits/").text
    visits.begin(assignment, cast["interviewer"], now=timezone.now())
    assert Draft.objects.filter(submitted=False).count() == 1


def test_work_in_progress_is_not_given_to_another(assignment, cast, now):
    Interviewer(cast["interviewer"], assignment).begin()
    rows = Assignment.objects.all()
    given = assigning.assign(rows, cast["colleague"], by="s", now=now, target="t")
    assert (given.moved, given.kept) == (11, 1)
    assignment.refresh_from_db()
    assert assignment.interviewer == cast["interviewer"]


def send(source, now, number, *, needs, seconds=600, present="alone", context=""):
    path = {f"/data/n{i}": value for i, value in enumerate(needs, 1)}
    answers = {"/data/visit/present": present, "/data/visit/women": "1", "/data/visit/order": "1",
               "/data/talk/agree": "1", "/data/talk/age": "30", **path}  # fmt: skip
    meta = {"timeStart": "2026-11-23T09:00:00+08:00",
            "timeEnd": f"2026-11-23T09:{seconds // 60:02}:{seconds % 60:02}+08:00"}  # fmt: skip
    xml = instance.write("visit", "1", "data", answers, instance_id=f"uuid:{number}", meta=meta)
    return intake.receive(
        xml, collection=source.collection, channel="interview", now=now, context=context
    )


def test_flags_come_from_the_forms_properties_and_reach_the_reviews(source, now):
    """Referee: 22 interviews; one a straight line, one in 60 s (median 600), one overheard."""
    for number in range(19):
        needs = [str((number + i) % 3) for i in range(8)]
        send(source, now, number, needs=needs)
    send(source, now, 20, needs=["2"] * 8)
    send(source, now, 21, needs=["0", "1"] * 4, seconds=60)
    send(source, now, 22, needs=["0", "2"] * 4, present="adult")
    assert review.pull(source) == 22
    assert quality.refresh(source) == 3
    flags = dict(Review.objects.exclude(flags=[]).values_list("instance_id", "flags"))
    assert flags == {
        "uuid:20": ["straight_line"], "uuid:21": ["too_fast"], "uuid:22": ["others_present"],
    }  # fmt: skip
    assert quality.refresh(source) == 0
    assert review.approve_clean(source, by="s", now=now) == 19


def test_an_inventing_interviewer_shows(source, sample, cast, now):
    codes = list(Assignment.objects.values_list("code", flat=True))
    Assignment.objects.filter(code__in=codes[:6]).update(interviewer=cast["interviewer"])
    Assignment.objects.filter(code__in=codes[6:]).update(interviewer=cast["colleague"])
    for number, code in enumerate(codes):
        made_up = number < 6
        needs = [str(i % 3 if made_up else (number * i + i // 2) % 3) for i in range(8)]
        send(source, now, number, needs=needs, context=code)
    review.pull(source)
    quality.refresh(source)
    flagged = Review.objects.exclude(flags=[]).order_by("pk").values_list("instance_id", "flags")
    assert dict(flagged) == {f"uuid:{n}": ["near_duplicate"] for n in range(6)}


def test_a_flag_never_touches_what_is_decided(source, now):
    send(source, now, 1, needs=["2"] * 8)
    review.pull(source)
    review.decide(Review.objects.get(), "approved", by="s", now=now)
    assert quality.refresh(source) == 0
    assert Review.objects.get().flags == []


def test_seconds_are_none_when_the_clock_tells_nothing(source, now):
    meta = {"timeStart": "2026-11-20T09:00:00+08:00", "timeEnd": "2026-11-23T09:00:00+08:00"}
    head = instance.Instance("f", "1", "i", meta=meta)
    assert filing._seconds(head) is None
    assert filing._seconds(instance.Instance("f", "1", "i")) is None


def test_self_fill_carries_its_source_and_only_the_day(campaign, visit_version, settings, now):
    campaigns.give_key(campaign, "口令很长很长很长很长", by="r", now=now)
    bound = campaigns.open_source(campaign, visit_version, "volunteer", by="r", now=now)
    settings.ROOT_URLCONF = "config.urls_respondent"
    client = Client()
    page = client.post(f"/q/{bound.collection.code}/age/", {"adult": "yes"}, follow=True)
    # None: a page that only wants 继续 (safety page, check page)
    for value in ["1", "34", *["2"] * 8, "", None, "0", "0", None]:
        html, url = page.content.decode(), page.redirect_chain[-1][0]
        data = dict(re.findall(r'<input type="hidden" name="([^"]+)"[^>]*value="([^"]+)"', html))
        if value is not None:
            data[re.search(r'name="([^"]*-q0)"', html)[1]] = value
        page = client.post(url, data, follow=True)
    response = Response.objects.get()
    assert response.answers["/data/sys_source"] == "volunteer"
    assert response.answers["/data/sys_started"] == timezone.localdate().isoformat()
    assert response.seconds is not None
    assert response.answers["/data/sys_psu"] == ""


def test_the_first_page_of_the_reference_form_opens_for_the_interviewer(
    campaign, sample, cast, settings, now
):
    data = (settings.BASE_DIR / "surveys/bank/individual.xlsx").read_bytes()
    version = services.import_workbook(data, "individual.xlsx", by="r", now=now).version
    services.publish_version(version, by="r", now=now)
    campaigns.give_key(campaign, "口令很长很长很长很长", by="r", now=now)
    campaigns.open_source(campaign, version, "probability", by="r", now=now)
    Assignment.objects.update(interviewer=cast["interviewer"])
    row = Assignment.objects.first()
    woman = Interviewer(cast["interviewer"], row).begin()
    assert woman.page.status_code == 200
    assert "入户情况" in woman.text
    assert button(woman.html, "继续")


@pytest.fixture
def village_form(sample, campaign, source, visit_version, cast, now):
    campaigns.open_source(campaign, visit_version, "village", by="r", now=now)
    form = VillageForm.objects.order_by("village__village__code").first()
    rows = VillageForm.objects.filter(pk=form.pk)
    assigning.assign_forms(rows, cast["interviewer"], by="r", now=now, target="村")
    form.refresh_from_db()
    return form


def test_a_village_form_is_filled_in_on_the_same_pages(village_form, cast):
    """Its answers know the village; it is asked once, and again only when sent back."""
    client = Client()
    client.force_login(cast["interviewer"])
    listed = client.get("/fieldwork/visits/").content.decode()
    assert village_form.village.village.name in listed
    assert "要去的 1" in listed
    begin = f"/fieldwork/villages/{village_form.code}/begin/"
    page = client.post(begin, follow=True)
    asked = f"/fieldwork/villages/{village_form.code}/ask/"
    assert page.redirect_chain[-1][0].startswith(asked)
    draft = Draft.objects.get(context=village_form.code)
    assert not draft.submitted
    assert "进行中" in client.get("/fieldwork/visits/").content.decode()
    system = drafts.by_context(village_form.code).system
    assert system["psu"] == village_form.village.village.code
    assert system["source"] == "village"


def test_a_village_form_is_not_for_others(village_form, cast, now):
    client = Client()
    client.force_login(cast["colleague"])
    assert client.post(f"/fieldwork/villages/{village_form.code}/begin/").status_code == 404
    assert client.get(f"/fieldwork/villages/{village_form.code}/ask/next/").status_code == 404


def test_a_begun_village_form_stays_with_its_interviewer(village_form, cast, now):
    village_forms.begin(village_form, cast["interviewer"], now=now)
    rows = VillageForm.objects.all()
    given = assigning.assign_forms(rows, cast["colleague"], by="r", now=now, target="村")
    assert (given.moved, given.kept) == (rows.count() - 1, 1)
    village_form.refresh_from_db()
    assert village_form.interviewer == cast["interviewer"]


def test_a_village_form_that_has_arrived_is_not_begun_again(village_form, campaign, cast, now):
    """Even when its draft is gone, or it came another way."""
    source = campaign.questionnaires.get(source="village")
    send(source, now, 9, needs="2", context=village_form.code)
    with pytest.raises(visits.VisitRefused, match="已经提交"):
        village_forms.begin(village_form, cast["interviewer"], now=now)
