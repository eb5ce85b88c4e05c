"""App configuration of the top floor."""

from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    name = "analysis"
    verbose_name = "分析与督办"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from analysis.services import work  # noqa: F401  its jobs are known by being imported
