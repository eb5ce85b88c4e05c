"""What lies outside the declared subset is refused by its name and at the author's own cell."""

import io

import openpyxl
import pytest

from surveys import messages, services
from surveys.models import Questionnaire, Version
from tests.workbooks import CHOICES, FIVE_QUESTIONS, SETTINGS, workbook

pytestmark = pytest.mark.django_db

FORM = """
| type | name | label | {more} |
| text | name | 称呼 | |
| {row} |
"""


def refused(row: str, more: str = "appearance", choices: str = CHOICES, settings: str = SETTINGS):
    return workbook(FORM.format(row=row, more=more), choices, settings)


def setting(column: str, value: str) -> bytes:
    head, row = SETTINGS.strip().splitlines()
    return workbook(FIVE_QUESTIONS, CHOICES, f"{head} {column} |\n{row} {value} |")


def entities() -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(workbook(FIVE_QUESTIONS, CHOICES, SETTINGS)))
    sheet = book.create_sheet("entities")
    sheet.append(["list_name", "label"])
    sheet.append(["people", "'人'"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


REPEATS = """
| type | name | label |
| begin_repeat | outer | 外 |
| text | a | 一 |
| begin_repeat | inner | 内 |
| text | b | 二 |
| end_repeat | | |
| end_repeat | | |
"""
APP = """
| type | name | label | body::intent |
| begin_group | g | 组 | org.example.app(a='1') |
| text | y | 题 | |
| end_group | | | |
"""
TYPES = {
    "barcode": "barcode", "geotrace": "geotrace", "geoshape": "geoshape", "video": "video",
    "file": "file", "dateTime": "datetime",
}  # fmt: skip
PRELOADS = ("deviceid", "username", "phonenumber", "email", "simserial", "subscriberid")
LOOKS = {
    "date": ("month-year", "year", "ethiopian", "coptic", "islamic", "persian"),
    "image": ("draw", "annotate"),
    "text": ("masked", "url", "ex:org.example.app(a='1')", "printer:org.example(1)"),
    "decimal": ("bearing",),
    "geopoint": ("placement-map",),
    "select_one yesno": ("search('villages')", "minimal search('villages')"),
}
FAULTS = {
    "audit": (refused("audit | | |"), "survey!A3  type_unsupported  本系统不支持“audit”"),
    "background audio": (refused("background-audio | x | |"),
                         "survey!A3  background_audio_unsupported"),
    "start point": (refused("start-geopoint | x | |"),
                    "survey!A3  background_geopoint_unsupported"),
    "background point": (refused("background-geopoint | x | | ${name}", "trigger"),
                         "survey!A3  background_geopoint_unsupported"),
    "audio quality": (refused("audio | x | 题目 | quality=low", "parameters"),
                      "survey!D3  audio_quality_unsupported"),
    "list from a file": (refused("select_one_from_file villages.csv | x | 题目 |"),
                         "survey!A3  external_list"),
    "pulldata": (refused("calculate | x | | pulldata('villages', 'a', 'b', 'c')", "calculation"),
                 "survey!D3  external_list"),
    "external instance": (refused("xml-external | x | |"), "survey!B3  external_list"),
    "last saved": (refused("text | x | 题目 | ${last-saved#name}", "default"),
                   "survey!D3  last_saved_unsupported"),
    "nested repeat": (workbook(REPEATS, "", SETTINGS), "survey!A4  nested_repeat"),
    "app behind a group": (workbook(APP, "", SETTINGS),
                           "survey!B2  appearance_unsupported  本系统不支持外观“intent”"),
    "entities": (entities(), "entities!A1  entities_unsupported"),
    "encryption": (setting("public_key", "MIIB"), "settings!E2  encryption_unsupported"),
    "other server": (setting("submission_url", "https://a.example"),
                     "settings!E2  submission_url_unsupported"),
    "auto send": (setting("auto_send", "true"), "settings!E2  auto_send_unsupported"),
    "auto delete": (setting("auto_delete", "true"), "settings!E2  auto_delete_unsupported"),
    "instance name": (setting("instance_name", "${age}"), "settings!E2  instance_name_unsupported"),
    "no id": (setting("omit_instanceID", "yes"), "settings!E2  instance_id_omitted"),
    "sms": (setting("prefix", "nr"), "settings!E2  sms_unsupported"),
    "editable": (setting("client_editable", "yes"), "settings!E2  client_editable_unsupported"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_refused_by_name_at_the_cell(fault, now):
    data, expected = FAULTS[fault]
    done = services.import_file(data, "f.xlsx", by="test", now=now)
    lines = [messages.line(p) for p in done.problems]
    assert done.version is None
    assert any(line.startswith(expected) for line in lines), lines
    assert not Questionnaire.objects.exists()


def test_all_unsupported_types_and_looks_are_named_at_once(now):
    rows, expected = [], []
    for kind, name in TYPES.items():
        rows.append(f"{kind} | x{len(rows)} | 题目 |")
        expected.append(f"survey!A{len(rows) + 1}  type_unsupported  本系统不支持“{name}”")
    for kind in PRELOADS:
        rows.append(f"{kind} | x{len(rows)} | |")
        expected.append(f"survey!A{len(rows) + 1}  preload_unsupported  本系统不收集“{kind}”")
    for kind, looks in LOOKS.items():
        for look in looks:
            rows.append(f"{kind} | x{len(rows)} | 题目 | {look}")
            expected.append(f"survey!D{len(rows) + 1}  appearance_unsupported")
    head = "| type | name | label | appearance |\n"
    data = workbook(head + "".join(f"| {row} |\n" for row in rows), CHOICES, SETTINGS)
    done = services.import_file(data, "f.xlsx", by="test", now=now)
    lines = sorted(messages.line(p) for p in done.problems if p.level == "error")
    assert done.version is None
    assert len(lines) == len(expected)
    assert all(line.startswith(begin) for line, begin in zip(lines, sorted(expected), strict=True))


ACCEPTED = (
    "text", "integer", "decimal", "date", "time", "note", "acknowledge", "range", "image", "audio",
    "geopoint", "select_one yesno", "select_multiple yesno", "rank yesno",
    "select_one yesno or_other", "start", "end", "today",
)  # fmt: skip
MERE_LOOKS = {
    "image": ("signature", "new-front"),
    "select_one yesno": ("likert", "minimal", "quick"),
}


def test_the_declared_subset_and_mere_looks_are_accepted(now):
    rows = [f"{kind} | x{n} | 题目 | |" for n, kind in enumerate(ACCEPTED)]
    rows += [
        f"{kind} | y{look} | 题目 | {look} |"
        for kind, looks in MERE_LOOKS.items()
        for look in looks
    ]
    head = "| type | name | label | appearance |\n"
    data = workbook(head + "".join(f"| {row}\n" for row in rows), CHOICES, SETTINGS)
    done = services.import_file(data, "f.xlsx", by="test", now=now)
    assert done.version, [messages.line(p) for p in done.problems]
    kinds = {q.kind for q in done.version.definition.questions()}
    assert kinds >= {"image", "audio", "geopoint", "range", "rank", "acknowledge", "time"}


XFORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms">
<h:head><h:title>外来问卷</h:title><model>
<instance><data id="foreign" version="7"><a/><b/>
<orx:meta><orx:instanceID/></orx:meta></data></instance>
<bind nodeset="/data/a" type="int" constraint=". &gt; 3"/>
<bind nodeset="/data/b" type="string" relevant="/data/a = 4"/>
</model></h:head>
<h:body><input ref="/data/a"><label>几口人</label></input>
<input ref="/data/b"><label>说明</label></input></h:body></h:html>"""


def test_a_foreign_xform_becomes_a_draft_without_workbook(now):
    done = services.import_file(XFORM.encode(), "foreign.xml", by="test", now=now)
    version = Version.objects.get()
    assert done.version == version
    assert (bytes(version.workbook), bytes(version.xform)) == (b"", XFORM.encode())
    assert [q.name for q in version.definition.questions()] == ["a", "b"]
    assert version.questionnaire.title == "外来问卷"


FOREIGN = {
    "type": ('type="int"', 'type="barcode"', "/data/a  type_unsupported"),
    "function": ("/data/a = 4", "years(/data/a) = 4", "/data/b  unknown_function"),
    "element": ("<h:body>", "<h:body><secret ref='/data/c'/>", "/data/c  type_unsupported"),
    "unknown element": ("<h:body>", "<h:body><map/>", "/data  element_unsupported"),
    "second control": ("<h:body>", "<h:body><input ref='/data/a'/>", "/data/a  control_twice"),
    "event": ("</model>", "<setvalue event='my-event' ref='/data/a' value='1'/></model>",
              "/data/a  event_unsupported"),
    "no id": ("<orx:instanceID/>", "", "/data  instance_id_omitted"),
    "long id": ('id="foreign"', f'id="{"f" * 65}"', "/data  form_id_invalid"),
    "cut": ("</h:html>", "", "XML!"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FOREIGN)
def test_a_foreign_xform_is_refused_by_name_and_path(fault, now):
    old, new, expected = FOREIGN[fault]
    data = XFORM.replace(old, new).encode()
    done = services.import_file(data, "foreign.xml", by="test", now=now)
    lines = [messages.line(p) for p in done.problems]
    assert done.version is None
    assert any(line.startswith(expected) for line in lines), lines
    assert not Questionnaire.objects.exists()
    assert not any("不能处理" in line for line in lines)
