"""Files chosen in the editor: kept with the manuscript, named in the input beside them.

A chosen file is judged and stored first; then its name stands in the posted page as if it had been
typed there. So it is saved, shown in a conflict and undone like any other cell. Nothing is stored
over: another content under a name in use gets the next free name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse

from . import attaching, gateway, manuscripts, messages, recordings, typed
from .core import media
from .core.problems import Problem, Refused
from .core.workbook import Workbook
from .models import Manuscript, ManuscriptMedia
from .showing import Shown
from .wishes import MORE

_ENDINGS = {kind: ending for ending, kind in (gateway.PICTURES | recordings.TYPES).items()}
_NO_NAME = re.compile(r"[^\w.\-]+")
_STEM = 60
ATTACH, DETACH = "attach", "detach"


def known(manuscript: Manuscript, book: Workbook) -> dict[str, Any]:
    """What a file name means in this manuscript, by `media.key`: as saving a version takes it."""
    settings = book.sheet("settings")
    form_id = settings.get(2, "form_id") if len(settings.rows) > 1 else ""
    return attaching.earlier_files(form_id) | attaching.manuscript_files(manuscript)


def shown(name: str, form: str, files: Mapping[str, Any]) -> Shown:
    """Where the file of a name is seen or heard; nowhere when there is none of this form."""
    row = files.get(media.key(name))
    if not name or row is None or row.type.partition("/")[0] != form:
        return Shown()
    address = reverse("media", args=[row.sha256])
    return Shown(picture=address) if form == "image" else Shown(recording=address)


def take(
    manuscript: Manuscript, posted: QueryDict, files: Mapping[str, UploadedFile]
) -> tuple[QueryDict, list[str]]:
    """The page as posted with the names of its files written in, and what was wrong with files."""
    page: QueryDict = posted.copy()
    said: list[str] = []
    for field, file in files.items():
        try:
            header, place = _meant(field, posted, str(file.name))
            name = _kept(manuscript, header, file)
        except Refused as refusal:
            said += map(messages.sentence, refusal.problems)
            continue
        _write(page, header, name, place)
    _lead_on(page)
    return page, said


def _meant(field: str, posted: QueryDict, filename: str) -> tuple[str, int]:
    """The column a file is for, and which option of the list as posted: 0 is the question."""
    if field != "option:file":
        return field.removeprefix("file:"), 0
    rows, row = posted.getlist("option:row"), posted.get("option:file-row", "")
    if row not in rows:
        raise Refused(Problem("media_nowhere", params={"file": filename}))
    return posted.get("option:file-column", ""), rows.index(row) + 1


def _write(page: QueryDict, header: str, name: str, place: int) -> None:
    """Into the input of the question's own column, or of one option's."""
    if not place:
        page[f"cell:{header}"] = name
        return
    names = page.getlist(MORE + header)
    if place <= len(names):
        names[place - 1] = name
        page.setlist(MORE + header, names)


def _lead_on(page: QueryDict) -> None:
    """The buttons beside a file: back to it, its name taken out or written in."""
    act, _, argument = page.get("act", "").partition(":")
    if act not in (ATTACH, DETACH):
        return
    place, _, header = argument.partition(":")
    if act == DETACH:
        _write(page, header, "", typed.whole(place) or 0)
    page["act"] = f"go:{page.get('at', '')}:{header}" if place == "0" else "save"


def _kept(manuscript: Manuscript, header: str, file: UploadedFile) -> str:
    """Judge and store a file for a column; the name it goes by. Refused when it does not fit."""
    data, filename = file.read(gateway.MEDIA_BYTES + 1), str(file.name)
    clean = _judged(data, filename, media.form_of(header))
    with transaction.atomic():  # one after another: two people may bring files of one name
        Manuscript.objects.select_for_update().get(pk=manuscript.pk)
        row = attaching.keep(clean)
        taken = known(manuscript, manuscripts.book_of(manuscripts.current(manuscript)))
        name = _free(_stem(filename), clean.type, row.sha256, taken)
        ManuscriptMedia.objects.get_or_create(manuscript=manuscript, name=name, file=row)
    return name


def _judged(data: bytes, filename: str, form: str) -> gateway.MediaFile:
    params = {"file": filename, "form": media.FORMS.get(form, "文件名")}
    try:
        clean = gateway.check_media(data, filename)
    except Refused as refusal:
        found = (Problem(p.code, p.where, {**p.params, **params}) for p in refusal.problems)
        raise Refused(*found) from None
    real = clean.type.partition("/")[0]
    if real != form:
        raise Refused(Problem("media_other_form", params=params | {"real": media.FORMS[real]}))
    return clean


def _stem(filename: str) -> str:
    """A name that stands in a cell, an archive and an address alike."""
    stem = filename.rsplit("/", 1)[-1].rpartition(".")[0] or filename
    return _NO_NAME.sub("_", stem).strip("._")[:_STEM] or "file"


def _free(stem: str, kind: str, sha256: str, taken: Mapping[str, Any]) -> str:
    """The name with the ending of its content; with a number when it means another content."""
    name, number = f"{stem}.{_ENDINGS[kind]}", 1
    while (row := taken.get(media.key(name))) is not None and row.sha256 != sha256:
        number += 1
        name = f"{stem}_{number}.{_ENDINGS[kind]}"
    return row.name if row is not None else name


def brought(book: Workbook, others: attaching.Brought) -> dict[str, gateway.MediaFile]:
    """What came along with a workbook and is named in it, judged. Refused when it is no good."""
    named = {
        media.key(sheet.get(row, header)): media.form_of(header)
        for sheet in (book.sheet("survey"), book.sheet("choices"))
        for header in filter(media.form_of, sheet.headers)
        for row in sheet.numbers()
    }
    return {
        name: _judged(data, name, named[key])
        for key, (name, data) in others.items()
        if key in named
    }


def bring(manuscript: Manuscript, files: Mapping[str, gateway.MediaFile]) -> None:
    """Kept under the names they came by."""
    manuscript.media.bulk_create(
        ManuscriptMedia(manuscript=manuscript, name=name, file=attaching.keep(clean))
        for name, clean in files.items()
    )


def carry_over(old: Manuscript, new: Manuscript) -> None:
    """A copy means by its names what the original does."""
    new.media.bulk_create(
        ManuscriptMedia(manuscript=new, name=row.name, file_id=row.file_id)
        for row in old.media.all()
    )
