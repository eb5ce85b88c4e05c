"""Rows of the top floor: frozen data versions, their documents, issues and actions."""

from .actions import Action, Progress
from .exports import Export
from .issues import Decision, Issue
from .versions import DataVersion, Document

__all__ = ["Action", "DataVersion", "Decision", "Document", "Export", "Issue", "Progress"]
