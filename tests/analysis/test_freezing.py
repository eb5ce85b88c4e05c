"""What a version is frozen from: the drawn sample, not only those who answered."""

from types import SimpleNamespace

import numpy as np

from analysis.core.weights import Weighted
from analysis.services import freezing
from tests import small_county


def test_a_township_whose_drawn_households_gave_no_answers_is_not_lost(monkeypatch):
    place = small_county.small(np.random.default_rng(1), people=100)
    rows = np.ones(100, dtype=bool)
    ready = place.official(rows)
    monkeypatch.setattr(freezing, "township_names", lambda campaign, codes: {c: c for c in codes})
    weighted = Weighted(ready.design, (), ready.design.weights, ())
    monkeypatch.setattr(freezing.official, "weigh", lambda facts, margins: (weighted, rows))
    drawn = np.append(place.township, "509923199000")
    ground = SimpleNamespace(
        campaign=None, year=2026, households=SimpleNamespace(township=drawn),
        source=SimpleNamespace(version=SimpleNamespace(definition=ready.definition)),
    )  # fmt: skip
    found, _, _ = freezing.official_of(ground, (ready.columns, None, []))
    assert set(found.townships) == {*place.township, "509923199000"}
    assert "509923199000" not in found.columns.keys["township"]
