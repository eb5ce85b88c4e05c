"""The function set of XForms in real use. Each takes the context and its unevaluated arguments.

Where engines disagree the result is JavaRosa's: `sum` skips blanks, `regex` is anchored,
`round` goes half up. Chance and clock come from the context only.
"""

from __future__ import annotations

import hashlib
import math
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

from .chance import shuffled
from .values import (
    EvaluationProblem,
    Moment,
    days,
    moment_of,
    read,
    to_boolean,
    to_number,
    to_string,
    unpack,
)

Function = Callable[..., Any]
FUNCTIONS: dict[str, Function] = {}
ARITY: dict[str, tuple[int, int]] = {}
MANY = 200
_REGEX_LENGTH, _TEXT_LENGTH = 500, 2_000


def function(name: str, low: int, high: int | None = None) -> Callable[[Function], Function]:
    def keep(work: Function) -> Function:
        FUNCTIONS[name], ARITY[name] = work, (low, low if high is None else high)
        return work

    return keep


def _texts(name: str, low: int, work: Callable[..., Any], high: int | None = None) -> None:
    function(name, low, high)(lambda c, *args: work(*(to_string(a(c)) for a in args)))


def _numbers(name: str, low: int, work: Callable[..., float], high: int | None = None) -> None:
    def safe(c: Any, *args: Any) -> float:
        values = [to_number(a(c)) for a in args]
        try:
            return math.nan if any(map(math.isnan, values)) else float(work(*values))
        except (ValueError, OverflowError, ZeroDivisionError):
            return math.nan

    function(name, low, high)(safe)


def _before(text: str, part: str) -> str:
    return text[: max(text.find(part), 0)]


def _after(text: str, part: str) -> str:
    return text[text.find(part) + len(part) :] if part in text else ""


_texts("starts-with", 2, lambda a, b: a.startswith(b))
_texts("ends-with", 2, lambda a, b: a.endswith(b))
_texts("contains", 2, lambda a, b: b in a)
_texts("substring-before", 2, _before)
_texts("substring-after", 2, _after)
_texts("normalize-space", 1, lambda a: " ".join(a.split()))
_texts("string-length", 1, lambda a: float(len(a)))
_texts("count-selected", 1, lambda a: float(len(a.split())))
_texts("boolean-from-string", 1, lambda a: a.lower() == "true" or a == "1")
_texts("selected", 2, lambda a, b: f" {b.strip()} " in f" {a.strip()} ")
_numbers("floor", 1, math.floor)
_numbers("ceiling", 1, math.ceil)
_numbers("abs", 1, abs)
_numbers("sqrt", 1, math.sqrt)
_numbers("exp", 1, math.exp)
_numbers("exp10", 1, lambda a: math.pow(10, a))
_numbers("log", 1, math.log)
_numbers("log10", 1, math.log10)
_numbers("pow", 2, math.pow)
_numbers("pi", 0, lambda: math.pi)
for _name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2"):
    _numbers(_name, 2 if _name == "atan2" else 1, getattr(math, _name))


def whole(value: Any) -> int:
    """An index or count; blank and infinite read as 0."""
    found = to_number(value)
    return 0 if math.isnan(found) or math.isinf(found) else int(found)


@function("string", 1)
def string(c: Any, value: Any) -> str:
    return to_string(value(c))


@function("number", 1)
def number(c: Any, value: Any) -> float:
    return to_number(value(c))


@function("boolean", 1)
def boolean(c: Any, value: Any) -> bool:
    return to_boolean(value(c))


@function("int", 1)
def integer(c: Any, value: Any) -> float:
    found = to_number(value(c))
    return found if math.isnan(found) or math.isinf(found) else float(math.trunc(found))


@function("true", 0)
def true(c: Any) -> bool:
    return True


@function("false", 0)
def false(c: Any) -> bool:
    return False


@function("not", 1)
def negate(c: Any, value: Any) -> bool:
    return not to_boolean(value(c))


