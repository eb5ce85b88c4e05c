"""A database that is locked or away: 503 with a page and a time to come back, on both sites."""

import sqlite3

import pytest
from django.db import OperationalError, connections
from django.test import Client

from tests.workbooks import THREE_STORES

pytestmark = pytest.mark.django_db(databases=THREE_STORES, transaction=True)
SITES = {
    "respondent": lambda client: client.get("/q/any/"),
    "staff": lambda client: client.post("/login/", {"username": "a", "password": "b"}),
}


@pytest.fixture(params=SITES)
def visit(request, settings):
    """A visit to one of the two sites that needs the database, answered as a server would."""
    settings.ROOT_URLCONF = f"config.urls_{request.param}"
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32  # a session is looked for as well
    return lambda: SITES[request.param](client)


def is_busy(page) -> bool:
    html = page.content.decode()
    return page.status_code == 503 and int(page.headers["Retry-After"]) > 0 and "正在忙" in html


def failing(error: Exception):
    """Every statement to the default store ends with this error."""

    def fail(*_):
        raise error

    return connections["default"].execute_wrapper(fail)


def test_any_refusal_of_the_database_is_said_as_busy(visit):
    with failing(OperationalError("database is locked")):
        assert is_busy(visit())


def test_another_fault_stays_a_500(visit):
    with failing(ValueError("not the database's fault")):
        page = visit()
    assert page.status_code == 500
    assert "暂时出错" in page.content.decode()


def test_a_really_locked_sqlite_file_is_said_as_busy(collection, settings):
    connection = connections["default"]  # no `db` mark: a file lock is SQLite's way
    settings.ROOT_URLCONF = "config.urls_respondent"
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=50")
    try:
        client = Client(raise_request_exception=False)
        page = client.post(f"/q/{collection.code}/age/", {"adult": "yes"})
    finally:
        other.close()
        connection.close()
    assert is_busy(page)
