"""The editor: what its buttons do to the workbook, and that nobody's change is overwritten."""

from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.http import QueryDict
from lxml.html import fromstring

from surveys import editor_page, manuscript_life, manuscripts, services, wishes
from surveys.core import choice_lists, edits, outline, workbook
from surveys.models import Manuscript, Version
from tests.surveys.test_authoring import translated
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]


@pytest.fixture
def author(client):
    user = User.objects.create_user("wang", password="x")
    user.user_permissions.add(Permission.objects.get(codename="add_version"))
    client.force_login(user)
    return client


@pytest.fixture
def manuscript(author, collection):
    author.post(f"/questionnaires/{collection.version_id}/edit/")
    return Manuscript.objects.get()


def press(client, manuscript, act, at="", revision=None, **fields):
    """A button of the page, with only the inputs that matter."""
    manuscript.refresh_from_db()
    data = {"act": act, "at": row(manuscript, at), "revision": revision or manuscript.revision}
    names = {"name_": "cell:name"}
    data |= {names.get(key, key.replace("__", ":")): value for key, value in fields.items()}
    return client.post(f"/questionnaires/editor/{manuscript.pk}/", data)


def book(manuscript):
    manuscript.refresh_from_db()
    return manuscripts.book_of(manuscripts.current(manuscript))


def row(manuscript, name):
    return outline.names(book(manuscript)).get(name, 0)


def cell(manuscript, name, header):
    found = book(manuscript)
    return found.sheet("survey").get(outline.names(found)[name], header)


def codes(manuscript):
    return list(outline.names(book(manuscript)))


def test_a_version_opens_once_and_its_cells_are_all_there(author, collection, manuscript):
    again = author.get(f"/questionnaires/{collection.version_id}/edit/")
    assert again.headers["Location"] == f"/questionnaires/editor/{manuscript.pk}/"
    page = author.get(f"/questionnaires/editor/{manuscript.pk}/?at={row(manuscript, 'age')}")
    assert "您的年龄" in page.content.decode()
    assert codes(manuscript) == ["agree", "age", "groups", "private", "afraid", "call_me", "phone"]


def test_looking_begins_nothing(author, collection):
    page = author.get(f"/questionnaires/{collection.version_id}/edit/").content.decode()
    assert "开始编辑" in page
    assert not Manuscript.objects.exists()


def test_without_the_right_nobody_edits(client, collection):
    client.force_login(User.objects.create_user("li", password="x"))
    for path in (f"{collection.version_id}/edit/", "editor/", "bank/"):
        page = client.post(f"/questionnaires/{path}")
        assert page.status_code == 403
    assert not Manuscript.objects.exists()


def test_changed_fields_alone_are_written(author, manuscript):
    before = book(manuscript)
    press(author, manuscript, "save", "age", cell__label="您今年多大年纪", cell__hint="周岁")
    after = book(manuscript)
    changed = row(manuscript, "age")
    assert after.sheet("survey").get(changed, "label") == "您今年多大年纪"
    assert after.sheet("survey").get(changed, "hint") == "周岁"
    assert after.sheet("choices") == before.sheet("choices")
    assert [r for i, r in enumerate(after.sheet("survey").rows, 1) if i not in (1, changed)] == [
        r for i, r in enumerate(before.sheet("survey").rows, 1) if i not in (1, changed)
    ]
    assert manuscripts.current(manuscript).summary == "修改 age：题目文字、提示"


def test_saving_the_same_makes_no_revision(author, manuscript):
    press(author, manuscript, "save", "age", cell__label="您的年龄")
    manuscript.refresh_from_db()
    assert manuscript.revision == 1


def test_a_renamed_code_takes_its_references_along(author, manuscript):
    press(author, manuscript, "save", "agree", name_="consent")
    assert cell(manuscript, "age", "relevant") == "${consent} = '1'"
    assert cell(manuscript, "phone", "relevant") == "${call_me} = '1'"


def test_a_code_in_use_is_not_given_twice(author, manuscript):
    press(author, manuscript, "save", "age", name_="agree", cell__hint="周岁")
    assert codes(manuscript)[:2] == ["agree", "age"]
    assert cell(manuscript, "age", "hint") == "周岁"
    assert cell(manuscript, "age", "relevant") == "${agree} = '1'"


