"""The shipped questionnaires are complete, safe and plain XLSForm."""

import io

import pytest
from django.conf import settings
from pyxform.xls2xform import convert

from surveys import gateway
from surveys.core import xform, xlsform
from surveys.core.definition import Group

pytestmark = pytest.mark.usefixtures("in_a_child")

BANK = settings.BASE_DIR / "surveys" / "bank"
FORMS = ("individual", "online", "village", "outline")


@pytest.fixture(params=FORMS)
def form(request):
    data = (BANK / f"{request.param}.xlsx").read_bytes()
    done = xlsform.convert(data, request.param)
    assert done.xform, done.problems
    compiled = xform.compile(gateway.parse_xml(done.xform))
    assert compiled.problems == []
    return compiled.definition


@pytest.mark.parametrize("name", FORMS)
def test_stock_pyxform_converts_it(name):
    data = io.BytesIO((BANK / f"{name}.xlsx").read_bytes())
    assert convert(data, file_type=".xlsx").xform.startswith("<?xml")


def test_every_question_that_is_asked_has_a_data_class(form):
    bare = [q.name for q in form.questions() if q.visible and "class" not in q.properties]
    assert bare == []


def test_every_select_offers_a_way_not_to_answer_or_is_a_consent(form):
    if form.form_id == "village":  # filled by officials about the village, not by a woman
        return
    for question in form.questions():
        asked = question.properties.get("show") != "interviewer" and not _shown_to_staff(
            form, question.path
        )
        if question.kind in ("select_one", "select_multiple") and asked:
            free = question.properties.get("consent") or question.properties.get("vault")
            missing = any(c.missing for c in question.choices)
            assert free or missing or question.name in ("i1", "visited"), question.name


def _shown_to_staff(form, path):
    parents = [n for n in form.nodes() if isinstance(n, Group) and path.startswith(n.path + "/")]
    return any(n.properties.get("show") == "interviewer" for n in parents)


@pytest.mark.parametrize("name", ["individual", "online"])
def test_twelve_domains_stand_on_three_axes_with_their_thresholds(name):
    done = xlsform.convert((BANK / f"{name}.xlsx").read_bytes(), name)
    definition = xform.compile(gateway.parse_xml(done.xform)).definition
    for axis, threshold in (("need", "2"), ("urgency", "4"), ("hope", "1")):
        rows = definition.with_property("axis", axis)
        assert [r.properties["domain"] for r in rows] == [f"{n:02}" for n in range(1, 13)]
        assert {r.properties["threshold"] for r in rows} == {threshold}
    for first in ("first_urgent", "first_hope"):
        (question,) = definition.with_property("axis", first)
        named = [c.extra["nr_domain"] for c in question.choices if c.extra.get("nr_domain")]
        assert named == [f"{n:02}" for n in range(1, 13)]


def test_the_sealed_section_is_one_and_holds_only_sensitive_fields():
    done = xlsform.convert((BANK / "individual.xlsx").read_bytes(), "individual")
    definition = xform.compile(gateway.parse_xml(done.xform)).definition
    (section,) = definition.with_property("sealed", "yes")
    inside = [q for q in definition.questions() if q.path.startswith(section.path + "/")]
    assert {q.name for q in inside} >= {"b5", "e3_down", "f1", "f3", "f4", "f5", "f6"}
    assert {q.properties["class"] for q in inside if q.kind != "note"} == {"L4"}


def test_no_title_or_label_before_the_sealed_part_names_violence():
    done = xlsform.convert((BANK / "individual.xlsx").read_bytes(), "individual")
    definition = xform.compile(gateway.parse_xml(done.xform)).definition
    words = [definition.title]
    for node in definition.children:
        words += [*node.label.values()]
    assert not any("暴力" in word or "维权" in word for word in words)
