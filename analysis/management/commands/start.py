"""`manage.py start`: bring the databases up to date, then worker, respondent site and staff site.

Each site is a process of its own (its settings differ); all end together with Ctrl-C.
"""

from __future__ import annotations

import io
import os
import secrets
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import segno
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from surveys import sealing, services
from surveys.models import Collection, Version


class Command(BaseCommand):
    help = "启动平台: 自填网站、工作人员网站、后台任务"

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="监听地址, 0.0.0.0 供局域网访问")
        parser.add_argument("--port", type=int, default=8000, help="自填端口, 工作人员端口加一")
        parser.add_argument("--no-demo", action="store_true", help="不装入演示内容")

    def handle(self, *args, host: str, port: int, no_demo: bool, **options):
        self._say("准备数据库 …")
        for alias in settings.DATABASES:
            call_command("migrate", database=alias, verbosity=0, interactive=False)
        self._collect_static()
        account = None if no_demo else self._first_account()
        link = None if no_demo else self._first_collection()
        name = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host
        hosts = {"RESPONDENT_HOST": f"{name}:{port}", "STAFF_HOST": f"{name}:{port + 1}"}
        children = self._launch(host, port, hosts)
        self._announce(hosts, account, link)
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

    def _first_account(self) -> tuple[str, str] | None:
        users = get_user_model()
        if users.objects.exists():
            return None
        password = secrets.token_urlsafe(12)
        person = users.objects.create_user("yanjiu", password=password, first_name="研究员（演示）")
        person.user_permissions.add(Permission.objects.get(codename="add_version"))
        return "yanjiu", password

    def _first_collection(self) -> Collection | None:
        """Open the short questionnaire once, so that there is something to fill."""
        found = Collection.objects.filter(channel=Collection.Channel.SELF_FILL).first()
        workbook = settings.BASE_DIR / "surveys/bank/online.xlsx"
        if found or not workbook.exists():
            return found
        now, today = timezone.now(), timezone.localdate()
        version = Version.objects.filter(questionnaire__form_id="online").first()
        if version is None:
            done = services.import_workbook(
                workbook.read_bytes(), workbook.name, by="start", now=now
            )
            if done.version is None:
                return None
            version = services.publish_version(done.version, by="start", now=now, purpose="演示")
        keys = sealing.new_key_pair(secrets.token_urlsafe(24))
        return Collection.objects.create(
            version=version,
            code=secrets.token_urlsafe(16),
            channel=Collection.Channel.SELF_FILL,
            area_code="990101000000",
            title="妇女群众需求调研",
            opens_on=today,
            closes_on=today + timedelta(days=60),
            public_key=keys.public_pem,
            key_id=keys.key_id,
            facts={"issuer": "青禾县妇女联合会（虚构）", "minutes": 8},
        )

    def _launch(self, host: str, port: int, hosts: dict[str, str]) -> list[subprocess.Popen[bytes]]:
        children = [subprocess.Popen([sys.executable, "manage.py", "run_worker"], env=_env(hosts))]
        for site, offset in (("respondent", 0), ("staff", 1)):
            command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "1"]
            command += ["--threads", "8", "--bind", f"{host}:{port + offset}"]
            command += ["--log-level", "warning", "--timeout", "60", "--no-control-socket"]
            children.append(subprocess.Popen(command, env=_env(hosts) | {"NEEDS_SITE": site}))
        return children

    def _announce(self, hosts, account, link) -> None:
        self._say("")
        self._say(f"工作人员: http://{hosts['STAFF_HOST']}/")
        if account:
            self._say(f"  账号 {account[0]}  密码 {account[1]}  (只显示这一次)")
        if link:
            url = f"http://{hosts['RESPONDENT_HOST']}/q/{link.code}/"
            drawn = io.StringIO()
            segno.make(url, error="m").terminal(drawn, compact=True)
            self._say(f"自填: {url}\n{drawn.getvalue()}")
        else:
            self._say(f"自填: http://{hosts['RESPONDENT_HOST']}/")
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
