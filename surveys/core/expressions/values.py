"""Values of expressions and their conversions, as JavaRosa makes them.

A value is a float, bool, str, Moment or a list of nodes. A node has ``name, parent, children``,
``text`` (empty when it is not relevant) and ``kind``: what its text reads as. A text that merely
looks like a date is a text: only a date question, `today`, `now` and `date` give dates.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, Protocol

# Beijing time. A fixed offset, so that every engine and every year means the same moment.
ZONE = timezone(timedelta(hours=8))
_NUMBER = re.compile(r"\s*-?(\d+(\.\d*)?|\.\d+)\s*\Z", re.ASCII)
_STORED = re.compile(r"-?\d+(\.\d+)?(E-?\d+)?\Z", re.ASCII)
_DATE = re.compile(
    r"(\d{1,4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?\Z",
    re.ASCII,
)
_EPOCH = date(1970, 1, 1).toordinal()


class EvaluationProblem(ValueError):
    """The expression cannot be evaluated with these values; the text is a code."""


class Node(Protocol):
    name: str
    parent: Any
    children: list[Any]
    kind: str  # "number", "boolean", "date" or "" for text

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, or a time on it: days since 1970, whole for a mere day."""

    days: float

    @property
    def whole(self) -> bool:
        return self.days == math.floor(self.days)

    def date(self, zone: tzinfo = ZONE) -> date:
        if self.whole:
            return date.fromordinal(int(self.days) + _EPOCH)
        return self.at(zone).date()

    def at(self, zone: tzinfo = ZONE) -> datetime:
        if self.whole:
            return datetime.combine(self.date(), time(), zone)
        return datetime.fromtimestamp(round(self.days * 86_400_000) / 1000, zone)

    def lexical(self) -> str:
        """As it stands in an instance."""
        return self.date().isoformat() if self.whole else self.at().isoformat("T", "milliseconds")


def unpack(value: Any) -> Any:
    """A node-set as the one value it holds; several nodes are an error, none is empty."""
    if not isinstance(value, list):
        return value
    if len(value) > 1:
        raise EvaluationProblem("several_nodes_as_one_value")
    return read(value[0]) if value else ""


def read(node: Any) -> Any:
    """The typed value of a node; text that does not fit its type stays text."""
    text, kind = node.text, node.kind
    if not text or not kind:
        return text
    if kind == "number":
        return float(text) if _STORED.match(text) else text
    if kind == "boolean":
        return text in ("1", "true")
    return moment_of(text) or text


def kind_of(value: Any) -> str:
    """What a text stored from this value shall read as."""
    if isinstance(value, bool):
        return "boolean"
    return "date" if isinstance(value, Moment) else "" if isinstance(value, str) else "number"


def to_string(value: Any) -> str:
    value = unpack(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Moment):
        return value.date().isoformat()
    return number_text(float(value))


def number_text(value: float) -> str:
    """Whole numbers without a point; very large and small ones as Java writes them (1.5E7)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{len(digits) - 1 + int(exponent)}"


def to_number(value: Any) -> float:
    value = unpack(value)
    if isinstance(value, Moment):
        return value.days
    if isinstance(value, str):
        return float(value) if _NUMBER.match(value) else math.nan
    return float(value)


def to_boolean(value: Any) -> bool:
    if isinstance(value, list) and not value:
        return False
    value = unpack(value)
    if isinstance(value, str):
        return value != ""
    if isinstance(value, Moment):
        return True
    return not (value == 0 or math.isnan(value))


def moment_of(value: Any) -> Moment | None:
    """A date value, a number of days, or a text that is a date or date-time; else None."""
    value = unpack(value)
    if isinstance(value, Moment):
        return value
    if isinstance(value, float | int):
        inside = not math.isnan(value) and -700_000 < value < 2_900_000
        return Moment(float(value)) if inside else None
    found = days(value)
    return None if found is None else Moment(found)


def days(text: str) -> float | None:
    """Days since 1970-01-01 of a date or date-time text; None when it is neither."""
    found = _DATE.match(text.strip())
    if not found:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if found[4] is None:
            return float(day.toordinal() - _EPOCH)
        return _with_time(day, found)
    except (ValueError, OverflowError):
        return None


def _with_time(day: date, found: re.Match[str]) -> float:
    hour, minute, second = int(found[4]), int(found[5]), int(found[6] or 0)
    micro = int((found[7] or "0").ljust(6, "0")[:6])
    moment = datetime.combine(day, time(hour, minute, second, micro))
    zone = found[8]
    if zone and zone != "Z":
        moment = datetime.fromisoformat(moment.isoformat() + zone)
    else:
        moment = moment.replace(tzinfo=UTC if zone else ZONE)
    return moment.timestamp() / 86400
