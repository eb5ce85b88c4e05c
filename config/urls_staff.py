"""The staff site: one include per floor."""

from django.contrib.auth import views as auth
from django.urls import include, path

from . import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("login/", auth.LoginView.as_view(template_name="staff/login.html"), name="login"),
    path("logout/", auth.LogoutView.as_view(next_page="login"), name="logout"),
    path("questionnaires/", include("surveys.urls_staff")),
    path("fieldwork/", include("fieldwork.urls")),
    path("", include("analysis.urls")),
]
