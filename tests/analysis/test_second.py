"""Sections beside the ranking: one list for report, page and files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import reverse

from analysis.core.figures import tables_csv
from analysis.core.report import second, survey
from tests.workbooks import THREE_STORES

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"


@pytest.fixture(scope="module")
def figures():
    return json.loads(EXAMPLE.read_text("utf-8"))


def test_every_table_the_page_offers_is_published(figures):
    assert set(second.tables(figures)) == {"weights.csv"}
    assert set(second.tables(figures)) <= set(tables_csv(figures))


def test_a_version_from_before_has_no_sections(figures):
    old = figures | {"sensitivity": {k: v for k, v in figures["sensitivity"].items()
                                     if k != "weights"}}  # fmt: skip
    assert second.words(old) == []
    assert second.tables(old) == {}
    assert "weights.csv" not in tables_csv(old)


def test_the_report_carries_the_section_with_its_plot(figures):
    titles = {page["title"]: page for page in survey.compose(figures)["findings"]}
    (said,) = second.words(figures)
    page = titles[said["title"]]
    assert "前三位" in page["plate"]["chart"].alt
    assert "n=" in page["plate"]["caption"]
    assert len(page["table"]["rows"]) == len(figures["sensitivity"]["weights"]["domains"])


def test_words_are_composed_without_loading_what_draws():
    code = "import sys, analysis.core.report.second; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.django_db(databases=THREE_STORES)
@pytest.mark.db
def test_the_page_shows_plot_and_table_and_nothing_for_absent_sections(
    client, version, people, figures
):
    client.force_login(people["analyst"])
    page = client.get(reverse("version", args=[version.pk])).content.decode()
    (said,) = second.words(figures)
    assert said["title"] in page
    assert all(line in page for line in said["lines"] if '"' not in line)
    plot = client.get(reverse("version_plot", args=[version.pk, "weights"]))
    assert plot["Content-Type"] == "image/svg+xml"
    assert client.get(reverse("version_plot", args=[version.pk, "change"])).status_code == 404
