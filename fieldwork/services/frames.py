"""Import the frame: a table of villages, all faults row by row, nothing half imported."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from fieldwork.core import areas
from fieldwork.models import Campaign, Frame, FrameVillage
from surveys import audit, gateway, typed
from surveys.core.problems import Problem, Refused, Where

COLUMNS = {"区划代码": "code", "名称": "name", "城乡": "urban", "户数": "households",
           "妇女数": "women"}  # fmt: skip
# all three or none; together they are the women of the village
AGES = {"18-34岁妇女": "18-34", "35-59岁妇女": "35-59", "60岁及以上妇女": "60+"}
_URBAN = {"城镇": True, "乡村": False}
_LARGEST = 1_000_000


def import_frame(
    campaign: Campaign, data: bytes, filename: str, *, by: str, now: datetime
) -> tuple[Frame | None, list[Problem]]:
    """The frame, or every problem found."""
    try:
        rows = gateway.read_table(data, filename)
    except Refused as refusal:
        return None, list(refusal.problems)
    missing = _missing_columns(rows)
    if missing:
        where = Where(sheet=filename, row=1)
        return None, [Problem("columns_missing", where, {"names": "、".join(missing)})]
    problems = list(_check(campaign, rows, filename))
    if problems:
        return None, problems
    return _store(campaign, rows, hashlib.sha256(data).hexdigest(), by, now), []


def template() -> bytes:
    """An .xlsx with every column and one example row; codes stand as text."""
    import openpyxl  # large, and seldom needed

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "抽样框"
    sheet.append([*COLUMNS, *AGES])
    sheet.append(["990101001201", "示例村", "乡村", 320, 410, 96, 190, 124])
    for row in range(2, 1000):
        sheet.cell(row, 1).number_format = "@"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _missing_columns(rows: list[gateway.Row]) -> list[str]:
    found = rows[0].cells if rows else {}
    ages = list(AGES) if any(name in found for name in AGES) else []
    return [name for name in [*COLUMNS, *ages] if name not in found]


def _check(campaign: Campaign, rows: list[gateway.Row], sheet: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for row in rows:
        where, cells = Where(sheet=sheet, row=row.number), row.cells
        code = cells.get("区划代码", "")
        if not areas.is_code(code) or areas.level(code) != areas.Level.VILLAGE:
            yield Problem("area_code_invalid", where, {"code": code})
        elif not areas.contains(campaign.area_code, code):
            yield Problem("area_outside", where, {"code": code})
        if code in seen:
            yield Problem("village_twice", where, {"code": code, "row": seen[code]})
        seen.setdefault(code, row.number)
        if not 0 < len(cells.get("名称", "")) <= 100:
            yield Problem("village_name_missing", where)
        if cells.get("城乡", "") not in _URBAN:
            yield Problem("urban_invalid", where, {"text": cells.get("城乡", "")})
        yield from _check_counts(cells, where)


def _check_counts(cells: dict[str, str], where: Where) -> Iterator[Problem]:
    wrong = [h for h in ("户数", "妇女数") if not 1 <= _count(cells, h) <= _LARGEST]
    for header in wrong:
        yield Problem("count_invalid", where, {"name": header, "text": cells.get(header, "")})
    ages = [h for h in AGES if h in cells]
    uneven = [h for h in ages if not 0 <= _count(cells, h) <= _LARGEST]
    for header in uneven:
        text = cells.get(header, "")
        yield Problem("count_not_whole", where, {"name": header, "text": text})
    if ages and not wrong and not uneven:
        women, total = _count(cells, "妇女数"), sum(_count(cells, h) for h in AGES)
        if women != total:
            yield Problem("ages_differ", where, {"women": women, "total": total})


def _count(cells: dict[str, str], header: str) -> int:
    """The whole number in a cell, -1 when it is none."""
    text = cells.get(header, "")
    number = typed.whole(text)
    return -1 if number is None else number


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
                    women_by_age={
                        age: int(row.cells[header])
                        for header, age in AGES.items()
                        if header in row.cells
                    },
                )
                for row in rows
            ]
        )
        audit.record(by, "import_frame", str(campaign), at=now, detail={"villages": len(rows)})
    return frame
