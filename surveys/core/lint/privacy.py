"""Privacy: personal data without a class, and matters that belong into a sealed section."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..definition import Definition, Group, Question
from ..problems import Problem
from .walk import asked, warning

_PERSONAL = re.compile(
    "姓名|名字叫|怎么称呼|电话号码|联系电话|手机号|电话$|您的电话|身份证|证件号|门牌|家庭住址|详细地址|微信号|QQ号|"
    "银行卡|联系方式是|邮箱"
)
_SENSITIVE = re.compile(
    "家暴|暴力|殴打|打过?您|打骂|动手|性骚扰|性侵|猥亵|恐吓|威胁|害怕|不让您?出门|限制.{0,4}出门|强迫|虐待|自杀|"
    "轻生|跟踪|拐卖"
)
_KEPT = frozenset({"L4", "L5"})


def privacy(definition: Definition) -> Iterator[Problem]:
    classed = any("class" in q.properties for q in definition.questions())
    for question, around in asked(definition):
        text, given = _text(question), question.properties.get("class", "")
        if not given and classed:
            yield warning("class_missing", question, "name")
        if _PERSONAL.search(text) and _open(question) and given not in _KEPT:
            yield warning("personal_without_class", question, "bind::nr:class")
        if _SENSITIVE.search(text) and not _sealed(around):
            yield warning("sensitive_outside_sealed", question, "label")


def _text(question: Question) -> str:
    return "\n".join(question.label.values())


def _open(question: Question) -> bool:
    return question.kind in ("text", "integer", "image")


def _sealed(around: tuple[Group, ...]) -> bool:
    return bool(around) and around[0].properties.get("sealed") == "yes"
