"""The only parser of foreign bytes: XML, workbooks, tables, sealed attachments, evidence, media.

Everything is measured before it is parsed (size, archive directory, nesting), and refused with a
`Problem` instead of an exception from a library. Knows nothing of what the content means.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import threading
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree
from PIL import Image, ImageFile, ImageOps

from . import recordings
from .core.problems import Problem, Refused, Where

XML_BYTES, XML_NODES, XML_DEPTH, XML_ATTRIBUTES = 5_000_000, 50_000, 64, 200
FORM_NODES = 400_000  # a questionnaire may carry long lists
ZIP_ENTRIES, ZIP_BYTES, ZIP_RATIO = 200, 50_000_000, 100
PARCEL_ENTRIES = 2_000  # a questionnaire with a recording of every option in several languages
TABLE_ROWS, TABLE_COLUMNS = 200_000, 200
SEALED_BYTES = 1_000_000
EVIDENCE_BYTES, EVIDENCE_PIXELS, EVIDENCE_NAME = 5_000_000, 25_000_000, 100
MEDIA_BYTES, MEDIA_SIDE = 5_000_000, 1_080  # twice the width of a phone
PICTURES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
EVIDENCE_TYPES = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}
_PILLOW = threading.Lock()
_ENDINGS = {"PNG": "png", "WEBP": "webp"}
_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_SEALED_FIELDS = ("alg", "key_id", "wrapped", "nonce", "body")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = {"[content_types].xml", "mimetype"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_IN_SHEET_NAMES = re.compile(r"[\\*?:/\[\]]")
_DOCTYPE = re.compile(rb"<!\s*DOCTYPE|<!\s*ENTITY", re.IGNORECASE)


def parse_xml(data: bytes, *, max_nodes: int = XML_NODES) -> Any:
    """Root element of UTF-8 XML without DOCTYPE. Refused when it is anything else."""
    if len(data) > XML_BYTES:
        raise Refused(Problem("xml_too_large", params={"limit": XML_BYTES}))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(Problem("xml_not_utf8")) from None
    if b"\0" in data or _DOCTYPE.search(data):
        raise Refused(Problem("xml_doctype"))
    if data.count(b"<") > max_nodes * 2:
        raise Refused(Problem("xml_too_many_nodes", params={"limit": max_nodes}))
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        row = error.lineno or 0
        raise Refused(Problem("xml_malformed", Where(sheet="XML", row=row))) from None
    _measure(root)
    return root


def _measure(root: Any) -> None:
    stack = [(root, 1)]
    while stack:
        element, depth = stack.pop()
        if depth > XML_DEPTH or len(element.attrib) > XML_ATTRIBUTES:
            raise Refused(Problem("xml_too_deep", params={"limit": XML_DEPTH}))
        stack.extend((child, depth + 1) for child in element)


def to_bytes(root: Any) -> bytes:
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def parse_sealed(data: bytes) -> dict[str, str]:
    """The outer JSON of a sealed section (its content stays ciphertext)."""
    if len(data) > SEALED_BYTES:
        raise Refused(Problem("sealed_too_large", params={"limit": SEALED_BYTES}))
    try:
        parts = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused(Problem("sealed_malformed")) from None
    good = isinstance(parts, dict) and all(isinstance(parts.get(f), str) for f in _SEALED_FIELDS)
    if not good or set(parts) != set(_SEALED_FIELDS):
        raise Refused(Problem("sealed_malformed"))
    return parts


def file_type(data: bytes) -> str:
    """xlsx, xls, xml or text, by content; the name of a file proves nothing."""
    if data[:4] == b"PK\x03\x04":
        return "xlsx"
    if data[:8] == _OLE:
        return "xls"
    return "xml" if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" else "text"


def check_workbook(data: bytes, filename: str) -> str:
    """The real type of an .xlsx/.xls workbook that is safe to open; Refused otherwise."""
    kind = file_type(data)
    if kind in ("text", "xml"):
        raise Refused(Problem("workbook_not_a_workbook", Where(sheet=filename)))
    if kind == "xlsx" and "xl/workbook.xml" not in _check_archive(data, filename, ZIP_ENTRIES):
        raise Refused(Problem("workbook_not_a_workbook", Where(sheet=filename)))
    return kind


def _check_archive(data: bytes, filename: str, most: int) -> set[str]:
    """The names in an archive that is safe to unpack, in small letters."""
    where = Where(sheet=filename)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile:
        raise Refused(Problem("workbook_damaged", where)) from None
    unpacked = sum(e.file_size for e in entries)
    packed = max(sum(e.compress_size for e in entries), 1)
    if len(entries) > most or unpacked > ZIP_BYTES or unpacked / packed > ZIP_RATIO:
        raise Refused(Problem("workbook_bomb", where, {"limit": ZIP_BYTES // 1_000_000}))
    names = {e.filename.lower() for e in entries}
    if any(n.endswith("vbaproject.bin") for n in names):
        raise Refused(Problem("workbook_macro", where))
    return names


def is_parcel(data: bytes) -> bool:
    """An archive of files rather than an office document, which is an archive as well."""
    if file_type(data) != "xlsx":
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return not _OFFICE & {name.lower() for name in archive.namelist()}
    except zipfile.BadZipFile:
        return False


def read_parcel(data: bytes, filename: str) -> dict[str, bytes]:
    """File name -> bytes of everything in an archive, without its folders."""
    _check_archive(data, filename, PARCEL_ENTRIES)
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                name = _entry_name(entry)
                if entry.is_dir() or name.startswith((".", "~")) or "__MACOSX" in entry.filename:
                    continue
                content = archive.read(entry)
                if files.setdefault(name, content) != content:
                    raise Refused(Problem("file_twice", Where(sheet=name), {"file": name}))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error):
        raise Refused(Problem("workbook_damaged", Where(sheet=filename))) from None
    return files


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """Windows writes Chinese names in its own code page and says nothing of it."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("gb18030")
    return name.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its number as the author sees it, and text by header."""

    number: int
    cells: dict[str, str]


def read_table(data: bytes, filename: str) -> list[Row]:
    """Rows of a CSV (UTF-8 or GB 18030) or of the first sheet of a workbook; all cells text."""
    kind = file_type(data)
    if kind == "xls":
        raise Refused(Problem("table_old_format", Where(sheet=filename)))
    lines = _xlsx_lines(data, filename) if kind == "xlsx" else read_lines(data, filename)
    if not lines:
        raise Refused(Problem("table_empty", Where(sheet=filename)))
    header = [cell.strip() for cell in lines[0]]
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in line):
            cells = [*(c.strip() for c in line), *[""] * (len(header) - len(line))]
            rows.append(Row(number, dict(zip(header, cells, strict=False))))
    return rows


def read_lines(data: bytes, filename: str) -> list[list[str]]:
    """The lines of a CSV (UTF-8 or GB 18030), headers and all."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refused(Problem("table_encoding", Where(sheet=filename)))
    lines = list(csv.reader(io.StringIO(text)))
    if len(lines) > TABLE_ROWS or any(len(line) > TABLE_COLUMNS for line in lines[:100]):
        raise Refused(Problem("table_too_large", Where(sheet=filename), {"rows": TABLE_ROWS}))
    return lines