def test_a_text_becomes_a_choice_with_a_list_of_its_own(author, manuscript):
    press(author, manuscript, "save", "phone", kind="select_one")
    assert cell(manuscript, "phone", "type") == "select_one phone"
    assert len(choice_lists.options(book(manuscript), "phone")) == 2


def test_options_written_before_another_list_is_chosen_stay_in_their_list(author, manuscript):
    found = choice_lists.options(book(manuscript), "yesno")
    fields = {f"option__{part}": [getattr(o, part) for o in found]
              for part in ("row", "name", "label", "missing")}  # fmt: skip
    fields["option__label"][0] = "对"
    press(author, manuscript, "save", "agree", kind="select_one", list="groups", **fields)
    assert cell(manuscript, "agree", "type") == "select_one groups"
    assert choice_lists.options(book(manuscript), "yesno")[0].label == "对"
    assert [o.name for o in choice_lists.options(book(manuscript), "groups")] == ["left", "poor"]


@pytest.mark.parametrize("sent", ["²", "99999999999999999999", "-1", "x"])
def test_a_row_or_revision_that_is_none_breaks_nothing(author, manuscript, sent):
    page = author.get(f"/questionnaires/editor/{manuscript.pk}/?at={sent}")
    assert "问卷设置" in page.content.decode()
    data = {"act": "save", "at": sent, "revision": sent, "cell:label": "x"}
    late = author.post(f"/questionnaires/editor/{manuscript.pk}/", data)
    assert late.status_code == 409


def test_add_move_copy_and_delete(author, manuscript):
    press(author, manuscript, "add", "age", add__kind="select_one")
    assert codes(manuscript)[1:4] == ["age", "q1", "groups"]
    assert cell(manuscript, "q1", "type") == "select_one q1"
    press(author, manuscript, "move:down", "q1")
    assert codes(manuscript)[1:4] == ["age", "groups", "q1"]
    press(author, manuscript, "move:into", "q1")
    assert codes(manuscript)[3:6] == ["private", "q1", "afraid"]
    press(author, manuscript, "move:out", "q1")
    press(author, manuscript, "copy", "private")
    assert codes(manuscript)[3:8] == ["private", "afraid", "private_2", "afraid_2", "q1"]
    press(author, manuscript, "delete", "private")
    assert codes(manuscript)[3:6] == ["private_2", "afraid_2", "q1"]


def test_undo_and_redo_go_through_every_state(author, manuscript):
    states = [book(manuscript)]
    for text in ("一", "二"):
        press(author, manuscript, "save", "age", cell__label=text)
        states.append(book(manuscript))
    for expected in (states[1], states[0]):
        press(author, manuscript, "undo")
        assert book(manuscript) == expected
    for expected in (states[1], states[2]):
        press(author, manuscript, "redo")
        assert book(manuscript) == expected
    before = manuscript.revision
    press(author, manuscript, "redo")
    manuscript.refresh_from_db()
    assert manuscript.revision == before


def test_options_are_added_renamed_and_removed_with_their_other_columns_kept(author, manuscript):
    found = choice_lists.options(book(manuscript), "yesno")
    fields = {
        "option__row": [found[0].row, found[2].row, 0],
        "option__name": ["1", "99", ""],
        "option__label": ["是的", "不想回答", "说不清"],
        "option__missing": ["", "refused", "dont_know"],
    }
    press(author, manuscript, "save", "agree", **fields)
    changed = book(manuscript)
    assert [(o.name, o.label, o.missing) for o in choice_lists.options(changed, "yesno")] == [
        ("1", "是的", ""), ("99", "不想回答", "refused"), ("2", "说不清", "dont_know"),
    ]  # fmt: skip
    kept = choice_lists.options(changed, "yesno")[0].row
    assert changed.sheet("choices").get(kept, "nr_score") == "1"


def rule(**conditions):
    """Inputs of the picker: ``age=(">=", ["60"])``."""
    fields = {"rule__shown": "1", "rule__count": len(conditions), "rule__join": "or"}
    for place, (name, (operator, values)) in enumerate(conditions.items()):
        fields |= {
            f"rule__{place}__question": name,
            f"rule__{place}__operator": operator,
            f"rule__{place}__value": values,
        }
    return fields


