"""The background worker: files what was acknowledged, empties the outbox, runs queued jobs."""

import time

from django.core.management.base import BaseCommand
from django.utils import timezone

from surveys import intake, jobs


class Command(BaseCommand):
    help = "运行后台任务"

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="做完现有任务就结束")
        parser.add_argument("--pause", type=float, default=1.0, help="空闲时等待的秒数")

    def handle(self, *args, once: bool, pause: float, **options):
        while True:
            busy = intake.file_waiting(now=timezone.now()) + intake.deliver_outbox(timezone.now())
            busy += jobs.run_next(timezone.now()) is not None
            if once and not busy:
                return
            if not busy:
                time.sleep(pause)
