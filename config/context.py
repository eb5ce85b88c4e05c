"""Template facts every page needs."""

from django.conf import settings


def site(request):
    return {
        "demo": settings.DEMO,
        "respondent_url": f"{settings.SCHEME}://{settings.RESPONDENT_HOST}",
        "staff_url": f"{settings.SCHEME}://{settings.STAFF_HOST}",
    }
