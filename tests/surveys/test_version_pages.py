"""Pages of questionnaires: who sees them, steps of a version, downloads, changes, the preview."""

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from surveys import jobs, services
from surveys.models import AuditEvent, Draft, Job, Response, Version
from tests.fieldwork.conftest import county, person  # noqa: F401  the cast's makers
from tests.surveys.test_versions import imported
from tests.workbooks import FIVE_QUESTIONS, THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


@pytest.fixture
def cast(person, county):  # noqa: F811
    return {
        "作者": person("作者", "designer", county),
        "同事": person("同事", "analyst", county),
        "督导": person("督导", "supervisor", county),
        "领导": person("领导", "leader", county),
    }


@pytest.fixture
def draft(now):
    return imported(now)


@pytest.fixture
def sit(client, cast):
    """``sit(name)``: the client, logged in as that person."""

    def down(name):
        client.force_login(cast[name])
        return client

    return down


def text(response):
    return html.unescape(response.content.decode())


def step(client, version, name, note=""):
    url = reverse("questionnaire-move", args=[version.pk, name])
    return text(client.post(url, {"note": note}, follow=True))


PAGES = ["version", "workbook", "xform", "preview", "paths"]


@pytest.mark.parametrize("name", PAGES)
def test_who_may_look_at_a_version(sit, draft, name):
    url = reverse(f"questionnaire-{name}", args=[draft.pk])
    assert sit("领导").get(url).status_code == 404
    assert sit("督导").get(url).status_code == 200
    sit("督导").logout()


def test_a_version_goes_from_hand_to_hand(sit, draft):
    page = text(sit("作者").get(f"/questionnaires/{draft.pk}/"))
    assert "要由另一位同事审核" in page
    assert "审核通过" not in page
    page = step(sit("同事"), draft, "review", "跳转都试过")
    assert "已审核。" in page
    assert "跳转都试过" in page
    step(sit("作者"), draft, "publish")
    draft.refresh_from_db()
    assert (draft.state, draft.reviewed_by, draft.published_by) == ("published", "同事", "作者")
    assert "停用的理由（必填）" in text(sit("作者").get(f"/questionnaires/{draft.pk}/"))
    assert "停用请写明理由" in step(sit("作者"), draft, "close", " ")
    assert "已停用。" in step(sit("作者"), draft, "close", "下一轮用新卷")
    assert AuditEvent.objects.get(action="close_version").detail["note"] == "下一轮用新卷"


@pytest.mark.parametrize(
    ("who", "name", "status"),
    [
        ("督导", "review", 404),
        ("领导", "review", 404),
        ("同事", "burn", 404),
        ("作者", "review", 302),
    ],
)
def test_a_step_needs_its_right(sit, draft, who, name, status):
    url = reverse("questionnaire-move", args=[draft.pk, name])
    assert sit(who).post(url).status_code == status
    assert Version.objects.get().state == "draft"


def test_looking_changes_nothing(sit, draft):
    assert sit("同事").get(f"/questionnaires/{draft.pk}/move/review/").status_code == 405


def test_a_refused_type_is_explained_on_the_page(sit, draft, now):
    services.publish_version(draft, by="o", now=now)
    other = imported(now, FIVE_QUESTIONS.replace("| integer | age", "| text | age"), "2")
    step(sit("同事"), other, "review")
    page = step(sit("同事"), other, "publish")
    assert "不能发布：/data/age" in page
    assert "版本 1 里是“整数”，现在是“文字”" in page


def test_downloads_are_the_bytes_with_their_names(sit, draft):
    client = sit("督导")
    book = client.get(f"/questionnaires/{draft.pk}/workbook/")
    form = client.get(f"/questionnaires/{draft.pk}/xform/")
    assert book.content == bytes(draft.workbook)
    assert form.content == bytes(draft.xform)
    assert book["Content-Disposition"] == 'attachment; filename="five-1.xlsx"'
    assert form["Content-Disposition"] == 'attachment; filename="five-1.xml"'
    assert book["Content-Type"].endswith("spreadsheetml.sheet")
    assert form["Content-Type"] == "application/xml"
    assert book["X-Content-Type-Options"] == form["X-Content-Type-Options"] == "nosniff"


def test_the_paper_is_made_once_by_the_worker(sit, draft):
    url = reverse("questionnaire-paper", args=[draft.pk])
    waiting = sit("督导").get(url, follow=True)
    assert ("正在排纸质版" in text(waiting), waiting["Refresh"]) == (True, "2")
    jobs.run_next(timezone.now())
    page = sit("督导").get(reverse("job", args=[Job.objects.get().pk]), follow=True)
    assert page["Content-Type"] == "application/pdf"
    assert page.content.startswith(b"%PDF-")
    assert sit("督导").get(url).content == page.content
    assert Job.objects.count() == 1
    assert sit("领导").get(url).status_code == 404
    assert sit("领导").get(reverse("job", args=[Job.objects.get().pk])).status_code == 404


