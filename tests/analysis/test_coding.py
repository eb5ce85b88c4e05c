"""The two-coder workflow: masked before anybody reads, blind, compared, decided, counted."""

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from analysis.core import gate, mentions
from analysis.core.design import Design
from analysis.models import CodingTask, MaskedAnswer
from analysis.services import agreeing, coding, masked, open_text
from analysis.services import mentions as service
from surveys import envelope
from tests.analysis.coding_world import (
    BOTH,
    CARE,
    CODES,
    LIGHTS,
    filled,
    finished,
    meant,
    opened,
    read_all,
)
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
SAID = [LIGHTS] * 12 + [CARE] * 15 + [BOTH] * 11 + ["没有什么", ""]


@pytest.fixture
def coders(people):
    return people["analyst"], User.objects.create(username="second", first_name="编码乙")


@pytest.fixture
def source(version):
    return filled(version.campaign, SAID)[0]


def test_coders_see_masked_text_and_no_row_holds_any_words(version, coders, now):
    source, _ = filled(version.campaign, ["我叫王桂兰，电话13800138000，把路灯修好", CARE])
    task = opened(source, coders, now)
    texts = masked.read(list(task.answers.all()))
    assert sorted(texts.values()) == sorted(["我叫〔姓名〕，电话〔电话〕，把路灯修好", CARE])
    rows = str(list(MaskedAnswer.objects.values())) + str(list(CodingTask.objects.values()))
    assert not any(word in rows for word in ("王桂兰", "路灯", "孩子"))


def test_blank_answers_are_not_coded_and_preparing_twice_changes_nothing(source, coders, now):
    task = opened(source, coders, now)
    assert (task.written, task.answers.count()) == (39, 39)
    assert open_text.prepare(task, now=now) == 39
    assert coding.progress(task).wanted == 78


def test_a_part_is_drawn_and_only_the_overlap_read_twice(source, coders, now):
    task = opened(source, coders, now, size=20, overlap=10)
    assert (task.written, task.answers.count()) == (39, 20)
    counts = [coding.to_read(task, coder).count() for coder in coders]
    assert counts == [15, 15]
    shared = [one.answer for one in coding.comparisons(task) if len(one.readings) == 2]
    assert [a.position for a in shared] == list(range(1, 11))


def test_the_draw_depends_on_the_seed_alone(source, coders, now):
    first = list(opened(source, coders, now, size=10).answers.values_list("instance_id", flat=True))
    CodingTask.objects.get().answers.all().delete()
    CodingTask.objects.get().delete()
    again = list(opened(source, coders, now, size=10).answers.values_list("instance_id", flat=True))
    assert first == again


def test_suggestions_are_counts_of_ten_or_more_with_answers_by_position(source, coders, now):
    task = opened(source, coders, now)
    found = {w["word"]: w for w in task.suggestions["words"]}
    assert found["路灯"]["persons"] == 23
    assert all(w["persons"] >= 10 for w in found.values())
    said = masked.read(list(task.answers.all()))
    at = {a.position: said[a.pk] for a in task.answers.all()}
    assert all("路灯" in at[p] for p in found["路灯"]["examples"])


def test_two_coders_are_two_people(source, coders, now):
    with pytest.raises(coding.CodingRefused, match="同一个人"):
        opened(source, (coders[0], coders[0]), now)
    with pytest.raises(IntegrityError), transaction.atomic():
        CodingTask.objects.create(
            source=source, question="a", label="a", first=coders[0], second=coders[0], seed=1,
            opened_by="t", opened_at=now,
        )  # fmt: skip
    opened(source, coders, now)
    with pytest.raises(coding.CodingRefused, match="已经在编码"):
        opened(source, coders, now)


def test_a_code_keeps_its_key_and_a_new_version_asks_for_every_reading_again(source, coders, now):
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    read_all(task, coders[0])
    assert not coding.to_read(task, coders[0]).exists()
    rows = [CODES[0] | {"key": "c1", "name": "路与灯"}, CODES[1] | {"key": "", "name": "新的"}]
    book = coding.write_codebook(task, rows, by="t", now=now)
    assert [(c.key, c.name) for c in book.codes.all()] == [("c1", "路与灯"), ("c3", "新的")]
    assert coding.to_read(task, coders[0]).count() == 39
    assert coding.to_read(task, coders[0]).first().codes in (["c1"], ["c2"], ["c1", "c2"], [])
    with pytest.raises(coding.CodingRefused, match="名称不能重复"):
        coding.write_codebook(task, [CODES[0], CODES[0]], by="t", now=now)


def test_nothing_is_compared_before_both_are_through(source, coders, now):
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    read_all(task, coders[0])
    assert not coding.compared(task)
    assert agreeing.measure(task) == {}
    with pytest.raises(coding.CodingRefused, match="都编完以后"):
        coding.decide(task.answers.first(), ["c1"], "consensus", "a", by=coders[0], now=now)
    read_all(task, coders[1])
    assert coding.compared(task)
    assert agreeing.measure(task)["alpha"] == 1
    reading = coding.reading_at(task, coders[0], 1)
    with pytest.raises(coding.CodingRefused, match="已经对照"):
        coding.record(reading, coding.codebook(task), ["c1"], "")


def careless(text):
    """Overlooks the second thing somebody says."""
    return meant(text)[:1]


