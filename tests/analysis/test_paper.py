"""The questionnaire on paper: numbers, jumps, who answers, and sheets that must not mix."""

import subprocess

import pytest

from analysis import paper
from analysis.core import paper as core
from analysis.services import papers
from surveys import services
from tests.surveys.test_media import brought, files
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, THREE_STORES, workbook

GRID = """
| type | name | label | relevant | constraint |
| select_one yesno | agree | 愿意吗 | | |
| begin_group | trainings | 参加过吗 | ${agree} = '1' | |
| select_one yesno | t1 | 种养殖 | | |
| select_one yesno | t2 | 手工 | | |
| select_one yesno | t3 | 护理 | | |
| end_group | | | | |
| select_multiple groups | groups | 哪些情形 | | count-selected(.) <= 2 |
| integer | hours | 几小时 | ${agree} = '1' | . >= 0 and . <= 24 |
| text | say | 说一句 | ${agree} = '1' | |
| note | bye | 谢谢 | | |
"""


def compiled(survey):
    definition, problems = services.compile_file(workbook(survey, CHOICES, SETTINGS), "f.xlsx")
    assert definition, problems
    return definition


@pytest.fixture(scope="module")
def five():
    return compiled(FIVE_QUESTIONS)


@pytest.fixture(scope="module")
def grid():
    return core.sheet(compiled(GRID))


def page_texts(pdf):
    done = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode().split("\f")[:-1]


def blocks(sheet):
    return [block for part in sheet.parts for block in part.blocks]


def test_questions_are_numbered_through_and_a_refusal_leads_to_the_end(five):
    sheet = core.sheet(five)
    asked = [b for b in blocks(sheet) if isinstance(b, core.Asked)]
    assert [(a.number, a.label) for a in asked][:3] == [
        (1, "您愿意参加吗"), (2, "您的年龄"), (3, "您家的情况"),
    ]  # fmt: skip
    assert [(o.code, o.label, o.jump) for o in asked[0].options] == [
        ("1", "是", ""), ("0", "否", "到此结束"), ("99", "不想回答", "到此结束"),
    ]  # fmt: skip
    assert asked[1].condition == "第 2、3 题：第 1 题选“是”的人答"
    assert asked[2].condition == ""  # said once for both


def test_neighbours_with_the_same_options_share_a_grid(grid):
    (found,) = [b for b in blocks(grid) if isinstance(b, core.Grid)]
    assert found.columns == ["是", "否", "不想回答"]
    assert [(row.number, row.label) for row in found.rows] == [
        (2, "种养殖"), (3, "手工"), (4, "护理"),
    ]  # fmt: skip


def test_limits_become_hints_for_the_pen(grid):
    asked = {b.label: b for b in blocks(grid) if isinstance(b, core.Asked)}
    assert asked["哪些情形"].marks == "最多选 2 项"
    assert (asked["几小时"].blank, asked["几小时"].unit) == ("number", "0—24")
    assert asked["几小时"].condition == "第 6、7 题：第 1 题选“是”的人答"


def test_a_note_stays_behind_the_question_it_follows(grid):
    assert [type(b).__name__ for b in blocks(grid)][-2:] == ["Asked", "Note"]
    assert blocks(grid)[-1].text == "谢谢"


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([1], "第 1 题"), ([1, 2], "第 1、2 题"), ([1, 2, 3, 5], "第 1—3、5 题")],
)
def test_ranges(numbers, said):
    assert core.ranges(numbers) == said


def test_sealed_questions_and_contacts_have_sheets_of_their_own(five):
    """Double-sided: each begins on a right-hand page, and nothing else stands on its sheet."""
    pages = page_texts(paper.printed(five))
    (sealed,) = [n for n, text in enumerate(pages, 1) if "家里有让您害怕的事吗" in text]
    (card,) = [n for n, text in enumerate(pages, 1) if "您的电话" in text]
    assert sealed % 2 == card % 2 == 1
    assert "您的年龄" not in pages[sealed - 1]
    assert "希望妇联联系您吗" not in pages[sealed - 1] + pages[sealed]
    assert "问卷编号" in pages[sealed - 1]
    assert "问卷编号：" not in pages[card - 1]
    assert "□" in pages[0]


