"""Tables of the workbench: asked for once, computed by page or worker, kept as they were released.

Every table leaves through the ledger (`released`), which remembers what left. What it withholds is
in no page, file or plot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from analysis import revision
from analysis.core import gate, tables, variables
from analysis.core.figures import rounded
from analysis.core.spec import Spec
from analysis.core.tables import CannotTabulate
from analysis.core.thresholds import THRESHOLDS
from analysis.core.variables import Variable
from analysis.models import DataVersion, Tabulation
from analysis.services import ground, released, snapshot
from surveys import audit, jobs

__all__ = [
    "CannotTabulate",
    "ask",
    "closed",
    "fill",
    "fill_by_job",
    "is_quick",
    "known",
    "let_out",
    "once_more",
]
SHORT = 40  # rows of a table that a page waits for
ATTEMPTS = 3
T = TypeVar("T")


def known(version: DataVersion) -> dict[str, Variable]:
    """What may be tabulated in a version."""
    figures, source = version.figures, ground.source_of(version)
    # a class nobody is in would take others with it, as a withheld one does
    townships = {t["code"]: t["name"] for t in figures["townships"] if t["n"] != 0}
    return variables.offered(source.version.definition, townships)


def ask(version: DataVersion, spec: Spec, *, by: str) -> Tabulation:
    """The row of this question to this version. CannotTabulate, `ground.NotReady` in words."""
    tables.check(spec, known(version))
    text = json.dumps(spec.data(), sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()
    return Tabulation.objects.get_or_create(
        data_version=version, key=key, defaults={"spec": spec.data(), "asked_by": by}
    )[0]


def is_quick(table: Tabulation) -> bool:
    """Whether a page may compute it: small, and no sensitive answer is needed."""
    offered, spec = known(table.data_version), Spec(**table.spec)
    asked = tables.used(spec, offered)
    heads = len(offered[spec.by].classes) if spec.by else 0
    rows = len(offered[spec.question].classes) * (1 + heads)
    return rows <= SHORT and all(v.open for v in asked) and ground.quick(table.data_version)


def fill(table: Tabulation, *, now: datetime) -> None:
    """Compute on a page. `ground.NotReady` when the version cannot be looked into."""
    _store(table, ground.for_page(table.data_version), now)


def fill_by_job(table: Tabulation, progress: jobs.Progress) -> None:
    progress(10, "正在读取这一版的答卷和权数")
    base = ground.for_job(table.data_version)
    progress(50, "正在估计，并核对哪些数不能显示")
    _store(table, base, timezone.now())


def _store(table: Tabulation, base: ground.Base, now: datetime) -> None:
    spec, version = Spec(**table.spec), table.data_version
    offered, figures = known(version), version.figures

    def make(door: gate.Release) -> dict[str, Any]:
        return tables.table(spec, base.official, offered, door)

    def keep(found: dict[str, Any]) -> None:
        table.result = rounded(found) | {
            "how": figures["sample"]["how"], "n": int(base.official.columns.n),
            "response_rate": figures["sample"]["response_rate"],
            "demo": figures["meta"]["demo"], "withdrawn": version.withdrawn,
        }  # fmt: skip
        table.revision, table.made_at = revision.fingerprint(), now
        table.save(update_fields=["result", "revision", "made_at"])
        audit.record(
            table.asked_by, "tabulate", f"{version.campaign} {version}", at=now, data_class="L2",
            detail={"tabulation": table.pk, **table.spec},
        )  # fmt: skip

    let_out(base, make, keep, what=f"表 {table.pk}", by=table.asked_by, now=now)


def once_more(base: ground.Base, make: Callable[[gate.Release], T]) -> T | None:
    """What was let out before, made again; None when it would tell more than left already."""
    book = released.read(ground.source_of(base.version))
    found = make(_door(base, book))
    return None if any(released.added(book)) else found


def let_out(
    base: ground.Base, make: Callable[[gate.Release], T], keep: Callable[[T], None], *,
    what: str, by: str, now: datetime,
) -> T:  # fmt: skip
    """Make something by the door of the version's source; keep it and what was let out at once.

    Nobody's writing waits while it is made; when somebody else was faster, it is made again.
    `ground.NotReady` when a few women left since something left the last time.
    """
    source = ground.source_of(base.version)
    for _ in range(ATTEMPTS):
        book = released.read(source)
        found = make(_door(base, book))
        with suppress(released.OutrunBySomeone), transaction.atomic():
            released.keep(book, what=what, by=by, now=now)
            keep(found)
            return found
    raise ground.NotReady("有人同时在查看或发布同一份问卷的表格，请再试一次。")


def _door(base: ground.Base, book: released.Book) -> gate.Release:
    """The door to these women; their whole number, which every table carries, goes first."""
    door = gate.Release(base.at, book.ledger)
    if not gate.whole(int(base.official.columns.n), door):
        raise ground.NotReady(ground.FEW_LEFT)
    return door


def closed(version: DataVersion) -> str:
    """Why no new table can be made of a version since women left it; "" when one can.

    By their number alone, so that it can be said before a table is asked for.
    """
    source = ground.source_of(version)
    try:
        now = ground.moment(version, source, snapshot.generation(source))
    except ground.NotReady as error:
        return str(error)
    frozen = version.snapshots[str(source.pk)]
    if now == frozen:
        return ""
    times = {cell.at for cell in released.recall(source).counts if cell.at < frozen}
    few = any(0 < abs(at - now) < THRESHOLDS.cell for at in times | {frozen})
    return ground.FEW_LEFT if few else ""
