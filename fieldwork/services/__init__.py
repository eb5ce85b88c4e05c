"""Verbs of the middle floor, one topic a file: campaigns, frames, drawing, review."""
