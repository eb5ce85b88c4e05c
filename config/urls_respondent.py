"""The respondent site: the wizard and its neutral pages, nothing else."""

from django.urls import include, path

from . import views

handler400 = "config.views.bad_request"
handler500 = "config.views.server_error"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("", include("surveys.urls_respondent")),
]
