"""App configuration of the middle floor."""

from django.apps import AppConfig


class FieldworkConfig(AppConfig):
    name = "fieldwork"
    verbose_name = "现场"
    default_auto_field = "django.db.models.BigAutoField"