def test_what_differs_is_decided_by_a_third_person_or_both_together(source, coders, now):
    """Referee of kappa: 28 of 39 alike, 26 and 15 yes, so (28/39 - 702/1521) / (1 - 702/1521)."""
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    read_all(task, coders[0])
    read_all(task, coders[1], codes=careless)
    assert coding.progress(task).state == "deciding"
    waiting = [one.answer for one in coding.waiting(task)]
    assert len(waiting) == 11
    with pytest.raises(coding.CodingRefused, match="以外的人"):
        coding.decide(waiting[0], ["c1"], "third", "a", by=coders[1], now=now)
    with pytest.raises(coding.CodingRefused, match="没裁定"):
        coding.finish(task, by="t", now=now)
    third = User.objects.create(username="third")
    for answer in waiting:
        coding.decide(answer, ["c2", "c1", "zzz"], "third", "两件事都说了", by=third, now=now)
    assert coding.final(task)[waiting[0].instance_id] == {"c1", "c2"}
    coding.finish(task, by="t", now=now)
    assert coding.progress(task).state == "done"
    with pytest.raises(coding.CodingRefused, match="已经完成"):
        coding.decide(waiting[0], [], "third", "a", by=third, now=now)
    measured = agreeing.measure(task)
    assert measured["alpha"] < 1
    assert [c["value"] for c in measured["codes"]] == [1, pytest.approx(10 / 21)]


def test_a_doubt_alone_asks_for_a_decision(source, coders, now):
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    read_all(task, coders[0])
    read_all(task, coders[1], doubt="unclear")
    assert len(coding.waiting(task)) == 39


def test_who_could_give_no_code_says_nothing_of_agreement(source, coders, now):
    """38 answers name a code; the one that names none is not understood by one of the two."""
    task = opened(source, coders, now)
    coding.write_codebook(task, CODES, by="t", now=now)
    for coder, doubt in zip(coders, ("", "unclear"), strict=True):
        book = coding.codebook(task)
        for reading in list(coding.to_read(task, coder)):
            codes = meant(masked.read([reading.answer])[reading.answer_id])
            coding.record(reading, book, codes, "" if codes else doubt)
    measured = agreeing.measure(task)
    assert (measured["n"], measured["left_out"], measured["alpha"]) == (38, 1, 1)
    assert np.isnan(measured["low"])  # all alike: no sample drawn says how sure that is


def test_a_question_whose_answers_were_all_taken_back_is_left_out(source, coders, now):
    task = finished(source, coders, now)
    task.answers.all().delete()
    assert service.tables(source, design(3), ["a", "b", "c"], gate.Release()) == []


def design(n):
    return Design.declare(weights=np.full(n, 300.0), ids=[np.arange(n)])


def test_shares_are_those_of_the_design_over_the_women_who_wrote_something(source, coders, now):
    """Referee: with equal weights a share is the plain mean, 23 of 39, printed in steps of 0.05.

    That two of 41 wrote nothing is not told: n counts them in tens.
    """
    task = finished(source, coders, now)
    instances = [*coding.final(task), "nobody", "blank"]
    table = service.tables(source, design(len(instances)), instances, gate.Release())[0]
    shares = {c["name"]: c["share"] for c in table["codes"]}
    assert shares["路灯"]["value"] == pytest.approx(0.60)
    assert shares["托管"]["value"] == pytest.approx(0.65)
    assert (table["n"], shares["路灯"]["n"], table["read"], table["written"]) == (41, 41, 30, 30)
    assert shares["路灯"]["low"] < 23 / 39 < shares["路灯"]["high"]


def test_a_code_of_fewer_than_ten_persons_is_withheld(version, coders, now):
    source, _ = filled(version.campaign, [LIGHTS] * 9 + [CARE] * 30)
    task = finished(source, coders, now)
    instances = list(coding.final(task))
    table = service.tables(source, design(len(instances)), instances, gate.Release())[0]
    assert [(c["name"], c["share"]["status"], c["share"]["value"]) for c in table["codes"]] == [
        ("路灯", "suppressed", None), ("托管", "suppressed", None),
    ]  # fmt: skip


def test_the_ledger_remembers_the_shares_of_earlier_versions(source, coders, now):
    """One woman more who wrote of both: neither version tells that she did."""
    task, door = finished(source, coders, now), gate.Release()
    instances = list(coding.final(task))
    both = next(k for k, keys in coding.final(task).items() if len(keys) == 2)
    fewer = [k for k in instances if k != both]
    first = service.tables(source, design(38), fewer, door)
    assert all(c["share"]["status"] == "ok" for c in first[0]["codes"])
    assert service.tables(source, design(38), fewer, door) == first
    door.at = 1
    later = service.tables(source, design(39), instances, door)
    for before, after in zip(first[0]["codes"], later[0]["codes"], strict=True):
        assert after["share"]["value"] in (None, before["share"]["value"])


def test_only_finished_questions_are_counted(source, coders, now):
    opened(source, coders, now)
    assert service.tables(source, design(3), ["a", "b", "c"], gate.Release()) == []


def test_an_answer_taken_back_cannot_be_read_even_before_the_rows_go(source, coders, now):
    task = opened(source, coders, now)
    answer = task.answers.first()
    envelope.destroy(answer.key_id, now.date())
    assert masked.read([answer]) == {}
    assert len(masked.read(list(task.answers.all()))) == 38


def test_indicators_leave_out_who_was_not_coded():
    coded = mentions.Coded("q", "题", (("c1", "路", ""),), {"a": frozenset({"c1"}),
                           "b": frozenset()}, {}, 2, 2)  # fmt: skip
    found = mentions.indicators(coded, ["b", "x", "a"])[:, 0]
    assert found[[0, 2]].tolist() == [0, 1]
    assert np.isnan(found[1])