def test_a_jump_never_leads_out_of_the_envelope():
    more = "| text | more | 可以写下来 | ${afraid} = '1' | | | L4 | | | |"
    survey = FIVE_QUESTIONS.replace("| end_group |", f"{more}\n| end_group |")
    asked = {b.label: b for b in blocks(core.sheet(compiled(survey))) if isinstance(b, core.Asked)}
    jumps = [option.jump for option in asked["家里有让您害怕的事吗"].options]
    assert jumps == ["", "这一部分到此结束", "这一部分到此结束"]


def test_the_same_form_gives_the_same_bytes(five):
    assert paper.printed(five) == paper.printed(five)


def test_calculations_that_conditions_speak_of_are_explained():
    survey = """
    | type | name | label | relevant | calculation |
    | integer | rooms | 几间房 | | |
    | calculate | chance | | | once(random()) + ${rooms} |
    | text | last | 最后 | ${chance} > 3 | |
    """
    assert core.sheet(compiled(survey)).computed == [
        ("chance", "由第 1 题算出：once(random()) + ${rooms}")
    ]


def test_contacts_are_only_pointed_at_among_the_answers(five):
    notes = [b.text for part in core.sheet(five).parts[:-1] for b in part.blocks
             if isinstance(b, core.Note)]  # fmt: skip
    assert notes == ["第 6 题写在最后的联系卡上。"]


def test_embedded_values_become_a_line_to_write_on():
    survey = FIVE_QUESTIONS.replace("您的电话", "您说您 ${age} 岁，您的电话")
    sheet = core.sheet(compiled(survey))
    assert "您说您 ＿＿＿ 岁，您的电话" in [b.label for b in sheet.parts[-1].blocks]


PICTURED = """
| type | name | label | media::image | media::audio |
| note | told | 请看图 | told.png | |
| select_one food | likes | 您爱吃什么 | plate.png | ask.mp3 |
| select_one food | next | 其次呢 | | |
| select_one food | last | 最后呢 | | |
"""
FOOD = """
| list_name | name | label | media::image |
| food | a | 苹果 | apple.png |
| food | b | 梨 | |
"""


def test_pictures_stand_with_their_words_and_recordings_are_named():
    definition, problems = services.compile_file(workbook(PICTURED, FOOD, SETTINGS), "f.xlsx")
    assert definition, problems
    addresses = {"told.png": "data:told", "plate.png": "data:plate", "apple.png": "data:apple"}
    (told, likes, *others) = blocks(core.sheet(definition, addresses))
    assert (told.picture, likes.picture) == ("data:told", "data:plate")
    assert [o.picture for o in likes.options] == ["data:apple", ""]
    assert [type(b).__name__ for b in others] == ["Asked", "Asked"]  # no grid: the options show
    assert [b.recorded for b in (likes, *others)] == [True, False, False]
    assert blocks(core.sheet(definition))[0].picture == ""  # of a file whose pictures are elsewhere


@pytest.mark.db
@pytest.mark.django_db(databases=THREE_STORES)
def test_the_paper_of_a_version_shows_its_pictures_at_a_modest_size(now):
    version = brought(files(), now).version
    papers.make(version, papers.name(version), lambda percent, said: None)
    pdf = papers.ready(version)
    listed = subprocess.run(["pdfimages", "-list", "-"], input=pdf, capture_output=True, check=True)
    rows = [line.split() for line in listed.stdout.decode().splitlines()[2:]]
    sizes = {(int(r[3]), int(r[4])): int(r[12]) for r in rows if r[2] == "image"}
    assert set(sizes) == {(40, 30), (810, 1080)}  # two small ones and the upright photograph
    assert all(25.4 * high / sizes[wide, high] <= 37 for wide, high in sizes)  # mm, by poppler
    assert "".join(page_texts(pdf)).count("有录音") == 2  # at the question, and what that means
    before = papers.name(version)
    version.media.filter(name="told.webp").delete()
    assert papers.name(version) != before
