"""Uploads: files chosen together or packed, as one questionnaire and what goes with it.

What each file is, is told by its content. Nothing is compiled or stored here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import gateway
from .core import media
from .core.problems import Problem, Refused, Where
from .core.xlsform import aliases

FILES_BYTES = 60_000_000
_XFORMS = b"http://www.w3.org/2002/xforms"


@dataclass(slots=True)
class Upload:
    """The questionnaire's own file, and everything else by its name (`media.key`)."""

    name: str
    data: bytes
    xml: bool = False
    others: dict[str, tuple[str, bytes]] = field(default_factory=dict)


def sort(files: Mapping[str, bytes]) -> Upload:
    """Refused when there is not exactly one questionnaire among the files."""
    if sum(map(len, files.values())) > FILES_BYTES:
        raise Refused(Problem("files_too_large", params={"limit": FILES_BYTES // 1_000_000}))
    loose = _unpacked(files)
    forms = [name for name, data in loose.items() if _is_form(data)]
    tables = [name for name in loose if name.lower().endswith(".csv") and not forms]
    if len(forms) > 1:
        raise Refused(Problem("forms_several", params={"names": "、".join(forms)}))
    if not forms and not tables:
        return _alone(loose)
    outer = next(iter(files)) if len(files) == 1 else "问卷"
    upload = _form(forms[0], loose) if forms else _joined(tables, loose, outer)
    for name, data in loose.items():
        if name not in (*forms, *tables):
            upload.others[media.key(name)] = name, data
    return upload


def _unpacked(files: Mapping[str, bytes]) -> dict[str, bytes]:
    loose: dict[str, bytes] = {}
    for outer, packed in files.items():
        parts = gateway.read_parcel(packed, outer) if gateway.is_parcel(packed) else {outer: packed}
        for inside, data in parts.items():
            name = inside.rsplit("/", 1)[-1]
            if loose.setdefault(name, data) != data:
                raise Refused(Problem("file_twice", Where(sheet=name), {"file": name}))
    return loose


def _is_form(data: bytes) -> bool:
    """A workbook, or an XML that speaks XForms: a drawing is XML, too."""
    kind = gateway.file_type(data)
    return kind in ("xlsx", "xls") or (kind == "xml" and _XFORMS in data)


def _alone(loose: Mapping[str, bytes]) -> Upload:
    """A single strange file is refused as the workbook it was taken for."""
    if len(loose) == 1:
        return _form(next(iter(loose)), loose)
    raise Refused(Problem("form_not_found"))


def _form(name: str, loose: Mapping[str, bytes]) -> Upload:
    return Upload(name, loose[name], gateway.file_type(loose[name]) == "xml")


def _joined(tables: list[str], loose: Mapping[str, bytes], outer: str) -> Upload:
    """CSV files are kept and read as the workbook they make together."""
    sheets = {_sheet_name(name): gateway.read_lines(loose[name], name) for name in tables}
    return Upload(f"{Path(outer).stem}.xlsx", gateway.to_workbook(sheets))


def _sheet_name(file: str) -> str:
    """survey.csv is the sheet; any other file is a list and keeps its whole name."""
    stem = file[: -len(".csv")]
    return stem if stem.lower() in aliases.SHEETS.values() or stem in aliases.SHEETS else file
