"""The background worker: files what was acknowledged, empties the outbox, runs queued jobs.

At its start and on every new hour it also destroys what has outstayed its time.
"""

import logging
import time
from datetime import date, datetime

from django.core.management.base import BaseCommand
from django.db import OperationalError
from django.utils import timezone

from surveys import drafts, filing, intake, jobs, withdrawal

RETRY = 5.0  # seconds
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "运行后台任务"

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="做完现有任务就结束")
        parser.add_argument("--pause", type=float, default=1.0, help="空闲时等待的秒数")

    def handle(self, *args, once: bool, pause: float, **options):
        self.tidied: datetime | None = None
        while True:
            try:
                busy = self._round()
            except OperationalError as error:  # a store that is locked or down comes back
                if once:
                    raise
                log.warning("the worker waits for a store: %s", error)
                time.sleep(RETRY)
                continue
            if once and not busy:
                return
            if not busy:
                time.sleep(pause)

    def _round(self) -> int:
        """One look at everything that may wait; how much was done."""
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        if self.tidied != hour:
            self._tidy(timezone.localdate())
            jobs.tidy(timezone.now())
            self.tidied = hour
        busy = intake.file_waiting(now=timezone.now()) + intake.deliver_outbox(timezone.now())
        return busy + (jobs.run_next(timezone.now()) is not None)

    def _tidy(self, today: date) -> None:
        """Batches until nothing is left, so that a long pause is made up for at once."""
        while drafts.destroy_expired(today) or filing.destroy_overdue_contacts(today):
            pass
        withdrawal.remind(timezone.now())