@function("if", 3)
def choose(c: Any, test: Any, yes: Any, no: Any) -> Any:
    return yes(c) if to_boolean(test(c)) else no(c)


@function("coalesce", 2)
def coalesce(c: Any, first: Any, second: Any) -> Any:
    found = unpack(first(c))
    return second(c) if found == "" or found != found else found


@function("once", 1)
def once(c: Any, value: Any) -> Any:
    return read(c.node) if c.node.text else value(c)


@function("concat", 0, MANY)
def concat(c: Any, *parts: Any) -> str:
    return "".join(text for part in parts for text in _all_texts(part(c)))


@function("join", 1, MANY)
def join(c: Any, separator: Any, *parts: Any) -> str:
    texts = [text for part in parts for text in _all_texts(part(c))]
    return to_string(separator(c)).join(texts)


def _all_texts(value: Any) -> list[str]:
    values = [read(n) for n in value] if isinstance(value, list) else [value]
    return [to_string(v) for v in values]


@function("substr", 2, 3)
def substr(c: Any, text: Any, start: Any, end: Any = None) -> str:
    source, first = to_string(text(c)), whole(start(c))
    last = len(source) if end is None else whole(end(c))
    first = first + len(source) if first < 0 else first
    last = last + len(source) if last < 0 else last
    return source[max(first, 0) : max(last, 0)]


@function("translate", 3)
def translate(c: Any, text: Any, old: Any, new: Any) -> str:
    source, target = to_string(old(c)), to_string(new(c))
    table: dict[int, str | None] = {}
    for index, letter in enumerate(source):
        table.setdefault(ord(letter), target[index] if index < len(target) else None)
    return to_string(text(c)).translate(table)


@function("regex", 2)
def regex(c: Any, text: Any, pattern: Any) -> bool:
    value, expression = to_string(text(c)), to_string(pattern(c))
    if len(expression) > _REGEX_LENGTH or len(value) > _TEXT_LENGTH:
        raise EvaluationProblem("regex_too_long")
    try:
        return re.fullmatch(expression, value, re.ASCII) is not None
    except re.error:
        raise EvaluationProblem("regex_invalid") from None


@function("selected-at", 2)
def selected_at(c: Any, value: Any, index: Any) -> str:
    chosen, position = to_string(value(c)).split(), whole(index(c))
    return chosen[position] if 0 <= position < len(chosen) else ""


@function("round", 1, 2)
def rounded(c: Any, value: Any, digits: Any = None) -> float:
    found = to_number(value(c))
    places = 0 if digits is None else whole(digits(c))
    if math.isnan(found) or math.isinf(found):
        return found
    scale = 10.0**places
    return math.floor(found * scale + 0.5) / scale


def _values(c: Any, arguments: tuple[Any, ...]) -> list[float]:
    found = []
    for argument in arguments:
        value = argument(c)
        values = [read(n) for n in value] if isinstance(value, list) else [value]
        found += [to_number(v) for v in values if v != ""]
    return found


@function("sum", 1)
def total(c: Any, nodes: Any) -> float:
    return float(sum(v for v in _values(c, (nodes,)) if not math.isnan(v)))


@function("max", 1, MANY)
def maximum(c: Any, *nodes: Any) -> float:
    return max(_values(c, nodes), default=math.nan)


@function("min", 1, MANY)
def minimum(c: Any, *nodes: Any) -> float:
    return min(_values(c, nodes), default=math.nan)


@function("count", 1)
def count(c: Any, nodes: Any) -> float:
    return float(len(_nodes(nodes(c))))


@function("count-non-empty", 1)
def count_non_empty(c: Any, nodes: Any) -> float:
    return float(sum(1 for n in _nodes(nodes(c)) if n.text or n.children))


