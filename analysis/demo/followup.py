"""After the figures: what leaders decide in the demonstration, and how far the units have come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from analysis.demo.stage import Stage
from analysis.models import Action, DataVersion, Issue
from analysis.services import actions, issues

# domain -> who leads, what is to be done, how far
DUTIES = {
    "01": ("renshe", "guide", "就近灵活就业岗位进村对接", "八个乡镇各办一场，达成意向三百人"),
    "03": ("renshe", "guide", "按需开设手工与家政技能班", "开班十二期，结业四百人"),
    "04": ("jiaoyu", "serve", "村校联办课后托管", "留守儿童较多的二十个村全部开班"),
    "05": ("jiaoyu", "serve", "家庭教育指导进村入户", "每个乡镇两名指导员到位"),
    "06": ("minzheng", "serve", "村级日间照料与上门护理", "三个乡镇建成照料点，服务失能家庭一百户"),
    "07": ("weijian", "serve", "适龄妇女两癌检查补漏", "未查妇女全部通知到人"),
    "10": ("sifa", "rights", "法律援助工作站下乡", "每月一次，八个乡镇轮转"),
    "11": ("minzheng", "contact", "困难家庭救助一次告知", "困难妇女全部有人联系"),
    "12": ("minzheng", "guide", "妇女之家文体活动", "每村每季一次"),
}
_DEFAULT = ("minzheng", "contact", "摸清情况，提出办理方案", "三个月内报告")


@dataclass(frozen=True)
class Course:
    """How one action has gone, in days from today: opened, due, when signed for, log entries."""

    opened: int
    due: int
    accepted: bool
    entries: tuple[tuple[int, str, int], ...] = ()
    closed: bool = False


COURSES = (
    Course(-38, 60, True, ((-20, "选定场地，完成预算", 0), (-6, "首批人员培训结束", 46))),
    Course(-38, 5, True, ((-12, "已有十二个村开班，其余六个村师资未落实", 318),)),
    Course(-38, -8, True, ((-25, "举办两场，其余因农忙推迟", 187),)),
    Course(-9, 40, False),
    Course(-38, -2, True, ((-18, "窗口培训完成", 0), (-5, "回访十二户，均已办结", 63)), True),
    Course(-38, 21, True),
)  # fmt: skip


def follow(stage: Stage, version: DataVersion) -> list[Action]:
    """Decide every issue, open actions on those taken up, and play their courses."""
    decided = stage.now - timedelta(days=40)
    found = issues.propose(version, by="yanjiu", now=decided)
    for place, issue in enumerate(found):
        decide(stage, issue, major=place < 3)
    opened = []
    for number, course in enumerate(COURSES):
        opened.append(_play(stage, found[number % len(found)], course))
    return opened


def decide(stage: Stage, issue: Issue, *, major: bool) -> None:
    """The leader's decision on what the ranking has put forward."""
    sure = {"confirmed": "位列确定前三", "possible": "属可能前三"}
    why = sure.get(issue.tier, "总体不在前三，但为特殊群体的首位，按群体不遗漏列入")
    issues.decide(
        issue, party="县年度民生实事中有相应任务", ours="together",
        ours_note="妇联摸排需求、组织动员，部门牵头办理", result="major" if major else "ordinary",
        reason=why, by=stage.people.users["zhuxi"], at=stage.now - timedelta(days=40),
    )  # fmt: skip


def _play(stage: Stage, issue: Issue, course: Course) -> Action:
    who, kind, title, target = DUTIES.get(issue.domain, _DEFAULT)
    title += "（第二批）" if issue.actions.exists() else ""
    users, opened = stage.people.users, stage.now + timedelta(days=course.opened)
    action = actions.open_action(
        issue, title=title, kind=kind, target=target, owner_unit=stage.people.units[who],
        owner=users[who], co_owners=[stage.people.federation],
        deadline=timezone.localdate(stage.now + timedelta(days=course.due)),
        by=users["zhuxi"], now=opened,
    )  # fmt: skip
    if course.accepted:
        actions.accept(action, by=users[who], now=opened + timedelta(days=1))
    for days, text, reached in course.entries:
        moment = stage.now + timedelta(days=days)
        actions.report(
            action, on=timezone.localdate(moment), text=text, reached=reached,
            evidence=("现场记录（存承办单位）", b""), by=users[who], now=moment,
        )  # fmt: skip
    if course.closed:
        asked = stage.now - timedelta(days=4)
        actions.ask_to_close(action, by=users[who], now=asked)
        done = stage.now - timedelta(days=2)
        note = "查看记录，电话回访五人，均已办结"
        actions.close(action, note=note, by=users["zhuxi"], now=done)
    return action
