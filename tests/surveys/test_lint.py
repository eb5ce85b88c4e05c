"""The lint names what a careful author would mend, at her cell, and is silent on good forms."""

import pytest
from django.conf import settings

from surveys import gateway, messages
from surveys.core import xform, xlsform
from surveys.core.lint import lint, minutes
from tests.surveys.test_authoring import tables
from tests.workbooks import SETTINGS, workbook

# ruff: noqa: E501  tables read better with one row a line
LISTS = """
| list_name | name | label | nr_missing |
| yesno | 1 | 是 | |
| yesno | 0 | 否 | |
| fair | 1 | 是 | |
| fair | 99 | 不想回答 | refused |
"""


def judged(survey: str, choices: str = LISTS) -> tuple[list[str], object]:
    """(``cell  code`` of each problem, the definition)."""
    done = xlsform.convert(workbook(survey, choices, SETTINGS), "f.xlsx")
    assert done.xform, [messages.line(p) for p in done.problems]
    compiled = xform.compile(gateway.parse_xml(done.xform))
    assert compiled.definition is not None
    found = [done.book.located(p) for p in lint(compiled.definition)]
    assert all("不能处理" not in messages.sentence(p) for p in found)
    marks = {"error": "!", "warning": ""}
    return [f"{p.where}  {p.code}{marks[p.level]}" for p in found], compiled.definition


ROUTES = """
| type | name | label | relevant | constraint | required | readonly |
| integer | age | 几岁 | | . >= 18 and . <= 110 | | |
| select_one yesno | work | 上班吗 | | | | |
| select_multiple yesno | many | 有哪些 | | | | |
| text | a | 题 | ${age} < 18 | | | |
| text | b | 题 | ${work} = '1' and ${work} = '0' | | | |
| text | c | 题 | selected(${many}, '1') and not(selected(${many}, '1')) | | | |
| text | d | 题 | false() or 1 = 2 | | | |
| text | e | 题 | ${work} = '7' or ${age} > 60 | | | |
| begin_group | g | 组 | ${age} > 60 | | | |
| text | f | 题 | ${age} <= 60 | | | |
| text | f2 | 题 | ${age} = 61 | | | |
| end_group | | | | | | |
| text | h | 题 | ${later} = 'x' | | | |
| text | later | 题 | | | | |
| integer | i | 数 | | . > 10 and . < 11 | yes | |
| integer | j | 数 | | . > 10 and . < 5 | | |
| decimal | k | 数 | | . > 10 and . < 11 | yes | |
| select_one yesno | l | 题 | | | yes | yes |
| text | m | 题 | ${work} != '1' and ${work} != '0' | | | |
| text | n | 题 | ${age} > 20 or ${age} < 5 | | | |
| text | o | 题 | ${b} = 'x' | | | |
"""


def test_routes_that_lead_nowhere_are_named():
    found, _ = judged(ROUTES)
    assert found == [
        "survey!D5  unreachable",
        "survey!D6  unreachable",
        "survey!D7  unreachable",
        "survey!D8  unreachable",
        "survey!D9  choice_unknown",
        "survey!D11  unreachable",
        "survey!D14  looks_ahead",
        "survey!E16  dead_end!",
        "survey!E17  dead_end",
        "survey!G19  dead_end_readonly!",
        "survey!D20  unreachable",
        "survey!D22  unreachable",  # it waits for an answer that nobody can give
    ]


ENGINES = r"""
| type | name | label | constraint | relevant | calculation |
| text | code | 编号 | regex(., '[0-9]+') | | |
| text | good | 编号 | regex(., '^[0-9]+$') | | |
| begin_repeat | kid | 孩子 | | | |
| integer | old | 几岁 | | | |
| text | name | 小名 | | ${old} > 3 | |
| end_repeat | | | | | |
| calculate | one | | | | ${old} + 1 |
| calculate | all | | | | sum(${old}) |
| calculate | first | | | | string(/data/kid[1]/old) |
| calculate | yes | | | | boolean-from-string(${code}) |
"""


