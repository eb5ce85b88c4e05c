"""The workbench on a county that was drawn, interviewed and frozen: pages, jobs, files, the code.

Referees: the frozen figures, which the tables must give again; the CSV against the page.
"""

import io
import json
import re
import zipfile
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from analysis.core import tablewords
from analysis.core.spec import Spec
from analysis.models import ReleasedTable, Tabulation
from analysis.services import (
    freezing,
    ground,
    released,
    snapshot,
    tables,
    takeaway,
    weighing,
)
from fieldwork.models import Membership
from surveys import jobs, withdrawal
from surveys.models import AuditEvent, Response
from tests.analysis.test_other_workbook import campaign, interview_everybody  # noqa: F401
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


@pytest.fixture
def version(campaign, now):  # noqa: F811
    interview_everybody(campaign, now)
    return freezing.freeze(campaign, by="r", now=now)


@pytest.fixture
def analyst(client, campaign):  # noqa: F811
    user, since = User.objects.create_user("analyst"), date(2020, 1, 1)
    Membership.objects.create(user=user, unit=campaign.unit, role="analyst", since=since)
    client.force_login(user)
    return user


def text(answer):
    assert answer.status_code == 200
    return re.sub(r"<[^>]+>", "", answer.content.decode())


def asked(client, version, **spec):
    """The table that the form leads to, by way of the worker when it is one for the worker."""
    answer = client.post(reverse("workbench", args=[version.pk]), spec)
    assert answer.status_code == 302, answer.content.decode()
    if "/jobs/" in answer.headers["Location"]:
        assert jobs.run_next(timezone.now()).state == "done"
        answer = client.get(answer.headers["Location"])
    return Tabulation.objects.get(pk=answer.headers["Location"].strip("/").split("/")[-1])


def unpacked(client, table):
    answer = client.get(reverse("tabulation_file", args=[table.pk, "zip"]))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def test_from_question_to_file_and_back(client, analyst, version, tmp_path, monkeypatch):
    # the same numbers as the frozen figures, to their last digit
    table = asked(client, version, question="@joint")
    rows = {r["value"]: r["estimate"] for r in table.result["classes"][0]["rows"]}
    for domain in version.figures["domains"]:
        row = rows[domain["code"]]
        if row["value"] is not None:
            assert row["value"] == domain["joint"]["value"]
            assert (row["low"], row["high"]) == (domain["joint"]["low"], domain["joint"]["high"])
    assert any(row["value"] is not None for row in rows.values())
    # asked again it is the same row, and nothing more is released
    noted = ReleasedTable.objects.count()
    assert noted > 0
    assert asked(client, version, question="@joint") == table
    assert ReleasedTable.objects.count() == noted
    # what is sensitive is left to the worker; its page carries how the women were drawn
    grouped = asked(client, version, question="@need", by="@group:herder")
    page = text(client.get(reverse("tabulation", args=[grouped.pk])))
    assert "分层二阶段概率抽样" in page
    assert "应答率" in page
    assert "设计效应" in page
    # a name shares it
    named = reverse("tabulation", args=[table.pk])
    client.post(named, {"name": "牧户的三项"})
    assert "牧户的三项" in text(client.get(reverse("workbench", args=[version.pk])))
    # files: the CSV says what the page says; the JSON can be made again
    files = unpacked(client, table)
    assert set(files) >= {"table.csv", "table.json", "说明.txt", "reproduce.py"}
    assert f"数据版 {version}" in files["说明.txt"]
    assert table.revision in files["说明.txt"]
    best = max((r for r in rows.values() if r["value"] is not None), key=lambda r: r["value"])
    assert str(best["value"]) in files["table.csv"]
    assert f"{best['value'] * 100:.1f}%" in text(client.get(named))
    compile(files["reproduce.py"], "reproduce.py", "exec")
    assert "附重算的代码" in text(client.get(named))
    with monkeypatch.context() as without:
        without.setattr(takeaway, "script", lambda table: None)
        assert "重算用安装里的命令" in text(client.get(named))
        assert set(unpacked(client, table)) == {"table.csv", "table.json", "说明.txt"}
    given = tmp_path / "table.json"
    given.write_text(files["table.json"], "utf-8")
    out = io.StringIO()
    call_command("reproduce_table", str(given), stdout=out)
    assert float(out.getvalue().split()[-1]) < 1e-9
    told = json.loads(files["table.json"])
    for row in told["result"]["classes"][0]["rows"]:
        if row["estimate"]["value"] is not None:
            row["estimate"]["value"] += 0.01
    given.write_text(json.dumps(told), "utf-8")
    with pytest.raises(CommandError, match="与导出的表不同"):
        call_command("reproduce_table", str(given), stdout=io.StringIO())
    assert AuditEvent.objects.filter(action="tabulate").count() == 2
    # weights: the last step is the frozen one; every page and plot of the bench opens
    found = weighing.of(version)
    frozen = version.figures["method"]["steps"][-1]
    assert found.stages[-1].total == pytest.approx(frozen["total"], abs=0.5)
    assert found.stages[-1].kish == pytest.approx(frozen["kish"], abs=0.005)
    address = reverse("weights", args=[version.pk])
    page = text(client.get(address))
    assert "AAPOR" in page
    assert "Kish" in page
    # sizes of townships left with the figures: the page shows them and notes nothing
    noted = ReleasedTable.objects.count()
    assert "平均 ASMD" in page
    client.get(address)
    assert ReleasedTable.objects.count() == noted
    for address in (
        reverse("weights_plot", args=[version.pk, "histogram"]),
        reverse("tabulation_plot", args=[table.pk, next(iter(tablewords.plots(table.result)))]),
    ):
        assert b"<svg" in client.get(address).content
    assert client.get(reverse("tabulation_plot", args=[table.pk, "pair"])).status_code == 404
    # what never left is listed when it is asked for, and noted once
    ReleasedTable.objects.all().delete()
    assert "平均 ASMD" not in text(client.get(reverse("weights", args=[version.pk])))
    assert client.get(reverse("weights_plot", args=[version.pk, "histogram"])).status_code == 200
    assert ReleasedTable.objects.count() == 0
    for _ in range(2):
        client.post(reverse("weights", args=[version.pk]))
        assert "平均 ASMD" in text(client.get(reverse("weights", args=[version.pk])))
        assert ReleasedTable.objects.count() == 1
    # the cells part the sample, oldest women included; numbers are in tens, so each may lack nine
    for margin in weighing.of(version).told.balances:
        sizes = [cell.n for cell in margin.cells]
        assert 0 not in sizes
        assert None in sizes or 0 <= found.stages[-1].n - sum(sizes) < 10 * len(sizes)


