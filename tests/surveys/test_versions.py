"""From draft to closed: who may take a version further, and what is refused with a reason."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from surveys import intake, messages, packing, services
from surveys.core.problems import Refused
from surveys.models import AuditEvent, Version
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, THREE_STORES, workbook

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


def imported(now, survey=FIVE_QUESTIONS, number="1", by="作者"):
    data = workbook(survey, CHOICES, SETTINGS.replace("| five | 1 |", f"| five | {number} |"))
    done = services.import_workbook(data, "five.xlsx", by=by, now=now)
    assert done.version, done.problems
    return done.version


def test_a_version_is_reviewed_by_another_and_then_published(now):
    draft = imported(now)
    with pytest.raises(services.MoveRefused, match="另一位同事"):
        services.move_version(draft, "review", by="作者", now=now)
    services.move_version(draft, "review", by="同事", now=now, note="跳转都试过")
    assert (draft.state, draft.reviewed_by, draft.review_note) == ("reviewed", "同事", "跳转都试过")
    services.move_version(draft, "publish", by="作者", now=now)
    assert (draft.state, draft.published_by) == ("published", "作者")
    acts = AuditEvent.objects.order_by("seq").values_list("action", "actor")
    assert list(acts) == [
        ("import_questionnaire", "作者"), ("review_version", "同事"), ("publish_version", "作者"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "step", "word"),
    [
        ([], "publish", "“草稿”的版本不能发布"),
        ([], "close", "“草稿”的版本不能停用"),
        (["review"], "review", "“已审核”的版本不能审核通过"),
        (["review"], "send_back", "写明理由"),
        (["review", "publish"], "send_back", "“已发布”的版本不能退回修改"),
        (["review", "publish"], "close", "写明理由"),
    ],
)
def test_a_step_out_of_turn_or_without_its_reason_is_refused(now, steps, step, word):
    version = imported(now)
    for done in steps:
        services.move_version(version, done, by="同事", now=now)
    before = version.state
    with pytest.raises(services.MoveRefused, match=word):
        services.move_version(version, step, by="同事", now=now, note="  ")
    version.refresh_from_db()
    assert version.state == before


def test_a_version_sent_back_must_be_reviewed_again(now):
    version = imported(now)
    services.move_version(version, "review", by="同事", now=now)
    services.move_version(version, "send_back", by="同事", now=now, note="第 3 题有歧义")
    assert (version.state, version.reviewed_by, version.reviewed_at) == ("draft", "", None)
    assert version.review_note == "第 3 题有歧义"
    with pytest.raises(services.MoveRefused):
        services.move_version(version, "publish", by="作者", now=now)


def test_two_who_decide_at_once_do_not_both_win(now):
    mine, hers = imported(now), Version.objects.get()
    services.move_version(mine, "review", by="同事", now=now)
    with pytest.raises(services.MoveRefused, match="刚才有人"):
        services.move_version(hers, "send_back", by="另一位", now=now, note="不行")


def test_what_was_reviewed_is_what_is_published(now):
    version = imported(now)
    services.move_version(version, "review", by="同事", now=now)
    version.xform_sha256 = "0" * 64
    with pytest.raises(ValidationError, match="建立新版本"):
        version.save()
    with pytest.raises(ValidationError, match="不能删除"):
        version.delete()


def test_publishing_past_the_review_is_journalled_as_such(now):
    services.publish_version(imported(now), by="operator", now=now, purpose="命令行发布，未经审核")
    act = AuditEvent.objects.get(action="publish")
    assert (act.purpose, act.detail["reviewed_by"]) == ("命令行发布，未经审核", "")


def test_answers_of_another_kind_under_one_name_are_refused_at_publishing(now):
    services.publish_version(imported(now), by="o", now=now)
    other = imported(now, FIVE_QUESTIONS.replace("| integer | age", "| text | age"), "2")
    with pytest.raises(Refused) as refused:
        services.publish_version(other, by="o", now=now)
    said = messages.sentence(refused.value.problems[0])
    assert "版本 1 里是“整数”，现在是“文字”" in said
    services.move_version(other, "review", by="同事", now=now)
    with pytest.raises(Refused):
        services.move_version(other, "publish", by="作者", now=now)
    assert Version.objects.get(pk=other.pk).state == "reviewed"


def test_the_kind_is_compared_with_every_version_in_use_not_the_last_only(now):
    services.publish_version(imported(now), by="o", now=now)
    without = "\n".join(x for x in FIVE_QUESTIONS.splitlines() if "| age |" not in x)
    services.publish_version(imported(now, without, "2"), by="o", now=now)
    third = imported(now, FIVE_QUESTIONS.replace("| integer | age", "| decimal | age"), "3")
    with pytest.raises(Refused):
        services.publish_version(third, by="o", now=now)


def test_the_command_leaves_nothing_behind_when_publishing_is_refused(now, tmp_path, capsys):
    services.publish_version(imported(now), by="o", now=now)
    changed = FIVE_QUESTIONS.replace("| integer | age", "| text | age")
    path = tmp_path / "two.xlsx"
    path.write_bytes(workbook(changed, CHOICES, SETTINGS.replace("five | 1", "five | 2")))
    with pytest.raises(SystemExit) as ended:
        call_command("import_questionnaire", str(path), "--publish")
    assert ended.value.code == 2
    assert "/data/age  type_changed" in capsys.readouterr().out
    assert Version.objects.count() == 1


@pytest.mark.parametrize(("state", "status"), [("closed", 201), ("reviewed", 202), ("draft", 202)])
def test_old_tablets_still_send_to_a_closed_version_and_never_to_an_unpublished(
    collection, now, state, status
):
    Version.objects.filter(pk=collection.version_id).update(state=state)
    xml, sealed = packing.pack(
        collection.version.definition, {"/data/agree": "1"}, instance_id="uuid:1",
        public_key=collection.public_key, key_id=collection.key_id,
    )  # fmt: skip
    outcome = intake.receive(
        xml, sealed, collection=collection, channel="tablet", now=now + timedelta(days=1)
    )
    assert outcome.status == status
    assert (outcome.problem is None) == (status == 201)


def test_a_draft_is_discarded_with_a_reason_and_restored(five_questions, now):
    version = services.import_workbook(five_questions, "f.xlsx", by="wang", now=now).version
    with pytest.raises(services.MoveRefused, match="理由"):
        services.move_version(version, "discard", by="wang", now=now)
    services.move_version(version, "discard", by="wang", now=now, note="重复导入")
    assert version.state == Version.State.DISCARDED
    event = AuditEvent.objects.last()
    assert (event.action, event.detail["note"]) == ("discard_version", "重复导入")
    with pytest.raises(services.MoveRefused):
        services.move_version(version, "review", by="li", now=now)
    with pytest.raises(ValidationError):
        version.delete()
    services.move_version(version, "restore", by="li", now=now)
    services.move_version(version, "review", by="li", now=now)
    services.move_version(version, "publish", by="li", now=now)
    with pytest.raises(services.MoveRefused):
        services.move_version(version, "discard", by="wang", now=now, note="晚了")
