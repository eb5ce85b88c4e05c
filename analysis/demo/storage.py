"""While the demonstration loads, SQLite need not wait for the disk at every commit.

A loading that breaks off is begun anew (`demo`'s mark says so), so nothing in it must outlive a
power cut. The product's own promise is untouched: every other connection writes with FULL.
"""

import os

from django.db import connections


def hurry() -> None:
    """For the connections of this process, until they are closed."""
    for connection in connections.all():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA synchronous = OFF")


def settle() -> None:
    """Back to ordinary connections; what was written is on the disk when this returns."""
    let_go()
    os.sync()


def let_go() -> None:
    """Before a fork: a child opens its own connections; a pool's threads do not come along."""
    connections.close_all()
    for connection in connections.all():
        if connection.vendor == "postgresql":
            connection.close_pool()  # type: ignore[attr-defined]
