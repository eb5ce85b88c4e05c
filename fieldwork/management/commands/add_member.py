"""An operator's tool: the first unit and its people, before anybody can log in."""

from __future__ import annotations

import secrets

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from fieldwork.core import areas
from fieldwork.models import Membership, Unit
from surveys import audit


class Command(BaseCommand):
    help = "给一个单位添加成员；单位或账号不存在时新建，并显示一次初始密码"

    def add_arguments(self, parser):
        parser.add_argument("account", help="登录账号")
        parser.add_argument("--unit", required=True, help="单位名称，如 青禾县妇联")
        parser.add_argument("--code", required=True, help="单位的 12 位区划代码")
        parser.add_argument("--role", required=True, choices=Membership.Role.values)

    def handle(self, *args, account: str, unit: str, code: str, role: str, **options):
        if not areas.is_code(code):
            raise CommandError(f"“{code}”不是 12 位区划代码，如 990101000000。")
        with transaction.atomic():
            body, _ = Unit.objects.get_or_create(name=unit, area_code=code)
            user, fresh = get_user_model().objects.get_or_create(username=account)
            password = secrets.token_urlsafe(12) if fresh else ""
            if fresh:
                user.set_password(password)
                user.save(update_fields=["password"])
            now = timezone.now()
            Membership.objects.create(
                user=user, unit=body, role=role, since=timezone.localdate(now)
            )
            audit.record("operator", "add_member", f"{account} {unit} {role}", at=now)
        said = f"，初始密码 {password}（只显示这一次，请登录后修改）" if fresh else ""
        self.stdout.write(f"{account} 现在是{unit}的{Membership.Role(role).label}{said}")
