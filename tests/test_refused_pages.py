"""What went wrong is said on a page in Chinese with a way back, on both sites."""

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import URLResolver, get_resolver

from config.middleware import above
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
SITES = ("respondent", "staff")
DUMMIES = {"int": "1", "str": "x", "slug": "x", "uuid": "0" * 8}


@pytest.fixture(params=SITES)
def site(request, settings):
    settings.ROOT_URLCONF = f"config.urls_{request.param}"
    return request.param


@pytest.fixture
def visitor(site):
    """Somebody who is logged in on the staff site; errors are answered as a server would."""
    client = Client(raise_request_exception=False)
    if site == "staff":
        client.force_login(User.objects.create_superuser("all", password="x"))
    return client


def addresses(patterns, start="/"):
    """Every address of a site, its parameters filled with something that does not exist."""
    for one in patterns:
        route = str(one.pattern)
        for name, converter in one.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower()
            filled = DUMMIES.get({"string": "str"}.get(kind, kind), "x")
            route = route.replace(f"<{kind.replace('string', 'str')}:{name}>", filled)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, start + route)
        else:
            yield start + route


def is_told(page, status, site, words):
    html = page.content.decode()
    assert page.status_code == status
    assert "text/html" in page.headers["Content-Type"]
    assert words in html
    assert 'href="/"' in html
    assert ("马上离开" in html) == (site == "respondent")
    return html


def test_no_address_answers_a_wrong_method_with_nothing(site, visitor):
    refused = []
    for address in addresses(get_resolver(configured.ROOT_URLCONF).url_patterns):
        for page in (visitor.get(address), visitor.put(address)):
            if page.status_code == 405:
                refused.append(address)
                is_told(page, 405, site, "不能这样打开")
                assert page.headers["Allow"]
    assert len(refused) > 5


def test_a_form_address_leads_back_to_its_object(settings, client):
    settings.ROOT_URLCONF = "config.urls_staff"
    client.force_login(User.objects.create_superuser("all", password="x"))
    for address, back in {
        "/actions/1/report/": "/actions/1/", "/versions/2/propose/": "/versions/2/",
        "/versions/2/documents/": "/versions/2/", "/texts/1/quotes/1/": "/texts/1/quotes/",
    }.items():  # fmt: skip
        html = is_told(client.get(address), 405, "staff", "只接收表单")
        assert f'href="{back}"' in html


def test_above_is_the_nearest_address_that_exists(settings):
    settings.ROOT_URLCONF = "config.urls_respondent"
    assert above("/a/x/keep/") == "/a/x/"
    assert above("/none/of/these/") == "/"


def test_what_does_not_exist(site, visitor):
    is_told(visitor.get("/nothing/here/"), 404, site, "没有这个页面")


def test_a_form_that_waited_too_long_can_be_opened_again(site):
    address = {"staff": "/login/?next=/versions/", "respondent": "/resume/"}[site]
    page = Client(enforce_csrf_checks=True).post(address, {"a": "b"})
    html = is_told(page, 403, site, "页面过期了")
    assert f'href="{address}"' in html


def test_too_large_and_broken_requests(site, settings):
    address = {"staff": "/login/", "respondent": "/resume/"}[site]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024**2
    page = Client().post(address, b"a=" + b"b" * 1024**2,
                         content_type="application/x-www-form-urlencoded")  # fmt: skip
    is_told(page, 413, site, "超过 1 MB")
    page = Client().get("/", headers={"host": "no host"})
    is_told(page, 400, site, "请求不完整")


@pytest.mark.parametrize(
    ("error", "status", "words"), [(PermissionDenied, 403, "不能打开"), (KeyError, 500, "暂时出错")]
)
def test_refusals_and_faults(site, visitor, monkeypatch, error, status, words):
    def fail(*_):
        raise error

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", fail)
    html = is_told(visitor.get("/"), status, site, words)
    assert ("单位管理员" in html) == (site == "staff" and status == 403)
