"""The codebook on paper: HTML by a template, PDF by `pdf.py`."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from analysis import pdf
from analysis.core.export.codebook import HEAD
from analysis.models import Export


def codebook(export: Export, note: Sequence[str], lines: Sequence[Sequence[object]]) -> bytes:
    """Every exported variable as a table in landscape, after the disclosure note."""
    title = f"编码本：{export.source.version}"
    context = {
        "title": title, "note": note, "head": [HEAD[k] for k in _PRINTED],
        "lines": [[row[k] for k in _PRINTED] for row in lines], "demo": settings.DEMO,
        "fonts": pdf.FONTS.as_uri(), "made": timezone.localtime(export.asked_at).isoformat(),
    }  # fmt: skip
    html = render_to_string("analysis/report/codebook.html", context)
    return pdf.render(html, attachments={}, title=title)


# the missing codes are the same for all and stand in the note
_PRINTED = [k for k, name in enumerate(HEAD) if name != "缺失代码"]
