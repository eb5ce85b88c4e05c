"""Which round is the one before, and what the next one gets to know of it."""

import json
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from analysis.core import joined
from analysis.models import DataVersion
from analysis.services import actions, documents, freezing, issues, rounds
from fieldwork.models import Campaign
from surveys.models import AuditEvent
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
DAY = timedelta(days=1)


@pytest.fixture
def later(version):
    """The next round of the same county, a year on."""
    old = version.campaign
    return Campaign.objects.create(
        title="下一年", unit=old.unit, area_code=old.area_code, round="2027",
        opens_on=old.opens_on + 365 * DAY, closes_on=old.closes_on + 365 * DAY,
    )  # fmt: skip


def answers(n):
    """As many answers as are still there."""
    return lambda campaign: SimpleNamespace(columns=SimpleNamespace(n=n))


def test_the_newest_version_of_the_last_round_is_taken(version, later, now):
    DataVersion.objects.create(
        campaign=version.campaign, number=2, sha256="1" * 64, revision="t", frozen_at=now,
        figures_json=json.dumps(version.figures | {"mark": 2}), frozen_by="t",
    )  # fmt: skip
    found = rounds.before(later, answers(version.figures["sample"]["n"]))
    assert found.figures["mark"] == 2
    assert rounds.before(version.campaign, answers(1)) is None


def test_another_county_is_no_earlier_round(later, units):
    later.area_code = units["sibling"].area_code
    assert rounds.before(later, answers(1)) is None


def test_answers_approved_after_the_freeze_ask_for_a_new_version(version, later):
    said = rounds.before(later, answers(version.figures["sample"]["n"] + 1))
    assert "冻结新的数据版" in said


def test_a_round_that_cannot_be_weighed_any_more_is_told(version, later):
    def gone(campaign):
        raise ValueError("没有答卷。")

    assert rounds.before(later, gone).endswith("不能再汇总：没有答卷。")


def test_the_fall_named_with_an_action_comes_along_as_a_share(version, later, people, units, now):
    issue = issues.propose(version, by="x", now=now)[0]
    issues.decide(
        issue, party="无", ours="own", ours_note="办班", result="major", reason="确定前三",
        by=people["leader"], at=now,
    )  # fmt: skip
    town = version.figures["townships"][1]["code"]
    actions.open_action(
        issue, title="办班", kind="serve", target="三期", drop=4.5, townships=[town],
        owner_unit=units["bureau"], owner=people["owner"], deadline=now.date() + 30 * DAY,
        by=people["leader"], now=now,
    )  # fmt: skip
    assert "三期；下一轮占比下降4.5个百分点以上" in [
        a["target"] for a in documents.facts(version, now.date())["actions"]
    ]
    found = rounds.before(later, answers(10)).actions
    assert [(a.domain, a.drop, a.townships) for a in found] == [(issue.domain, 0.045, (town,))]


def test_the_form_offers_the_townships_of_the_version_and_the_page_shows_them(
    version, people, units, client, now
):
    issue = issues.propose(version, by="x", now=now)[0]
    issues.decide(
        issue, party="无", ours="own", ours_note="办班", result="major", reason="确定前三",
        by=people["leader"], at=now,
    )  # fmt: skip
    client.force_login(people["leader"])
    towns = version.figures["townships"]
    asked = {
        "title": "办班", "kind": "serve", "target": "三期", "drop": "4.5",
        "townships": [towns[0]["code"], towns[2]["code"]],
        "responsible": people["owner"].memberships.get().pk,
        "deadline": (now.date() + 30 * DAY).isoformat(),
    }  # fmt: skip
    where = reverse("action_new", args=[issue.pk])
    wrong = client.post(where, asked | {"townships": ["999"]})
    assert wrong.status_code == 422
    done = client.post(where, asked, follow=True)
    page = done.content.decode()
    assert "占比下降 4.5 个百分点以上" in page
    assert f"{towns[0]['name']}、{towns[2]['name']}" in page


def test_joining_the_samples_is_refused_in_words_and_logged(version):
    with pytest.raises(CommandError, match="请先冻结一版"):
        call_command("joined_estimates", str(version.campaign.pk), by="xuning")
    assert AuditEvent.objects.get(action="join_refused").actor == "xuning"
    with pytest.raises(CommandError, match="请检查编号"):
        call_command("joined_estimates", "999")


def test_joined_shares_are_printed_with_base_interval_and_design(version, monkeypatch, capsys):
    """Referee: 0.05 / 0.24 on the log-odds times t of 12 degrees of freedom, 2.179, by hand."""
    one, counts = np.array([0.4]), np.array([2])
    done = joined.Joined(("01",), one, one, one, np.array([0.05]), np.array([0.02]),
                         np.array([0.02]), np.array([0.3]), 100 * counts + 7, 500 * counts,
                         6 * counts)  # fmt: skip
    monkeypatch.setattr(freezing, "join_samples", lambda campaign, now: done)
    call_command("joined_estimates", str(version.campaign.pk))
    head, line = capsys.readouterr().out.splitlines()
    assert "整村重抽样" in head
    assert "不是抽出来的" in head
    assert "入户 40.0%（29.7%—51.2%，n=200）" in line
    assert "n=1000" in line
    assert "自由度 12" in line
