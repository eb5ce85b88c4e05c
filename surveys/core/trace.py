"""Trace: an interview as lines of text, one a leaf, for authors and for comparing engines.

An answers file holds ``path<TAB>value`` lines; the line ``#REP`` walks through the form as an
interviewer would: counted repeats grow and every free repeat gets a second instance; after it no
answer adds another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .interview import Interview

WALK = "#REP"


def replay(interview: Interview, lines: Iterable[str]) -> Iterator[str]:
    """Carry out the answers file; yields the paths the form does not have."""
    walked = False
    for line in lines:
        path, _, value = line.partition("\t")
        if path.startswith(WALK):
            interview.walk()
            walked = True
        elif walked and interview.find(path) is None:
            yield path
        elif path.strip():
            try:
                interview.set(path, value)
            except KeyError:
                yield path


def leaves(interview: Interview) -> Iterator[str]:
    """``path  relevant  required  constraint  value`` of every leaf, in document order."""
    for node in interview.root.leaves():
        path = node.path
        value = node.value.replace("\n", "\\n").replace("\t", " ")
        required = int(interview.required(path))
        yield f"{path}\t{int(node.relevant)}\t{required}\t{interview.constraint(path)}\t{value}"
