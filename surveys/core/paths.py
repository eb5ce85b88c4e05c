"""Instance paths as text: absolute, generic (no repeat positions), names of steps."""

from __future__ import annotations


def absolute(ref: str, context: str) -> str:
    """The generic path a reference means, seen from a generic path."""
    ref = ref.replace(" ", "")
    if ref.startswith("/"):
        return ref
    path = context
    for step in ref.split("/"):
        if step == "..":
            path = path.rpartition("/")[0]
        elif step not in (".", ""):
            path = f"{path}/{step}"
    return path
