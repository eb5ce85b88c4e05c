"""Fixtures every folder uses: a fixed clock, small workbooks written in the test itself."""

import io
import secrets
from datetime import date, datetime
from zoneinfo import ZoneInfo

import openpyxl
import pytest

THREE_STORES = ["default", "vault", "keys"]


@pytest.fixture
def now():
    return datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def workbook(survey: str, choices: str = "", settings: str = "") -> bytes:
    """Markdown-like tables (``| a | b |`` lines) -> bytes of an .xlsx workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = book.create_sheet(name)
        for line in filter(str.strip, text.splitlines()):
            sheet.append([c.strip() or None for c in line.strip().strip("|").split("|")])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# ruff: noqa: E501  tables read better with one row a line
FIVE_QUESTIONS = """
| type | name | label | relevant | constraint | required | bind::nr:class | bind::nr:consent | bind::nr:vault | bind::nr:sealed |
| select_one yesno | agree | 您愿意参加吗 | | | yes | L3 | survey | | |
| integer | age | 您的年龄 | ${agree} = '1' | . >= 18 and . <= 110 | yes | L3 | | | |
| select_multiple groups | groups | 您家的情况 | ${agree} = '1' | | | L4 | | | |
| begin_group | private | 请您自己填写 | ${agree} = '1' | | | | | | yes |
| select_one yesno | afraid | 家里有让您害怕的事吗 | | | | L4 | | | |
| end_group | | | | | | | | | |
| select_one yesno | call_me | 希望妇联联系您吗 | ${agree} = '1' | | | L3 | contact | | |
| text | phone | 您的电话 | ${call_me} = '1' | | | L4 | | phone | |
"""
CHOICES = """
| list_name | name | label | nr_score | nr_missing | nr_group |
| yesno | 1 | 是 | 1 | | |
| yesno | 0 | 否 | 0 | | |
| yesno | 99 | 不想回答 | | refused | |
| groups | left | 留守 | | | left |
| groups | poor | 困难 | | | poor |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| five | 1 | 五题问卷 | nr="urn:needs-research:xform:1" |
"""


@pytest.fixture
def five_questions() -> bytes:
    return workbook(FIVE_QUESTIONS, CHOICES, SETTINGS)


@pytest.fixture
def collection(five_questions, now):
    """A published five-question version opened for self-fill in a fictional county."""
    from surveys import sealing, services
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
        else:
            connections[alias].settings_dict["TEST"]["NAME"] = f"test_{alias}_{worker_id}"
