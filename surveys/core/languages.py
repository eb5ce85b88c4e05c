"""Languages as workbooks name them (``English (en)``, ``bo``): tag, own name, direction."""

from __future__ import annotations

import re

_NAMED = re.compile(r"(?P<name>.*?)\s*\((?P<tag>[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\)\s*\Z")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*\Z")
_OWN_NAMES = {
    "zh": "中文",
    "bo": "བོད་ཡིག",
    "ug": "ئۇيغۇرچە",
    "kk": "قازاقشا",
    "mn": "ᠮᠣᠩᠭᠣᠯ",
    "ii": "ꆈꌠꉙ",
    "za": "Vahcuengh",
    "ko": "조선말",
    "en": "English",
}
_RIGHT_TO_LEFT = frozenset({"ug", "ar", "ur", "fa"})
CHINESE = "zh-CN"


def tag(language: str) -> str:
    """The language tag of a page in this language; Chinese where the workbook gives none."""
    named = _NAMED.match(language)
    found = named["tag"] if named else language
    return found if _TAG.match(found) and found != "zh" else CHINESE


def own_name(language: str) -> str:
    """What its speakers call it: the author's word, else a common name, else the tag."""
    named = _NAMED.match(language)
    return (named and named["name"]) or _OWN_NAMES.get(language, language or _OWN_NAMES["zh"])


def direction(language: str) -> str:
    return "rtl" if tag(language).split("-")[0] in _RIGHT_TO_LEFT else "ltr"
