"""The staff site: one include per floor."""

from django.contrib.auth import views as auth
from django.urls import include, path, reverse_lazy

from . import views

handler400 = "config.views.bad_request"
handler500 = "config.views.server_error"

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("login/", auth.LoginView.as_view(template_name="staff/login.html"), name="login"),
    path("logout/", auth.LogoutView.as_view(next_page="login"), name="logout"),
    path(
        "password/",
        auth.PasswordChangeView.as_view(
            template_name="staff/password.html", success_url=reverse_lazy("password_done")
        ),
        name="password",
    ),
    path(
        "password/done/",
        auth.PasswordChangeDoneView.as_view(template_name="staff/password_done.html"),
        name="password_done",
    ),
    path("questionnaires/", include("surveys.urls_staff")),
    path("fieldwork/", include("fieldwork.urls")),
    path("", include("analysis.urls")),
]