def _nodes(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise EvaluationProblem("nodes_expected")
    return value


@function("position", 0, 1)
def position(c: Any, node: Any = None) -> float:
    if node is None:
        return float(c.position)
    found = _nodes(node(c))
    if not found or found[0].parent is None:
        return float(len(found))
    siblings = found[0].parent.named(found[0].name)
    return float(1 + [id(s) for s in siblings].index(id(found[0])))


@function("last", 0)
def last(c: Any) -> float:
    return float(c.size)


@function("current", 0)
def current(c: Any) -> list[Any]:
    return [c.origin if c.origin is not None else c.node]


@function("instance", 1)
def instance(c: Any, name: Any) -> list[Any]:
    """The document node of a secondary list: its child is the list's root element."""
    found = c.env.lists.get(to_string(name(c)))
    if found is None:
        raise EvaluationProblem("list_missing")
    return [found]


@function("pulldata", 4)
def pulldata(c: Any, name: Any, column: Any, key: Any, value: Any) -> str:
    wanted, field, label = to_string(value(c)), to_string(key(c)), to_string(column(c))
    document = c.env.lists.get(to_string(name(c)))
    for root in document.children if document else []:
        for item in root.children:
            if any(n.text == wanted for n in item.named(field)):
                return next((n.text for n in item.named(label)), "")
    return ""


@function("indexed-repeat", 3, 9)
def indexed_repeat(c: Any, target: Any, *pairs: Any) -> list[Any]:
    """The target's nodes inside the given position of each repeat, outermost first."""
    nodes = _nodes(target(type(c)(c.env, c.env.root)))
    for repeat, index in zip(pairs[::2], pairs[1::2], strict=True):
        groups = _nodes(repeat(type(c)(c.env, c.env.root)))
        wanted, generic = whole(index(c)), groups[0].generic if groups else ""
        nodes = [n for n in nodes if _position_in(n, generic) == wanted]
    return nodes[:1]


def _position_in(node: Any, generic: str) -> int:
    while node is not None and node.generic != generic:
        node = node.parent
    return node.position if node is not None else 0


@function("jr:choice-name", 2)
def choice_name(c: Any, value: Any, path: Any) -> str:
    chosen = to_string(value(c))
    return str(c.env.label(c.node, to_string(path(c)).strip(), chosen)) if chosen else ""


@function("jr:itext", 1)
def itext(c: Any, key: Any) -> str:
    return str(c.env.wording(to_string(key(c))))


@function("randomize", 1, 2)
def randomize(c: Any, nodes: Any, seed: Any = None) -> list[Any]:
    number = c.env.random.word() if seed is None else whole(seed(c))
    return shuffled(_nodes(nodes(c)), number)


@function("random", 0)
def random(c: Any) -> float:
    return float(c.env.random.random())


@function("uuid", 0, 1)
def uuid(c: Any, length: Any = None) -> str:
    chance = c.env.random
    return str(chance.uuid() if length is None else chance.letters(min(whole(length(c)), 200)))


@function("version", 0)
def version(c: Any) -> str:
    return to_string(c.env.root.named("@version"))


@function("digest", 2, 3)
def digest(c: Any, text: Any, algorithm: Any, encoding: Any = None) -> str:
    name = to_string(algorithm(c)).replace("-", "").lower()
    if name not in ("md5", "sha1", "sha256", "sha384", "sha512"):
        raise EvaluationProblem("digest_unknown")
    raw = hashlib.new(name, to_string(text(c)).encode()).digest()
    kind = "base64" if encoding is None else to_string(encoding(c))
    return raw.hex() if kind == "hex" else b64encode(raw).decode()


@function("today", 0)
def today(c: Any) -> Moment:
    return Moment(days(c.env.now.astimezone(c.env.zone).date().isoformat()) or 0.0)


@function("now", 0)
def now(c: Any) -> Moment:
    return Moment(c.env.now.timestamp() / 86400)


@function("date", 1)
def to_date(c: Any, value: Any) -> Any:
    found = unpack(value(c))
    if found == "" or (isinstance(found, float) and math.isnan(found)):
        return ""
    moment = moment_of(found)
    if moment is None:
        raise EvaluationProblem("date_expected")
    return Moment(days(moment.date(c.env.zone).isoformat()) or 0.0)


FUNCTIONS["date-time"], ARITY["date-time"] = to_date, (1, 1)


@function("decimal-date-time", 1)
def decimal_date_time(c: Any, value: Any) -> float:
    """Days since 1970 in universal time: a mere date begins at midnight in Beijing."""
    found = unpack(value(c))
    moment = moment_of(found)
    if moment is None:
        return to_number(found)
    return moment.days - 8 / 24 if moment.whole else moment.days


@function("decimal-time", 1)
def decimal_time(c: Any, value: Any) -> float:
    found = re.match(r"(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?", to_string(value(c)))
    if not found:
        return math.nan
    return (int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3] or 0)) / 86400


