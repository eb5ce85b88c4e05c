"""URLs of this floor on the staff site."""

from django.urls import path

from surveys.views import importing, staff

urlpatterns = [
    path("", staff.questionnaires, name="questionnaires"),
    path("import/", importing.importing, name="questionnaire-import"),
    path("import/template.xlsx", importing.template, name="questionnaire-template"),
]
