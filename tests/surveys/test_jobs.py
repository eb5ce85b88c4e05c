"""The background worker's jobs: who runs one, and who takes one up that was left."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from surveys import jobs
from surveys.models import Job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db]
SOON = 10  # seconds within which a beat of a hundredth must have come


@pytest.fixture
def running(monkeypatch):
    """Run this work as a job whose heart beats fast; the job afterwards."""

    def run(work):
        monkeypatch.setattr(jobs, "BEAT", timedelta(seconds=0.01))
        monkeypatch.setitem(jobs._KINDS, "test", lambda params, progress: work(progress.job))
        job = jobs.enqueue("test", {}, now=timezone.now())
        jobs.run_next(timezone.now())
        job.refresh_from_db()
        return job

    return run


def beat_after(moment):
    """Wait until the one job's heart beat after a moment."""
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        if Job.objects.get().heartbeat > moment:
            return True
        time.sleep(0.01)
    return False


def test_a_long_step_is_not_taken_for_an_abandoned_job(running):
    def work(job):
        """Its clock stood still for an hour; nobody says how far it is."""
        Job.objects.update(heartbeat=timezone.now() - timedelta(hours=1))
        now = timezone.now()
        assert beat_after(now - timedelta(seconds=1))
        assert jobs.run_next(timezone.now()) is None
        return {"done": 1}

    job = running(work)
    assert (job.state, job.attempts, job.result) == (Job.State.DONE, 1, {"done": 1})


@pytest.mark.parametrize("fails", [False, True])
def test_the_heart_stops_with_the_work(running, fails):
    def work(job):
        if fails:
            raise RuntimeError
        return {}

    job = running(work)
    assert job.state == (Job.State.FAILED if fails else Job.State.DONE)
    assert f"job {job.pk}" not in [thread.name for thread in threading.enumerate()]


def test_a_store_that_is_locked_is_asked_again(running, monkeypatch):
    refused = []
    real = jobs.timezone.now

    def work(job):
        def now():
            if threading.current_thread().name == f"job {job.pk}" and not refused:
                refused.append(1)
                raise OperationalError("database is locked")
            return real()

        monkeypatch.setattr(jobs.timezone, "now", now)
        return {"beat": beat_after(real()) and bool(refused)}

    assert running(work).result == {"beat": True}


def test_a_job_whose_worker_died_is_taken_up_within_three_minutes(monkeypatch):
    monkeypatch.setitem(jobs._KINDS, "test", lambda params, progress: {"done": 1})
    now = timezone.now()
    job = jobs.enqueue("test", {}, now=now)
    Job.objects.update(state=Job.State.RUNNING, heartbeat=now, attempts=1)
    assert jobs.run_next(now + timedelta(minutes=1)) is None
    assert jobs.run_next(now + timedelta(minutes=3)) == job
    assert Job.objects.get().result == {"done": 1}
