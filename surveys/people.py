"""Who an account belongs to, as pages and files say it."""

from __future__ import annotations

from django.contrib.auth.models import User


def name(account: str) -> str:
    """The person's name; the account itself where it has none or is gone."""
    found = User.objects.filter(username=account).values_list("first_name", flat=True).first()
    return found or account
