"""Open a campaign: bind a published version to a source, and write the frozen `Collection`."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from fieldwork.models import Campaign, CampaignQuestionnaire
from surveys import audit, sealing
from surveys.models import Collection, Version

_CODE_BYTES = 9  # 12 letters: nobody guesses it, and the printed code stays coarse
_CHANNELS = {
    CampaignQuestionnaire.Source.PROBABILITY: Collection.Channel.INTERVIEW,
    CampaignQuestionnaire.Source.VOLUNTEER: Collection.Channel.SELF_FILL,
    CampaignQuestionnaire.Source.CONTACT: Collection.Channel.INTERVIEW,
    CampaignQuestionnaire.Source.VILLAGE: Collection.Channel.INTERVIEW,
}


def create(campaign: Campaign, *, by: str, now: datetime) -> Campaign:
    """Store a new campaign; its area is that of its unit."""
    campaign.area_code = campaign.unit.area_code
    with transaction.atomic():
        campaign.save()
        audit.record(by, "create_campaign", str(campaign), at=now)
    return campaign


def give_key(campaign: Campaign, passphrase: str, *, by: str, now: datetime) -> str:
    """Make the campaign's key pair; returns the private PEM for the custodian, stored nowhere.

    ValueError when there is one: answers sealed with it could not be opened with another.
    """
    if campaign.public_key:
        raise ValueError("本次调研已经有密封密钥，不能再生成。")
    keys = sealing.new_key_pair(passphrase)
    with transaction.atomic():
        campaign.public_key, campaign.key_id = keys.public_pem, keys.key_id
        campaign.save(update_fields=["public_key", "key_id"])
        audit.record(by, "give_key", str(campaign), at=now, detail={"key_id": keys.key_id})
    return keys.private_pem


def open_source(
    campaign: Campaign, version: Version, source: str, *, by: str, now: datetime, minutes: int = 25
) -> CampaignQuestionnaire:
    """Open one source of answers. ValueError without a key or with an unpublished version."""
    if version.state != Version.State.PUBLISHED:
        raise ValueError("只能使用已发布的问卷版本。")
    if not campaign.public_key:
        raise ValueError("请先为本次调研生成密封密钥。")
    channel = _CHANNELS[CampaignQuestionnaire.Source(source)]
    with transaction.atomic():
        collection = Collection.objects.create(
            version=version,
            code=secrets.token_urlsafe(_CODE_BYTES),
            channel=channel,
            area_code=campaign.area_code,
            title="妇女群众需求调研",
            opens_on=campaign.opens_on,
            closes_on=campaign.closes_on,
            public_key=campaign.public_key,
            key_id=campaign.key_id,
            facts={
                "issuer": campaign.unit.name,
                "minutes": minutes,
                "system": {"source": source, "round": campaign.round, "mode": channel},
            },
        )
        bound = CampaignQuestionnaire.objects.create(
            campaign=campaign, version=version, source=source, collection=collection
        )
        campaign.state = Campaign.State.OPEN
        campaign.save(update_fields=["state"])
        audit.record(by, "open_source", str(bound), at=now)
    return bound
