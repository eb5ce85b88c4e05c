"""The import page as an author uses it: faults, advice, the template; on a desk and on a phone."""

import pytest
from django.contrib.auth.models import Permission, User

from tests.e2e.test_axe import assert_clean
from tests.surveys.test_planted import planted
from tests.workbooks import THREE_STORES

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(databases=THREE_STORES, transaction=True),
]


@pytest.fixture
def page(desk):
    user = User.objects.create_user("r", password="x", first_name="研究员")
    user.user_permissions.add(Permission.objects.get(codename="add_version"))
    return desk(user, scripts=True)


def upload(page, name, data):
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    page.get_by_label("文件").or_(page.get_by_label("再次上传")).set_input_files(files=[file])
    page.get_by_role("button", name="检查并导入").click()


def test_an_author_mends_her_workbook(page, five_questions, tmp_path):
    page.goto("/questionnaires/")
    page.get_by_role("link", name="导入问卷").click()
    assert_clean(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载问卷模板").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    upload(page, "调查.xlsx", planted()[0])
    assert page.get_by_role("alert").inner_text() == "请修改 9 处，没有导入任何内容"
    assert page.get_by_role("row", name="survey!A").count() >= 3
    assert_clean(page)
    upload(page, "五题.xlsx", five_questions)
    assert page.get_by_text("处建议（不妨碍导入）").is_visible()
    assert page.get_by_text("已导入 五题问卷 1").is_visible()
    assert_clean(page)
