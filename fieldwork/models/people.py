"""Units of the federation and its partners, and who belonged to them when, in which role."""

from django.conf import settings
from django.db import models


class Unit(models.Model):
    """A body with a place. Departments and the party-government at the same level stand beside."""

    class Kind(models.TextChoices):
        FEDERATION = "federation", "妇联"
        GOVERNMENT = "government", "党委政府"
        DEPARTMENT = "department", "部门"

    name = models.CharField("名称", max_length=100)
    kind = models.CharField("类别", max_length=16, choices=Kind, default=Kind.FEDERATION)
    area_code = models.CharField("区划代码", max_length=12, db_index=True)
    closed_on = models.DateField("撤销日期", null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def on(self, day):
        open_end = models.Q(until__isnull=True) | models.Q(until__gt=day)
        return self.filter(open_end, since__lte=day, unit__closed_on__isnull=True)


class Membership(models.Model):
    """Rights are computed from this on the day of the request, never copied anywhere."""

    class Role(models.TextChoices):
        INTERVIEWER = "interviewer", "访员"
        SUPERVISOR = "supervisor", "督导员"
        DESIGNER = "designer", "问卷设计"
        ANALYST = "analyst", "研究人员"
        LEADER = "leader", "领导"
        RESPONSIBLE = "responsible", "承办人员"
        UNIT_ADMIN = "unit_admin", "单位管理员"
        RIGHTS = "rights", "权益干部"
        CUSTODIAN = "custodian", "保管人"
        SECURITY = "security", "安全管理员"
        AUDITOR = "auditor", "审计员"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField("角色", max_length=16, choices=Role)
    since = models.DateField("开始日期")
    until = models.DateField("结束日期", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.unit}"
