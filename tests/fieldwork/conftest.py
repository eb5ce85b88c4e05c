"""A fictional county with two townships, its campaign, and a cast of people."""

from datetime import date

import pytest
from django.contrib.auth.models import User

from fieldwork.models import Campaign, Membership, Unit

COUNTY, OTHER = "990101000000", "990102000000"


@pytest.fixture
def county():
    return Unit.objects.create(name="青禾县妇联", area_code=COUNTY)


@pytest.fixture
def campaign(county):
    return Campaign.objects.create(
        title="2026 年需求调研",
        unit=county,
        area_code=COUNTY,
        round="2026",
        opens_on=date(2026, 11, 1),
        closes_on=date(2026, 12, 31),
    )


@pytest.fixture
def person():
    def make(name, role, unit, since=date(2026, 1, 1), until=None):
        user = User.objects.create_user(name, password="x")
        Membership.objects.create(user=user, unit=unit, role=role, since=since, until=until)
        return user

    return make


@pytest.fixture
def frame_csv():
    lines = ["区划代码,名称,城乡,户数,妇女数"]
    for township in (1, 2):
        for village in range(1, 21):
            code = f"990101{township:03}{200 + village:03}"
            lines.append(f"{code},第{village}村,乡村,{80 + village},{90 + village}")
    return "\n".join(lines).encode()
