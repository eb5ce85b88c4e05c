"""Questionnaire pages of the staff site."""

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile

from surveys.models import Version

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client):
    user = User.objects.create_user("r", password="x")
    user.user_permissions.add(Permission.objects.get(codename="add_version"))
    client.force_login(user)
    return client


def upload(data):
    return {"workbook": SimpleUploadedFile("five.xlsx", data)}


def test_strangers_are_sent_to_the_login(client):
    assert client.get("/questionnaires/").headers["Location"].startswith("/login/")


def test_an_import_is_listed_as_a_draft(researcher, five_questions):
    page = researcher.post("/questionnaires/", upload(five_questions), follow=True)
    assert "五题问卷" in page.content.decode()
    assert Version.objects.get().state == Version.State.DRAFT


def test_a_broken_workbook_is_explained_and_nothing_imported(researcher):
    page = researcher.post("/questionnaires/", upload("文字".encode()))
    assert page.status_code == 422
    assert "这不是 Excel 工作簿" in page.content.decode()
    assert not Version.objects.exists()


def test_without_the_right_nothing_can_be_imported(client, five_questions):
    client.force_login(User.objects.create_user("s", password="x"))
    page = client.post("/questionnaires/", upload(five_questions))
    assert "导入工作簿" not in page.content.decode()
    assert not Version.objects.exists()
