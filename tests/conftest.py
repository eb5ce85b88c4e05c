"""Fixtures every folder uses: a fixed clock and a published five-question form."""

import json
import secrets
from contextlib import ExitStack
from datetime import date, datetime
from functools import cache, lru_cache
from importlib import import_module
from threading import get_ident
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.core.signals import request_finished, request_started
from pytest_django.plugin import blocking_manager_key

from surveys import backstage, sealing
from surveys.core import xlsform
from surveys.core.definition import NAMESPACE
from surveys.core.xlsform import aliases, child
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, workbook

# a busy machine draws slowly, and no test is about that
SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("unhurried", deadline=None, suppress_health_check=SLOW)
hypothesis.settings.load_profile("unhurried")
LONGEST = {
    "test_axe", "test_real_forms", "test_house", "test_import", "test_other_workbook",
    "test_snapshot", "test_full_path", "test_export_sample", "test_intake_concurrency",
    "test_board", "test_workbench", "test_javarosa",
}  # fmt: skip
key_pair = cache(sealing.new_key_pair)
said_by_a_child = xlsform._said


@lru_cache(maxsize=16)
def said_here(workbook: bytes, kind: str) -> bytes:
    """What the child says of a workbook, by the same steps in this process."""
    words = json.dumps(aliases.table())
    return json.dumps(child.main(workbook, kind, NAMESPACE, words), default=str).encode()


@pytest.fixture
def now():
    return datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def surroundings(settings, tmp_path, monkeypatch):
    """Files of its own for every test: row ids begin anew, and two processes run at once."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    settings.SNAPSHOT_DIR = settings.DATA_DIR / "snapshots"
    # a real pair, but one for each passphrase: 3072 bits anew for every campaign take a while
    monkeypatch.setattr(sealing, "new_key_pair", key_pair)
    # most tests are not about how a workbook is opened, and a child takes 0.4 s to start
    monkeypatch.setattr(xlsform, "_said", said_here)
    # no test is about guessing passwords: the slow hash would only be slow
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def behind_the_pages():
    """What a test calls itself is as a job calls it; a request it sends is a page all the same."""

    def begins(**kwargs):
        if get_ident() == mine:  # a live server's threads are never backstage
            page.enter_context(backstage.entered(False))

    def ends(**kwargs):
        if get_ident() == mine:
            page.close()

    mine = get_ident()
    request_started.connect(begins)
    request_finished.connect(ends)
    with backstage.entered(), ExitStack() as page:
        yield
    request_started.disconnect(begins)
    request_finished.disconnect(ends)


@pytest.fixture
def in_a_child(surroundings, monkeypatch):
    """For tests of the import itself: workbooks are opened as on a server."""
    monkeypatch.setattr(xlsform, "_said", said_by_a_child)


@pytest.fixture
def five_questions() -> bytes:
    return workbook(FIVE_QUESTIONS, CHOICES, SETTINGS)


@pytest.fixture
def collection(five_questions, now):
    """A published five-question version opened for self-fill in a fictional county."""
    from surveys import services
    from surveys.models import Collection

    done = services.import_workbook(five_questions, "five.xlsx", by="test", now=now)
    assert done.version, done.problems
    services.publish_version(done.version, by="test", now=now)
    keys = sealing.new_key_pair("一句很长的口令")
    return Collection.objects.create(
        version=done.version,
        code=secrets.token_urlsafe(16),
        channel="self_fill",
        area_code="990101000000",
        title="妇女群众需求调研",
        opens_on=date(2026, 11, 1),
        closes_on=date(2026, 12, 31),
        public_key=keys.public_pem,
        key_id=keys.key_id,
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory, worker_id):
    """SQLite test databases are files, so that other processes can open them."""
    from django.conf import settings
    from django.db import connections

    folder = tmp_path_factory.mktemp("stores")
    for alias in settings.DATABASES:
        if connections[alias].vendor == "sqlite":
            test = connections[alias].settings_dict["TEST"]
            test["NAME"] = str(folder / f"{worker_id}-{alias}.sqlite3")
            connections[alias].settings_dict["NAME"] = str(folder / f"{worker_id}-base-{alias}")
            # killed processes are tested, power cuts are not: no need to wait for the disk
            options = connections[alias].settings_dict["OPTIONS"]
            options["init_command"] += " PRAGMA synchronous=OFF;"
        else:
            connections[alias].settings_dict["TEST"]["NAME"] = f"test_{alias}_{worker_id}"


def pytest_collection_modifyitems(items):
    """The longest files begin: none is left for the end, where the other worker would wait."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """A test that commits empties every table afterwards: rows that a migration wrote come back."""
    outcome = yield
    mark = item.get_closest_marker("django_db")
    if nextitem and mark and mark.kwargs.get("transaction"):
        from django.apps import apps
        from django.db import connection

        with item.config.stash[blocking_manager_key].unblock():
            apps.get_model("surveys", "RetentionRule").objects.all().delete()
            rows = import_module("surveys.migrations.0003_retention_rows")
            rows.add_rows(apps, SimpleNamespace(connection=connection))
    return outcome
