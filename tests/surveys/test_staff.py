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
    page = researcher.post("/questionnaires/import/", upload(five_questions), follow=True)
    text = page.content.decode()
    assert "已导入 五题问卷 1" in text
    assert "1 处建议（不妨碍导入）" in text
    assert "survey!A4" in text  # a sensitive question without a way not to answer
    assert Version.objects.get().state == Version.State.DRAFT
    assert "五题问卷" in researcher.get("/questionnaires/").content.decode()
    assert "建议" not in researcher.get("/questionnaires/import/").content.decode()


def test_a_broken_workbook_is_explained_and_nothing_imported(researcher):
    page = researcher.post("/questionnaires/import/", upload("文字".encode()))
    assert page.status_code == 422
    assert "请修改 1 处" in page.content.decode()
    assert "这不是 Excel 工作簿" in page.content.decode()
    assert not Version.objects.exists()


def test_without_the_right_nothing_can_be_imported(client, five_questions):
    client.force_login(User.objects.create_user("s", password="x"))
    assert client.post("/questionnaires/import/", upload(five_questions)).status_code == 404
    assert "导入问卷" not in client.get("/questionnaires/").content.decode()
    assert not Version.objects.exists()


def test_the_template_is_there_to_start_from_and_imports_as_it_is(researcher):
    answer = researcher.get("/questionnaires/import/template.xlsx")
    page = researcher.post("/questionnaires/import/", upload(answer.content), follow=True)
    assert "已导入 需求小调查（示例） 1" in page.content.decode()
    assert "建议" not in page.content.decode()
