"""Lists from files: a sheet named like the file (``villages.csv``) becomes the list in the XForm.

So a questionnaire is one document: a tablet, a phone page and ODK Collect get the list with it, and
nothing has to be fetched in the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from ..problems import Problem, Where
from .sheets import Book, Sheet

_XF = "{http://www.w3.org/2002/xforms}"
_SOURCE = re.compile(r"jr://file-csv/(.+\.csv)\Z")
_NAME = re.compile(r"[^\W\d][\w.\-]*\Z")


def check_lists(book: Book) -> Iterator[Problem]:
    """Column names of list sheets become names of elements."""
    for name, sheet in book.sheets.items():
        if name.endswith(".csv"):
            for header in sheet.columns:
                if not _NAME.match(header):
                    yield Problem("list_column_invalid", sheet.where(1, header), {"name": header})
            if "pulldata(" in _formulas(book):
                yield Problem("pulldata_here_only", Where(sheet.name, 1, "A"), {}, "warning")


def _formulas(book: Book) -> str:
    return "\n".join(text for _, cells in book["survey"].rows for text in cells.values())


def inlined(xform: bytes, book: Book) -> bytes:
    """The XForm with every list that has a sheet written in; else the bytes as they are."""
    if not any(name.endswith(".csv") for name in book.sheets):
        return xform
    root = etree.fromstring(xform)
    for instance in root.iter(f"{_XF}instance"):
        found = _SOURCE.match(instance.get("src", ""))
        sheet = book.sheets.get(found[1].lower()) if found else None
        if sheet is not None:
            del instance.attrib["src"]
            instance.append(_root(sheet))
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _root(sheet: Sheet) -> etree._Element:
    root = etree.Element(f"{_XF}root")
    for _, cells in sheet.rows:
        item = etree.SubElement(root, f"{_XF}item")
        for header, text in cells.items():
            etree.SubElement(item, _XF + header).text = text
    return root
