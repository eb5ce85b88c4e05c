"""Quotes: only from coded questions, only what tells nobody, only after a second person agreed."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

from analysis.core import quoting
from analysis.core.report import voices
from analysis.models import DataVersion, MaskedAnswer, Quote
from analysis.services import masked, quotes
from surveys import audit
from surveys.core import xform
from surveys.gateway import parse_xml
from tests.analysis import everything
from tests.analysis.coding_world import CARE, LIGHTS, QUESTION, filled, finished, opened
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


@pytest.fixture
def coders(people):
    return people["analyst"], User.objects.create(username="second", first_name="编码乙")


@pytest.fixture
def task(version, coders, now):
    source, _ = filled(version.campaign, [LIGHTS] * 12 + [CARE] * 20 + ["学手艺"])
    source.source = "probability"
    source.save(update_fields=["source"])
    return finished(source, coders, now)


def answer_of(task, text):
    said = masked.read(list(task.answers.all()))
    return MaskedAnswer.objects.get(pk=next(pk for pk, words in said.items() if words == text))


@pytest.mark.parametrize(
    ("words", "persons", "why"),
    [
        ("路灯坏了，晚上不敢出门", 10, ""),
        ("路灯坏了，晚上不敢出门", 9, "不足 10 人"),
        ("王桂兰说路灯坏了", 40, "姓名"),
        ("〔姓名〕家的路灯坏了", 40, "遮盖过"),
        ("我是单亲，孩子有自闭症，没人管", 40, "疾病或残疾、婚姻"),
        ("我是单亲，孩子没人管", 40, ""),
        ("他打我，没人管", 40, "人身安全"),
        ("路" * 121, 40, "不超过 120"),
        ("   ", 40, "要有内容"),
        ("电话138～1234～5678", 40, "姓名"),
        ("王　晓　梅不给办", 40, "姓名"),
        ("問過劉建國", 40, "姓名"),
        ("他打\u200b我，没人管", 40, "人身安全"),
        ("被 人 殴 打 过", 40, "人身安全"),
        ("每月２０００元，不够花", 40, ""),
    ],
)
def test_what_may_not_be_quoted_is_told_why(words, persons, why):
    found = "".join(quoting.faults(words, persons))
    assert (why in found) if why else found == ""


def test_names_known_beforehand_may_not_be_quoted():
    found = quoting.faults("住在石桥，问过多喜", 40, places=["石桥村"], people=["多喜"])
    assert "姓名" in "".join(found)
    assert quoting.faults("过了石桥就没有路灯", 40, places=["石桥村"]) == []


def test_open_questions_leave_out_contact_sealed_and_repeated_text():
    form = xform.compile(parse_xml(everything.xform())).definition
    assert [q.name for q in quoting.open_questions(form)] == ["past", "wish"]
    assert all(quoting.quotable(form, q) for q in quoting.open_questions(form))


def test_what_hangs_on_a_sensitive_answer_is_not_quotable():
    table = everything.SURVEY.replace(
        "| text | wish | 您的一句话 | |", "| text | wish | 您的一句话 | ${ill} = '1' |"
    ).replace("| select_one yesno | ill | 有没有大病 | | | L4 | | | |\n", "")
    table = table.replace(
        "| text | past |", "| select_one yesno | ill | 有没有大病 | | | L4 | | | |\n| text | past |"
    )
    data = everything.workbook(table, everything.CHOICES, everything.SETTINGS)
    form = xform.compile(parse_xml(everything.xlsform.convert(data, "a.xlsx").xform)).definition
    assert not quoting.quotable(form, form.by_path(QUESTION))


def test_a_quote_is_proposed_by_one_and_approved_by_another(task, coders, now):
    quote = quotes.propose(answer_of(task, LIGHTS), "c1", "把路灯修好", by=coders[0], now=now)
    with pytest.raises(quotes.QuoteRefused, match="不能自己审定"):
        quotes.decide(quote, True, "", by=coders[0], now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Quote.objects.filter(pk=quote.pk).update(decided_by=coders[0], state="approved")
    quote.refresh_from_db()
    quotes.decide(quote, True, "同意", by=coders[1], now=now)
    quote.refresh_from_db()
    assert (quote.state, quote.decided_by) == ("approved", coders[1])
    with pytest.raises(quotes.QuoteRefused, match="已经审过"):
        quotes.decide(quote, False, "", by=coders[1], now=now)
    assert audit.first_break() is None


def test_a_quote_must_speak_of_what_its_answer_was_coded_with(task, coders, now):
    with pytest.raises(quotes.QuoteRefused, match="没有编到这一项"):
        quotes.propose(answer_of(task, LIGHTS), "c2", "把路灯修好", by=coders[0], now=now)


def test_no_quote_before_the_coding_is_finished(version, coders, now):
    source, _ = filled(version.campaign, [LIGHTS] * 12)
    task = opened(source, coders, now)
    with pytest.raises(quotes.QuoteRefused, match="编码完成以后"):
        quotes.propose(task.answers.first(), "c1", "把路灯修好", by=coders[0], now=now)


def with_mentions(version, task):
    """A later version that has the share of the first code in its figures."""
    row = {"value": 0.4, "low": 0.3, "high": 0.5, "n": 33, "n_eff": 30.0, "df": 20, "se": 0.05,
           "deff": 1.1, "status": "ok", "reason": ""}  # fmt: skip
    table = {
        "question": task.question, "label": task.label, "n": 33, "read": 33, "written": 33,
        "agreement": {"n": 33, "alpha": 0.9, "low": 0.8, "high": 1.0},
        "codes": [{"key": "c1", "name": "路灯", "definition": "路和灯", "share": row}],
    }  # fmt: skip
    text = json.dumps(version.figures | {"mentions": [table]})
    return DataVersion.objects.create(
        campaign=version.campaign, number=2, figures_json=text, sha256="0" * 64, revision="t",
        frozen_at=version.frozen_at, frozen_by="t",
    )  # fmt: skip


@pytest.fixture
def approved(task, coders, now):
    quote = quotes.propose(answer_of(task, LIGHTS), "c1", "路灯请修一修", by=coders[0], now=now)
    quotes.decide(quote, True, "", by=coders[1], now=now)
    return quote


def test_only_approved_quotes_of_published_shares_are_printed(version, task, approved, coders, now):
    assert quotes.printable(version) == []
    quotes.propose(answer_of(task, LIGHTS), "c1", "还没审的话", by=coders[0], now=now)
    found = quotes.printable(with_mentions(version, task))
    assert [(q["words"], q["code"]) for q in found] == [("路灯请修一修", "路灯")]


def test_volunteers_are_not_quoted_in_the_report(version, task, approved):
    task.source.source = "volunteer"
    task.source.save(update_fields=["source"])
    assert quotes.printable(with_mentions(version, task)) == []


def test_the_report_says_how_the_shares_came_about(version, task):
    assert voices.compose(version.figures) is None
    figures = with_mentions(version, task).figures
    composed = voices.compose(figures)
    assert composed["tables"][0]["rows"] == [["路灯：路和灯", "40.0%", "30.0%—50.0%"]]
    assert "n=33" in composed["tables"][0]["caption"]
    assert "两人背对背编码" in composed["tables"][0]["notes"][0]
    assert "α=0.90" in composed["tables"][0]["notes"][0]


def test_quotes_stand_below_the_shares_and_only_when_there_are_any(version, task, approved):
    later = with_mentions(version, task)

    def printed(found):
        composed = voices.compose(later.figures | {"quotes": found})
        return render_to_string("analysis/report/voices.html", {"voices": composed})

    page = printed(quotes.printable(later))
    assert page.index("40.0%") < page.index("“路灯请修一修”（提到路灯）")
    assert "不代表多数" in page
    assert "不代表多数" not in printed([])


def test_the_same_words_are_proposed_once(task, coders, now):
    answer = answer_of(task, LIGHTS)
    quotes.propose(answer, "c1", "把路灯修好", by=coders[0], now=now)
    with pytest.raises(quotes.QuoteRefused, match="已经提出过"):
        quotes.propose(answer, "c1", " 把路灯修好 ", by=coders[1], now=now)
    assert Quote.objects.count() == 1
