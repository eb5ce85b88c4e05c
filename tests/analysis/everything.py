"""A questionnaire with one of everything, opened for volunteers, and its approved responses."""

import json
import secrets
from datetime import date
from functools import lru_cache

from fieldwork.models import Campaign, CampaignQuestionnaire, Review
from surveys import envelope, filing
from surveys.core import xlsform
from surveys.models import Collection, Questionnaire, Response, Version
from tests.workbooks import workbook

# ruff: noqa: E501  tables read better with one row a line
SURVEY = """
| type | name | label | relevant | calculation | bind::nr:class | bind::nr:role | bind::nr:vault | bind::nr:sealed |
| select_one yesno | agree | 您愿意参加吗 | | | L3 | | | |
| integer | born | 您哪年出生 | ${agree} = '1' | | L3 | birth_year | | |
| calculate | age | | | 2026 - ${born} | L3 | | | |
| select_one school | school | 您的文化程度 | ${agree} = '1' | | L3 | education | | |
| select_one word | job | 您现在做什么 | ${agree} = '1' | | L3 | | | |
| select_multiple help | help | 您需要什么 | ${agree} = '1' | | L3 | | | |
| rank help | first | 请排个先后 | ${agree} = '1' | | L3 | | | |
| integer | hours | 每天照料几小时 | ${job} = 'home' | | L3 | | | |
| date | since | 从哪天开始 | ${job} = 'home' | | L3 | | | |
| integer | pension | 每月养老金 | ${age} >= 60 | | L3 | | | |
| text | past | 年轻时做什么 | ${age} >= 60 | | L3 | | | |
| select_one yesno | proud | 您为此骄傲吗 | ${past} != '' | | L3 | | | |
| calculate | mark | | | concat(${job}, '') | L3 | | | |
| text | wish | 您的一句话 | | | L3 | | | |
| select_one yesno | ill | 有没有大病 | | | L4 | | | |
| integer | cost | 看病花了多少 | ${ill} = '1' | | L3 | | | |
| text | phone | 您的电话 | | | L4 | | phone | |
| begin_group | private | 请您自己填写 | | | | | | yes |
| select_one yesno | afraid | 怕不怕 | | | L4 | | | |
| end_group | | | | | | | | |
| begin_repeat | person | 家里的孩子 | | | | | | |
| integer | years | 孩子几岁 | | | L3 | | | |
| select_one yesno | nursery | 上托育了吗 | ${years} < 3 | | L3 | | | |
| text | nick | 小名 | | | L4 | | | |
| end_repeat | | | | | | | | |
"""
CHOICES = """
| list_name | name | label | nr_score | nr_missing |
| yesno | 1 | 是 | 1 | |
| yesno | 0 | 否 | 0 | |
| yesno | 99 | 不想回答 | | refused |
| school | 1 | 小学 | | |
| school | 2 | 中学 | | |
| school | dk | 不知道 | | dont_know |
| word | home | @在家 | | |
| word | work | 上班 | | |
| word | na | 不适用 | | not_applicable |
| help | skill | 学手艺 | | |
| help | care | 带孩子 | | |
| help | no | 不愿说 | | refused |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| all | 1 | 什么都有的问卷 | nr="urn:needs-research:xform:1" |
"""
CANARIES = {"phone": "13977778888", "wish": "金丝雀的一句话", "ill": "1", "nick": "金丝雀小名"}
TODAY = date(2026, 11, 20)


@lru_cache(maxsize=1)
def xform() -> bytes:
    return xlsform.convert(workbook(SURVEY, CHOICES, SETTINGS), "all.xlsx").xform


def open_for_volunteers(campaign: Campaign) -> CampaignQuestionnaire:
    """The questionnaire published, and a channel of the campaign for it."""
    form = Questionnaire.objects.create(form_id="all", title="什么都有的问卷")
    version = Version.objects.create(
        questionnaire=form, version="1", state="published", workbook=b"", xform=xform(),
        xform_sha256=secrets.token_hex(32), created_at="2026-11-01T00:00:00Z",
    )  # fmt: skip
    collection = Collection.objects.create(
        version=version, code=secrets.token_urlsafe(9), channel="self_fill", title="调研",
        area_code=campaign.area_code, opens_on=campaign.opens_on, closes_on=campaign.closes_on,
    )  # fmt: skip
    return CampaignQuestionnaire.objects.create(
        campaign=campaign, version=version, source="volunteer", collection=collection
    )


def file_response(source, answers, state="approved"):
    """One filed response as `surveys/filing.py` leaves it: L4 answers as ciphertext."""
    name = secrets.token_hex(8)
    private = {f"/data/{k}": v for k, v in CANARIES.items() if k in ("ill",)}
    private["/data/person[1]/nick"] = CANARIES["nick"]
    sealed = envelope.seal(
        json.dumps(private).encode(), aad=filing.sensitive_aad(name), today=TODAY
    )
    Response.objects.create(
        instance_id=name, version=source.version, collection=source.collection,
        channel="self_fill", area_code=source.campaign.area_code,
        answers={f"/data/{k}": v for k, v in answers.items()}, sensitive=sealed.body,
        key_id=sealed.key_id, filed_on=TODAY,
    )  # fmt: skip
    Review.objects.create(instance_id=name, source=source, state=state)
    return name


FULL = {
    "agree": "1", "born": "1990", "age": "36", "school": "1", "job": "home", "help": "skill care",
    "first": "care skill", "hours": "-995", "since": "2024-05-17", "mark": "=cmd|' /C calc'!A0",
    "wish": CANARIES["wish"], "cost": "900", "person[1]/years": "2", "person[1]/nursery": "0",
    "person[2]/years": "9",
}  # fmt: skip
OTHER = {
    "agree": "1", "born": "1985", "age": "41", "school": "dk", "job": "work", "help": "no",
    "first": "skill care", "mark": "work", "wish": "好",
}  # fmt: skip


def fill(source: CampaignQuestionnaire) -> None:
    """Twelve of one kind, twelve of another, one turned away by review."""
    for _ in range(12):
        file_response(source, FULL)
        file_response(source, OTHER)
    file_response(source, FULL | {"job": "na"}, state="returned")


def scale(values):
    """A result with a five-step scale, as `table` gives it; None is withheld."""

    def row(value):
        gone = value is None
        return {"value": value, "se": 0.01, "low": None if gone else value - 0.01,
                "high": None if gone else value + 0.01, "n": 100, "n_eff": 80, "df": 20,
                "deff": 1.2, "status": "suppressed" if gone else "ok", "reason": ""}  # fmt: skip

    options = ["很好", "好", "一般", "差", "很差"]
    rows = [{"value": str(k), "label": word, "estimate": row(v)}
            for k, (word, v) in enumerate(zip(options, values, strict=True))]  # fmt: skip
    return {
        "question": {"key": "q", "label": "满意吗", "kind": "single", "order": [4, 3, 2, 1, 0]},
        "by": None, "filter": "", "design": "", "test": None, "gaps": [],
        "classes": [{"value": "", "label": "全体", "rows": rows}], "how": "随机抽取", "n": 100, "response_rate": {"value": 0.8},
        "demo": True, "withdrawn": 0,
    }  # fmt: skip
