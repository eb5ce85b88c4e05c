"""Rows of the top floor: frozen data versions, documents, issues, actions, coded open answers."""

from .actions import Action, Progress
from .coding import Adjudication, Code, Codebook, Coding, CodingTask, MaskedAnswer, Quote
from .exports import Export
from .issues import Decision, Issue
from .versions import DataVersion, Departure, Document

__all__ = [
    "Action", "Adjudication", "Code", "Codebook", "Coding", "CodingTask", "DataVersion", "Decision",
    "Departure", "Document", "Export", "Issue", "MaskedAnswer", "Progress", "Quote",
]  # fmt: skip
