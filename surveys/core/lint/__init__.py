"""Lint: what an author should mend or think over before a questionnaire is published.

Each check takes a Definition and yields Problems by path and workbook column. Only what can never
be answered is an error; all else is advice, and silence is the aim for a good questionnaire.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..definition import Definition
from ..problems import Problem
from .channels import channels
from .engines import engines
from .languages import languages
from .lookups import lookups
from .minutes import length, minutes
from .privacy import privacy
from .routing import routing
from .wording import wording

CHECKS = (routing, engines, lookups, wording, privacy, languages, channels, length)


def lint(definition: Definition) -> list[Problem]:
    """All problems, in the order of the questionnaire, the whole form's last."""
    order = {node.path: number for number, node in enumerate(definition.nodes())}
    found: Iterable[Problem] = (p for check in CHECKS for p in check(definition))
    return sorted(found, key=lambda p: order.get(p.where.path, len(order)))


__all__ = ["CHECKS", "lint", "minutes"]
