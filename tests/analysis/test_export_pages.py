"""Exports as people meet them: asking, progress, the register, the file, its end; the command."""

import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from analysis.core.export import plan, sinks
from analysis.models import Export
from analysis.services import exporting, work
from surveys import jobs
from surveys.core.definition import Question
from surveys.models import AuditEvent, Job
from tests.analysis.everything import fill, open_for_volunteers
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


@pytest.fixture
def source(version):
    found = open_for_volunteers(version.campaign)
    fill(found)
    return found


@pytest.fixture
def desk(client, people):
    client.force_login(people["analyst"])
    return client


def ask(desk, source, **data):
    return desk.post(reverse("export_ask", args=[source.pk]), {"format": "csv", "bom": "on"} | data)


def test_a_file_is_asked_for_made_and_fetched(desk, source):
    answer = ask(desk, source, purpose="与统计部门核对")
    job = Job.objects.get(kind="export")
    assert answer.headers["Location"] == reverse("job", args=[job.pk])
    assert "正在导出" in desk.get(answer.headers["Location"]).content.decode()
    jobs.run_next(timezone.now())
    export = Export.objects.get()
    shown = desk.get(answer.headers["Location"], follow=True)
    assert shown.redirect_chain[-1][0] == reverse("export", args=[export.pk])
    page = shown.content.decode()
    assert "与统计部门核对" in page
    assert "文件里 24 份" in page
    file = desk.get(reverse("export_file", args=[export.pk]))
    assert file.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(b"".join(file.streaming_content))) as bundle:
        assert set(bundle.namelist()) == {"responses.csv", "person.csv", "编码本.xlsx", "说明.txt"}
    assert AuditEvent.objects.filter(action="fetch_export", purpose="与统计部门核对").count() == 1


def test_progress_goes_forward_and_names_numbers(source, monkeypatch):
    seen = []
    export = exporting.ask(source, "csv", "核对进度", by="a", now=timezone.now())
    monkeypatch.setattr(exporting, "PAGE", 5)
    exporting.write(export, lambda percent, said: seen.append((percent, said)))
    assert [p for p, _ in seen] == sorted(p for p, _ in seen)
    assert "已写 10 份，共 24 份" in [said for _, said in seen]


def test_without_a_purpose_nothing_is_asked(desk, source):
    answer = ask(desk, source, purpose="")
    assert answer.status_code == 422
    assert "请填写导出目的" in answer.content.decode()
    assert not Export.objects.exists()


def test_direct_download_streams_and_is_registered(desk, source):
    answer = ask(desk, source, purpose="直接核对", direct="1")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("response_id,sample_source,mode,agree,age_band")
    assert len(lines) == 25
    export = Export.objects.get()
    assert (export.direct, export.rows, export.key_id) == (True, 24, "")
    assert "审核通过的答卷 24 份" in export.note
    assert AuditEvent.objects.get(action="export").detail["direct"] is True


def test_too_many_rows_is_said_in_a_sentence(desk, source, monkeypatch):
    monkeypatch.setattr(sinks, "SAV_ROWS", 3)
    answer = ask(desk, source, purpose="试一试上限", format="sav")
    jobs.run_next(timezone.now())
    page = desk.get(answer.headers["Location"]).content.decode()
    assert "SPSS 文件最多 3 行，请改选 CSV 或 Parquet。" in page
    assert "没有生成" in desk.get(reverse("exports")).content.decode()


def test_a_broken_job_says_so_and_leaves_no_file(desk, source, settings):
    ask(desk, source, purpose="试一试出错", format="xlsx")
    job, export = Job.objects.get(), Export.objects.get()
    Export.objects.filter(pk=export.pk).update(format="unknown")
    jobs.run_next(timezone.now())
    page = desk.get(reverse("job", args=[job.pk])).content.decode()
    assert "没有完成" in page
    assert str(job.pk) in page
    assert list((settings.DATA_DIR / "exports").iterdir()) == []
    assert desk.get(reverse("export_file", args=[export.pk])).status_code == 404


def test_a_job_run_twice_makes_one_file(source):
    now = timezone.now()
    export = exporting.ask(source, "csv", "做两次", by="a", now=now)
    work.ask_export(export, by="a", now=now)
    jobs.run_next(now)
    first = Export.objects.get().sha256
    Job.objects.update(state="waiting")
    jobs.run_next(now)
    assert Export.objects.get().sha256 == first


def test_after_its_day_the_file_is_gone_for_everybody(desk, source):
    ask(desk, source, purpose="过期以后")
    jobs.run_next(timezone.now())
    export = Export.objects.get()
    Export.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert desk.get(reverse("export_file", args=[export.pk])).status_code == 404
    call_command("run_worker", "--once")
    assert Export.objects.get().destroyed_at is not None
    assert "已到期销毁" in desk.get(reverse("exports")).content.decode()


def test_another_county_cannot_ask_or_fetch(client, people, desk, source):
    ask(desk, source, purpose="本县自用")
    jobs.run_next(timezone.now())
    client.force_login(people["sibling_analyst"])
    assert ask(client, source, purpose="邻县想要").status_code == 404
    assert client.get(reverse("export_file", args=[Export.objects.get().pk])).status_code == 404
    assert Export.objects.count() == 1


def test_the_page_names_what_stays_behind(desk, source):
    page = desk.get(reverse("export_ask", args=[source.pk])).content.decode()
    assert "有没有大病" in page
    assert "反推敏感答案" in page
    assert "审核通过 24 份" in page
    assert "<li>由别的题算出（age）</li>" in page


def test_what_the_system_fills_in_is_named_in_words():
    """By the form's own wording where there is one."""
    stratum = Question("/data/sys_x", "hidden", properties={"system": "stratum"})
    assert plan.called(stratum) == "系统填写：抽样层（sys_x）"
    assert plan.called(replace(stratum, label={"": "属于哪一层"})) == "属于哪一层"


def test_the_command_writes_the_same_bundle(source, tmp_path, capsys):
    out = tmp_path / "e.zip"
    call_command(
        "export_responses", str(source.campaign_id), "volunteer", "--format", "parquet",
        "--purpose", "命令行导出", "--out", str(out),
    )  # fmt: skip
    assert "responses.parquet" in zipfile.ZipFile(out).namelist()
    assert "已写 24 份" in capsys.readouterr().out
    assert AuditEvent.objects.get(action="export").purpose == "命令行导出"


def test_the_command_refuses_in_a_sentence(source, tmp_path):
    with pytest.raises(CommandError, match="没有这个来源的问卷"):
        call_command(
            "export_responses", "999", "volunteer", "--purpose", "x", "--out", str(tmp_path / "a")
        )
