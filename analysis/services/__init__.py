"""Verbs of the top floor, one topic a file: freezing, documents, issues, actions."""
