"""URLs of the respondent site. Short, neutral, no token in any of them."""

from django.urls import path

from surveys.views import media
from surveys.views import respondent as views
from surveys.wizard import QuestionnaireWizard

urlpatterns = [
    path("", views.home, name="home"),
    path("q/<str:code>/", views.entry, name="entry"),
    path("q/<str:code>/age/", views.age, name="age"),
    path("a/<str:handle>/", views.go_on, name="continue"),
    path("a/<str:handle>/keep/", views.keep, name="keep"),
    path("a/<str:handle>/done/", views.receipt, name="receipt"),
    path(
        "a/<str:handle>/<str:step>/", QuestionnaireWizard.as_view(url_name="answer"), name="answer"
    ),
    path("m/<slug:sha256>/", media.opened, name="media"),
    path("resume/", views.resume, name="resume"),
    path("help/", views.help_card, name="help"),
    path("thanks/", views.thanks, name="thanks"),
    path("leave/", views.leave, name="leave"),
    path("today/", views.calendar, name="calendar"),
]
