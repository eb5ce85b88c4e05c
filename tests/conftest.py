"""Fixtures every folder uses."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest


@pytest.fixture
def now():
    return datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
