"""Self-fill without scripts: from the QR link to the receipt, and everything that goes wrong."""

import re

import pytest
from django.test import Client

from surveys.models import Draft, RecordKey, Response, SealedSection
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


@pytest.fixture(autouse=True)
def respondent_site(settings):
    settings.ROOT_URLCONF = "config.urls_respondent"


class Woman:
    """A browser that follows what the pages offer, like a person without scripts."""

    def __init__(self, client=None):
        self.client = client or Client()
        self.page = None

    def open(self, url):
        self.page = self.client.get(url, follow=True)
        return self

    @property
    def url(self):
        return (
            self.page.redirect_chain[-1][0]
            if self.page.redirect_chain
            else self.page.request["PATH_INFO"]
        )

    @property
    def text(self):
        return re.sub(r"<[^>]+>", "", self.page.content.decode())

    def begin(self, collection):
        self.open(f"/q/{collection.code}/")
        self.page = self.client.post(f"/q/{collection.code}/age/", {"adult": "yes"}, follow=True)
        return self

    def post(self, **fields):
        url, data = self.url, dict(fields)
        html = self.page.content.decode()
        for name, value in re.findall(
            r'<input type="hidden" name="([^"]+)"[^>]*value="([^"]+)"', html
        ):
            data.setdefault(name, value)
        self.page = self.client.post(url, data, follow=True)
        return self

    def answer(self, value):
        name = re.search(r'name="([^"]*-q0)"', self.page.content.decode())[1]
        return self.post(**{name: value})

    def fill_to_check(self):
        self.answer("1").answer("34").answer(["left"])
        self.post().answer("1")  # the safety page, then the sealed question
        return self.answer("1").answer("13900001234")


def test_the_whole_path_ends_with_a_receipt(collection):
    woman = Woman().begin(collection).fill_to_check()
    assert "核对答案" in woman.text
    assert "私密部分" in woman.text
    woman.post()
    assert "查询码" in woman.text
    response = Response.objects.get()
    assert response.answers["/data/age"] == "34"
    assert "/data/private/afraid" not in response.answers
    assert SealedSection.objects.get().section == "private"


def test_submitting_twice_shows_the_same_receipt(collection):
    woman = Woman().begin(collection).fill_to_check()
    check = woman.url
    woman.post()
    first = woman.text
    woman.page = woman.client.post(check, {}, follow=True)
    assert woman.text == first
    assert Response.objects.count() == 1


def test_an_error_is_named_at_the_top_and_at_the_field(collection):
    woman = Woman().begin(collection).answer("1").answer("17")
    html = woman.page.content.decode()
    assert "<title>有错误：" in html
    assert html.count("这个回答不在允许的范围里") == 2


def test_a_skipped_required_question_says_so(collection):
    woman = Woman().begin(collection).post()
    assert "请回答这一题" in woman.text


def test_back_keeps_what_stands_on_the_page(collection):
    woman = Woman().begin(collection).answer("1")
    name = re.search(r'name="([^"]*-q0)"', woman.page.content.decode())[1]
    woman.post(**{name: "41", "back": "1"})
    assert "您愿意参加吗" in woman.text
    woman.answer("1")
    assert 'value="41"' in woman.page.content.decode()


def test_a_later_address_does_not_jump_over_a_required_question(collection):
    woman = Woman().begin(collection)
    handle = woman.url.split("/")[2]
    woman.open(f"/a/{handle}/check/")
    assert "您愿意参加吗" in woman.text


def test_refusing_to_take_part_keeps_nothing(collection):
    woman = Woman().begin(collection).answer("0")
    assert "没有保存任何内容" in woman.text
    assert not Draft.objects.exists()


def test_under_age_ends_politely_and_keeps_nothing(collection):
    page = Client().post(f"/q/{collection.code}/age/", {"adult": "no"})
    assert "12355" in page.content.decode()
    assert not Draft.objects.exists()


@pytest.mark.parametrize("pages", range(6))
def test_killed_at_any_page_it_resumes_with_the_code(collection, pages):
    woman = Woman().begin(collection)
    answers = ["1", "34", ["left"], None, "1", "1"]  # None: the safety page only wants 继续
    for value in answers[:pages]:
        woman.post() if value is None else woman.answer(value)
    handle = woman.url.split("/")[2]
    kept = woman.client.post(f"/a/{handle}/keep/").content.decode()
    code = re.search(r"(\d{4} \d{4} \d{4})", kept)[1]
    place = re.compile(r"第 \d+ 页|比较私密|核对答案")
    # whoever comes back in front of the private part sees its safety page again
    waiting = "比较私密" if pages == 4 else place.search(woman.text)[0]
    other = Woman()
    other.page = other.client.post("/resume/", {"code": code}, follow=True)
    assert place.search(other.text)[0] == waiting


def test_five_wrong_codes_have_to_wait(collection):
    client = Client()
    client.get("/resume/")
    for _ in range(5):
        client.post("/resume/", {"code": "0000 0000 0000"})
    assert "十分钟后" in client.post("/resume/", {"code": "0000 0000 0000"}).content.decode()


def test_two_questionnaires_in_two_tabs_do_not_mix(collection):
    client = Client()
    one, two = Woman(client).begin(collection), Woman(client).begin(collection)
    one.answer("1").answer("30")
    two.answer("1").answer("60")
    handles = {one.url.split("/")[2], two.url.split("/")[2]}
    assert len(handles) == 2
    one.open(f"/a/{one.url.split('/')[2]}/check/")
    assert Draft.objects.count() == 2


def test_leaving_destroys_the_draft_its_key_and_the_cookies(collection):
    woman = Woman().begin(collection).answer("1")
    page = woman.client.get("/leave/")
    assert page.headers["Location"] == "/today/"
    assert not Draft.objects.exists()
    assert not any(bytes(key.wrapped) for key in RecordKey.objects.all())
    assert all(not morsel.value for name, morsel in page.cookies.items() if name.startswith("a_"))


def test_leaving_keeps_a_draft_with_a_resume_code(collection):
    woman = Woman().begin(collection).answer("1")
    woman.client.post(f"/a/{woman.url.split('/')[2]}/keep/")
    woman.client.get("/leave/")
    assert Draft.objects.count() == 1


def test_another_browser_cannot_open_the_draft(collection):
    woman = Woman().begin(collection)
    stranger = Client().get(woman.url)
    assert stranger.status_code == 302
    assert stranger.headers["Location"] == "/resume/"


def test_every_cookie_ends_with_the_session_and_no_page_is_kept(collection):
    woman = Woman().begin(collection)
    for morsel in woman.client.cookies.values():
        assert not morsel["max-age"], morsel
        assert not morsel["expires"], morsel
    assert "no-store" in woman.page.headers["Cache-Control"]


def test_addresses_and_titles_tell_nothing(collection):
    woman = Woman().begin(collection).answer("1").answer("34").answer(["left"]).post()
    assert "afraid" not in woman.url
    assert "private" not in woman.url
    title = re.search(r"<title>(.*?)</title>", woman.page.content.decode())[1]
    assert re.fullmatch(r"第 \d+ 页 - 妇女群众需求调研", title.strip())


def test_the_draft_holds_no_answer_in_clear(collection):
    Woman().begin(collection).fill_to_check()
    assert b"13900001234" not in bytes(Draft.objects.get().body)