@function("format-date", 2)
def format_date(c: Any, value: Any, pattern: Any) -> str:
    moment = moment_of(value(c))
    return _format(moment.at(c.env.zone), to_string(pattern(c))) if moment else ""


FUNCTIONS["format-date-time"], ARITY["format-date-time"] = format_date, (2, 2)


def _format(moment: datetime, pattern: str) -> str:
    known = {
        "Y": f"{moment.year:04}",
        "y": f"{moment.year % 100:02}",
        "m": f"{moment.month:02}",
        "n": str(moment.month),
        "b": moment.strftime("%b"),
        "d": f"{moment.day:02}",
        "e": str(moment.day),
        "H": f"{moment.hour:02}",
        "h": str(moment.hour),
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "3": f"{moment.microsecond // 1000:03}",
        "a": moment.strftime("%a"),
    }
    return re.sub("%(.)", lambda found: known.get(found[1], found[0]), pattern)


@function("checklist", 2, MANY)
def checklist(c: Any, low: Any, high: Any, *tests: Any) -> bool:
    ticks = sum(to_boolean(test(c)) for test in tests)
    least, most = to_number(low(c)), to_number(high(c))
    return (least < 0 or ticks >= least) and (most < 0 or ticks <= most)


@function("weighted-checklist", 2, MANY)
def weighted_checklist(c: Any, low: Any, high: Any, *tests: Any) -> bool:
    pairs = zip(tests[::2], tests[1::2], strict=True)
    weight = sum(to_number(w(c)) for test, w in pairs if to_boolean(test(c)))
    least, most = to_number(low(c)), to_number(high(c))
    return (least < 0 or weight >= least) and (most < 0 or weight <= most)


_EARTH = 6_378_100.0


def _points(value: Any) -> list[tuple[float, float]]:
    """(latitude, longitude) in radians of a geopoint, trace, shape or node-set of points."""
    texts = [n.text for n in value] if isinstance(value, list) else [to_string(value)]
    parts = [p.split() for text in texts for p in text.split(";") if p.strip()]
    try:
        return [(math.radians(float(p[0])), math.radians(float(p[1]))) for p in parts]
    except (ValueError, IndexError):
        raise EvaluationProblem("points_expected") from None


@function("distance", 1, MANY)
def distance(c: Any, *places: Any) -> float:
    """Metres along the points, on a sphere."""
    points = [point for place in places for point in _points(place(c))]
    return float(sum(_arc(a, b) for a, b in pairwise(points)))


def _arc(a: tuple[float, float], b: tuple[float, float]) -> float:
    half = math.sin((b[0] - a[0]) / 2) ** 2
    half += math.cos(a[0]) * math.cos(b[0]) * math.sin((b[1] - a[1]) / 2) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))


@function("area", 1)
def area(c: Any, shape: Any) -> float:
    """Square metres inside a shape, on a sphere."""
    points = _points(shape(c))
    if len(points) < 3:
        return 0.0
    total = 0.0
    for a, b in zip(points, [*points[1:], points[0]], strict=True):
        total += (b[1] - a[1]) * (2 + math.sin(a[0]) + math.sin(b[0]))
    return abs(total * _EARTH * _EARTH / 2)
