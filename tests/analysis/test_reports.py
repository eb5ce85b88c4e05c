"""The three PDFs: pages, fonts, text, structure, and numbers equal to the figures."""

import io
import json
import re
import subprocess
from pathlib import Path

import pikepdf
import pytest

from analysis import reports

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"


@pytest.fixture(scope="module")
def figures():
    return json.loads(EXAMPLE.read_text("utf-8"))


@pytest.fixture(scope="module")
def documents(figures):
    return {kind: reports.build(kind, figures) for kind in reports.KINDS}


def words(data: bytes) -> str:
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    return re.sub(r"\s", "", done.stdout.decode())


def test_the_brief_is_one_page(documents):
    assert len(pikepdf.open(io.BytesIO(documents["brief"].pdf)).pages) == 1


@pytest.mark.parametrize("kind", reports.KINDS)
def test_the_chinese_text_can_be_taken_out_again(documents, kind):
    text = words(documents[kind].pdf)
    assert "演示数据·虚构" in text
    assert "青禾县" in text


@pytest.mark.parametrize("kind", reports.KINDS)
def test_every_font_is_embedded(documents, kind, tmp_path):
    path = tmp_path / "r.pdf"
    path.write_bytes(documents[kind].pdf)
    listed = subprocess.run(["pdffonts", str(path)], capture_output=True, check=True)
    lines = listed.stdout.decode().splitlines()[2:]
    assert lines
    assert all(re.search(r"\byes\s+(yes|no)\s+yes\b", line) for line in lines), lines


@pytest.mark.parametrize("kind", reports.KINDS)
def test_it_is_tagged_declared_as_archive_copy_and_carries_its_tables(documents, kind):
    pdf = pikepdf.open(io.BytesIO(documents[kind].pdf))
    assert "/StructTreeRoot" in pdf.Root
    assert str(pdf.Root.Lang).startswith("zh")
    assert "/OutputIntents" in pdf.Root
    with pdf.open_metadata() as meta:
        assert meta["pdfaid:part"] == "3"
        assert meta["pdfaid:conformance"] == "A"
    assert set(pdf.attachments) == set(documents[kind].csvs)


def test_shares_and_intervals_are_those_of_the_figures(documents, figures):
    text = words(documents["survey"].pdf)
    for domain in figures["domains"]:
        assert domain["label"] in text
        assert f"{domain['joint']['value'] * 100:.1f}%" in text
    top = max(figures["domains"], key=lambda d: d["joint"]["value"])
    low, high = top["joint"]["low"], top["joint"]["high"]
    assert f"{low * 100:.1f}%—{high * 100:.1f}%" in words(documents["brief"].pdf)


def test_no_share_stands_without_interval_or_base_in_the_brief(documents):
    text = words(documents["brief"].pdf)
    for sentence in re.findall(r"需要、紧急且盼妇联帮办的占[^。]*。", text):
        assert "95%置信区间" in sentence
        assert "n=" in sentence


def test_volunteers_are_never_called_the_countys_women(documents):
    text = words(documents["survey"].pdf)
    assert "不推断总体" in text
    assert not re.search(r"自愿样本[^。]*全县妇女", text)


def test_fewer_than_three_confirmed_is_said_plainly(documents, figures):
    assert len(figures["ranking"]["confirmed"]) < 3
    assert "尚不能区分" in words(documents["survey"].pdf)


def test_the_same_figures_give_the_same_bytes(documents, figures):
    assert reports.build("progress", figures).pdf == documents["progress"].pdf
