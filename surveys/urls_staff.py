"""URLs of this floor on the staff site. A bare number is that of a version."""

from django.urls import path

from surveys.views import bank, editor, importing, manuscripts, media, staff, trying, versions

urlpatterns = [
    path("", staff.questionnaires, name="questionnaires"),
    path("forms/<int:pk>/", versions.questionnaire, name="questionnaire"),
    path("forms/<int:pk>/changes/", versions.changes, name="questionnaire-changes"),
    path("<int:pk>/", versions.version, name="questionnaire-version"),
    path("<int:pk>/workbook/", versions.workbook, name="questionnaire-workbook"),
    path("<int:pk>/xform/", versions.xform, name="questionnaire-xform"),
    path("<int:pk>/parcel/", versions.parcel, name="questionnaire-parcel"),
    path("<int:pk>/preview/", trying.preview, name="questionnaire-preview"),
    path("<int:pk>/paths/", trying.paths, name="questionnaire-paths"),
    path("<int:pk>/move/<slug:name>/", versions.move, name="questionnaire-move"),
    path("media/<slug:sha256>/", media.for_staff, name="media"),
    path("import/", importing.importing, name="questionnaire-import"),
    path("import/template.xlsx", importing.template, name="questionnaire-template"),
    path("<int:pk>/edit/", manuscripts.edit_version, name="questionnaire-edit"),
    path("editor/", manuscripts.manuscripts, name="manuscripts"),
    path("editor/new/", manuscripts.new, name="manuscript-new"),
    path("editor/<int:pk>/manage/", manuscripts.manage, name="manuscript"),
    path("editor/<int:pk>/", editor.editor, name="editor"),
    path("editor/<int:pk>/problems/", editor.problems, name="editor-problems"),
    path("editor/<int:pk>/expression/", editor.expression, name="editor-expression"),
    path("editor/<int:pk>/preview/", editor.preview_frame, name="editor-preview"),
    path("editor/<int:pk>/screens/", editor.screens, name="editor-screens"),
    path("editor/<int:pk>/version/", editor.save_version, name="editor-version"),
    path("editor/<int:pk>/workbook/", editor.workbook, name="editor-workbook"),
    path("bank/", bank.browse, name="question-bank"),
]
