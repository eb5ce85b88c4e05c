"""Rows of the middle floor: places and people, campaigns, samples, review."""

from .campaigns import Campaign, CampaignQuestionnaire
from .people import Membership, Unit
from .places import Area
from .review import Review
from .samples import (
    Assignment,
    ContactAttempt,
    Frame,
    FrameVillage,
    Household,
    Sample,
    SampledVillage,
    VillageForm,
)

__all__ = [
    "Area",
    "Assignment",
    "Campaign",
    "CampaignQuestionnaire",
    "ContactAttempt",
    "Frame",
    "FrameVillage",
    "Household",
    "Membership",
    "Review",
    "Sample",
    "SampledVillage",
    "Unit",
    "VillageForm",
]
