"""Who reaches which page of the top floor: every address against every kind of person."""

import pytest
from django.urls import reverse
from django.utils import timezone

from analysis import access, urls
from analysis.models import Document
from analysis.services import actions, exporting, issues
from surveys.models import Job
from tests.analysis.coding_world import one_of_each
from tests.analysis.everything import FULL, file_response, open_for_volunteers
from tests.surveys.test_versions import imported
from tests.workbooks import THREE_STORES

pytestmark = pytest.mark.django_db(databases=THREE_STORES)
PDF = b"%PDF-1.7\ntrailer<<>>\n%%EOF\n"
EVERYBODY = (
    "leader", "deputy", "analyst", "owner", "colleague", "partner", "other", "sibling_leader",
    "sibling_analyst", "stranger",
)  # fmt: skip
COUNTY = {"leader", "deputy", "analyst"}
LEADERS = {"leader", "deputy"}
BUREAU = {"owner", "colleague"}
# of the next county and of departments: they reach the list, which is empty for them
OTHERS = {"sibling_leader", "sibling_analyst"}
UNITS = BUREAU | {"partner", "other"}
# name -> method, arguments, who may
REACH = {
    "overview": ("get", [], set(EVERYBODY)),
    "job": ("get", ["job"], {"analyst"}),
    "versions": ("get", [], COUNTY | OTHERS),
    "version": ("get", ["version"], COUNTY),
    "version_table": ("get", ["version", "ranks.csv"], COUNTY),
    "version_plot": ("get", ["version", "top"], COUNTY),
    "version_charts": ("get", ["version"], COUNTY),
    "weights": ("get", ["version"], {"analyst"}),
    # this version has no answers behind it that could be weighed again
    "weights_plot": ("get", ["version", "histogram"], set()),
    "workbench": ("get", ["version"], {"analyst"}),
    "tabulation": ("get", ["tabulation"], {"analyst"}),
    "tabulation_plot": ("get", ["tabulation", "spread"], {"analyst"}),
    "tabulation_file": ("get", ["tabulation", "csv"], {"analyst"}),
    "propose": ("post", ["version"], {"analyst"}),
    "document_make": ("post", ["version"], {"analyst"}),
    "freeze": ("post", ["campaign"], {"analyst"}),
    "texts": ("get", [], {"analyst", "sibling_analyst"}),
    "text_begin": ("get", ["source", "past"], {"analyst"}),
    "text": ("get", ["task"], {"analyst"}),
    "text_coder": ("post", ["task"], {"analyst"}),
    "text_codebook": ("get", ["task"], {"analyst"}),
    "text_reading": ("get", ["task"], {"analyst"}),
    "text_agreement": ("get", ["task"], {"analyst"}),
    "text_deciding": ("get", ["task"], {"analyst"}),
    "text_finish": ("post", ["task"], {"analyst"}),
    "text_quotes": ("get", ["task"], {"analyst"}),
    "text_quote": ("post", ["task", "quote"], {"analyst"}),
    "exports": ("get", [], {"analyst", "sibling_analyst"}),
    "export_ask": ("get", ["source"], {"analyst"}),
    "export": ("get", ["export"], {"analyst"}),
    "export_file": ("get", ["export"], {"analyst"}),
    "issues": ("get", [], COUNTY | OTHERS),
    "issue": ("get", ["issue"], COUNTY),
    "action_new": ("get", ["issue"], LEADERS),
    "actions": ("get", [], COUNTY | OTHERS | UNITS),
    "action": ("get", ["action"], COUNTY | BUREAU | {"partner"}),
    "evidence": ("get", ["action", "entry"], COUNTY | BUREAU | {"partner"}),
    "action_move": ("post", ["action", "report"], BUREAU | {"partner"}),
    "tasks": ("get", [], LEADERS | UNITS | {"sibling_leader"}),
    "documents": ("get", [], COUNTY | OTHERS),
    "document": ("get", ["document"], COUNTY),
    "questionnaire-paper": ("get", ["form"], {"analyst", "sibling_analyst"}),
}
MOVES = {
    "accept": BUREAU,
    "report": BUREAU | {"partner"},
    "ask_to_close": BUREAU,
    "send_back": LEADERS,
    "close": LEADERS,
    "extend": LEADERS,
}


