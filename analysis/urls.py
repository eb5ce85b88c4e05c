"""URLs of this floor, at the root of the staff site."""

from django.urls import path

from analysis.views import actions, documents, exports, issues, overview, paper, versions

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("jobs/<int:pk>/", overview.job, name="job"),
    path("versions/", versions.versions, name="versions"),
    path("versions/<int:pk>/", versions.version, name="version"),
    path("versions/<int:pk>/tables/<str:name>", versions.table, name="version_table"),
    path("versions/<int:pk>/plots/<str:name>.svg", versions.plot, name="version_plot"),
    path("versions/<int:pk>/propose/", issues.propose, name="propose"),
    path("versions/<int:pk>/documents/", documents.make, name="document_make"),
    path("campaigns/<int:pk>/freeze/", versions.freeze, name="freeze"),
    path("exports/", exports.exports, name="exports"),
    path("exports/sources/<int:pk>/", exports.ask, name="export_ask"),
    path("exports/<int:pk>/", exports.export, name="export"),
    path("exports/<int:pk>/file/", exports.file, name="export_file"),
    path("issues/", issues.issues, name="issues"),
    path("issues/<int:pk>/", issues.issue, name="issue"),
    path("issues/<int:pk>/actions/", actions.new_action, name="action_new"),
    path("actions/", actions.actions, name="actions"),
    path("actions/<int:pk>/", actions.action, name="action"),
    path("actions/<int:pk>/evidence/<int:entry>/", actions.evidence, name="evidence"),
    path("actions/<int:pk>/<slug:name>/", actions.move, name="action_move"),
    path("tasks/", actions.tasks, name="tasks"),
    path("questionnaires/<int:pk>/paper/", paper.printed, name="questionnaire-paper"),
    path("documents/", documents.documents, name="documents"),
    path("documents/<int:pk>/", documents.document, name="document"),
]
