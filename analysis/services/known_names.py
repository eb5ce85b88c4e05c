"""Names known beforehand: of places, and of those who work here. Loads no heavy library."""

from __future__ import annotations

from django.contrib.auth import get_user_model

from analysis.models import CodingTask
from fieldwork.core import areas
from fieldwork.models import Area


def around(task: CodingTask) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Places and persons that answers to it may name."""
    return _places(task.source.campaign.area_code), _people()


def _places(area_code: str) -> tuple[str, ...]:
    """Names below the township in the campaign's area, whenever they were valid."""
    around = areas.significant(area_code)[:6]  # of a township: of its county
    rows = Area.objects.filter(code__startswith=around).exclude(code__endswith="000")
    return tuple(sorted(set(rows.values_list("name", flat=True))))


def _people() -> tuple[str, ...]:
    """Names of those who work here: women speak of them."""
    rows = get_user_model().objects.exclude(first_name="").values_list("first_name", flat=True)
    return tuple(sorted(set(rows)))
