"""A private PostgreSQL for one test run: own directory, own user, socket only, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if not on_path:
        raise RuntimeError("PostgreSQL 没有安装: apt-get install postgresql-15")
    return Path(on_path).resolve().parent


def _as_user() -> dict[str, str]:
    """The server refuses to run as root; then `nobody` runs it."""
    return {"user": "nobody"} if os.geteuid() == 0 else {}


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """Environment variables of three empty databases; the server stops with the block."""
    home = Path(tempfile.mkdtemp(prefix="pg", dir=tempfile.gettempdir()))
    who = _as_user()
    if who:
        os.chown(home, pwd.getpwnam(who["user"]).pw_uid, -1)
    binaries, data = _binaries(), home / "data"

    def run(program: str, *args: str) -> None:
        command = [str(binaries / program), *args]
        subprocess.run(command, check=True, capture_output=True, cwd=home, **who)  # type: ignore[call-overload]

    run("initdb", "-D", str(data), "-U", "needs", "-A", "trust", "-E", "UTF8", "--no-locale")
    options = f"-c listen_addresses='' -c unix_socket_directories='{home}' -c max_connections=200"
    # it lives for one run: no test needs it to outlast a power cut
    options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        host = quote(str(home), safe="")
        names = {"DATABASE_URL": "work", "VAULT_DATABASE_URL": "vault", "KEYS_DATABASE_URL": "keys"}
        for name in names.values():
            run("createdb", "-h", str(home), "-U", "needs", name)
        yield {key: f"postgres://needs@/{name}?host={host}" for key, name in names.items()}
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)
