"""The pages of open questions: what a coder sees, and never of the other; steps and refusals."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from analysis.models import Coding, CodingTask, Quote
from analysis.services import coding
from fieldwork.models import Membership, Unit
from surveys import jobs
from surveys.models import Job
from tests.analysis.coding_world import (
    CARE,
    CODES,
    LIGHTS,
    filled,
    finished,
    one_of_each,
    opened,
    read_all,
)
from tests.analysis.everything import OTHER, file_response, open_for_volunteers
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
SAID = [f"{LIGHTS}，找王桂兰"] * 11 + [CARE] * 12


@pytest.fixture
def coders(people, units):
    second = User.objects.create(username="second", first_name="编码乙")
    Membership.objects.create(user=second, unit=units["county"], role="analyst", since="2020-01-01")
    return people["analyst"], second


@pytest.fixture
def source(version):
    return filled(version.campaign, SAID)[0]


@pytest.fixture
def see(client, coders):
    """``see(name, *args, who=0, **posted)``: the page as text, with its status before it."""

    def ask(name, *args, who=0, query="", **posted):
        client.force_login(coders[who])
        address = reverse(name, args=args) + query
        answer = client.post(address, posted) if posted else client.get(address)
        return answer.status_code, answer.content.decode()

    return ask


def test_a_question_goes_from_the_list_through_the_job_to_its_page(
    see, client, source, coders, now
):
    assert "未开始" in see("texts")[1]
    seats = [str(Membership.objects.get(user=who).pk) for who in coders]
    status, page = see(
        "text_begin", source.pk, "wish", first=seats[0], second=seats[0], size=0, overlap=0
    )
    assert (status, "不能是同一个人" in page) == (422, True)
    status, _ = see(
        "text_begin", source.pk, "wish", first=seats[0], second=seats[1], size=0, overlap=0
    )
    assert status == 302
    job = jobs.run_next(now)
    assert (job.kind, job.state) == ("mask", Job.State.DONE)
    assert see("job", job.pk)[0] == 302
    page = see("text", CodingTask.objects.get().pk)[1]
    assert "待写编码本" in page
    assert "查看遮盖进度" not in page
    assert "路灯 10 人" in page  # 11, in tens
    assert "王桂兰" not in page
    assert "〔姓名〕" in page
    assert see("text_begin", source.pk, "phone")[0] == 404


def test_the_codebook_is_saved_as_a_version_and_read_back(see, source, coders, now):
    task = opened(source, coders, now)
    rows = {"form-TOTAL_FORMS": 3, "form-INITIAL_FORMS": 0}
    rows |= {"form-0-name": "路灯", "form-0-definition": "路和灯", "form-0-example": 1}
    status, page = see("text_codebook", task.pk, **rows, **{"form-1-name": "托管"})
    assert "请写一句定义" in page
    assert "没有第 99 条" in see("text_codebook", task.pk, **rows | {"form-0-example": 99})[1]
    status, _ = see("text_codebook", task.pk, **rows)
    assert status == 302
    assert [c.name for c in coding.codebook(task).codes.all()] == ["路灯"]
    assert 'value="路灯"' in see("text_codebook", task.pk)[1]


def test_a_coder_reads_one_answer_at_a_time_and_never_what_the_other_found(
    see, source, coders, now
):
    task = opened(source, coders, now)
    assert see("text_reading", task.pk)[0] == 404  # no codebook yet
    coding.write_codebook(task, CODES, by="t", now=now)
    status, page = see("text_reading", task.pk)
    assert "第 1 条" in page
    assert "王桂兰" not in page
    assert "还有 23 份" in page
    status, page = see("text_reading", task.pk, position=1)
    assert (status, "请至少选一项" in page) == (422, True)
    status, page = see("text_reading", task.pk, position=1, codes=["none", "c1"])
    assert "不能和别的编码一起选" in page
    assert see("text_reading", task.pk, position=1, codes="c2", doubt="discuss")[0] == 302
    mine = Coding.objects.get(answer__position=1, coder=coders[0])
    assert (mine.codes, mine.doubt) == (["c2"], "discuss")
    page = see("text_reading", task.pk, who=1)[1]
    assert "第 1 条" in page
    assert "checked" not in re.sub(r'type="radio"[^>]*checked', "", page)
    for name in ("text", "text_agreement", "texts"):
        args = [] if name == "texts" else [task.pk]
        assert "需讨论" not in see(name, *args, who=1)[1]
    page = see("text_reading", task.pk, query="?position=1")[1]
    assert re.search(r'value="c2" checked', page)


def test_nothing_found_is_kept_as_an_answer_and_shown_again(see, source, coders, now):
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    see("text_reading", task.pk, position=1, codes="none")
    assert coding.to_read(task, coders[0]).count() == 22
    assert re.search(r'value="none" checked', see("text_reading", task.pk, query="?position=1")[1])


def test_a_third_analyst_has_nothing_to_read(see, client, source, people, coders, now):
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    client.force_login(people["sibling_analyst"])
    assert client.get(reverse("text", args=[task.pk])).status_code == 404
    task.first = people["leader"]
    task.save(update_fields=["first"])
    assert see("text_reading", task.pk)[0] == 404


def test_differences_stand_side_by_side_without_names_and_end_in_the_figures(
    see, source, coders, now
):
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    assert see("text_deciding", task.pk)[0] == 302  # not yet
    read_all(task, coders[0])
    read_all(task, coders[1], codes=lambda text: ["c2"])
    page = see("text_agreement", task.pk)[1]
    assert "Krippendorff" in page
    assert "裁定不一致的 11 份" in page
    page = see("text_deciding", task.pk)[1]
    assert "编码员甲" in page
    assert "编码乙" not in page
    position = re.search(r'name="position" value="(\d+)"', page)[1]
    given = {"position": position, "codes": "c1", "reason": "只说了路灯"}
    assert "以外的人" in see("text_deciding", task.pk, **given, way="third")[1]
    assert see("text_deciding", task.pk, **given, way="consensus")[0] == 302
    for one in coding.waiting(task):
        coding.decide(one.answer, ["c1"], "consensus", "a", by=coders[0], now=now)
    assert "待完成" in see("texts")[1]
    assert see("text_finish", task.pk, a=1)[0] == 302
    assert "已完成" in see("texts")[1]
    assert "不能再改" not in see("text_codebook", task.pk)[1]


def test_what_was_sent_of_one_answer_is_never_kept_of_another(see, source, coders, now):
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    task.answers.filter(position=3).delete()  # she took it back while the page stood open
    for position in (3, 99, "9" * 5000, "²", ""):
        status, _ = see("text_reading", task.pk, position=position, codes="c1")
        assert status == 302
    assert "没有记下" in see("text_reading", task.pk)[1]
    assert not Coding.objects.filter(codebook__isnull=False).exists()


def test_the_same_decision_sent_again_decides_nothing_else(see, source, coders, now):
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    read_all(task, coders[0])
    read_all(task, coders[1], codes=lambda text: ["c2"])
    position = coding.waiting(task)[0].answer.position
    given = {"position": position, "codes": "c1", "way": "consensus", "reason": "双方看过"}
    for _ in range(3):
        assert see("text_deciding", task.pk, **given)[0] == 302
    assert len(coding.waiting(task)) == 10
    assert "没有再记" in see("text_deciding", task.pk)[1]


def test_a_codebook_without_changes_keeps_every_reading(see, source, coders, now):
    task = opened(source, coders, now)
    book = coding.write_codebook(task, CODES, by="t", now=now)
    read_all(task, coders[0])
    rows = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2}
    for k, code in enumerate(book.codes.all()):
        told = {name: value or "" for name, value in coding.code_row(code).items()}
        rows |= {f"form-{k}-{name}": value for name, value in told.items()}
    assert see("text_codebook", task.pk, **rows)[0] == 302
    assert "没有改动" in see("text", task.pk)[1]
    assert (coding.codebook(task), coding.to_read(task, coders[0]).count()) == (book, 0)
    assert see("text_codebook", task.pk, **rows | {"form-1-key": "c1"})[0] == 302
    assert [c.key for c in coding.codebook(task).codes.all()] == ["c1", "c3"]


def test_only_who_reaches_the_whole_area_is_offered_as_a_coder(see, source, people):
    below = Unit.objects.create(name="一乡妇联", area_code=f"{source.campaign.area_code[:6]}001000")
    small = User.objects.create(username="small", first_name="乡镇研究")
    hers = Membership.objects.create(user=small, unit=below, role="analyst", since="2020-01-01")
    page = see("text_begin", source.pk, "wish")[1]
    assert ("编码乙" in page, "乡镇研究" in page) == (True, False)
    first = Membership.objects.get(user=people["analyst"]).pk
    given = {"first": first, "second": hers.pk, "size": 0, "overlap": 0}
    assert see("text_begin", source.pk, "wish", **given)[0] == 422
    assert not CodingTask.objects.exists()


def test_nothing_begins_without_answers_and_an_empty_task_looks_again(see, version, coders, now):
    source = open_for_volunteers(version.campaign)
    seats = [Membership.objects.get(user=who).pk for who in coders]
    given = {"first": seats[0], "second": seats[1], "size": 0, "overlap": 0}
    status, page = see("text_begin", source.pk, "wish", **given)
    assert (status, "还没有审核通过的答卷" in page) == (422, True)
    file_response(source, OTHER | {"wish": ""})
    task = opened(source, coders, now)
    assert "再找一次作答" in see("text", task.pk)[1]
    file_response(source, OTHER | {"wish": LIGHTS})
    assert see("text", task.pk, a=1)[0] == 302
    assert jobs.run_next(now).state == Job.State.DONE
    assert "待写编码本" in see("text", task.pk)[1]


def test_another_coder_reads_everything_of_her_seat_anew(see, source, coders, people, now):
    third = User.objects.create(username="third", first_name="编码丙")
    unit = Membership.objects.get(user=people["analyst"]).unit
    seat = Membership.objects.create(user=third, unit=unit, role="analyst", since="2020-01-01")
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    read_all(task, coders[1])
    assert see("text_coder", task.pk, seat="second", person=seat.pk)[0] == 302
    assert "编码丙" in see("text", task.pk)[1]
    task.refresh_from_db()
    assert (task.second, coding.to_read(task, third).count()) == (third, 23)
    assert not Coding.objects.filter(coder=coders[1]).exists()
    assert not Coding.objects.filter(coder=third).exclude(codes=[]).exists()
    same = Membership.objects.get(user=coders[0]).pk
    see("text_coder", task.pk, seat="second", person=same)
    assert "已经是编码员" in see("text", task.pk)[1]
    for coder in (coders[0], third):
        read_all(task, coder)
    see("text_coder", task.pk, seat="second", person=Membership.objects.get(user=coders[1]).pk)
    assert "不能再换人" in see("text", task.pk)[1]


def test_too_many_codes_are_refused_with_a_sentence(see, source, coders, now):
    task = opened(source, coders, now)
    rows = {"form-TOTAL_FORMS": 61, "form-INITIAL_FORMS": 0}
    for k in range(61):
        rows |= {f"form-{k}-name": f"第{k}项", f"form-{k}-definition": "有"}
    status, page = see("text_codebook", task.pk, **rows)
    assert (status, "最多 60 项" in page) == (422, True)
    assert coding.codebook(task) is None


def test_a_quote_is_proposed_and_approved_on_the_page(see, source, coders, now):
    task = finished(source, coders, now)
    page = see("text_quotes", task.pk, query="?code=c2")[1]
    position = re.search(rf"第 (\d+) 条：{CARE}", page)[1]
    given = {"position": position, "code": "c2"}
    assert "姓名" in see("text_quotes", task.pk, **given, words="王桂兰说没人管孩子")[1]
    assert see("text_quotes", task.pk, **given, words=CARE)[0] == 302
    quote = Quote.objects.get()
    assert "等另一位研究人员审定" in see("text_quotes", task.pk)[1]
    see("text_quote", task.pk, quote.pk, decision="approve")
    quote.refresh_from_db()
    assert quote.state == "proposed"
    see("text_quote", task.pk, quote.pk, who=1, decision="approve", reason="同意")
    quote.refresh_from_db()
    assert (quote.state, quote.decided_by) == ("approved", coders[1])


def test_masking_that_broke_off_can_be_asked_for_again(see, source, coders, now):
    task, _ = one_of_each(source, coders, now)
    CodingTask.objects.update(prepared_at=None)
    assert "查看遮盖进度" in see("text", task.pk)[1]
    assert see("text", task.pk, a=1)[0] == 302
    Job.objects.update(state=Job.State.FAILED)
    assert see("text", task.pk, a=1)[0] == 302
    assert Job.objects.filter(kind="mask", state=Job.State.WAITING).count() == 1


def test_a_code_of_few_answers_is_counted_on_no_page(see, version, coders, now):
    """20 of the lights, 3 of the children, so kappa of both would tell the three."""
    source = filled(version.campaign, [LIGHTS] * 20 + [CARE] * 3)[0]
    task = finished(source, coders, now)
    page = see("text_agreement", task.pk)[1]
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', page)
    assert len(rows) == 2
    assert all("不足10份，不显示" in row and "%" not in row for row in rows)
    told = [re.findall(r'<td class="number">(.*?)</td>', row) for row in rows]
    assert told == [["20", "20"], ["不足10", "不足10"]]
    page = see("text_quotes", task.pk, query="?code=c2")[1]
    assert "第 21 条" not in page
    assert CARE not in page
    assert "提到这一项的不足 10 人" in page
    page = see("text", task.pk)[1]
    assert "有作答 20 份，编码 20 份" in page
    assert "已编 100%" in page


def test_a_code_of_many_answers_keeps_its_kappa(see, version, coders, now):
    source = filled(version.campaign, [LIGHTS] * 25 + [CARE] * 33)[0]
    task = finished(source, coders, now)
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', see("text_agreement", task.pk)[1])
    assert [re.findall(r'<td class="number">(.*?)</td>', row)[-3:] for row in rows] == [
        ["100%", "20", "20"], ["100%", "30", "30"]
    ]  # fmt: skip
    assert CARE in see("text_quotes", task.pk, query="?code=c2")[1]
