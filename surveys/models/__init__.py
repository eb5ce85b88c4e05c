"""Rows of the ground floor, by store: questionnaires and answers, contact vault, record keys."""

from .answers import (
    Draft,
    Envelope,
    Quarantine,
    Receipt,
    Response,
    SealedSection,
    Tombstone,
    VaultOutbox,
)
from .journal import AuditEvent, Job
from .keys import RecordKey
from .manuscripts import Manuscript, Revision
from .media import ManuscriptMedia, MediaFile, VersionMedia
from .questionnaires import Collection, Questionnaire, Version
from .retention import RetentionRule
from .vault import Contact

__all__ = [
    "AuditEvent",
    "Collection",
    "Contact",
    "Draft",
    "Envelope",
    "Job",
    "Manuscript",
    "ManuscriptMedia",
    "MediaFile",
    "Quarantine",
    "Questionnaire",
    "Receipt",
    "RecordKey",
    "Response",
    "RetentionRule",
    "Revision",
    "SealedSection",
    "Tombstone",
    "VaultOutbox",
    "Version",
    "VersionMedia",
]
