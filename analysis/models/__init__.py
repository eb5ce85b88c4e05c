"""Rows of the top floor: data versions, tables and documents of them, issues, actions, codings."""

from .actions import Action, Progress
from .coding import Adjudication, Code, Codebook, Coding, CodingTask, MaskedAnswer, Quote
from .exports import Export
from .issues import Decision, Issue
from .released import ReleasedTable
from .tabulations import Tabulation
from .versions import DataVersion, Departure, Document

__all__ = [
    "Action", "Adjudication", "Code", "Codebook", "Coding", "CodingTask", "DataVersion", "Decision",
    "Departure", "Document", "Export", "Issue", "MaskedAnswer", "Progress", "Quote",
    "ReleasedTable", "Tabulation",
]  # fmt: skip
