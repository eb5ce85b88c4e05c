"""URLs of this floor on the staff site."""

from django.urls import path

from surveys.views import bank, editor, staff

urlpatterns = [
    path("", staff.questionnaires, name="questionnaires"),
    path("<int:pk>/edit/", editor.edit_version, name="questionnaire-edit"),
    path("editor/", editor.manuscripts_page, name="manuscripts"),
    path("editor/<int:pk>/", editor.editor, name="editor"),
    path("editor/<int:pk>/problems/", editor.problems, name="editor-problems"),
    path("editor/<int:pk>/expression/", editor.expression, name="editor-expression"),
    path("editor/<int:pk>/preview/", editor.preview_frame, name="editor-preview"),
    path("editor/<int:pk>/screens/", editor.screens, name="editor-screens"),
    path("editor/<int:pk>/version/", editor.save_version, name="editor-version"),
    path("editor/<int:pk>/workbook/", editor.workbook, name="editor-workbook"),
    path("bank/", bank.browse, name="question-bank"),
]
