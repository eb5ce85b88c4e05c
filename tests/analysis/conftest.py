"""A frozen data version of a fictional county, and the people around it."""

from datetime import date
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from analysis.models import DataVersion, Tabulation
from fieldwork.models import Campaign, Membership, Unit
from tests.analysis.everything import scale

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "figures_example.json"
COUNTY, SIBLING = "509923000000", "509924000000"


@pytest.fixture
def units():
    """The federation, the bureau that acts, one that shares, and the next county's federation."""
    return {
        "county": Unit.objects.create(name="青禾县妇联", area_code=COUNTY),
        "bureau": Unit.objects.create(name="县民政局", kind="department", area_code=COUNTY),
        "health": Unit.objects.create(name="县卫生健康局", kind="department", area_code=COUNTY),
        "school": Unit.objects.create(name="县教育局", kind="department", area_code=COUNTY),
        "sibling": Unit.objects.create(name="邻县妇联", area_code=SIBLING),
    }


@pytest.fixture
def people(units):
    """Users by what they are; all roles began long ago. They log in by session only."""
    cast = [
        ("leader", "leader", "county", "周岚"),
        ("deputy", "leader", "county", "何静"),
        ("analyst", "analyst", "county", "许宁"),
        ("owner", "responsible", "bureau", "王敏"),
        ("colleague", "responsible", "bureau", "钱芳"),
        ("partner", "responsible", "health", "孙莉"),
        ("other", "responsible", "school", "吴洁"),
        ("sibling_leader", "leader", "sibling", "邻县领导"),
        ("sibling_analyst", "analyst", "sibling", "邻县研究"),
    ]
    found = {}
    for name, role, unit, called in cast:
        found[name] = User.objects.create(username=name, first_name=called)
        Membership.objects.create(
            user=found[name], unit=units[unit], role=role, since=date(2020, 1, 1)
        )
    found["stranger"] = User.objects.create(username="stranger")
    return found


@pytest.fixture
def version(units, now):
    """The example figures as a frozen version V1."""
    campaign = Campaign.objects.create(
        title="2026年妇女群众需求入户调查",
        unit=units["county"],
        area_code=COUNTY,
        round="2026",
        opens_on=date(2026, 9, 1),
        closes_on=date(2026, 10, 31),
    )
    return DataVersion.objects.create(
        campaign=campaign,
        number=1,
        figures_json=EXAMPLE.read_text("utf-8"),
        sha256="0" * 64,
        revision="test",
        frozen_at=now,
        frozen_by="许宁",
    )


@pytest.fixture
def tabulation(version, now):
    """A table of a five-step scale that an analyst asked of the version."""
    return Tabulation.objects.create(
        data_version=version, spec={"question": "q"}, key="0" * 64, revision="test", made_at=now,
        asked_by="analyst", result=scale([0.3, 0.25, 0.2, 0.15, 0.1]),
    )  # fmt: skip
