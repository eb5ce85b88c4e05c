"""What a web process remembers of the answers it weighed: little, not for long, nothing outdated.

A withdrawn answer leaves the snapshot within a day; no process may remember it longer. So whatever
was made of an older generation is forgotten at the next look and, where nobody looks, by a thread
that lives as long as there is something to forget.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Generic, TypeVar

from analysis.services import snapshot
from analysis.services.snapshot import Snapshot

MOST = 3
AGE, EVERY = 15 * 60.0, 60.0  # seconds: kept at most, looked through
T = TypeVar("T")


@dataclass(frozen=True)
class _Entry(Generic[T]):
    made: T
    taken: Snapshot
    until: float

    def is_outdated(self) -> bool:
        try:
            lying = snapshot.generation(self.taken.source)
        except OSError:  # no telling what is valid
            return True
        return time.monotonic() >= self.until or lying != self.taken.generation


@dataclass
class Memory(Generic[T]):
    """By primary key of a data version; for threads that look at once."""

    _kept: dict[int, _Entry[T]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _watched: bool = False

    def recall(self, key: int) -> T | None:
        with self._lock:
            self._forget()
            found = self._kept.get(key)
            return found.made if found else None

    def keep(self, key: int, taken: Snapshot, made: T) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = _Entry(made, taken, time.monotonic() + AGE)
            for oldest in list(self._kept)[:-MOST]:
                del self._kept[oldest]
            if not self._watched:
                self._watched = True
                Thread(target=self._watch, name="memory", daemon=True).start()

    def _forget(self) -> None:
        for key, entry in list(self._kept.items()):
            if entry.is_outdated():
                del self._kept[key]

    def _watch(self) -> None:
        """Ends when nothing is left; opens no database."""
        while True:
            time.sleep(EVERY)
            with self._lock:
                self._forget()
                if not self._kept:
                    self._watched = False
                    return
