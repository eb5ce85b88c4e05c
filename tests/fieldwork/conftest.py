"""A fictional county with two townships, its campaign, and a cast of people."""

from datetime import date

import pytest
from django.contrib.auth.models import User

from fieldwork.models import Campaign, Membership, Unit
from fieldwork.services import campaigns, drawing, frames
from surveys import services
from tests.workbooks import VISIT, VISIT_CHOICES, VISIT_SETTINGS, workbook

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


@pytest.fixture
def frame(campaign, frame_csv, now):
    found, problems = frames.import_frame(campaign, frame_csv, "f.csv", by="r", now=now)
    assert problems == []
    return found


@pytest.fixture
def visit_version(now):
    data = workbook(VISIT, VISIT_CHOICES, VISIT_SETTINGS)
    done = services.import_workbook(data, "visit.xlsx", by="r", now=now)
    assert done.version, done.problems
    return services.publish_version(done.version, by="r", now=now)


@pytest.fixture
def source(campaign, visit_version, now):
    """The small interview, opened for the drawn sample."""
    campaigns.give_key(campaign, "口令很长很长很长很长", by="r", now=now)
    return campaigns.open_source(campaign, visit_version, "probability", by="r", now=now)


@pytest.fixture
def sample(frame, now):
    plan = drawing.Plan(villages=4, per_township=2, households=3)
    return drawing.draw_sample(frame, plan, seed=11, by="r", now=now)


@pytest.fixture
def cast(person, county):
    """One of each, in the county or beside it."""
    sibling = Unit.objects.create(name="邻县妇联", area_code=OTHER)
    township = Unit.objects.create(name="一乡妇联", area_code="990101001000")
    return {
        "supervisor": person("督导", "supervisor", county),
        "interviewer": person("访员", "interviewer", township),
        "colleague": person("同事", "interviewer", county),
        "designer": person("设计", "designer", county),
        "analyst": person("研究", "analyst", county),
        "custodian": person("保管", "custodian", county),
        "sibling": person("邻县", "supervisor", sibling),
        "nobody": User.objects.create_user("无关", password="x"),
    }
