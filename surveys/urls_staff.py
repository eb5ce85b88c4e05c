"""URLs of this floor on the staff site. A bare number is that of a version."""

from django.urls import path

from surveys.views import importing, staff, trying, versions

urlpatterns = [
    path("", staff.questionnaires, name="questionnaires"),
    path("forms/<int:pk>/", versions.questionnaire, name="questionnaire"),
    path("forms/<int:pk>/changes/", versions.changes, name="questionnaire-changes"),
    path("<int:pk>/", versions.version, name="questionnaire-version"),
    path("<int:pk>/workbook/", versions.workbook, name="questionnaire-workbook"),
    path("<int:pk>/xform/", versions.xform, name="questionnaire-xform"),
    path("<int:pk>/preview/", trying.preview, name="questionnaire-preview"),
    path("<int:pk>/paths/", trying.paths, name="questionnaire-paths"),
    path("<int:pk>/move/<slug:name>/", versions.move, name="questionnaire-move"),
    path("import/", importing.importing, name="questionnaire-import"),
    path("import/template.xlsx", importing.template, name="questionnaire-template"),
]
