"""Names of persons in Chinese sentences, found by surname, given name, address and word limits.

A surname with characters people give their children is a name unless the dictionary knows the
string as another word; so are a surname before a title or after 老, and what follows 我叫.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.core import segmentation
from analysis.core.vocabulary import (
    COMMON,
    COMPOUND,
    DOUBLED,
    GIVEN,
    KIN,
    NICK,
    RARE,
    SURNAMES,
    TELLS,
    TITLES,
)

_HAN = "\u4e00-\u9fff"
_N = "".join(sorted(NICK))
_S = "".join(sorted(SURNAMES))
_FIRM = "".join(sorted(SURNAMES - RARE))
_G = "".join(sorted(GIVEN))
_ENDS = "的了是在住和说家有也都想要今就，。；、！？就来去被把没不与跟会能叫给让吗呢吧啊"

_STRONG = re.compile(
    rf"(?:{TELLS})\s*((?:{COMPOUND}|[{_S}])?(?:(?![{_ENDS}])[{_HAN}]){{1,3}})"
    rf"|([{_HAN}]{{2,7}}[·•・][{_HAN}]{{2,7}}(?:[·•・][{_HAN}]{{2,7}})?)"
    rf"|([{_HAN}]{{0,3}}(?:古丽|卓玛|央金|其其格|扎西|买买提|次仁|旺姆|阿依[{_HAN}]{{1,2}}|巴桑|拉姆|格桑|娜仁)(?:[{_HAN}]{{2}}(?=的|说|家|，|。|$))?)"
    rf"|(?:{KIN})(?:的?名字)?(?:叫|名叫|是)\s*([{_S}小阿](?:(?![{_ENDS}])[{_HAN}]){{1,2}}|(?:(?![{_ENDS}])[{_HAN}]){{2}}(?=[，。；、！？\s]|$))"
)
_TITLED = re.compile(rf"((?:{COMPOUND})|[{_S}](?:[{_G}]{{1,2}})?)(?={TITLES})")
_FAMILIAR = re.compile(
    rf"((?:老|小|阿|大)(?:[{_FIRM}]|(?<=阿)[{_G}]|(?<=小)[{_G}]))(?![路区孩学时])"
)
_PLAIN = re.compile(rf"(?:{COMPOUND})[{_HAN}]{{1,2}}|[{_S}][{_G}]{{1,2}}")
_CALLED = re.compile(rf"(?:{KIN})([{_N}]{{2}})|([{_N}]{{1,2}})(?=[姐嫂婶哥])")
_TWICE = re.compile(rf"([{_N}])\1")


def replace(text: str, placeholder: str) -> str:
    """The text with every name replaced; placeholders already there stay as they are."""
    parts = re.split(r"(〔[^〕]+〕)", text)
    return "".join(p if p.startswith("〔") else _replaced(p, placeholder) for p in parts)


def _replaced(text: str, placeholder: str) -> str:
    for start, end in sorted(_merged(_spans(text)), reverse=True):
        text = text[:start] + placeholder + text[end:]
    return text


Span = tuple[int, int]
Words = list[tuple[int, int, str, str]]  # start, end, word, tag


def _spans(text: str) -> Iterator[Span]:
    for found in _STRONG.finditer(text):
        yield _first_group(found)
    words = _words(text)
    for pattern in (_TITLED, _FAMILIAR, _CALLED):
        for found in pattern.finditer(text):
            if not _inside_word(words, _first_group(found)):
                yield _first_group(found)
    yield from (f.span() for f in _TWICE.finditer(text) if f[0] not in DOUBLED)
    yield from _plain(text, words)
    yield from _tagged(words)


def _first_group(found: re.Match[str]) -> Span:
    return next(found.span(k) for k in range(1, found.re.groups + 1) if found[k])


def _words(text: str) -> Words:
    at, found = 0, []
    for word, tag in segmentation.tagged(text):
        found.append((at, at + len(word), word, tag))
        at += len(word)
    return found


def _is_other(word: str, tag: str, names: tuple[str, ...]) -> bool:
    """Whether the dictionary has it as something that is no name; guesses do not count."""
    return segmentation.known(word) and (not tag.startswith(names) or word in COMMON)


def _inside_word(words: Words, span: Span) -> bool:
    """Whether all of it lies in one word that is something else."""
    start, end = span
    return any(
        a <= start and end <= b and b - a > 1 and _is_other(word, tag, ("nr", "ns"))
        for a, b, word, tag in words
    )


def _plain(text: str, words: Words) -> Iterator[Span]:
    """Surname and given name; where it is none, the search goes on at the next character."""
    at = 0
    while found := _PLAIN.search(text, at):
        believed = _believed(words, found)
        if believed:
            yield found.span()
        at = found.end() if believed else found.start() + 1


def _believed(words: Words, found: re.Match[str]) -> bool:
    start, surname, size = found.start(), found[0][0], len(found[0])
    if size > 2 and re.match(COMPOUND, found[0]):
        return True
    if any(a <= start < b and b - a > 1 and _is_other(w, t, ("nr",)) for a, b, w, t in words):
        return False
    if size == 2 and (surname in RARE or _begins_word(words, start + 1)):
        return False
    return surname not in RARE or any(a == start for a, *_ in words)


def _begins_word(words: Words, place: int) -> bool:
    """Whether a longer word begins here: then the character before it is not a surname."""
    names = ("nr", "ns", "nz")
    return any(a == place and b - a > 1 and not t.startswith(names) for a, b, _, t in words)


def _tagged(words: Words) -> Iterator[Span]:
    """What the segmenter itself takes for a person: surname and given name, in one word or two."""
    for k, (start, end, word, tag) in enumerate(words):
        if not tag.startswith("nr") or word in COMMON or word[0] not in SURNAMES:
            continue
        if len(word) in (2, 3) and (word[0] not in RARE or len(word) == 3):
            yield start, end
        elif len(word) == 1 and word not in RARE and k + 1 < len(words):
            _, after, following, kind = words[k + 1]
            if len(following) <= 2 and kind[:1] in "nz":
                yield start, after


def _merged(spans: Iterator[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
