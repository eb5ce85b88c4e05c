"""Actions as the board, the reports and the overview show them: with their computed light."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet

from analysis.core import lights
from analysis.models import Action, Progress


@dataclass(frozen=True)
class Card:
    """One action today: its light, what its deadline means, and its log (oldest first)."""

    action: Action
    light: lights.Light
    due: str
    log: list[Progress]

    @property
    def last(self) -> Progress | None:
        return self.log[-1] if self.log else None

    @property
    def overdue(self) -> bool:
        return self.light["colour"] == "red"


def cards(actions: QuerySet[Action], today: date) -> list[Card]:
    """Soonest deadline first, as actions are ordered. Two queries, whatever the number."""
    log = Progress.objects.select_related("by").defer("evidence").order_by("on", "id")
    rows = actions.prefetch_related(Prefetch("progress", queryset=log), "co_owners")
    return [card(action, today) for action in rows]


def card(action: Action, today: date) -> Card:
    log = list(action.progress.all())
    done = [entry.on for entry in log if entry.kind == Progress.Kind.REPORT]
    light = lights.light(
        action.state, action.deadline, max(done, default=None), today, opened_on=action.opened_on
    )
    return Card(action, light, lights.remaining(action.state, action.deadline, today), log)


def counts(found: Iterable[Card]) -> dict[str, int]:
    """As the progress notice prints them; what is being checked is still under way."""
    rows = list(found)
    states = [row.action.state for row in rows]
    moving = (Action.State.MOVING, Action.State.CHECKING)
    return {
        "total": len(rows),
        "new": states.count(Action.State.NEW),
        "moving": sum(state in moving for state in states),
        "checking": states.count(Action.State.CHECKING),
        "closed": states.count(Action.State.CLOSED),
        "overdue": sum(row.overdue for row in rows),
    }
