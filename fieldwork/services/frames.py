"""Import the frame: a table of villages, all faults row by row, nothing half imported."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from fieldwork.core import areas
from fieldwork.models import Campaign, Frame, FrameVillage
from surveys import audit, gateway
from surveys.core.problems import Problem, Refused, Where

COLUMNS = {"区划代码": "code", "名称": "name", "城乡": "urban", "户数": "households",
           "妇女数": "women"}  # fmt: skip
_URBAN = {"城镇": True, "乡村": False}


def import_frame(
    campaign: Campaign, data: bytes, filename: str, *, by: str, now: datetime
) -> tuple[Frame | None, list[Problem]]:
    """The frame, or every problem found."""
    try:
        rows = gateway.read_table(data, filename)
    except Refused as refusal:
        return None, list(refusal.problems)
    missing = [c for c in COLUMNS if c not in rows[0].cells] if rows else list(COLUMNS)
    if missing:
        where = Where(sheet=filename, row=1)
        return None, [Problem("columns_missing", where, {"names": "、".join(missing)})]
    problems = list(_check(campaign, rows, filename))
    if problems:
        return None, problems
    return _store(campaign, rows, hashlib.sha256(data).hexdigest(), by, now), []


def _check(campaign: Campaign, rows: list[gateway.Row], sheet: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for row in rows:
        where, cells = Where(sheet=sheet, row=row.number), row.cells
        code = cells["区划代码"]
        if not areas.is_code(code) or areas.level(code) != areas.Level.VILLAGE:
            yield Problem("area_code_invalid", where, {"code": code})
        elif not areas.contains(campaign.area_code, code):
            yield Problem("area_outside", where, {"code": code})
        if code in seen:
            yield Problem("village_twice", where, {"code": code, "row": seen[code]})
        seen.setdefault(code, row.number)
        if cells["城乡"] not in _URBAN:
            yield Problem("urban_invalid", where, {"text": cells["城乡"]})
        for header in ("户数", "妇女数"):
            if not cells[header].isdigit() or int(cells[header]) < 1:
                yield Problem("count_invalid", where, {"name": header, "text": cells[header]})


def _store(
    campaign: Campaign, rows: list[gateway.Row], sha256: str, by: str, now: datetime
) -> Frame:
    with transaction.atomic():
        frame = Frame.objects.create(
            campaign=campaign, imported_on=timezone.localdate(now), sha256=sha256
        )
        FrameVillage.objects.bulk_create(
            [
                FrameVillage(
                    frame=frame,
                    code=row.cells["区划代码"],
                    name=row.cells["名称"],
                    urban=_URBAN[row.cells["城乡"]],
                    households=int(row.cells["户数"]),
                    women=int(row.cells["妇女数"]),
                )
                for row in rows
            ]
        )
        audit.record(by, "import_frame", str(campaign), at=now, detail={"villages": len(rows)})
    return frame
