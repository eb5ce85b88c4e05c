"""Many processes at the one door at once, and a process killed in the middle of its work."""

import secrets
import signal
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from surveys import audit, filing, intake
from surveys.core import instance
from surveys.models import AuditEvent, Contact, Envelope, Quarantine, Response, VaultOutbox
from tests import processes
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
    pytest.mark.db,
]
ANSWERS = {"/data/agree": "1", "/data/age": "34", "/data/call_me": "1", "/data/phone": "139"}
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def parcel(age: str) -> bytes:
    answers = {**ANSWERS, "/data/age": age}
    return instance.write("five", "1", "data", answers, instance_id="uuid:one")


def race(folder: Path, xml: bytes, runners: int) -> Counter[str]:
    """How often each status came back when so many processes hand in the same bytes at once."""
    gate = folder / secrets.token_hex(4)
    child = processes.start("race", gate, xml=processes.packed(xml), runners=runners)
    processes.await_ready(child, runners)
    gate.touch()
    return Counter(processes.ended(child).splitlines())


def test_32_processes_at_once_make_one_response(collection, tmp_path):
    assert race(tmp_path, parcel("34"), 32) == {"201": 1, "202": 31}
    assert Envelope.objects.count() == Response.objects.count() == 1
    assert VaultOutbox.objects.count() == 1
    assert AuditEvent.objects.filter(action="receive").count() == 1
    assert race(tmp_path, parcel("40"), 8) == {"409": 8}
    assert Quarantine.objects.get().reason == "content_differs"
    assert Response.objects.get().answers["/data/age"] == "34"
    assert audit.first_break() is None


@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.long)])
def test_what_was_acknowledged_survives_a_kill_at_any_moment(collection, tmp_path, kills):
    log, rng = tmp_path / "acknowledged", Random(kills)
    names = [f"k{number}" for number in range(kills)]
    for batch in (names[i : i + 5] for i in range(0, kills, 5)):
        _send_and_kill(batch, tmp_path / batch[0], log, rng)
    noted = [line.split() for line in log.read_text().splitlines()]
    acknowledged = {name for status, name in noted if status == "201"}
    assert len(acknowledged) == len(noted) > kills
    while intake.file_waiting(now=NOW) or filing.deliver_outbox(NOW):
        pass
    stored = Counter(Response.objects.values_list("instance_id", flat=True))
    assert acknowledged <= set(stored)
    # at most the one in hand at each kill is stored without having been noted
    assert len(stored) - len(acknowledged) <= kills
    assert set(stored.values()) == {1}
    assert set(Envelope.objects.values_list("state", flat=True)) == {Envelope.State.FILED}
    assert Contact.objects.count() == len(stored)
    assert audit.first_break() is None


def _send_and_kill(names: list[str], gate: Path, log: Path, rng: Random) -> None:
    """Senders side by side, each killed without warning at a moment of its own."""
    children = [
        processes.start("acknowledge", gate, name=name, log=str(log), answers=ANSWERS)
        for name in names
    ]
    for child in children:
        processes.await_ready(child)
    gate.touch()
    time.sleep(0.5)  # let them get going, however slow the machine
    for child in children:
        time.sleep(rng.uniform(0.05, 0.6))
        child.send_signal(signal.SIGKILL)
        with child:
            assert child.wait() == -signal.SIGKILL
