"""Values of expressions and their conversions, as JavaRosa makes them.

A value is a float, str, bool or a list of nodes. A node has ``name, parent, children, text``,
``relevant`` (one that is not reads as empty) and ``number`` (bound to a numeric type).
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Protocol

# Beijing time. A fixed offset, so that every engine and every year means the same moment.
ZONE = timezone(timedelta(hours=8))
_NUMBER = re.compile(r"\s*-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*\Z")
_DATE = re.compile(
    r"(\d{1,4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?\Z"
)
_EPOCH = date(1970, 1, 1).toordinal()


class EvaluationProblem(ValueError):
    """The expression cannot be evaluated with these values; the text is a code."""


class Node(Protocol):
    name: str
    parent: Any
    children: list[Any]
    number: bool

    @property
    def text(self) -> str: ...


def to_string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return number_text(float(value))
    return scalar(value)


def scalar(nodes: list[Any]) -> str:
    """The text of a node-set used as one value; several nodes are an error, none is empty."""
    if len(nodes) > 1:
        raise EvaluationProblem("several_nodes_as_one_value")
    if not nodes:
        return ""
    text: str = nodes[0].text
    if nodes[0].number and _NUMBER.match(text):
        return number_text(float(text))
    return text


def is_number(value: Any) -> bool:
    """A number, or a node bound to a numeric type that has a value: it compares as a number."""
    if isinstance(value, list):
        return len(value) == 1 and value[0].number and value[0].text != ""
    return isinstance(value, float | int) and not isinstance(value, bool)


def number_text(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def to_number(value: Any) -> float:
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, float | int):
        return float(value)
    text = (value if isinstance(value, str) else scalar(value)).strip()
    if _NUMBER.match(text):
        return float(text)
    moment = days(text)
    return math.nan if moment is None else moment


def to_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, float | int):
        return not (value == 0 or math.isnan(value))
    if isinstance(value, str):
        return value != ""
    return bool(value) and _node_truth(value)


def _node_truth(nodes: list[Any]) -> bool:
    text = scalar(nodes)
    return text not in ("", "0") if nodes[0].number else text != ""


def days(text: str) -> float | None:
    """Days since 1970-01-01 of a date or date-time text; None when it is neither."""
    found = _DATE.match(text.strip())
    if not found:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    if found[4] is None:
        return float(day.toordinal() - _EPOCH)
    return _with_time(day, found)


def _with_time(day: date, found: re.Match[str]) -> float | None:
    hour, minute, second = int(found[4]), int(found[5]), int(found[6] or 0)
    micro = int((found[7] or "0").ljust(6, "0")[:6])
    try:
        moment = datetime.combine(day, time(hour, minute, second, micro))
        zone = found[8]
        if zone and zone != "Z":
            moment = datetime.fromisoformat(moment.isoformat() + zone)
        else:
            moment = moment.replace(tzinfo=UTC if zone else ZONE)
    except ValueError:
        return None
    return moment.timestamp() / 86400


def date_of(number: float, zone: tzinfo = ZONE) -> date:
    """The calendar day; whole numbers are days, fractions are moments seen in the zone."""
    if number == int(number):
        return date.fromordinal(int(number) + _EPOCH)
    return datetime.fromtimestamp(number * 86400, zone).date()


def moment_of(text_or_number: Any, zone: tzinfo = ZONE) -> datetime | None:
    """Date and time of a value, None when it is neither; a mere day begins at midnight."""
    number = to_number(text_or_number)
    if math.isnan(number):
        return None
    try:
        if number == int(number):
            return datetime.combine(date_of(number), time(), zone)
        return datetime.fromtimestamp(round(number * 86_400_000) / 1000, zone)
    except (ValueError, OverflowError):
        return None
