"""URLs of this floor on the staff site."""

from django.urls import path

from surveys.views import staff

urlpatterns = [path("", staff.questionnaires, name="questionnaires")]
