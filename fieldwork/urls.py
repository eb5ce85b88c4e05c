"""URLs of this floor on the staff site: campaigns and samples, visits, review."""

from django.contrib.auth.decorators import login_required
from django.urls import path

from fieldwork.views import campaigns, reviewing, samples, visits
from fieldwork.wizard import InterviewWizard, VillageWizard

interview = login_required(InterviewWizard.as_view(url_name="fieldwork-interview"))
village = login_required(VillageWizard.as_view(url_name="fieldwork-village"))

urlpatterns = [
    path("", campaigns.campaigns, name="fieldwork-campaigns"),
    path("new/", campaigns.create, name="fieldwork-campaign-new"),
    path("frame-template/", samples.frame_template, name="fieldwork-frame-template"),
    path("<int:pk>/", campaigns.campaign, name="fieldwork-campaign"),
    path("<int:pk>/sources/", campaigns.sources, name="fieldwork-sources"),
    path("<int:pk>/key/", campaigns.key, name="fieldwork-key"),
    path("<int:pk>/frame/", samples.frame, name="fieldwork-frame"),
    path("<int:pk>/draw/", samples.draw, name="fieldwork-draw"),
    path("<int:pk>/assign/", samples.assign, name="fieldwork-assign"),
    path("<int:pk>/assign/<int:village>/", samples.assign_village, name="fieldwork-assign-village"),
    path("<int:pk>/posters/", campaigns.posters, name="fieldwork-posters"),
    path("<int:pk>/progress/", reviewing.progress, name="fieldwork-progress"),
    path("<int:pk>/reviews/", reviewing.reviews, name="fieldwork-reviews"),
    path("sources/<int:pk>/poster/", campaigns.poster, name="fieldwork-poster"),
    path("sources/<int:pk>/code.svg", campaigns.code, name="fieldwork-code"),
    path("sources/<int:pk>/queue/", reviewing.queue, name="fieldwork-queue"),
    path("sources/<int:pk>/pull/", reviewing.pull, name="fieldwork-pull"),
    path("sources/<int:pk>/approve/", reviewing.approve_clean, name="fieldwork-approve-clean"),
    path("reviews/<int:pk>/", reviewing.review, name="fieldwork-review"),
    path("reviews/<int:pk>/decide/", reviewing.decide, name="fieldwork-decide"),
    path("visits/", visits.today, name="fieldwork-today"),
    path("villages/<str:code>/begin/", visits.begin_village, name="fieldwork-village-begin"),
    path("villages/<str:handle>/ask/<str:step>/", village, name="fieldwork-village"),
    path("visits/<str:code>/", visits.visit, name="fieldwork-visit"),
    path("visits/<str:code>/attempt/", visits.attempt, name="fieldwork-attempt"),
    path("visits/<str:code>/select/", visits.select, name="fieldwork-select"),
    path("visits/<str:code>/begin/", visits.begin, name="fieldwork-begin"),
    path("visits/<str:code>/sealed/", visits.sealed, name="fieldwork-visit-sealed"),
    path("visits/<str:code>/done/", visits.done, name="fieldwork-visit-done"),
    path("visits/<str:handle>/ask/<str:step>/", interview, name="fieldwork-interview"),
]
