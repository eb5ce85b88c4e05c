"""Verbs on questionnaires: import one, publish a version. Answers come in by `intake`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from . import audit
from .importing import Imported, import_file, import_workbook, import_xform
from .models import Version


def publish_version(version: Version, *, by: str, now: datetime, purpose: str = "") -> Version:
    """Freeze a draft for ever. Publishing twice changes nothing."""
    if version.state != Version.State.DRAFT:
        return version
    with transaction.atomic():
        version.state = Version.State.PUBLISHED
        version.published_at, version.published_by = now, by
        version.save(update_fields=["state", "published_at", "published_by"])
        detail = {"sha256": version.xform_sha256}
        audit.record(by, "publish", str(version), at=now, purpose=purpose, detail=detail)
    return version


__all__ = ["Imported", "import_file", "import_workbook", "import_xform", "publish_version"]