def test_a_picked_skip_rule_becomes_an_expression(author, manuscript):
    picked = rule(age=(">=", ["60"]), groups=("any", ["left", "poor"]))
    press(author, manuscript, "save", "phone", **picked)
    assert cell(manuscript, "phone", "relevant") == (
        "${age} >= 60 or (selected(${groups}, 'left') or selected(${groups}, 'poor'))"
    )


def test_an_unfinished_condition_stays_open_and_changes_nothing(author, manuscript):
    done = press(author, manuscript, "save", "phone", **rule(call_me=("any", ["1"]), age=("=", [])))
    assert "ask=age" in done.headers["Location"]
    assert cell(manuscript, "phone", "relevant") == "${call_me} = '1'"


def test_the_second_of_two_people_is_told_and_decides(author, manuscript):
    press(author, manuscript, "save", "age", cell__label="别人的写法", cell__hint="别人的提示")
    late = press(author, manuscript, "save", "age", revision=1, cell__label="我的写法")
    text = late.content.decode()
    assert late.status_code == 409
    assert cell(manuscript, "age", "label") == "别人的写法"
    for said in ("wang", "修改 age：题目文字、提示", "您的年龄", "别人的写法", "我的写法"):
        assert said in text, said
    assert 'name="cell:label" value="我的写法"' in text
    assert "cell:hint" not in text
    press(author, manuscript, "save", "age", cell__label="我的写法")
    assert cell(manuscript, "age", "label") == "我的写法"
    assert cell(manuscript, "age", "hint") == "别人的提示"


def test_a_change_to_a_question_deleted_meanwhile_is_kept_on_the_page(author, manuscript):
    press(author, manuscript, "delete", "phone")
    gone = {"act": "save", "at": 9, "revision": 1, "cell:label": "留着的话"}
    late = author.post(f"/questionnaires/editor/{manuscript.pk}/", gone)
    assert late.status_code == 409
    assert "留着的话" in late.content.decode()
    assert "把我的修改加到最新的一份上" not in late.content.decode()


def test_looking_elsewhere_is_never_a_conflict(author, manuscript):
    press(author, manuscript, "save", "age", cell__label="新")
    assert press(author, manuscript, "go:2", "age", revision=1).status_code == 302


def test_problems_lead_to_the_question(author, manuscript):
    press(author, manuscript, "save", "phone", cell__relevant="${nobody} = '1'")
    page = author.get(f"/questionnaires/editor/{manuscript.pk}/problems/").content.decode()
    assert f'value="go:{row(manuscript, "phone")}:relevant"' in page
    assert "公式引用的题目“nobody”不存在" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("${age} >= 18", "写法正确"),
        ("${age} >= ", "公式没写完或写错"),
        ("${agee} >= 18", "公式引用的题目“agee”不存在"),
        ("years(.) > 3", "公式里的函数“years”不存在"),
    ],
)
def test_an_expression_is_judged_while_it_is_typed(author, manuscript, typed, said):
    data = {"header": "relevant", "cell:relevant": typed}
    path = f"/questionnaires/editor/{manuscript.pk}/expression/"
    assert said in author.post(path, data).content.decode()


def test_the_preview_shows_a_question_nobody_has_reached_yet(author, manuscript):
    path = f"/questionnaires/editor/{manuscript.pk}/preview/"
    page = author.get(path, {"at": row(manuscript, "age"), "size": "large"})
    text = page.content.decode()
    assert "您的年龄" in text
    assert "size-large" in text
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert author.get("/questionnaires/editor/").headers["X-Frame-Options"] == "DENY"


def test_the_preview_of_a_broken_form_says_why(author, manuscript):
    press(author, manuscript, "save", "phone", cell__relevant="${nobody} = '1'")
    path = f"/questionnaires/editor/{manuscript.pk}/preview/"
    page = author.get(path, {"at": row(manuscript, "age")}).content.decode()
    assert "问卷里还有错误" in page


def test_a_manuscript_is_saved_as_the_next_draft(author, manuscript):
    press(author, manuscript, "save", "age", cell__label="您今年多大")
    manuscript.refresh_from_db()
    path = f"/questionnaires/editor/{manuscript.pk}/version/"
    taken = author.post(path, {"revision": manuscript.revision, "number": "1"})
    assert taken.status_code == 422
    assert "已经存在" in taken.content.decode()
    author.post(path, {"revision": manuscript.revision, "number": "2"})
    version = Version.objects.get(version="2")
    assert version.state == Version.State.DRAFT
    age = next(q for q in version.definition.questions() if q.name == "age")
    assert "您今年多大" in age.label.values()