def leave(version, many, now):
    """So many take their answers back, and the snapshot is rewritten."""
    for number in range(many):
        if Response.objects.filter(instance_id=f"uuid:other-{number}").exists():
            assert withdrawal.withdraw(f"uuid:other-{number}", by="self", now=now)
    snapshot.refresh(ground.source_of(version))


def test_a_few_who_left_since_close_the_door_until_more_have(client, analyst, version, now):
    made = asked(client, version, question="@joint")
    leave(version, 3, now)
    bench, noted = reverse("workbench", args=[version.pk]), ReleasedTable.objects.count()
    assert "少数答卷由本人撤回" in text(client.get(bench))
    said = client.post(bench, {"question": "@need"}).content.decode()
    assert "暂不出新表" in said
    assert not Tabulation.objects.exclude(pk=made.pk).filter(made_at__isnull=False).exists()
    # nor by the worker, nor by the check against the population
    table = tables.ask(version, Spec("@need"), by="r")
    with pytest.raises(ground.NotReady, match="撤回"):
        tables.fill(table, now=now)
    with pytest.raises(ground.NotReady, match="撤回"):
        tables.fill_by_job(table, lambda *_: None)
    with pytest.raises(ground.NotReady, match="撤回"):
        weighing.ask(version, by="r", now=now)
    assert "由本人撤回" in text(client.get(reverse("weights", args=[version.pk])))
    assert ReleasedTable.objects.count() == noted
    # what was made stays; it is not computed again beside fewer women
    assert asked(client, version, question="@joint") == made
    assert client.get(reverse("tabulation_file", args=[made.pk, "csv"])).status_code == 200
    # when ten or more have left, tables of those who are still there are judged as theirs
    leave(version, 12, now)
    assert "暂不出新表" not in text(client.get(bench))
    later = asked(client, version, question="@need")
    assert later.result["n"] == made.result["n"] - 12
    frozen = version.snapshots[str(ground.source_of(version).pk)]
    assert frozen - 12 in {cell.at for cell in released.recall(ground.source_of(version)).counts}
    # then again a few
    leave(version, 14, now)
    assert "少数答卷由本人撤回" in text(client.get(bench))
