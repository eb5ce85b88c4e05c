"""Who works in the demonstration county: units, roles, and accounts with fresh passwords."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from analysis.demo.county import COUNTY, NAME, TOWNSHIPS, County
from fieldwork.models import Area, Membership, Unit

DEPARTMENTS = (
    ("minzheng", "民政局"), ("jiaoyu", "教育局"), ("renshe", "人力资源和社会保障局"),
    ("weijian", "卫生健康局"), ("sifa", "司法局"),
)  # fmt: skip
STAFF = (("yanjiu", "analyst", "研究人员"), ("zhuxi", "leader", "领导"),
         ("dudao", "supervisor", "督导员"))  # fmt: skip
_FAMILY, _GIVEN = "周吴郑冯陈蒋沈韩杨朱秦尤许何吕施", "兰秀梅英芳霞娟燕玲萍慧静"
_INTERVIEWERS = 2  # per township
SHOWN = ("yanjiu", "bianma", "zhuxi", "dudao", "fang01", "minzheng")


@dataclass
class People:
    """The cast: units by area code or short name, users by account name."""

    federation: Unit
    units: dict[str, Unit] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    interviewers: dict[str, list[User]] = field(default_factory=dict)


def settle(place: County, since: date) -> People:
    """Areas, units, memberships and accounts; nobody can log in before `open_accounts`."""
    _areas(place, since)
    people = People(Unit.objects.create(name=f"{NAME}妇联", area_code=COUNTY))
    for name, role, words in STAFF:
        _account(people, name, role, words, people.federation, since)
    for name, department in DEPARTMENTS:
        unit = Unit.objects.create(name=f"{NAME}{department}", kind="department", area_code=COUNTY)
        people.units[name] = unit
        _account(people, name, "responsible", f"承办单位（{department}）", unit, since)
    for index, township in enumerate(TOWNSHIPS):
        code = place.township_code(index)
        unit = Unit.objects.create(name=f"{township}妇联", area_code=code)
        people.units[code] = unit
        for number in range(_INTERVIEWERS):
            serial = index * _INTERVIEWERS + number
            user = _account(people, f"fang{serial + 1:02}", "interviewer", "访员", unit, since)
            people.interviewers.setdefault(code, []).append(user)
    _account(people, "bianma", "analyst", "研究人员（编码）", people.federation, since)
    return people


def _areas(place: County, since: date) -> None:
    rows = [Area(code=COUNTY, name=NAME, valid_from=since)]
    rows += [
        Area(code=place.township_code(i), name=name, valid_from=since)
        for i, name in enumerate(TOWNSHIPS)
    ]
    rows += [
        Area(code=code, name=name, kind="121" if urban else "220", valid_from=since)
        for code, name, urban in zip(
            place.village_code, place.village_name, place.village_urban, strict=True
        )
    ]
    Area.objects.bulk_create(rows)


def _account(people: People, name: str, role: str, words: str, unit: Unit, since: date) -> User:
    serial = len(people.users)
    said = _FAMILY[serial % len(_FAMILY)] + _GIVEN[serial % len(_GIVEN)]
    user = get_user_model().objects.create(username=name, first_name=said, last_name=words)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Membership.objects.create(user=user, unit=unit, role=role, since=since)
    people.users[name] = user
    return user


def open_accounts() -> list[tuple[str, str, str]]:
    """(account, who it is, fresh password) of those a visitor may log in as."""
    opened = []
    for user in get_user_model().objects.filter(username__in=SHOWN):
        password = secrets.token_urlsafe(9)
        user.set_password(password)
        user.save(update_fields=["password"])
        opened.append((user.username, f"{user.last_name} {user.first_name}", password))
    return sorted(opened, key=lambda account: SHOWN.index(account[0]))
