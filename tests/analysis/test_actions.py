"""From the ranking to a closed action: who may do what, in which order, and what is kept."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection

from analysis.models import Action, DataVersion, Issue, Progress
from analysis.services import actions, board, documents, issues
from analysis.services.actions import MoveRefused
from surveys import audit
from surveys.core.problems import Refused
from surveys.models import AuditEvent
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
PDF = b"%PDF-1.7\ntrailer<<>>\n%%EOF\n"
DAY = timedelta(days=1)


@pytest.fixture
def found(version, now):
    return issues.propose(version, by="xuning", now=now)


@pytest.fixture
def decide(people, now):
    def record(issue, result="major", reason="确定前三", **changed):
        given = {"party": "民生实事", "ours": "together", "ours_note": "摸排需求"} | changed
        return issues.decide(
            issue, result=result, reason=reason, by=people["leader"], at=now, **given
        )

    return record


@pytest.fixture
def action(found, decide, people, units, now):
    decide(found[0])
    return actions.open_action(
        found[0],
        title="开设日间照料点",
        kind="serve",
        target="3 处",
        owner_unit=units["bureau"],
        owner=people["owner"],
        co_owners=[units["health"]],
        deadline=now.date() + 60 * DAY,
        by=people["leader"],
        now=now,
    )


@pytest.fixture
def moving(action, people, now):
    actions.accept(action, by=people["owner"], now=now)
    return action


@pytest.fixture
def report(moving, people, now):
    def record(evidence=("签到册.pdf", PDF), by="owner", **changed):
        given = {"on": now.date(), "text": "完成培训", "reached": 46} | changed
        return actions.report(moving, evidence=evidence, by=people[by], now=now, **given)

    return record


@pytest.fixture
def checking(moving, report, people, now):
    report()
    actions.ask_to_close(moving, by=people["owner"], now=now)
    return moving


def test_the_ranking_and_the_groups_give_numbered_issues(found, version):
    told = [(i.number, i.domain, i.tier) for i in found]
    assert told == [
        ("2026-Q1", "06", "confirmed"),
        ("2026-Q2", "04", "confirmed"),
        ("2026-Q3", "01", "possible"),
        ("2026-Q4", "07", "possible"),
        ("2026-Q5", "11", "rest"),  # first among women in hardship: no group is hidden
    ]


def test_proposing_again_changes_nothing(found, version, now):
    rows = AuditEvent.objects.count()
    assert issues.propose(version, by="xuning", now=now) == found
    assert Issue.objects.count() == 5
    assert AuditEvent.objects.count() == rows


def test_a_number_means_one_issue_however_many_versions_are_frozen(found, version, now):
    later = DataVersion.objects.get(pk=version.pk)
    later.pk, later.number = None, 2
    later.save(force_insert=True)
    second = issues.propose(later, by="xuning", now=now)
    assert [i.number for i in second] == [f"2026-Q{k}" for k in range(6, 11)]
    assert [i.domain for i in second] == [i.domain for i in found]
    assert issues.propose(version, by="xuning", now=now) == found


@pytest.mark.parametrize(
    "gap", [{"reason": " "}, {"party": ""}, {"ours_note": ""}, {"ours": "x"}, {"result": "x"}]
)
def test_a_decision_lacking_something_is_not_recorded(found, decide, gap):
    with pytest.raises(issues.DecisionRefused, match="请"):
        decide(found[0], **gap)
    assert not found[0].decisions.exists()


def test_every_decision_is_kept_and_the_latest_counts(found, decide, now):
    decide(found[0], "not_now", "先等规划")
    assert not issues.may_open(found[0])
    decide(found[0], "ordinary", "规划已定")
    assert issues.latest(found[0]).reason == "规划已定"
    assert issues.may_open(found[0])
    assert found[0].decisions.count() == 2
    told = AuditEvent.objects.filter(action="decide_issue").values_list("detail__reason", flat=True)
    assert list(told) == ["先等规划", "规划已定"]


def test_a_decision_sent_twice_is_one(found, decide):
    assert decide(found[0], "ordinary", "规划已定") == decide(found[0], "ordinary", "规划已定")
    assert found[0].decisions.count() == 1
    assert AuditEvent.objects.filter(action="decide_issue").count() == 1


@pytest.mark.parametrize("result", [None, "not_now"])
def test_no_action_without_the_decision_to_take_the_issue_up(
    found, decide, people, units, now, result
):
    if result:
        decide(found[0], result)
    with pytest.raises(MoveRefused, match="三所决定"):
        actions.open_action(
            found[0], title="a", kind="serve", target="b", owner_unit=units["bureau"],
            owner=people["owner"], deadline=now.date() + DAY, by=people["leader"], now=now,
        )  # fmt: skip
    assert not Action.objects.exists()


def test_numbers_run_within_the_year(action, found, people, units, now):
    second = actions.open_action(
        found[0], title="b", kind="rights", target="c", owner_unit=units["bureau"],
        owner=people["owner"], co_owners=[units["bureau"]], deadline=now.date() + DAY,
        by=people["leader"], now=now,
    )  # fmt: skip
    assert (action.number, second.number) == ("2026-001", "2026-002")
    assert not second.co_owners.exists()  # the owner does not also share


def test_only_the_person_named_signs(action, people, now):
    with pytest.raises(MoveRefused, match="王敏"):
        actions.accept(action, by=people["colleague"], now=now)
    assert Action.objects.get().state == "new"


def test_a_report_needs_words_a_real_day_and_a_signed_action(action, people, now):
    def report(**changed):
        given = {"on": now.date(), "text": "做了", "reached": 1} | changed
        actions.report(action, by=people["owner"], now=now, **given)

    with pytest.raises(MoveRefused, match="签收"):
        report()
    actions.accept(action, by=people["owner"], now=now)
    for wrong in ({"text": " "}, {"on": now.date() + DAY}, {"on": now.date() - DAY}):
        with pytest.raises(MoveRefused):
            report(**wrong)
    assert not Progress.objects.exists()


def test_an_evidence_file_is_kept_with_its_digest(report):
    entry = report()
    assert bytes(Progress.objects.get().evidence) == PDF
    assert len(entry.evidence_sha256) == 64
    assert AuditEvent.objects.get(action="action_report").detail == {
        "sha256": entry.evidence_sha256
    }


def test_a_report_sent_twice_is_told_once(report):
    report()
    with pytest.raises(MoveRefused, match="刚才已经记下"):
        report()
    assert Progress.objects.count() == 1


def test_a_refused_file_leaves_no_entry(report):
    with pytest.raises(Refused):
        report(evidence=("a.pdf", b"<html>"))
    assert not Progress.objects.exists()


@pytest.mark.parametrize("evidence", [None, ("", b""), (" ", b"")])
def test_closing_is_not_asked_without_evidence(moving, report, people, now, evidence):
    report(evidence=evidence)
    with pytest.raises(MoveRefused, match="证明材料"):
        actions.ask_to_close(moving, by=people["owner"], now=now)
    assert Action.objects.get().state == "moving"


def test_what_lies_on_the_units_shelf_is_evidence_too(moving, report, people, now):
    report(evidence=("签到册，存办公室", b""))
    actions.ask_to_close(moving, by=people["owner"], now=now)
    assert Action.objects.get().state == "checking"


def test_nobody_closes_what_she_owns_or_reported_on(found, decide, people, units, now):
    decide(found[0])
    leader, deputy = people["leader"], people["deputy"]
    own = actions.open_action(
        found[0], title="a", kind="serve", target="b", owner_unit=units["county"], owner=leader,
        deadline=now.date() + DAY, by=leader, now=now,
    )  # fmt: skip
    actions.accept(own, by=leader, now=now)
    given = {"on": now.date(), "text": "做了", "reached": 1, "evidence": ("册", b"")}
    actions.report(own, by=deputy, now=now, **given)
    actions.ask_to_close(own, by=leader, now=now)
    for person, why in ((leader, "责任人"), (deputy, "报过")):
        with pytest.raises(MoveRefused, match=why):
            actions.close(own, note="已核实", by=person, now=now)
    assert Action.objects.get().state == "checking"


def test_sent_back_it_needs_new_evidence(checking, report, people, now):
    actions.send_back(checking, note="请补签到册", by=people["leader"], now=now)
    with pytest.raises(MoveRefused, match="新的材料"):
        actions.ask_to_close(checking, by=people["owner"], now=now)
    actions.report(
        checking, on=now.date(), text="补充", reached=0, evidence=("册", b""),
        by=people["owner"], now=now,
    )  # fmt: skip
    actions.ask_to_close(checking, by=people["owner"], now=now)
    assert [p.kind for p in Progress.objects.order_by("id")] == [
        "report", "asked", "returned", "report", "asked",
    ]  # fmt: skip


def test_closing_keeps_who_when_and_why(checking, people, now):
    with pytest.raises(MoveRefused, match="验收意见"):
        actions.close(checking, note=" ", by=people["leader"], now=now)
    actions.close(checking, note="回访 5 户", by=people["leader"], now=now)
    row = Action.objects.get()
    assert (row.state, row.closed_by, row.closed_on) == ("closed", people["leader"], now.date())
    assert row.closing_note == "回访 5 户"


def test_a_deadline_moves_only_later_and_with_its_reason(moving, people, now):
    before = moving.deadline
    for wrong in ({"deadline": before}, {"deadline": before - DAY}, {"reason": ""}):
        given = {"deadline": before + 30 * DAY, "reason": "汛期"} | wrong
        with pytest.raises(MoveRefused):
            actions.extend(moving, by=people["leader"], now=now, **given)
    actions.extend(moving, deadline=before + 30 * DAY, reason="汛期", by=people["leader"], now=now)
    assert Action.objects.get().deadline == before + 30 * DAY
    assert "汛期" in Progress.objects.get(kind="extended").text
    assert board.cards(Action.objects.all(), now.date() + 31 * DAY)[0].light["word"] == "进度偏慢"


STEPS = {
    "accept": {},
    "report": {"on": date(2026, 11, 23), "text": "a", "reached": 0},
    "ask_to_close": {},
    "send_back": {"note": "a"},
    "close": {"note": "a"},
    "extend": {"deadline": date(2027, 12, 1), "reason": "a"},
}


@pytest.mark.parametrize("state", Action.State.values)
@pytest.mark.parametrize("name", STEPS)
def test_a_step_out_of_its_state_changes_nothing(checking, people, now, state, name):
    closed = {"closed_by": people["leader"], "closed_on": now.date()} if state == "closed" else {}
    Action.objects.filter(pk=checking.pk).update(state=state, **closed)
    checking.refresh_from_db()
    by = people["leader" if name in ("send_back", "close", "extend") else "owner"]
    log, acts = Progress.objects.count(), AuditEvent.objects.count()
    if state in actions.MOVES[name].before:
        getattr(actions, name)(checking, by=by, now=now, **STEPS[name])
        assert Action.objects.get().state == (actions.MOVES[name].after or state)
        assert AuditEvent.objects.count() == acts + 1
    else:
        with pytest.raises(MoveRefused):
            getattr(actions, name)(checking, by=by, now=now, **STEPS[name])
        assert Action.objects.get().state == state
        assert (Progress.objects.count(), AuditEvent.objects.count()) == (log, acts)


def test_the_second_of_two_people_is_told(checking, people, now):
    mine, theirs = Action.objects.get(), Action.objects.get()
    actions.close(mine, note="已核实", by=people["leader"], now=now)
    with pytest.raises(MoveRefused, match="刷新"):
        actions.send_back(theirs, note="请补", by=people["deputy"], now=now)
    assert Action.objects.get().state == "closed"
    assert not Progress.objects.filter(kind="returned").exists()


def test_the_journal_stays_unbroken(checking, people, now):
    actions.close(checking, note="已核实", by=people["leader"], now=now)
    told = list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))
    assert told == [
        "propose_issues", "decide_issue", "action_open", "action_accept", "action_report",
        "action_ask_to_close", "action_close",
    ]  # fmt: skip
    assert audit.first_break() is None


def test_facts_have_the_shape_the_reports_print(checking, version, now, found, decide):
    example = version.figures
    told = documents.facts(version, now.date())
    assert set(told["issues"][0]) == set(example["issues"][0])
    assert set(told["issues"][0]["decision"]) == set(example["issues"][0]["decision"])
    assert told["issues"][1]["decision"] is None
    assert set(told["actions"][0]) == set(example["actions"][0])
    assert set(told["actions"][0]["progress"][0]) == {"on", "text", "reached"}
    assert set(example["action_counts"]) < set(told["action_counts"])
    assert told["action_counts"] == {
        "total": 1, "new": 0, "moving": 1, "checking": 1, "closed": 0, "overdue": 0,
    }  # fmt: skip


def test_a_document_keeps_what_it_said_that_day(checking, version, people, now):
    document = documents.make(version, "progress", by="xuning", now=now)
    assert bytes(document.pdf)[:5] == b"%PDF-"
    actions.close(checking, note="已核实", by=people["leader"], now=now)
    document.refresh_from_db()
    assert document.facts["actions"][0]["state"] == "待验收"
    assert AuditEvent.objects.get(action="make_document").detail == {"sha256": document.sha256}


@pytest.mark.django_db(databases=THREE_STORES, transaction=True)
@pytest.mark.parametrize(
    ("titles", "numbers"), [("ab", {"2026-001", "2026-002"}), ("aa", {"2026-001"})]
)
def test_two_actions_opened_at_once_get_two_numbers_and_the_same_one_number(
    found, decide, people, units, now, titles, numbers
):
    decide(found[0])
    start, failed = threading.Barrier(2), []

    def open_one(title):
        try:
            start.wait()
            actions.open_action(
                found[0], title=title, kind="serve", target="b", owner_unit=units["bureau"],
                owner=people["owner"], deadline=now.date() + DAY, by=people["leader"], now=now,
            )  # fmt: skip
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=open_one, args=title) for title in titles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert set(Action.objects.values_list("number", flat=True)) == numbers
