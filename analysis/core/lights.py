"""The light of an action, computed from dates alone: nobody sets it by hand.

Word, shape and colour always travel together, so that no light is told by colour only.
"""

from __future__ import annotations

from datetime import date, timedelta

Light = dict[str, str]
NEAR, SILENT = timedelta(days=7), timedelta(days=30)
_MOVING = ("new", "moving")  # while it is being checked, the unit's silence is no delay


def light(
    state: str, deadline: date, last_progress_on: date | None, today: date, *, opened_on: date
) -> Light:
    """The first that holds: closed, overdue, near its deadline, slow, normal."""
    if state == "closed":
        return _light("已销号", "✓", "grey")
    if today > deadline:
        return _light("已逾期", "■", "red")
    if deadline - today <= NEAR:
        return _light("临近时限", "▲", "blue")
    if state in _MOVING and _slow(opened_on, deadline, last_progress_on, today):
        return _light("进度偏慢", "◆", "yellow")
    return _light("正常推进", "●", "green")


def _light(word: str, shape: str, colour: str) -> Light:
    return {"word": word, "shape": shape, "colour": colour}


def _slow(opened_on: date, deadline: date, last: date | None, today: date) -> bool:
    """Silent for a month, or past half of its time without a single entry."""
    if last is None:
        return today - opened_on > (deadline - opened_on) / 2 or today - opened_on >= SILENT
    return today - last >= SILENT


def remaining(state: str, deadline: date, today: date) -> str:
    """What the deadline means today: 还有 5 天, 今天到期, 逾期 6 天."""
    days = (deadline - today).days
    if state == "closed":
        return ""
    if days == 0:
        return "今天到期"
    return f"还有 {days} 天" if days > 0 else f"逾期 {-days} 天"
