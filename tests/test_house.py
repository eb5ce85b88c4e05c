"""The rules of the house are tests: style, types, arrows between floors, deployment checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=BASE, capture_output=True, text=True, env={**os.environ, **env}
    )


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy", "--no-incremental", "config", "surveys", "fieldwork", "analysis"),
        ("lint-imports",),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_rule_holds(command):
    done = run(str(BIN / command[0]), *command[1:])
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_templates_follow_the_template_style():
    templates = sorted((BASE / "templates").rglob("*.html"))
    if templates:
        done = run(str(BIN / "djlint"), "templates", "--lint", "--quiet")
        assert done.returncode == 0, done.stdout[-4000:]


def test_deployment_checks_are_clean(tmp_path):
    done = run(
        sys.executable,
        "-m",
        "django",
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        DJANGO_SETTINGS_MODULE="config.settings",
        NEEDS_MODE="production",
        NEEDS_DATA=str(tmp_path),
        RESPONDENT_HOST="fill.example.org",
        STAFF_HOST="staff.example.org",
        PYTHONPATH=str(BASE),
    )
    assert done.returncode == 0, done.stderr


def test_no_migration_is_missing(tmp_path):
    done = run(
        sys.executable,
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
        NEEDS_DATA=str(tmp_path),
        NEEDS_VENV=sys.prefix,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("site", "page", "absent"),
    [
        ("respondent", "surveys/home.html", {"numpy", "openpyxl", "pyxform"}),
        ("staff", "staff/login.html", {"pyxform"}),
    ],
)
def test_a_page_loads_no_heavy_library(tmp_path, site, page, absent):
    """What a site must import before its first page decides how soon `start` serves."""
    shown = (
        "import sys, django; django.setup()\n"
        "from django.conf import settings; from importlib import import_module\n"
        "from django.template.loader import get_template\n"
        f"import_module(settings.ROOT_URLCONF); get_template({page!r})\n"
        "print(' '.join(sys.modules))"
    )
    env = {"NEEDS_DATA": str(tmp_path), "NEEDS_SITE": site}
    done = run(sys.executable, "-c", shown, DJANGO_SETTINGS_MODULE="config.settings", **env)
    loaded = set(done.stdout.split())
    assert {"django", "surveys.models"} <= loaded, done.stderr
    late = {"scipy", "matplotlib", "weasyprint", "pandas", "pyarrow", "duckdb"}
    assert not (absent | late) & loaded
