"""Other operating-system processes at work on the same test databases.

A child reads its task as JSON, says ``ready``, waits until the file GATE exists, then works; see
`_race` and `_acknowledge`. Parents use `start`, `await_ready` and `ended`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connections
from django.utils import timezone

from tests.workbooks import THREE_STORES


def start(verb: str, gate: Path, **task: Any) -> subprocess.Popen[str]:
    """A child with its task, on the databases of this test."""
    stores = {alias: str(connections[alias].settings_dict["NAME"]) for alias in THREE_STORES}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.processes", verb, str(gate)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}, cwd=settings.BASE_DIR,
    )  # fmt: skip
    assert child.stdin
    child.stdin.write(json.dumps({"stores": stores, **task}))
    child.stdin.close()
    return child


def await_ready(child: subprocess.Popen[str], times: int = 1) -> None:
    """It has loaded everything and stands at the gate (with as many processes as it forked)."""
    assert child.stdout
    assert child.stderr
    for _ in range(times):
        line = child.stdout.readline()
        assert line == "ready\n", line + child.stderr.read()[-800:]


def ended(child: subprocess.Popen[str]) -> str:
    """What it printed after it was ready, or what went wrong."""
    with child:
        assert child.stdout
        assert child.stderr
        return child.stdout.read() or child.stderr.read()[-800:]


def packed(xml: bytes) -> str:
    return b64encode(xml).decode()


def _race(task: dict[str, Any], gate: Path) -> None:
    """Fork processes that hand the same instance to the intake at once; print each status."""
    collection, xml = _collection(), b64decode(task["xml"])
    _let_go()
    runners = [_fork(collection, xml, gate) for _ in range(task["runners"])]
    for runner in runners:
        os.waitpid(runner, 0)


def _let_go() -> None:
    """Nobody inherits an open connection, or a pool whose threads stay behind."""
    connections.close_all()
    for connection in connections.all():
        if connection.vendor == "postgresql":
            connection.close_pool()


def _fork(collection: Any, xml: bytes, gate: Path) -> int:
    runner = os.fork()
    if runner:
        return runner
    said = "failed"
    try:
        _wait_at(gate)
        said = str(_receive(xml, collection).status)
    except Exception as error:  # a status the test does not expect names what happened
        said = repr(error)
    finally:
        os.write(1, f"{said}\n".encode())
        os._exit(0)


def _acknowledge(task: dict[str, Any], gate: Path) -> None:
    """Hand in one instance after the other and note each acknowledged id, until killed."""
    from surveys.core import instance

    collection = _collection()
    _wait_at(gate)
    with Path(task["log"]).open("a") as log:
        for number in range(100_000):
            name = f"uuid:{task['name']}-{number}"
            xml = instance.write("five", "1", "data", task["answers"], instance_id=name)
            outcome = _receive(xml, collection)
            log.write(f"{outcome.status} {name}\n")
            log.flush()
            os.fsync(log.fileno())


def _collection() -> Any:
    from surveys.models import Collection

    collection = Collection.objects.select_related("version").get()
    assert collection.version.definition  # compiled before the gate: the race is for the rows
    return collection


def _receive(xml: bytes, collection: Any) -> Any:
    from surveys import intake

    now = timezone.now().replace(year=2026, month=11, day=23)
    return intake.receive(xml, collection=collection, channel="self_fill", now=now)


def _wait_at(gate: Path) -> None:
    os.write(1, b"ready\n")
    while not gate.exists():
        time.sleep(0.002)


if __name__ == "__main__":
    given = json.load(sys.stdin)
    for store, place in given["stores"].items():
        settings.DATABASES[store]["NAME"] = place
    django.setup()
    {"race": _race, "acknowledge": _acknowledge}[sys.argv[1]](given, Path(sys.argv[2]))
