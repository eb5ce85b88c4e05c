"""`manage.py start`: bring the databases up to date, then worker, respondent site and staff site.

Each site is a process of its own (its settings differ); all end together with Ctrl-C.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import segno
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from analysis.demo import people
from analysis.models import Document
from surveys.models import Collection

MARK = settings.DATA_DIR / "demo"


class Command(BaseCommand):
    help = "启动平台：自填网站、工作人员网站、后台任务"
    requires_system_checks: list[str] = []  # the test command holds them; a start is to be quick

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="监听地址，0.0.0.0 供局域网访问")
        parser.add_argument("--port", type=int, default=8000, help="自填端口，工作人员端口加一")
        parser.add_argument("--no-demo", action="store_true", help="不装入演示内容")

    def handle(self, *args, host: str, port: int, no_demo: bool, **options):
        self._say("准备数据库 …")
        for alias in settings.DATABASES:
            if _behind(alias):
                call_command("migrate", database=alias, verbosity=0, interactive=False)
        self._collect_static()
        if not no_demo:
            self._load_demo()
        name = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host
        hosts = {"RESPONDENT_HOST": f"{name}:{port}", "STAFF_HOST": f"{name}:{port + 1}"}
        children = self._launch(host, port, hosts)
        demo = not no_demo and MARK.exists()
        self._announce(hosts, people.open_accounts() if demo else [])
        worker = [sys.executable, "manage.py", "run_worker"]  # last: the sites come first
        children.append(subprocess.Popen(worker, env=_env(hosts)))
        self._watch(children)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _collect_static(self) -> None:
        """Only when a source is newer than the last collection: a second start is quick."""
        mark = Path(settings.STATIC_ROOT) / ".collected"
        sources = [p for p in settings.BASE_DIR.glob("*/static/**/*") if p.is_file()]
        newest = max((p.stat().st_mtime for p in sources), default=0.0)
        if mark.exists() and mark.stat().st_mtime >= newest:
            return
        self._say("整理页面资源 …")
        call_command("collectstatic", interactive=False, verbosity=0)
        mark.touch()

    def _load_demo(self) -> None:
        """The demonstration county, once, into empty databases or over a broken-off loading."""
        broken_off = MARK.exists() and MARK.read_text() != "ready"
        if broken_off or not get_user_model().objects.exists():
            self._say("装入演示县青禾县（虚构，约两分钟；不要演示请用 --no-demo）")
            command = [sys.executable, "manage.py", "demo"]
            subprocess.run(command, check=True, env={**os.environ, "NEEDS_DEMO": "1"})

    def _launch(self, host: str, port: int, hosts: dict[str, str]) -> list[subprocess.Popen[bytes]]:
        children = []
        for site, offset in (("respondent", 0), ("staff", 1)):
            command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "1"]
            command += ["--threads", "8", "--bind", f"{host}:{port + offset}"]
            command += ["--log-level", "warning", "--timeout", "60", "--no-control-socket"]
            children.append(subprocess.Popen(command, env=_env(hosts) | {"NEEDS_SITE": site}))
        return children

    def _announce(self, hosts: dict[str, str], accounts: list[tuple[str, str, str]]) -> None:
        staff, respondent = (f"http://{hosts[h]}" for h in ("STAFF_HOST", "RESPONDENT_HOST"))
        self._say(f"\n工作人员：{staff}/")
        for account, who, password in accounts:
            self._say(f"  账号 {account:<9} 密码 {password}  {who}")
        if accounts:
            self._say("  （演示账号，密码每次启动都换新）")
        elif not get_user_model().objects.exists():
            self._say("  还没有账号。另开一个窗口运行: python3 manage.py add_member --help")
        newest = Document.objects.filter(kind=Document.Kind.BRIEF).first()
        if newest:
            self._say(f"最新要情专报：{staff}/documents/{newest.pk}/")
        today = timezone.localdate()
        link = Collection.objects.filter(channel="self_fill", closes_on__gte=today).last()
        if link:
            url = f"{respondent}/q/{link.code}/"
            drawn = io.StringIO()
            segno.make(url, error="m").terminal(drawn, compact=True)
            self._say(f"自填：{url}\n{drawn.getvalue()}")
        self._say("按 Ctrl-C 结束。")

    def _watch(self, children: list[subprocess.Popen[bytes]]) -> None:
        """Stay until interrupted, or until one of the three has died; then end all."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            while all(child.poll() is None for child in children):
                time.sleep(0.3)
            self._say("有一个服务意外停止，请看上面的提示（端口是否被占用？可用 --port 换一个）。")
        except KeyboardInterrupt:
            self._say("正在结束 …")
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(timeout=20)


def _env(hosts: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **hosts, "DJANGO_SETTINGS_MODULE": "config.settings"}


def _behind(alias: str) -> bool:
    """Whether a migration waits; asking is much quicker than migrating for nothing."""
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