def test_a_manuscript_with_errors_is_not_saved(author, manuscript):
    press(author, manuscript, "save", "phone", cell__relevant="${nobody} = '1'")
    path = f"/questionnaires/editor/{manuscript.pk}/version/"
    page = author.post(path, {"revision": 2, "number": "2"})
    assert page.status_code == 422
    assert Version.objects.count() == 1


def test_a_questionnaire_written_from_nothing_is_importable(author):
    asked = {"title": "新问卷", "form_id": "fresh", "start": "empty"}
    author.post("/questionnaires/editor/new/", asked)
    fresh = Manuscript.objects.get()
    press(author, fresh, "add", add__kind="integer")
    press(author, fresh, "save", "q1", cell__label="您家几口人")
    author.post(f"/questionnaires/editor/{fresh.pk}/version/", {"revision": 3, "number": "2027"})
    version = Version.objects.get()
    assert [q.name for q in version.definition.questions() if q.visible] == ["q1"]
    assert (version.questionnaire.title, version.version) == ("新问卷", "2027")


@pytest.fixture
def reference(author, now):
    """The individual questionnaire, open in the editor."""
    path = settings.BASE_DIR / "surveys" / "bank" / "individual.xlsx"
    done = services.import_workbook(path.read_bytes(), path.name, by="test", now=now)
    return manuscript_life.open_version(done.version, by="wang", now=now)


SHOWN = ("sys_psu", "a1", "age", "a6", "a8", "b1", "b4", "e2", "needed", "need_01", "urg_01", "h2b",
         "presence_f", "private", "card")  # fmt: skip


def test_a_page_sent_back_as_it_came_changes_nothing(author, reference):
    found = book(reference)
    for name in SHOWN:
        at = outline.names(found)[name]
        page = author.get(f"/questionnaires/editor/{reference.pk}/?at={at}").content.decode()
        form = next(form for form in fromstring(page).forms if form.get("id") == "editor")
        sent = QueryDict(urlencode(form.form_values()))
        assert sent["at"] == str(at)
        wish = wishes.read_wish(sent, found)
        assert (wish.change, wish.settings, wish.ask) == (edits.Change(), {}, ""), name
        author.post(
            f"/questionnaires/editor/{reference.pk}/", f"{sent.urlencode()}&act=save",
            content_type="application/x-www-form-urlencoded",
        )  # fmt: skip
    reference.refresh_from_db()
    assert reference.revision == 1


def test_every_rule_of_a_reference_form_is_shown_as_it_was_written(reference):
    found = book(reference)
    sheet, shown = found.sheet("survey"), 0
    for at in sheet.numbers():
        rule = editor_page.rule(found, at, "")
        if not sheet.get(at, "relevant") or not rule["shown"]:
            continue
        sent = QueryDict(mutable=True)
        sent["at"], sent["rule:shown"], sent["rule:join"] = str(at), "1", rule["join"]
        sent["rule:count"] = str(len(rule["conditions"]))
        for place, condition in enumerate(rule["conditions"]):
            sent[f"rule:{place}:question"] = condition["question"]
            sent[f"rule:{place}:operator"] = condition["operator"]
            ticked = [code for code, _, chosen in condition["answers"] if chosen]
            values = [condition["value"]] if condition["typed"] else ticked
            sent.setlist(f"rule:{place}:value", values)
        assert wishes.read_wish(sent, found).change == edits.Change(), at
        shown += 1
    assert shown > 80


def test_a_chinese_workbook_opens_in_standard_words(author, five_questions, now):
    """What converts the same must edit the same."""
    chinese = translated(five_questions)
    done = services.import_workbook(chinese, "五题.xlsx", by="r", now=now)
    assert done.version, done.problems
    opened = manuscript_life.open_version(done.version, by="r", now=now)
    standard = workbook.read(five_questions, "xlsx")
    found = manuscripts.book_of(manuscripts.current(opened))
    for name in ("survey", "choices"):
        rows = [found.sheet(name).cells(n) for n in found.sheet(name).numbers()]
        assert rows == [standard.sheet(name).cells(n) for n in standard.sheet(name).numbers()]
    page = author.get(f"/questionnaires/editor/{opened.pk}/").content.decode()
    assert "您的年龄" in page