def test_a_character_no_font_has_is_explained(sit, now):
    strange = imported(now, FIVE_QUESTIONS.replace("您的年龄", "您的年龄\U00012000"))
    sit("督导").get(reverse("questionnaire-paper", args=[strange.pk]))
    jobs.run_next(timezone.now())
    page = text(sit("督导").get(reverse("job", args=[Job.objects.get().pk])))
    assert "字体缺字" in page


def test_changes_between_two_versions(sit, draft, now):
    changed = FIVE_QUESTIONS.replace("您愿意参加吗", "您愿意参加这次调查吗")
    newer = imported(now, changed.replace("call_me} = '1'", "call_me} != '0'"), "2")
    url = reverse("questionnaire-changes", args=[draft.questionnaire_id])
    page = text(sit("督导").get(url))
    assert "您愿意参加<ins>这次调查</ins>吗" in page
    assert "“希望妇联联系您吗”选“<del>是</del>”" in page
    assert "“希望妇联联系您吗”<ins>没有</ins>选“<ins>否</ins>”" in page
    only = text(sit("督导").get(url, {"old": draft.pk, "new": newer.pk, "kind": "wording"}))
    assert "<ins>这次调查</ins>" in only
    assert "出现条件" not in only
    same = text(sit("督导").get(url, {"old": newer.pk, "new": newer.pk}))
    assert "请选两个不同的版本" in same


def test_the_list_shows_what_is_in_use_and_what_waits(sit, draft, now):
    services.publish_version(draft, by="o", now=now)
    imported(now, number="2")
    rows = sit("督导").get("/questionnaires/").context["rows"]
    (row,) = rows
    assert ([v.version for v in row.published], [v.version for v in row.waiting]) == (["1"], ["2"])
    assert f'href="/questionnaires/{draft.pk}/"' in text(sit("督导").get("/questionnaires/"))
    assert f'href="/questionnaires/{draft.pk}/"' not in text(sit("领导").get("/questionnaires/"))


class Desk:
    """Somebody trying a version: what she sees in the frame, and what she posts next."""

    def __init__(self, client, version):
        self.client, self.url = client, reverse("questionnaire-preview", args=[version.pk])
        self.page = client.get(self.url)

    @property
    def carried(self):
        context = self.page.context
        trial = context["trial"]
        return {"state": trial.state, "page": context["step"], "size": trial.size,
                "mode": trial.mode, "language": trial.language}  # fmt: skip

    def post(self, **data):
        self.page = self.client.post(self.url, self.carried | data)
        return self

    @property
    def frame(self):
        return html.unescape(self.page.context["frame"])

    def rows(self):
        return {leaf.path: leaf for leaf in self.page.context["leaves"]}


@pytest.fixture
def desk(sit, draft):
    return Desk(sit("督导"), draft)


def test_the_preview_asks_in_the_form_s_order_and_keeps_the_answers(desk):
    assert "您愿意参加吗" in desk.frame
    assert "预览，不保存任何回答" in desk.frame
    desk.post(next="1", q0="1").post(next="1", q0="34")
    assert "您家的情况" in desk.frame
    rows = desk.rows()
    assert (rows["/data/agree"].value, rows["/data/age"].value) == ("是", "34")
    desk.post(back="1")
    assert 'value="34"' in desk.frame


def test_the_preview_shows_errors_where_the_respondent_would_see_them(desk):
    desk.post(next="1", q0="1").post(next="1", q0="17")
    assert "这个回答不在允许的范围里" in desk.frame
    assert desk.rows()["/data/age"].constraint == "BAD"
    assert "17" not in desk.page.context["trial"].answers.values()


def test_a_refusal_ends_the_preview(desk):
    desk.post(next="1", q0="0")
    assert "问卷到此结束" in desk.frame
    assert desk.rows()["/data/private/afraid"].skipped.reads == (("第 1 题", "否"),)


def test_one_may_jump_to_a_page_that_exists_only(desk):
    desk.post(go="/data/phone")
    assert "您愿意参加吗" in desk.frame  # not asked before she agreed
    desk.post(next="1", q0="1").post(go="/data/private/afraid")
    assert "家里有让您害怕的事吗" in desk.frame
    assert "密封部分" in desk.frame


def test_large_text_and_the_way_of_asking(desk):
    desk.post(size="xlarge")
    assert 'class="size-xlarge"' in desk.frame
    assert 'class="size-normal"' in desk.post(size="<b>").frame


def test_trying_stores_nothing(desk):
    acts = AuditEvent.objects.count()
    desk.post(next="1", q0="1").post(next="1", q0="34").post(go="end")
    assert "核对答案" in desk.frame
    assert (Draft.objects.count(), Response.objects.count()) == (0, 0)
    assert AuditEvent.objects.count() == acts
    assert not desk.client.session.get("answers")


def test_answers_that_were_not_signed_here_are_dropped(desk, now):
    desk.post(next="1", q0="1")
    forged = desk.carried["state"][:-2] + "xx"
    assert desk.post(state=forged).page.context["trial"].answers == {}
    other = Desk(desk.client, imported(now, number="2"))
    desk.post(next="1", q0="1")
    assert other.post(state=desk.carried["state"]).page.context["trial"].answers == {}