def to_workbook(tables: dict[str, list[list[str]]]) -> bytes:
    """Tables as the sheets of an .xlsx workbook, every cell text."""
    import openpyxl  # large, and no respondent's page needs it

    book = openpyxl.Workbook(write_only=True)
    for name, lines in tables.items():
        sheet = book.create_sheet(_NOT_IN_SHEET_NAMES.sub("_", name)[:31])
        for line in lines:
            sheet.append([_CONTROL.sub("", cell) or None for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xlsx_lines(data: bytes, filename: str) -> list[list[str]]:
    import openpyxl  # large, and no respondent's page needs it

    from .core.xlsform.child import used

    check_workbook(data, filename)
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    rows = ([_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
    lines, beyond = used(rows, TABLE_ROWS, TABLE_COLUMNS)
    if beyond:
        raise Refused(Problem("table_too_large", Where(sheet=filename), {"rows": TABLE_ROWS}))
    return lines


def _text(cell: Any) -> str:
    """A whole number typed into a cell stays whole: area codes must not become 1.0e11."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A picture or recording of a questionnaire: its type and clean bytes."""

    type: str
    data: bytes


def check_media(data: bytes, filename: str) -> MediaFile:
    """A picture drawn anew as large as a page can use it, or a recording without its tags."""
    if len(data) > MEDIA_BYTES:
        limit = MEDIA_BYTES // 1_000_000
        raise Refused(Problem("media_too_large", params={"file": filename, "limit": limit}))
    kind = recordings.kind_of(data)
    try:
        if kind:
            return MediaFile(recordings.TYPES[kind], recordings.cleaned(data, kind))
        kind, data = _redrawn(data, "media", ["JPEG", "PNG", "WEBP"], MEDIA_SIDE)
    except recordings.Damaged:
        raise Refused(Problem("media_damaged", params={"file": filename})) from None
    except Refused as refusal:
        code, params = refusal.problems[0].code, dict(refusal.problems[0].params)
        raise Refused(Problem(code, params={**params, "file": filename})) from None
    return MediaFile(PICTURES[kind], data)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that may be kept: its name with the ending its content has, and clean bytes."""

    name: str
    data: bytes


def check_evidence(data: bytes, filename: str) -> Evidence:
    """A PDF as it is; a picture drawn anew, so that neither place nor device travels with it."""
    stem = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]", "", filename.rsplit(".", 1)[0]).strip()
    if len(data) > EVIDENCE_BYTES:
        raise Refused(Problem("evidence_too_large", params={"limit": EVIDENCE_BYTES // 1_000_000}))
    if data[:5] == b"%PDF-":
        if b"%%EOF" not in data[-2048:]:
            raise Refused(Problem("evidence_damaged"))
        kind = "pdf"
    else:
        kind, data = _redrawn(data, "evidence", ["JPEG", "PNG"])
    return Evidence(f"{stem[:EVIDENCE_NAME] or '材料'}.{kind}", data)


@contextlib.contextmanager
def _strictly() -> Iterator[None]:
    """A picture that breaks off is refused, although WeasyPrint, once loaded, lets it pass."""
    with _PILLOW:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def _redrawn(data: bytes, what: str, formats: list[str], side: int = 0) -> tuple[str, bytes]:
    """Pixels only, at most ``side`` long; the size is read before anything is unpacked.

    ``what`` begins the codes of its faults: evidence, media.
    """
    out = io.BytesIO()
    try:
        with _strictly(), Image.open(io.BytesIO(data), formats=formats) as picture:
            kind = _ENDINGS.get(picture.format or "", "jpg")  # phones also write MPO
            if picture.width * picture.height > EVIDENCE_PIXELS:
                limit = EVIDENCE_PIXELS // 1_000_000
                raise Refused(Problem(f"{what}_too_many_pixels", params={"limit": limit}))
            upright = ImageOps.exif_transpose(picture)
            clean = upright.convert("RGB") if kind == "jpg" else upright.convert("RGBA")
    except Image.UnidentifiedImageError:
        raise Refused(Problem(f"{what}_type")) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused(Problem(f"{what}_damaged")) from None
    clean.info.clear()
    if side:
        clean.thumbnail((side, side))
    clean.save(out, format=_FORMATS[kind], quality=88)
    return kind, out.getvalue()