def test_expressions_on_which_engines_differ_are_named():
    found, _ = judged(ENGINES)
    assert found == [
        "survey!D2  regex_unanchored",
        "survey!F8  repeat_read_outside!",
        "survey!F10  position_in_brackets",
        "survey!F11  engine_differs",
    ]


WORDS = """
| type | name | label | bind::nr:class | bind::nr:axis | bind::nr:sealed | bind::nr:vault | bind::nr:show |
| select_one yesno | a | 您对村里的托育和养老服务满意吗？ | L3 | | | | |
| select_one yesno | b | 您有工作吗，想换工作吗？ | L3 | | | | |
| select_one yesno | c | 自从去年春天搬到现在住的这个村子以后，您家里的人在找活干、看病、孩子上学这些事上遇到过困难吗？ | L3 | | | | |
| text | d | 您觉得谁最龌龊？ | L3 | | | | |
| select_one yesno | e | 需要帮助吗？ | L3 | need | | | |
| select_one fair | f | 需要帮助吗？ | L3 | need | | | |
| select_one yesno | g | 您有慢性病吗？ | L4 | | | | |
| text | h | 您的手机号是？ | L2 | | | | |
| text | i | 您的手机号是？ | L4 | | | phone | |
| select_one fair | j | 家里有人打您吗？ | L4 | | | | |
| begin_group | p | 请您自己填写 | | | yes | | |
| select_one fair | k | 家里有人打您吗？ | L4 | | | | |
| end_group | | | | | | | |
| text | l | 您的想法？ | | | | | |
| text | m | 访员: 她的手机号 | | | | | interviewer |
| select_one yesno | n | 承包地、宅基地有您的名字吗？ | L3 | | | | |
"""


def test_wording_and_privacy_are_judged_only_where_she_is_asked():
    found, _ = judged(WORDS)
    assert found == [
        "survey!C2  wording_double",
        "survey!C3  wording_double",
        "survey!C4  wording_long",
        "survey!C5  wording_rare",
        "survey!A6  no_way_out",
        "survey!A8  no_way_out",
        "survey!D9  personal_without_class",
        "survey!C11  sensitive_outside_sealed",
        "survey!B15  class_missing",
    ]


TONGUES = """
| type | name | label::中文 (zh) | label::Vahcuengh (za) | hint::中文 (zh) | media::audio::中文 (zh) |
| text | a | 题一 | Cingx | 说明 | a.m4a |
| text | b | 题二 | | | b.m4a |
| select_one yesno | c | 题三 | Sam | | |
| image | photo | 照片 | Sieng | | p.m4a |
"""
TONGUE_LISTS = """
| list_name | name | label::中文 (zh) | label::Vahcuengh (za) |
| yesno | 1 | 是 | Dwg |
| yesno | 0 | 否 | |
"""


def test_gaps_of_translations_and_recordings_are_named():
    found, _ = judged(TONGUES, TONGUE_LISTS)
    assert [line for line in found if "media_not_sent" not in line] == [
        "survey!B2  translation_missing",  # the hint has no column in that language
        "survey!D3  translation_missing",
        "survey!A4  choices_untranslated",
        "survey!F4  audio_missing",
        "survey!A5  not_on_phones",
    ]


def test_a_recording_that_one_question_lacks_is_named_in_its_column():
    rows = "| text | a | 题一 | a.m4a |\n| text | b | 题二 | |\n"
    found, _ = judged(f"| type | name | label | media::audio |\n{rows}")
    assert found == ["survey!D3  audio_missing"]


HEARD = """
| type | name | label::中文 (zh) | label::Vahcuengh (za) | media::audio::中文 (zh) | media::image::中文 (zh) | media::image::Vahcuengh (za) |
| select_one yesno | a | 题一 | Cingx | a.m4a | a.png | |
| select_one fruit | b | 题二 | Song | | b.png | za.png |
| select_one yesno | c | 题三 | Sam | c.m4a | | |
"""
HEARD_LISTS = """
| list_name | name | label::中文 (zh) | label::Vahcuengh (za) | media::audio::中文 (zh) | media::image::中文 (zh) |
| yesno | 1 | 是 | Dwg | 1.m4a | 1.png |
| yesno | 0 | 否 | Mbouj | | |
| fruit | 2 | 苹果 | Bingzgoj | | |
"""