@pytest.fixture
def world(version, people, units, tabulation, now):
    """One of everything, as the words in `REACH` name it."""
    issue = issues.propose(version, by="analyst", now=now)[0]
    issues.decide(
        issue, party="a", ours="own", ours_note="b", result="major", reason="c",
        by=people["leader"], at=now,
    )  # fmt: skip
    action = actions.open_action(
        issue, title="照料点事项", kind="serve", target="b", owner_unit=units["bureau"],
        owner=people["owner"], co_owners=[units["health"]], deadline=now.date().replace(year=2027),
        by=people["leader"], now=now,
    )  # fmt: skip
    actions.accept(action, by=people["owner"], now=now)
    entry = actions.report(
        action, on=now.date(), text="a", reached=1, evidence=("a.pdf", PDF), by=people["owner"],
        now=now,
    )  # fmt: skip
    document = Document.objects.create(
        data_version=version, kind="brief", pdf=PDF, sha256="0" * 64, made_at=now, made_by="a"
    )
    params = {"campaign": version.campaign_id, "number": 2}
    job = Job.objects.create(kind="freeze", params=params, owner="another", created_at=now)
    source = open_for_volunteers(version.campaign)
    file_response(source, FULL)
    export = exporting.ask(source, "parquet", "核对权限", by="analyst", now=timezone.now())
    exporting.write(export, lambda percent, said: None)
    task, quote = one_of_each(source, (people["analyst"], people["stranger"]), now)
    rows = {"source": source, "task": task, "quote": quote, "export": export, "version": version,
            "issue": issue, "action": action, "entry": entry,
            "document": document, "job": job, "campaign": version.campaign,
            "form": imported(now), "tabulation": tabulation}  # fmt: skip
    return {name: row.pk for name, row in rows.items()}


def address(name, world):
    return reverse(name, args=[world.get(word, word) for word in REACH[name][1]])


def test_every_address_of_this_floor_is_in_the_table():
    assert {pattern.name for pattern in urls.urlpatterns} == set(REACH)


def test_strangers_without_account_are_sent_to_the_login(client, world):
    for name in REACH:
        answer = getattr(client, REACH[name][0])(address(name, world))
        assert answer.status_code == 302, name
        assert answer.headers["Location"].startswith("/login/"), name


@pytest.fixture
def reached(client, people):
    """Who of everybody gets an answer from an address; all others get 404."""

    def ask(method, url, data=None):
        found = set()
        for who in EVERYBODY:
            client.force_login(people[who])
            status = getattr(client, method)(url, data or {}).status_code
            assert status in (200, 302, 404, 422), (who, status)
            found |= {who} if status != 404 else set()
        return found

    return ask


def test_who_sees_what(world, reached):
    """Looking changes nothing, so one world serves all pages."""
    pages = [name for name, (method, *_) in REACH.items() if method == "get"]
    found = {name: reached("get", address(name, world)) for name in pages}
    assert found == {name: REACH[name][2] for name in pages}


@pytest.mark.parametrize("name", [name for name, (method, *_) in REACH.items() if method == "post"])
def test_who_sets_what_in_motion(world, reached, name):
    data = {"kind": "brief"} if name == "document_make" else {}
    assert reached("post", address(name, world), data) == REACH[name][2]


@pytest.mark.parametrize("move", MOVES)
def test_who_may_take_which_step(world, reached, move):
    assert reached("post", reverse("action_move", args=[world["action"], move])) == MOVES[move]


def test_only_leaders_of_the_county_decide(world, reached):
    assert reached("post", reverse("issue", args=[world["issue"]])) == LEADERS


LISTS = (
    "overview", "versions", "issues", "actions", "tasks", "documents", "exports", "texts",
)  # fmt: skip


def test_lists_show_nothing_of_another_area_or_unit(client, world, people):
    for who in ("sibling_leader", "sibling_analyst", "other", "stranger"):
        client.force_login(people[who])
        for name in LISTS:
            page = client.get(address(name, world)).content.decode()
            assert "照料点事项" not in page, (who, name)
            assert "2026年妇女群众需求入户调查" not in page, (who, name)
            assert "养老与长期照护" not in page, (who, name)


def test_rights_end_with_the_membership(client, world, people, now):
    people["leader"].memberships.update(until=now.date().replace(year=2021))
    client.force_login(people["leader"])
    assert client.get(address("version", world)).status_code == 404


def test_a_superuser_reaches_nothing_by_that_title(client, world, people):
    people["stranger"].is_superuser = True
    people["stranger"].save()
    client.force_login(people["stranger"])
    assert client.get(address("action", world)).status_code == 404
    assert not access.versions_for(people["stranger"]).exists()
