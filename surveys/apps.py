"""App configuration of the ground floor."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = "问卷"
    default_auto_field = "django.db.models.BigAutoField"
