"""The three PDFs: pages, fonts, text, structure, and numbers equal to the figures."""

import copy
import io
import json
import re
import subprocess
from pathlib import Path

import pikepdf
import pytest

from analysis import reports
from analysis.core.report import brief, survey

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
    assert set(pdf.attachments) == {*documents[kind].csvs, reports.FIGURES}
    kinds = {str(f.F): str(f.AFRelationship) for f in pdf.Root.AF}
    assert kinds.pop(reports.FIGURES) == "/Source"
    assert set(kinds.values()) == {"/Data"}


def test_shares_and_intervals_are_those_of_the_figures(documents, figures):
    text = words(documents["survey"].pdf)
    for domain in figures["domains"]:
        assert domain["label"] in text
        assert f"{domain['joint']['value'] * 100:.1f}%" in text
    top = max(figures["domains"], key=lambda d: d["joint"]["value"])
    low, high = top["joint"]["low"], top["joint"]["high"]
    assert f"{low * 100:.1f}%—{high * 100:.1f}%" in words(documents["brief"].pdf)


def test_no_share_stands_without_interval_and_base(figures):
    content = brief.compose(figures)
    assert len(content["points"]) >= 3
    for point in content["points"][:3]:
        assert re.search(r"\d%（[\d.]+%—[\d.]+%）", point)
        assert re.search(r"n=\d+", point)
    for text in content["groups"]:
        assert re.search(r"百分点（[\d.]+—[\d.]+）.*n=\d+", text)


def test_needs_as_possible_as_those_told_are_named(figures):
    """Three stand with numbers; that others stand below them is their point estimate alone."""
    open_ = copy.deepcopy(figures)
    for domain in open_["domains"]:
        domain["tier"] = "possible"
    *_, last = brief.compose(open_)["points"]
    assert last.endswith(f"等{len(open_['domains']) - 3}项同样可能列入前三位，现有样本分不出先后。")
    for domain in open_["domains"]:
        domain["tier"] = "confirmed"
    assert len(brief.compose(open_)["points"]) == 3


def test_every_plot_has_a_caption_with_source_and_base_and_words_of_its_own(documents):
    html = documents["survey"].html
    plots = re.findall(r'<img src="[^"]+" alt="([^"]*)">\s*<figcaption>(.*?)</figcaption>', html)
    assert len(plots) == html.count("<img ") >= 10
    for alt, caption in plots:
        assert len(alt) > 20
        assert "来源" in caption
        assert "n=" in caption


def test_the_attached_figures_are_the_frozen_text(documents, figures):
    pdf = pikepdf.open(io.BytesIO(documents["brief"].pdf))
    attached = pdf.attachments[reports.FIGURES].get_file().read_bytes()
    assert json.loads(attached) == figures
    assert attached.decode() == reports.frozen_text(figures)


def test_a_full_page_holds_22_lines_of_28_characters(figures):
    """Type area of GB/T 9704, read out of the finished page."""
    content = {"title": "版面", "lead": "测" * 28 * 23, "lists": [], "late": [], "next": []}
    html = reports._html("progress", figures, content, 0)
    body = f"<body><p style='text-indent:0'>{content['lead']}</p></body>"
    html = re.sub(r"<body>.*?</body>", body, html, flags=re.S)
    page = reports.pdf.render(html, attachments={}, title="版面")
    done = subprocess.run(["pdftotext", "-f", "1", "-l", "1", "-layout", "-", "-"], input=page,
                          capture_output=True, check=True)  # fmt: skip
    lines = [row.strip() for row in done.stdout.decode().splitlines() if set(row.strip()) == {"测"}]
    assert lines == ["测" * 28] * 22


def none_confirmed(figures):
    for domain in figures["domains"]:
        domain["tier"] = "possible"
    figures["ranking"] |= {"confirmed": [], "possible": [d["code"] for d in figures["domains"]]}


