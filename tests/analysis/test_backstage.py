"""Sensitive answers are opened by jobs and commands; a page does without or leaves it to them."""

import csv
import io
import zipfile
from contextvars import Context
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from analysis.models import Export
from analysis.services import freezing, ground, shelf, snapshot, snapshot_files
from fieldwork.models import Membership
from surveys import backstage, jobs, withdrawal
from tests.analysis.test_other_workbook import campaign, interview_everybody  # noqa: F401
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


@pytest.fixture
def source(campaign, now):  # noqa: F811
    interview_everybody(campaign, now)
    return campaign.questionnaires.get(source="probability")


@pytest.fixture
def download(client, source):
    """Press the button of the direct download."""
    user, since = User.objects.create_user("analyst"), date(2020, 1, 1)
    unit = source.campaign.unit
    Membership.objects.create(user=user, unit=unit, role="analyst", since=since)
    client.force_login(user)
    data = {"format": "xlsx", "purpose": "核对权数", "direct": "1"}
    return lambda: client.post(reverse("export_ask", args=[source.pk]), data)


def weights(text):
    return sorted(float(row["weight"]) for row in csv.DictReader(io.StringIO(text)))


def made_by_worker(answer):
    """The rows of the file that the page left to the worker."""
    assert "/jobs/" in answer.headers["Location"]
    assert jobs.run_next(timezone.now()).state == "done"
    export = Export.objects.order_by("id").last()
    assert (export.direct, export.format) == (False, "csv")
    with zipfile.ZipFile(io.BytesIO(b"".join(shelf.read(export)))) as bundle:
        return bundle.read("responses.csv").decode("utf-8-sig")


def test_a_direct_download_is_weighed_by_open_columns_or_left_to_the_worker(
    download, source, monkeypatch
):
    opened, sealed = [], snapshot_files.read_private
    monkeypatch.setattr(
        snapshot_files, "read_private", lambda *a: opened.append(a) or sealed(*a)
    )  # fmt: skip
    first = weights(made_by_worker(download()))  # there was no snapshot yet
    assert opened
    opened.clear()
    answer = download()
    assert weights(b"".join(answer.streaming_content).decode()) == first
    assert opened == []
    assert Export.objects.order_by("id").last().direct
    final = freezing.weights(source.campaign, timezone.now()).places.values()
    assert sum(first) == pytest.approx(sum(weight for weight, _ in final), rel=1e-3)  # shared out
    # she takes her answers back: the page waits for the worker until the snapshot forgot her
    _, kept = snapshot.opened(source)
    withdrawal.withdraw(kept.columns().keys["instance_id"][0], by="self", now=timezone.now())
    answer = download()
    assert "/jobs/" in answer.headers["Location"]
    while jobs.run_next(timezone.now()):
        pass
    after = weights(b"".join(download().streaming_content).decode())
    assert len(after) == len(first) - 1
    # more answers than a page looks through
    monkeypatch.setattr(ground, "LARGEST", len(after) - 1)
    assert weights(made_by_worker(download())) == after


@pytest.mark.parametrize("reach", [snapshot.load, snapshot.refresh])
def test_a_page_cannot_open_them_whatever_it_calls(source, reach):
    snapshot.refresh(source)
    with backstage.entered(False), pytest.raises(backstage.OnAPage):
        reach(source)


def test_nothing_is_backstage_unless_it_says_so():
    """A server's thread, a pool's, a shell: only the entry of a job or a command opens the door."""
    with pytest.raises(backstage.OnAPage):
        Context().run(backstage.must)
    Context().run(backstage.entered()(backstage.must))
