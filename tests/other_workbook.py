"""A questionnaire unlike the shipped ones: 7 needs, other codes, other groups, two languages.

Written for the test that the program knows no question code: everything the analysis needs reaches
it through the ``nr:`` columns.
"""

from __future__ import annotations

import io
from functools import cache

import openpyxl

ZH, EN = "label::中文 (zh)", "label::English (en)"
# domain code -> (Chinese, English)
NEEDS = {
    "water": ("吃水用水", "Water"),
    "road": ("出行和道路", "Roads"),
    "signal": ("手机网络", "Network"),
    "clinic": ("看病买药", "Clinic"),
    "herd": ("牛羊和草场", "Herds"),
    "school": ("孩子上学", "School"),
    "winter": ("过冬取暖", "Winter"),
}
GROUPS = {
    "herder": ("牧户", "Herding household"),
    "returned": ("返乡不满一年", "Returned this year"),
    "twohomes": ("两地居住", "Two homes"),
}
_SYSTEM = ("source", "round", "stratum", "psu", "pi_psu", "households_listed", "households_drawn",
           "household", "mode", "interviewer")  # fmt: skip
_NR = ("class", "axis", "domain", "threshold", "role", "system", "consent", "sealed", "vault")
_SURVEY = ("type", "name", ZH, EN, "relevant", "constraint", "required", "appearance",
           *(f"bind::nr:{name}" for name in _NR))  # fmt: skip
_CHOICES = ("list_name", "name", ZH, EN, "nr_score", "nr_missing", "nr_group", "nr_domain")
Row = dict[str, str]


@cache
def other_workbook() -> bytes:
    book = openpyxl.Workbook()
    survey = book.active
    survey.title = "survey"
    _write(survey, _SURVEY, _survey_rows())
    _write(book.create_sheet("choices"), _CHOICES, _choice_rows())
    settings = {"form_title": "牧区妇女需求问卷", "form_id": "pasture", "version": "7",
                "default_language": "中文 (zh)"}  # fmt: skip
    _write(book.create_sheet("settings"), tuple(settings), [settings])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(sheet, header: tuple[str, ...], rows: list[Row]) -> None:
    sheet.append(header)
    for row in rows:
        sheet.append([row.get(name) or None for name in header])


def _row(kind: str, name: str = "", zh: str = "", en: str = "", **more: str) -> Row:
    """A survey row; keywords are column names, data columns without their prefix."""
    named = {f"bind::nr:{key}" if key in _NR else key: value for key, value in more.items()}
    return {"type": kind, "name": name, ZH: zh, EN: en, **named}


def _survey_rows() -> list[Row]:
    rows = [_row("hidden", f"x_{name}", **{"class": "L3"}, system=name) for name in _SYSTEM]
    l3, l4 = {"class": "L3", "required": "yes"}, {"class": "L4"}
    rows += [
        _row("select_one okay", "join", "您愿意参加吗？", "Will you take part?",
             consent="survey", **l3),
        _row("begin_group", "module_k", "您家", "Your home", relevant="${join} = 'y'"),
        _row("integer", "born", "您哪年出生？", "Year of birth?",
             constraint=". >= 1920 and . <= 2008", role="birth_year", **l3),
        _row("select_multiple kinds", "kind", "您家属于哪些情况？", "Which apply?",
             required="yes", role="groups", **l4),
        _row("end_group"),
        _row("begin_group", "module_q", "缺什么", "What is lacking", relevant="${join} = 'y'"),
    ]  # fmt: skip
    rows += [
        _row("select_one lack", f"q_{code}", f"{zh}：缺吗？", f"{en}: lacking?",
             axis="need", domain=code, threshold="3", **l3)
        for code, (zh, en) in NEEDS.items()
    ]  # fmt: skip
    rows.append(_row("end_group"))
    rows.append(_row("begin_group", "module_r", "什么时候要", "How soon", relevant="${join} = 'y'"))
    rows += [
        _row("select_one soon", f"r_{code}", f"{zh}：多久内要解决？", f"{en}: how soon?",
             relevant=f"${{q_{code}}} >= 3", axis="urgency", domain=code, threshold="2", **l3)
        for code, (zh, en) in NEEDS.items()
    ]  # fmt: skip
    rows += [
        _row("select_one wish", f"t_{code}", f"{zh}：盼妇联办吗？", f"{en}: should we act?",
             relevant=f"${{q_{code}}} >= 3", axis="hope", domain=code, threshold="1", **l3)
        for code, (zh, en) in NEEDS.items()
    ]  # fmt: skip
    return [
        *rows,
        _row("select_one things", "worst", "最急的是哪件？", "The most urgent?",
             axis="first_urgent", **l3),
        _row("end_group"),
        _row("begin_group", "quiet", "请您自己填", "For you alone",
             relevant="${join} = 'y'", sealed="yes"),
        _row("select_one wish", "uneasy", "晚上出门害怕吗？", "Afraid to go out at night?", **l4),
        _row("text", "told", "还想说什么？", "Anything else?", **l4),
        _row("end_group"),
        _row("select_one okay", "may_call", "愿意让妇联打电话吗？", "May we call you?",
             relevant="${join} = 'y'", consent="contact", **l3),
        _row("text", "number", "电话", "Telephone", relevant="${may_call} = 'y'",
             constraint="regex(., '1[0-9]{10}')", required="yes", vault="phone", **l4),
    ]  # fmt: skip


def _choice_rows() -> list[Row]:
    def choice(listed: str, name: str, zh: str, en: str, **more: str) -> Row:
        return {"list_name": listed, "name": name, ZH: zh, EN: en, **more}

    refused = {"nr_missing": "refused"}
    rows = [
        choice("okay", "y", "愿意", "Yes", nr_score="1"),
        choice("okay", "n", "不愿意", "No", nr_score="0"),
    ]
    for score, (zh, en) in enumerate(
        [("不缺", "No"), ("有点缺", "A little"), ("缺", "Yes"), ("很缺", "Very")], start=1
    ):
        rows.append(choice("lack", str(score), zh, en, nr_score=str(score)))
    rows += [
        choice("lack", "97", "不想说", "Rather not say", **refused),
        choice("soon", "s1", "不急", "No hurry", nr_score="1"),
        choice("soon", "s2", "入冬前", "Before winter", nr_score="2"),
        choice("soon", "s3", "马上", "At once", nr_score="3"),
        choice("soon", "97", "不想说", "Rather not say", **refused),
        choice("wish", "w1", "是", "Yes", nr_score="1"),
        choice("wish", "w0", "不是", "No", nr_score="0"),
        choice("wish", "97", "不想说", "Rather not say", **refused),
    ]
    rows += [choice("kinds", f"k_{c}", zh, en, nr_group=c) for c, (zh, en) in GROUPS.items()]
    rows += [choice("kinds", "k_none", "都不是", "None")]
    rows += [choice("things", f"n_{c}", zh, en, nr_domain=c) for c, (zh, en) in NEEDS.items()]
    return [*rows, choice("things", "97", "不想说", "Rather not say", **refused)]