def not_ranked(figures):
    for domain in figures["domains"]:
        domain |= {"tier": "unranked", "rank": dict.fromkeys(domain["rank"])}
    figures["ranking"] |= {"confirmed": [], "possible": [], "borderline": [],
                           "refused": "样本不足以排序：样本或有效样本不足100人"}  # fmt: skip


def long_labels(figures):
    for k, domain in enumerate(figures["domains"]):
        domain["label"] = f"{'很长的事项名称' * 3}"[:18] + f"{k:02}"


def withheld(figures):
    for domain in figures["domains"][:8]:
        for axis in ("need", "urgency", "hope", "joint", "women"):
            domain[axis] |= dict.fromkeys(("value", "se", "low", "high")) | {
                "status": "suppressed", "reason": "不足 10 人,不显示",
            }  # fmt: skip


def only(count):
    def change(figures):
        codes = {d["code"] for d in figures["domains"][:count]}
        figures["domains"] = figures["domains"][:count]
        for part in [*figures["groups"], *figures["townships"]]:
            part["domains"] = [d for d in part["domains"] if d["code"] in codes]
            part.get("top", {}).update(confirmed=[], possible=[])
        for breakdown in figures["breakdowns"]:
            for row in breakdown["rows"]:
                row["domains"] = [d for d in row["domains"] if d["code"] in codes]
        rank = figures["ranking"]
        rank |= {"tau": min(3, count - 1), "borderline": []} | {
            key: [c for c in rank[key] if c in codes] for key in ("confirmed", "possible")
        }
        for domain in figures["domains"]:
            domain["rank"] = {a: [1, count] for a in domain["rank"]}
        tried = figures["sensitivity"]
        for name in ("threshold3", "unflagged"):
            tried[name] = [r for r in tried[name] if r["code"] in codes]
        weights = tried["weights"]
        weights["domains"] = [r for r in weights["domains"] if r["code"] in codes]

    return change


HARD = {"none confirmed": none_confirmed, "not ranked": not_ranked, "long labels": long_labels,
        "withheld": withheld, "seven": only(7), "two": only(2)}  # fmt: skip


@pytest.mark.parametrize("case", HARD)
def test_the_brief_stays_one_page_of_600_characters(figures, case):
    changed = copy.deepcopy(figures)
    HARD[case](changed)
    assert brief.length(brief.compose(changed)) <= brief.LIMIT
    done = reports.build("brief", changed)
    assert len(pikepdf.open(io.BytesIO(done.pdf)).pages) == 1
    assert "None" not in done.html


@pytest.mark.parametrize("case", HARD)
def test_the_survey_report_composes(figures, case):
    changed = copy.deepcopy(figures)
    HARD[case](changed)
    content = survey.compose(changed)
    said = json.dumps(content, ensure_ascii=False, default=lambda chart: chart.alt)
    assert "None" not in said
    assert "nan" not in said
    if case == "withheld":
        assert "不显示" in said
    if case == "none confirmed":
        assert "尚不能确定" in said
    if case == "not ranked":
        assert "样本不足以排序" in said


def test_a_brief_that_cannot_fit_is_refused_in_words(figures):
    changed = copy.deepcopy(figures)
    for action in changed["actions"]:
        action["title"] *= 6
    with pytest.raises(reports.pdf.TooLong, match="请缩短"):
        reports.build("brief", changed)


def test_volunteers_are_never_called_the_countys_women(documents):
    text = words(documents["survey"].pdf)
    assert "不推断总体" in text
    assert not re.search(r"自愿样本[^。]*全县妇女", text)


def test_fewer_than_three_confirmed_is_said_plainly(documents, figures):
    assert len(figures["ranking"]["confirmed"]) < 3
    assert "尚不能区分" in words(documents["survey"].pdf)


def test_the_same_figures_give_the_same_bytes(documents, figures):
    assert reports.build("progress", figures).pdf == documents["progress"].pdf
