"""Debian's Chromium, and the real questionnaires opened for self-fill."""

import secrets
import shutil
from datetime import date

import pytest
from django.conf import settings as project
from django.utils import timezone
from playwright.sync_api import sync_playwright


@pytest.fixture
def browser(settings, monkeypatch):
    """Chromium, with the respondent site behind `live_server`."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    settings.ROOT_URLCONF = "config.urls_respondent"
    path = shutil.which("chromium")
    assert path, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()


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
