"""Background work: the row is the queue, the progress bar and the result.

The heart of a running job beats from a thread of its own, however long a step takes. A worker that
dies leaves a stale heartbeat; its job is taken up again, so every job must be safe to run twice.
Floors above register their kinds by importing `register`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

from django.db import Error, connection, transaction
from django.utils import timezone

from . import backstage
from .models import Job

STALE = timedelta(minutes=2)
BEAT = timedelta(seconds=20)
MAX_ATTEMPTS = 3
log = logging.getLogger(__name__)


class Progress:
    """Handed to the work: `progress(40, "正在计算")` shows on the job's page."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, percent: int, message: str) -> None:
        self.job.percent, self.job.message = percent, message
        self.job.heartbeat = timezone.now()
        self.job.save(update_fields=["percent", "message", "heartbeat"])


Work = Callable[[Mapping[str, Any], Progress], Mapping[str, Any]]
Tidy = Callable[[datetime], None]
_KINDS: dict[str, Work] = {}
_TIDIES: list[Tidy] = []


def register(kind: str) -> Callable[[Work], Work]:
    """Decorator: ``@register("freeze") def freeze(params, progress) -> result``."""

    def keep(work: Work) -> Work:
        _KINDS[kind] = work
        return work

    return keep


def tidying(work: Tidy) -> Tidy:
    """Decorator for what the worker destroys every hour; floors above register by importing."""
    _TIDIES.append(work)
    return work


def tidy(now: datetime) -> None:
    for work in _TIDIES:
        work(now)


def enqueue(
    kind: str, params: Mapping[str, Any], *, now: datetime, owner: str = "", unique_key: str = ""
) -> Job:
    """Queue once: an existing job with the same unique key is returned instead."""
    if kind not in _KINDS:
        raise KeyError(kind)
    fields = {"kind": kind, "params": dict(params), "owner": owner, "created_at": now}
    if not unique_key:
        return Job.objects.create(**fields)
    return Job.objects.get_or_create(unique_key=unique_key, defaults=fields)[0]


def run_next(now: datetime) -> Job | None:
    """Take the oldest waiting or abandoned job and run it to its end. None when idle."""
    job = _claim(now)
    if job is None:
        return None
    try:
        with _beating(job), backstage.entered():
            result = _KINDS[job.kind](job.params, Progress(job))
    except Exception:  # a broken job must not stop the worker; it is shown and logged
        log.exception("job %s (%s) failed", job.pk, job.kind)
        _finish(job, Job.State.FAILED, "程序出错，没有完成", {})
    else:
        _finish(job, Job.State.DONE, "完成", result)
    return job


@contextmanager
def _beating(job: Job) -> Iterator[None]:
    ended = Event()
    heart = Thread(target=_beat, args=(job, ended), name=f"job {job.pk}", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()


def _beat(job: Job, ended: Event) -> None:
    """Until the work ends. A store that is locked or down is asked again at the next beat."""
    mine = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
    while not ended.wait(BEAT.total_seconds()):
        try:
            mine.update(heartbeat=timezone.now())
        except Error as error:
            log.warning("job %s: no heartbeat: %s", job.pk, error)
        finally:
            connection.close()  # this thread's own


def _claim(now: datetime) -> Job | None:
    with transaction.atomic():
        stale = Job.objects.filter(state=Job.State.RUNNING, heartbeat__lt=now - STALE)
        stale.filter(attempts__gte=MAX_ATTEMPTS).update(
            state=Job.State.FAILED, message="多次中断，请联系管理员"
        )
        stale.update(state=Job.State.WAITING)
        waiting = Job.objects.filter(state=Job.State.WAITING).order_by("id")
        job = waiting.select_for_update(skip_locked=True).first() if _locks() else waiting.first()
        if job:
            job.state, job.heartbeat, job.attempts = Job.State.RUNNING, now, job.attempts + 1
            job.save(update_fields=["state", "heartbeat", "attempts"])
    return job


def _locks() -> bool:
    return connection.features.has_select_for_update_skip_locked


def _finish(job: Job, state: str, message: str, result: Mapping[str, Any]) -> None:
    job.state, job.message, job.result = state, message, dict(result)
    job.percent = 100 if state == Job.State.DONE else job.percent
    job.heartbeat = timezone.now()
    job.save(update_fields=["state", "message", "result", "percent", "heartbeat"])
