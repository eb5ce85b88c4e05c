"""The round before: fewer households of the same villages, what followed, what was true then.

A year ago care of the old weighed heavier in four townships, where day care was then opened (so the
difference in differences has something to find); fairs for jobs in the whole county changed nothing
(so that need shows how far a high share falls back by itself); and fewer asked for help in
bringing up children, which nobody acted on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from django.utils import timezone

from analysis.demo import followup, reviewing, visits
from analysis.demo.county import County
from analysis.demo.stage import FROZEN, Stage
from analysis.demo.truth import CODES, Truth
from analysis.models import Issue
from analysis.services import actions, freezing, issues

DAYS = 364
HOUSEHOLDS = 9  # per village: some 590 interviews
CARE = (1, 2, 3, 5)  # the townships where day care was opened
_CARE, _CHILDREN = CODES.index("06"), CODES.index("05")


@dataclass(frozen=True)
class Course:
    """What was done about one need: title, aim, the fall named with it, the townships it is for."""

    title: str
    target: str
    drop: float
    townships: tuple[int, ...]
    done: str
    reached: int


COURSES = {
    "06": Course("日间照料进村", "四个乡镇各建成两个照料点", 8.0, CARE, "八个照料点全部开门", 310),
    "01": Course("春风就业专场", "全县办四场招聘", 3.0, (), "四场办完，登记求职四百余人", 420),
}


def world(place: County, now: Truth, seed: int) -> Truth:
    """What the same women would have answered a year before."""
    rng = np.random.default_rng([seed, 6])
    need, urgency, wish = now.need.copy(), now.urgency.copy(), now.wish.copy()
    heavier = np.isin(place.woman_township, CARE) & (rng.random(len(need)) < 0.3)
    need[heavier, _CARE], urgency[heavier, _CARE], wish[heavier, _CARE] = 3, 5, 1
    lighter = (need[:, _CHILDREN] >= 2) & (rng.random(len(need)) < 0.5)
    need[lighter, _CHILDREN] = 1
    return Truth(need, urgency, wish)


def play(stage: Stage) -> None:
    """Interview, freeze, decide and act, to the end."""
    stage = replace(stage, world=world(stage.place, stage.world, stage.seed))
    visits.interview(stage, HOUSEHOLDS)
    reviewing.check(stage)
    stage.say("冻结上一轮数据版 …")
    version = freezing.freeze(stage.campaign, by="yanjiu", now=stage.now - timedelta(days=FROZEN))
    decided = stage.now - timedelta(days=40)
    for issue in issues.propose(version, by="yanjiu", now=decided):
        followup.decide(stage, issue, major=issue.domain in COURSES)
        if issue.domain in COURSES:
            _act(stage, issue, COURSES[issue.domain])


def _act(stage: Stage, issue: Issue, course: Course) -> None:
    """Opened after the figures, carried through within five months, closed by the leader."""
    who, kind, *_ = followup.DUTIES[issue.domain]
    users, opened = stage.people.users, stage.now - timedelta(days=38)
    action = actions.open_action(
        issue, title=course.title, kind=kind, target=course.target, drop=course.drop,
        townships=[stage.place.township_code(t) for t in course.townships],
        owner_unit=stage.people.units[who], owner=users[who],
        co_owners=[stage.people.federation], by=users["zhuxi"], now=opened,
        deadline=timezone.localdate(opened + timedelta(days=180)),
    )  # fmt: skip
    done = opened + timedelta(days=150)
    actions.accept(action, by=users[who], now=opened + timedelta(days=1))
    actions.report(
        action, on=timezone.localdate(done), text=course.done, reached=course.reached,
        evidence=("验收记录（存承办单位）", b""), by=users[who], now=done,
    )  # fmt: skip
    actions.ask_to_close(action, by=users[who], now=done + timedelta(days=2))
    actions.close(
        action, note="实地查看，逐项核对", by=users["zhuxi"], now=done + timedelta(days=5)
    )