def test_options_a_listener_cannot_hear_and_pictures_in_one_language_are_named():
    found, _ = judged(HEARD, HEARD_LISTS)
    assert found == [
        "survey!A2  choices_unrecorded",  # once for the list, although the third question has it
        "survey!G2  image_missing",
        "survey!A2  choices_unpictured",
        "survey!E3  audio_missing",  # whose options need none either
    ]
    silent, _ = judged(HEARD.replace("za.png", ""), HEARD_LISTS)
    assert not [line for line in silent if "image" in line or "pictured" in line]


def test_a_long_list_is_looked_through_and_not_listened_to():
    rows = "".join(f"| far | {n} | 第{n}村 |\n" for n in range(21))
    survey = "| type | name | label | media::audio |\n| select_one far | a | 哪个村 | a.m4a |\n"
    head = "| list_name | name | label |\n"
    assert judged(survey, head + rows)[0] == []
    assert judged(survey, head + rows.replace("| far | 20 | 第20村 |\n", ""))[0] == [
        "survey!A2  choices_unrecorded"
    ]


LOOKUP = """
| type | name | label | calculation |
| select_one_from_file towns.csv | town | 乡镇 | |
| text | said | 哪个乡镇 | |
| calculate | sure | | pulldata('towns', 'label', 'name', ${town}) |
| calculate | other | | pulldata('towns', 'label', 'zip', ${town}) |
| calculate | typed | | concat('在', pulldata('towns', 'label', 'name', ${said})) |
| calculate | kept | | coalesce(pulldata('towns', 'label', 'name', ${said}), '不详') |
"""


def test_a_lookup_that_can_find_nothing_is_named():
    towns = [["name", "label", "zip"], ["a", "甲", "1"], ["b", "乙", "2"]]
    sheets = tables(workbook(LOOKUP, "", SETTINGS)) | {"towns.csv": towns}
    done = xlsform.convert(gateway.to_workbook(sheets), "f.xlsx")
    definition = xform.compile(gateway.parse_xml(done.xform)).definition
    found = [str(done.book.located(p).where) for p in lint(definition)]
    assert [p.code for p in lint(definition)] == ["pulldata_may_miss"] * 2
    assert found == ["survey!D5", "survey!D6"]


def test_a_column_missing_throughout_is_one_fault():
    rows = "".join(f"| text | q{n} | 题 | {'Cingx' if n == 0 else ''} |\n" for n in range(30))
    head = "| type | name | label::中文 (zh) | label::Vahcuengh (za) |\n"
    done = xlsform.convert(workbook(head + rows, "", SETTINGS), "f.xlsx")
    definition = xform.compile(gateway.parse_xml(done.xform)).definition
    (problem,) = lint(definition)
    assert (problem.code, problem.params["count"]) == ("translation_missing", 29)


BANK = settings.BASE_DIR / "surveys" / "bank"


@pytest.mark.parametrize(("name", "spoken"), [("individual", 20), ("online", 8), ("village", 15)])
def test_the_shipped_questionnaires_are_quiet_and_as_long_as_they_say(name, spoken):
    done = xlsform.convert((BANK / f"{name}.xlsx").read_bytes(), name)
    definition = xform.compile(gateway.parse_xml(done.xform)).definition
    found = lint(definition)
    assert {p.code for p in found} <= {"regex_unanchored"}
    assert all(p.level == "warning" for p in found)
    assert minutes(definition) == pytest.approx(spoken, rel=0.3)


def test_a_very_long_questionnaire_is_warned_of():
    rows = "".join(f"| text | q{n} | 您对这件事有什么想法 |\n" for n in range(100))
    found, definition = judged(f"| type | name | label |\n{rows}")
    assert found == ["settings!C2  questionnaire_long"]
    assert minutes(definition) == pytest.approx(100 * (10 / 5 + 20) / 60)
