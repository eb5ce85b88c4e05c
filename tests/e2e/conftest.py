"""Debian's Chromium in the carried fonts: the one browser of a module, desks and phones in it."""

import os
import secrets
import shutil
from datetime import date

import pytest
from django.conf import settings as project
from django.core.servers.basehttp import WSGIRequestHandler
from django.test import Client
from django.utils import timezone
from playwright.sync_api import sync_playwright

FONTS = project.BASE_DIR / "analysis" / "fonts"


@pytest.fixture(scope="session")
def fontconfig(tmp_path_factory):
    """Only the carried fonts: what a page measures does not depend on the machine."""
    folder = tmp_path_factory.mktemp("fontconfig")
    path = folder / "fonts.conf"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{FONTS}</dir><cachedir>{folder / 'cache'}</cachedir></fontconfig>"
    )
    return path


@pytest.fixture(scope="session", autouse=True)
def prompt_answers():
    """The body follows its head at once, not when the head is acknowledged 40 ms later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
        yield


@pytest.fixture(autouse=True)
def as_served(in_a_child):
    """From end to end nothing is left out."""


@pytest.fixture(scope="module")
def browser(fontconfig):
    path = shutil.which("chromium")
    assert path, "Chromium is missing: apt-get install chromium"
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs beside the tests
        launched = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            env={**os.environ, "FONTCONFIG_FILE": str(fontconfig)},
        )
        yield launched
        launched.close()


@pytest.fixture
def respondent_site(settings):
    """The respondent's pages, not the staff's, behind `live_server`."""
    settings.ROOT_URLCONF = "config.urls_respondent"


@pytest.fixture
def desk(browser, live_server):
    """``desk(user, width)``: a page of one's own, already logged in; scripts off unless asked."""
    contexts = []

    def sit(user, width=1280, height=800, scripts=False):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            locale="zh-CN",
            base_url=live_server.url,
        )
        contexts.append(context)
        client = Client()
        client.force_login(user)
        name = project.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
        return context.new_page()

    yield sit
    for context in contexts:
        context.close()


@pytest.fixture
def open_form():
    """``open_form("online")``: a shipped questionnaire, published and opened from today on."""
    from surveys import sealing, services
    from surveys.models import Collection

    def opened(name: str) -> Collection:
        workbook = project.BASE_DIR / "surveys" / "bank" / f"{name}.xlsx"
        now = timezone.now()
        done = services.import_workbook(workbook.read_bytes(), workbook.name, by="test", now=now)
        assert done.version, done.problems
        services.publish_version(done.version, by="test", now=now)
        keys = sealing.new_key_pair("一句很长的口令")
        return Collection.objects.create(
            version=done.version, code=secrets.token_urlsafe(16), channel="self_fill",
            area_code="990101000000", title="妇女群众需求调研", opens_on=date(2026, 1, 1),
            closes_on=date(2099, 12, 31), public_key=keys.public_pem, key_id=keys.key_id,
        )  # fmt: skip

    return opened
