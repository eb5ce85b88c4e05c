"""A web process remembers little, not for long, and nothing of an older snapshot."""

import gc
import threading
import time
import weakref
from types import SimpleNamespace

import pytest
from django.utils import timezone

from analysis.services import freezing, ground, memory, snapshot
from analysis.services.memory import Memory
from surveys import jobs, withdrawal
from tests.analysis.test_other_workbook import campaign, interview_everybody  # noqa: F401
from tests.workbooks import THREE_STORES

SOON = 20  # seconds


@pytest.fixture
def lying(monkeypatch):
    """The generation of each source's snapshot on disk, as the test sets it."""
    held = dict.fromkeys("abcdef", 1)
    monkeypatch.setattr(memory.snapshot, "generation", held.get)
    return held


@pytest.fixture
def kept():
    """Emptied at the end, so that its thread has nothing to watch over."""
    found = Memory()
    yield found
    found._kept.clear()


def taken(source, generation=1):
    return SimpleNamespace(source=source, generation=generation)


def soon(happens):
    end = time.monotonic() + SOON
    while not happens() and time.monotonic() < end:
        time.sleep(0.01)
    return happens()


def test_what_is_outdated_goes_at_the_next_look_at_anything(lying, kept):
    kept.keep(1, taken("a"), "one")
    kept.keep(2, taken("b"), "two")
    assert (kept.recall(1), kept.recall(2), kept.recall(3)) == ("one", "two", None)
    lying["a"] = 2
    assert kept.recall(2) == "two"
    assert list(kept._kept) == [2]


def test_it_keeps_the_newest_few(lying, kept):
    for key, source in enumerate("abcdef"):
        kept.keep(key, taken(source), source)
    assert [kept.recall(key) for key in range(6)] == [None] * 3 + list("def")


def test_nothing_is_kept_past_its_age(lying, kept, monkeypatch):
    monkeypatch.setattr(memory, "AGE", 0.0)
    kept.keep(1, taken("a"), "one")
    assert kept.recall(1) is None


def test_threads_that_look_at_once_do_not_trip_over_each_other(lying, kept):
    failed = []

    def look(source):
        try:
            for generation in range(200):
                lying[source] = generation
                kept.keep(ord(source), taken(source, generation), source)
                assert kept.recall(ord(source)) in (source, None)
        except Exception as error:  # a thread's own failure would be lost
            failed.append(error)

    threads = [threading.Thread(target=look, args=(source,)) for source in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(kept._kept) <= memory.MOST


@pytest.mark.db
@pytest.mark.django_db(databases=THREE_STORES)
def test_a_process_nobody_asks_again_forgets_her_too(campaign, now, monkeypatch):  # noqa: F811
    monkeypatch.setattr(memory, "EVERY", 0.02)
    monkeypatch.setattr(ground, "_memory", Memory())
    interview_everybody(campaign, now)
    version = freezing.freeze(campaign, by="r", now=now)
    base = ground.for_page(version)
    assert ground.for_page(version) is base
    hers, columns = base.official.columns.keys["instance_id"][0], weakref.ref(base.official.columns)
    del base
    gc.collect()
    assert columns() is not None
    withdrawal.withdraw(hers, by="self", now=timezone.now())
    while jobs.run_next(timezone.now()):
        pass
    assert snapshot.opened(ground.source_of(version))[1].n > 0
    assert soon(lambda: gc.collect() >= 0 and columns() is None)
    assert hers not in ground.for_page(version).official.columns.keys["instance_id"]
