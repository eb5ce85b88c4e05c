"""The pages leaders, analysts and units see: what stands on them, and what a form does."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from analysis import pdf
from analysis.models import Action, DataVersion, Decision, Document, Issue, Progress
from analysis.services import actions, documents, freezing, issues
from surveys import jobs
from surveys.models import Job
from tests.workbooks import THREE_STORES

pytestmark = pytest.mark.django_db(databases=THREE_STORES)
PDF = b"%PDF-1.7\ntrailer<<>>\n%%EOF\n"
DAY = timedelta(days=1)
DECISION = {"party": "年度任务", "ours": "together", "ours_note": "摸排", "result": "major",
            "reason": "确定前三"}  # fmt: skip


@pytest.fixture
def visit(client, people):
    """Open a page as somebody and get its text without tags."""

    def show(who, name, *args, query="", status=200):
        client.force_login(people[who])
        answer = client.get(reverse(name, args=args) + query)
        assert answer.status_code == status
        return re.sub(r"<[^>]+>", "", answer.content.decode())

    return show


@pytest.fixture
def send(client, people):
    def post(who, name, /, *args, **data):
        client.force_login(people[who])
        return client.post(reverse(name, args=args), data, follow=True)

    return post


@pytest.fixture
def issue(version, now):
    return issues.propose(version, by="a", now=now)[0]


@pytest.fixture
def opened(issue, people, units):
    """An action the bureau has signed, opened today by the real clock the pages use."""
    now = timezone.now()
    issues.decide(issue, by=people["leader"], at=now, **DECISION)
    action = actions.open_action(
        issue, title="照料点", kind="serve", target="3 处", owner_unit=units["bureau"],
        owner=people["owner"], deadline=timezone.localdate() + 60 * DAY, by=people["leader"],
        now=now,
    )  # fmt: skip
    actions.accept(action, by=people["owner"], now=now)
    return action


def overdue(action):
    today = timezone.localdate()
    Action.objects.filter(pk=action.pk).update(deadline=today - 6 * DAY, opened_on=today - 60 * DAY)


def test_the_overview_says_findings_with_certainty_and_what_is_late(visit, version, opened):
    overdue(opened)
    page = visit("leader", "overview")
    assert "线上自愿 n=1507，只作线索（不推断总体）" in page
    assert "可以确定列入前三位的只有2项" in page
    assert "18.9%（95%置信区间16.9%—21.1%）" in page
    assert page.count("逾期 6 天") == 1


def test_what_is_uncertain_is_a_list_below_the_cards(visit, version):
    page = visit("leader", "overview")
    cards, _, rest = page.partition("可能列入前三位，尚不能区分先后")
    lesser = rest.partition("占比：")[0]
    assert cards.count("名次：") == 2
    assert lesser.count("名次：") == 2
    for words in ("14.7%（12.9%—16.7%）", "第2—4位", "占比的把握", "n=2278", "最受影响"):
        assert words in lesser


def test_pages_name_persons_and_not_their_accounts(visit, version, people, now):
    DataVersion.objects.filter(pk=version.pk).update(frozen_by="leader")
    name = people["leader"].first_name
    for page in (visit("analyst", "version", version.pk), visit("analyst", "versions")):
        assert name in page
        assert "leader" not in page
    DataVersion.objects.filter(pk=version.pk).update(frozen_by="gone")
    assert "gone" in visit("analyst", "versions")


def test_without_a_version_the_overview_says_what_to_do_next(visit, people):
    assert "还没有数据版" in visit("leader", "overview")


@pytest.mark.parametrize("who", ["stranger", "owner"])
def test_nobody_meets_a_blank_page(visit, people, who):
    page = visit(who, "overview")
    assert "问卷" in page
    assert ("您可以使用" in page) == (who == "stranger")


def test_a_version_shows_every_domain_with_interval_ranks_and_base(visit, version):
    page = visit("analyst", "version", version.pk)
    for domain in version.figures["domains"]:
        joint = domain["joint"]
        assert domain["label"] in page
        assert f"{joint['low'] * 100:.1f}%—{joint['high'] * 100:.1f}%" in page
        assert str(joint["n"]) in page
    assert "样本不足以排序" in page
    assert "自由度不足8" in page


def test_tables_and_plots_are_served_as_files(client, people, version):
    client.force_login(people["leader"])
    table = client.get(reverse("version_table", args=[version.pk, "ranks.csv"]))
    assert table.headers["Content-Type"].startswith("text/csv")
    assert len(table.content.decode().strip().splitlines()) == 13
    for name in ("ranked", "top", "ranks", "axes"):
        plot = client.get(reverse("version_plot", args=[version.pk, name]))
        assert plot.headers["Content-Type"] == "image/svg+xml"
        assert b"<svg" in plot.content
    for missing in (("version_table", "no.csv"), ("version_plot", "no")):
        assert client.get(reverse(missing[0], args=[version.pk, missing[1]])).status_code == 404


def test_every_picture_has_words(client, people, version):
    client.force_login(people["leader"])
    page = client.get(reverse("version", args=[version.pk])).content.decode()
    assert re.findall(r'<img[^>]*alt="按占比排序的点图[^"]*18\.9%', page)
    assert "style=" not in page


def test_freezing_is_queued_once_and_a_refusal_is_said(send, version):
    page = send("analyst", "freeze", version.campaign_id)
    again = send("analyst", "freeze", version.campaign_id)
    assert Job.objects.count() == 1
    assert again.headers["Refresh"] == "2"
    assert "正在排队" in page.content.decode()
    jobs.run_next(timezone.now())
    job = Job.objects.get()
    told = send_get(page, job)
    assert "还没有概率样本" in told.content.decode()
    assert "Refresh" not in told.headers
    assert DataVersion.objects.count() == 1
    send("analyst", "freeze", version.campaign_id)
    assert Job.objects.count() == 2  # a refused one may be tried again


def send_get(answer, job):
    return answer.client.get(reverse("job", args=[job.pk]))


def test_a_freeze_interrupted_after_its_work_makes_no_second_version(send, version, monkeypatch):
    send("analyst", "freeze", version.campaign_id)
    made = DataVersion.objects.create(
        campaign=version.campaign, number=2, figures_json=version.figures_json, sha256="1" * 64,
        revision="a", frozen_at=version.frozen_at, frozen_by="a",
    )  # fmt: skip
    monkeypatch.setattr(freezing, "freeze", lambda *a, **k: pytest.fail("frozen twice"))
    assert jobs.run_next(timezone.now()).result == {"version": made.pk}


def test_a_document_is_made_by_the_worker_and_opened_or_saved(send, version, issue):
    page = send("analyst", "document_make", version.pk, kind="progress")
    jobs.run_next(timezone.now())
    done = page.client.get(reverse("job", args=[Job.objects.get().pk]), follow=True)
    assert "文件已生成" in done.content.decode()
    address = reverse("document", args=[Document.objects.get().pk])
    shown, saved = page.client.get(address), page.client.get(address + "?download")
    assert shown.content[:5] == b"%PDF-"
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_a_brief_that_cannot_fit_is_explained(send, version, monkeypatch):
    def too_long(*args, **kwargs):
        raise pdf.TooLong

    page = send("analyst", "document_make", version.pk, kind="brief")
    monkeypatch.setattr(documents.reports, "build", too_long)
    jobs.run_next(timezone.now())
    told = send_get(page, Job.objects.get()).content.decode()
    assert "超过一页" in told
    assert not Document.objects.exists()


def test_proposing_leads_to_the_table_of_three_questions(send, version):
    page = send("analyst", "propose", version.pk).content.decode()
    assert Issue.objects.count() == 5
    assert page.count("待决定") == 5


def test_a_decision_is_recorded_with_its_reason_and_history(send, visit, issue):
    page = send("leader", "issue", issue.pk, **DECISION | {"reason": ""})
    assert page.status_code == 422
    assert "请填写理由" in page.content.decode()
    assert not Decision.objects.exists()
    send("leader", "issue", issue.pk, **DECISION)
    send("deputy", "issue", issue.pk, **DECISION | {"result": "not_now", "reason": "缓一缓"})
    latest, earlier = visit("analyst", "issue", issue.pk).split("以前的决定")
    assert "缓一缓" in latest
    assert "缓一缓" not in earlier
    assert "列入重点。确定前三" in earlier
    assert "缓一缓" in visit("leader", "issues")


def test_an_action_waits_for_the_decision(visit, issue):
    assert "先作出列入的决定" in visit("leader", "issue", issue.pk)
    assert "还没有决定列入" in visit("leader", "action_new", issue.pk)


def test_opening_names_unit_and_person_at_once(send, issue, people, units):
    issues.decide(issue, by=people["leader"], at=timezone.now(), **DECISION)
    given = {
        "title": "照料点", "kind": "serve", "target": "3 处",
        "responsible": people["owner"].memberships.get().pk, "co_owners": [units["health"].pk],
        "deadline": (timezone.localdate() + 30 * DAY).isoformat(),
    }  # fmt: skip
    late = send("leader", "action_new", issue.pk, **given | {"deadline": "2020-01-01"})
    assert "时限应在今天以后" in late.content.decode()
    outside = people["sibling_leader"].memberships.get().pk
    refused = send("leader", "action_new", issue.pk, **given | {"responsible": outside})
    assert refused.status_code == 422
    assert not Action.objects.exists()
    page = send("leader", "action_new", issue.pk, **given)
    action = Action.objects.get()
    assert (action.owner, action.owner_unit) == (people["owner"], units["bureau"])
    assert "等待县民政局签收" in page.content.decode()


def test_badges_narrow_the_board_and_keep_each_other(visit, opened, issue, people, units):
    overdue(opened)
    actions.open_action(
        issue, title="法律援助", kind="rights", target="b", owner_unit=units["health"],
        owner=people["partner"], deadline=timezone.localdate() + 60 * DAY, by=people["leader"],
        now=timezone.now(),
    )  # fmt: skip
    every = visit("leader", "actions")
    assert "照料点" in every
    assert "法律援助" in every
    for query, kept in (
        ("?overdue=1", "照料点"),
        ("?kind=rights", "法律援助"),
        (f"?unit={units['bureau'].pk}", "照料点"),
    ):
        page = visit("leader", "actions", query=query)
        other = {"照料点": "法律援助", "法律援助": "照料点"}[kept]
        assert kept in page
        assert other not in page
    assert "照料点" not in visit("leader", "actions", query="?overdue=1&kind=rights")


def test_lights_are_told_by_word_and_shape(visit, opened):
    overdue(opened)
    page = re.sub(r"\s+", " ", visit("leader", "actions"))
    assert "■ 已逾期 逾期 6 天" in page


def report(**changed):
    given = {"on": timezone.localdate().isoformat(), "text": "完成培训", "reached": "46"}
    return given | changed


def test_a_unit_reports_with_a_file_that_comes_back_as_a_download(send, opened):
    upload = SimpleUploadedFile("签到册.pdf", PDF)
    page = send("owner", "action_move", opened.pk, "report", **report(file=upload))
    entry = Progress.objects.get()
    assert "材料：签到册.pdf" in page.content.decode()
    kept = page.client.get(reverse("evidence", args=[opened.pk, entry.pk]))
    assert kept.content == PDF
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert kept.headers["X-Content-Type-Options"] == "nosniff"
    assert kept.headers["Content-Type"] == "application/pdf"


def test_a_wrong_file_is_explained_beside_the_field_and_nothing_is_lost(send, opened):
    upload = SimpleUploadedFile("a.pdf", b"<html>")
    page = send("owner", "action_move", opened.pk, "report", **report(file=upload))
    assert page.status_code == 422
    assert "只收 PDF、JPG、PNG" in page.content.decode()
    assert "完成培训" in page.content.decode()
    assert not Progress.objects.exists()


def test_buttons_that_do_not_work_say_why(visit, opened):
    page = visit("owner", "action", opened.pk)
    assert "请先报一条带证明材料的进展" in page
    assert "不能自己销号" in page
    assert "承办单位申请销号以后才能验收" in visit("leader", "action", opened.pk)


def test_a_partner_reports_but_does_not_sign_or_ask(send, visit, opened, units):
    opened.co_owners.add(units["health"])
    send("partner", "action_move", opened.pk, "report", **report(name="册，存办公室"))
    assert Progress.objects.get().evidence_name == "册，存办公室"
    assert "申请销号" not in visit("partner", "action", opened.pk)


def test_a_late_click_is_told(send, opened):
    page = send("leader", "action_move", opened.pk, "close", note="已核实")
    assert "承办单位申请销号以后才能验收" in page.content.decode()
    assert Action.objects.get().state == "moving"


def test_tasks_show_the_soonest_first(visit, opened, issue, people, units):
    actions.open_action(
        issue, title="更急的事", kind="serve", target="b", owner_unit=units["bureau"],
        owner=people["owner"], deadline=timezone.localdate() + DAY, by=people["leader"],
        now=timezone.now(),
    )  # fmt: skip
    page = visit("colleague", "tasks")
    assert page.index("更急的事") < page.index("照料点")


def test_words_typed_stay_when_a_step_is_refused(client, people, opened):
    client.force_login(people["owner"])
    address = reverse("action_move", args=[opened.pk, "report"])
    early = {"on": "2020-01-01", "text": "走访了六个村", "reached": 1}
    answer = client.post(address, early)
    page = answer.content.decode()
    assert (answer.status_code, "日期应在" in page, "走访了六个村" in page) == (422, True, True)


def test_odd_numbers_in_addresses_and_forms_are_no_errors(client, people, opened, issue):
    client.force_login(people["leader"])
    for version in ("²", "9" * 5000, "-1", "abc"):
        assert client.get(reverse("issues"), {"version": version}).status_code == 200
    answer = client.post(reverse("action_new", args=[issue.pk]), {"co_owners": "9" * 30})
    assert answer.status_code == 422
