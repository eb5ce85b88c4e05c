"""HTML to archive PDF: the only place that knows WeasyPrint.

What it guarantees: nothing is fetched but data: addresses and the carried font files; the result is
declared PDF/A-3a (tags, language, title, output intent) with its tables attached as CSV; the same
HTML gives the same bytes. What it does not: choose texts (`reports.py`) or validate conformance
(no validator is at hand, tests assert the structure only).
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

from . import justify

FONTS = Path(__file__).resolve().parent / "fonts"
VARIANT = "pdf/a-3a"
# Pango is not safe for rendering in two threads of one process.
_ONE_AT_A_TIME = threading.Lock()


class PdfUnavailable(RuntimeError):
    """The system libraries WeasyPrint needs are missing; the message says how to get them."""


class TooLong(ValueError):
    """No variant of the text fits the number of pages the document may have."""


class MissingGlyph(ValueError):
    """A character of the text is in none of the fonts; printing would show an empty box."""


@lru_cache(maxsize=1)
def _weasyprint() -> ModuleType:
    try:
        import weasyprint
    except OSError as error:
        raise PdfUnavailable(
            "无法生成 PDF：系统缺少 Pango 等排版库。Debian/Ubuntu 请以管理员身份运行："
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0；"
            "macOS 请运行：brew install pango。"
        ) from error
    justify.install(weasyprint)
    return weasyprint


def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher

    class OnlyOurs(URLFetcher):
        """Denies everything but data: addresses and files of the font directory."""

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            if not (url.startswith("data:") or _is_font(url)):
                raise ValueError(f"not allowed in a report: {url[:80]}")
            return super().fetch(url, headers)

    return OnlyOurs(allowed_protocols={"data", "file"}, allow_redirects=False)


@lru_cache(maxsize=1)
def _font_configuration() -> Any:
    """Shared by all documents: the carried fonts are unpacked once in a process."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def _is_font(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc:
        return False
    return Path(unquote(parts.path)).resolve().is_relative_to(FONTS)


class _Listener(logging.Handler):
    """Collects what WeasyPrint only logs but a report must not contain."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if ".notdef" in str(record.msg):
            self.missing.append(record.getMessage().rsplit(":", 1)[-1].strip())


def render(
    html: str,
    *,
    attachments: Mapping[str, bytes],
    title: str,
    descriptions: Mapping[str, str] | None = None,
) -> bytes:
    """The PDF of one HTML document. ``attachments``: ASCII file name -> bytes.

    ``title`` must be the text of the document's <title>: readers show it instead of a file name.
    Raises PdfUnavailable, MissingGlyph.
    """
    return render_fitting([html], None, attachments, title, descriptions)[1]


def render_fitting(
    variants: Iterable[str],
    pages: int | None,
    attachments: Mapping[str, bytes],
    title: str,
    descriptions: Mapping[str, str] | None = None,
) -> tuple[str, bytes]:
    """The first variant that fills exactly ``pages`` pages (None: any number), and its PDF.

    Raises TooLong when none does.
    """
    weasyprint = _weasyprint()
    listener, logger = _Listener(), logging.getLogger("weasyprint")
    with _ONE_AT_A_TIME:
        logger.addHandler(listener)
        try:
            html, pdf = _first_fitting(
                weasyprint, variants, pages, attachments, title, descriptions or {}
            )
        finally:
            logger.removeHandler(listener)
    if listener.missing:
        raise MissingGlyph(f"字体缺字：{'、'.join(sorted(set(listener.missing)))}")
    return html, pdf


def _first_fitting(
    weasyprint: ModuleType,
    variants: Iterable[str],
    pages: int | None,
    attachments: Mapping[str, bytes],
    title: str,
    descriptions: Mapping[str, str],
) -> tuple[str, bytes]:
    for html in variants:
        source = weasyprint.HTML(string=html, url_fetcher=_fetcher())
        document = source.render(font_config=_font_configuration(), pdf_variant=VARIANT)
        if pages is None or len(document.pages) == pages:
            if document.metadata.title != title:
                raise ValueError("the title given is not the document's own <title>")
            files = _attachments(weasyprint, attachments, descriptions, document.metadata.created)
            pdf = document.write_pdf(
                finisher=_tidy, pdf_variant=VARIANT, output_intent="srgb", attachments=files
            )
            return html, pdf
    raise TooLong(f"文字过长，排不进{pages}页：请缩短事项名称、办理事项标题或联系人后再生成。")


def _attachments(
    weasyprint: ModuleType,
    files: Mapping[str, bytes],
    descriptions: Mapping[str, str],
    created: str | None,
) -> list[Any]:
    """In the order of their names, as a PDF name tree wants it; dated like the document."""
    when = _moment(created)
    return [
        weasyprint.Attachment(
            string=files[name],
            name=name,
            description=descriptions.get(name, name),
            created=when,
            modified=when,
            relationship="Source" if name.endswith(".json") else "Data",
        )
        for name in sorted(files)
    ]


def _moment(created: str | None) -> datetime:
    digits = re.match(r"(\d{4})-(\d\d)-(\d\d)", created or "")
    if digits is None:
        return datetime(2000, 1, 1, tzinfo=UTC)
    year, month, day = (int(part) for part in digits.groups())
    return datetime(year, month, day, tzinfo=UTC)


def _tidy(document: Any, pdf: Any) -> None:
    """Name each attached file once: WeasyPrint 70 lists it twice under AF."""
    if "AF" in pdf.catalog:
        once = list(dict.fromkeys(pdf.catalog["AF"]))
        pdf.catalog["AF"][:] = once
