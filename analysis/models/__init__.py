"""Rows of the top floor: frozen data versions, their documents, issues and actions."""

from .actions import Action, Progress
from .exports import Export
from .issues import Decision, Issue
from .versions import DataVersion, Departure, Document

__all__ = [
    "Action", "DataVersion", "Decision", "Departure", "Document", "Export", "Issue", "Progress",
]  # fmt: skip
