"""What leaves in an export and what never does: from a questionnaire with everything in it.

The formats are read back with their own libraries (csv, openpyxl, pyreadstat, pyarrow): they are
the referees of what was written.
"""

import csv
import io
import zipfile
from collections import Counter
from dataclasses import replace

import openpyxl
import pyarrow.parquet as pq
import pyreadstat
import pytest

from analysis.core.export import anonymity
from analysis.core.export.cells import MISSING, Code
from analysis.core.export.plan import NotDeidentified, Plan, Table, check
from analysis.core.export.planning import build
from analysis.models import Export
from analysis.services import exporting, shelf
from surveys import envelope
from surveys.models import AuditEvent, RecordKey, Response
from tests import canaries
from tests.analysis.everything import CANARIES, FULL, file_response, fill, open_for_volunteers
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES)]


@pytest.fixture
def source(version):
    return open_for_volunteers(version.campaign)


@pytest.fixture
def filled(source):
    fill(source)
    return source


def exported(source, form, now, **options):
    """name of file -> bytes, out of the kept ZIP."""
    export = exporting.ask(source, form, "核对导出", by="许宁", now=now, **options)
    exporting.write(export, lambda percent, said: None)
    with zipfile.ZipFile(io.BytesIO(b"".join(shelf.read(export)))) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def table(files, name="responses.csv"):
    return list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig"))))


def test_wide_csv_holds_codes_and_every_kind_of_missing(filled, now):
    files = exported(filled, "csv", now)
    assert files["responses.csv"].startswith(b"\xef\xbb\xbf")
    rows = table(files)
    assert len(rows) == 24
    home = next(r for r in rows if r["job"] == "1")
    work = next(r for r in rows if r["job"] == "2")
    assert (home["age_band"], home["school"], work["school"]) == (
        "2",
        "1",
        str(int(Code.DONT_KNOW)),
    )
    assert (home["help_skill"], home["help_care"], work["help_care"]) == (
        "1",
        "1",
        str(int(Code.REFUSED)),
    )
    assert (home["first_skill"], home["first_care"]) == ("2", "1")
    assert (home["since"], work["hours"]) == ("2024-05", str(int(Code.NOT_ASKED)))
    assert work["since"] == "（没有问到（跳过））"
    assert (home["sample_source"], home["mode"]) == ("2", "1")


def test_an_answer_that_equals_a_missing_code_is_hidden_not_mistaken(filled, now):
    hours = Counter(r["hours"] for r in table(exported(filled, "csv", now)))
    assert hours == {str(int(Code.HIDDEN)): 12, str(int(Code.NOT_ASKED)): 12}


def test_what_does_not_leave_is_named_with_its_reason(source):
    planned = build(source.version.definition, 2026)
    reasons = {q.name: reason for q, reason in planned.withheld}
    assert set(reasons) == {"ill", "phone", "afraid", "nick", "wish", "age", "cost", "past"}
    assert "敏感" in reasons["ill"]
    assert "反推敏感答案" in reasons["cost"]
    assert "认出人" in reasons["age"]
    assert "文字题" in reasons["wish"]


def test_the_gate_refuses_a_plan_with_a_sensitive_question(source):
    definition = source.version.definition
    plan = build(definition, 2026)
    bad = definition.by_path("/data/ill")
    item = plan.main.items[0]
    forged = Table("responses", "", "", (replace(item, question=bad),))
    with pytest.raises(NotDeidentified, match="ill"):
        check(Plan(definition, (forged,), ()))


def unpacked(files):
    """All bytes a reader could find, compressed parts opened."""
    for name, data in files.items():
        yield name, data
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                for part in book.namelist():
                    yield f"{name}/{part}", book.read(part)


@pytest.mark.parametrize("form", Export.Format.values)
def test_no_canary_leaves_in_any_format(filled, now, tmp_path, form):
    words = [CANARIES["phone"], CANARIES["wish"], CANARIES["nick"], "2024-05-17"]
    words += list(Response.objects.values_list("instance_id", flat=True))
    files = exported(filled, form, now)
    hits = [
        (word, name)
        for name, data in unpacked(files)
        for word in words
        for way in canaries.spellings(word)[:3]
        if way in data
    ]
    assert hits == []
    columns = read_back(form, files, tmp_path)
    assert "ill" not in columns
    assert not {"1990", 1990} & {value for column in columns.values() for value in column}


def read_back(form, files, tmp_path):
    """Columns -> values of the main table, by the library of the format."""
    if form in ("csv", "csv_long"):
        rows = table(files)
        return {name: [r[name] for r in rows] for name in rows[0]}
    if form == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(files["data.xlsx"]))["responses"]
        head, *rows = sheet.iter_rows(values_only=True)
        return dict(zip(head, zip(*rows, strict=True), strict=True))
    if form == "sav":
        path = tmp_path / "r.sav"
        path.write_bytes(files["responses.sav"])
        return pyreadstat.read_sav(str(path), user_missing=True, output_format="dict")[0]
    if form == "parquet":
        return pq.read_table(io.BytesIO(files["responses.parquet"])).to_pydict()
    assert files["编码本.pdf"].startswith(b"%PDF")
    return {}


@pytest.mark.parametrize("form", ["csv", "xlsx", "sav", "parquet"])
def test_formats_tell_the_same(filled, now, tmp_path, form):
    found = read_back(form, exported(filled, form, now), tmp_path)
    told = Counter(
        (int(a), int(b), int(c)) for a, b, c in
        zip(found["job"], found["school"], found["help_skill"], strict=True)
    )  # fmt: skip
    assert told == {(1, 1, 1): 12, (2, int(Code.DONT_KNOW), int(Code.REFUSED)): 12}


def test_kinds_of_missing_survive_in_spss(filled, now, tmp_path):
    path = tmp_path / "r.sav"
    path.write_bytes(exported(filled, "sav", now)["responses.sav"])
    data, meta = pyreadstat.read_sav(str(path), user_missing=True, output_format="dict")
    assert set(data["school"]) == {1.0, float(Code.DONT_KNOW)}
    assert meta.variable_value_labels["school"] == {
        1.0: "小学", 2.0: "中学", **{float(c): w for c, w in MISSING.items()}
    }  # fmt: skip
    assert meta.missing_ranges["school"] == [{"lo": -999.0, "hi": -990.0}]
    assert meta.column_names_to_labels["school"] == "您的文化程度"
    plain, _ = pyreadstat.read_sav(str(path), output_format="dict")
    assert [v for v in plain["school"] if v == v and v is not None] == [1.0] * 12


@pytest.mark.parametrize("form", ["csv", "csv_long", "xlsx"])
def test_no_cell_is_a_formula(filled, now, form):
    files = exported(filled, form, now)
    cells = [
        c for row in csv.reader(io.StringIO(files.get("responses.csv", b"").decode())) for c in row
    ]
    for name, data in files.items():
        if name.endswith(".xlsx"):
            book = openpyxl.load_workbook(io.BytesIO(data))
            read = [c for sheet in book for row in sheet.iter_rows() for c in row]
            assert all(c.data_type != "f" for c in read)
            cells += [c.value for c in read if isinstance(c.value, str)]
    dangerous = [c for c in cells if c[:1] in "=+-@\t\r\0" and c and not c[1:].isdigit()]
    assert dangerous == []
    assert any(c == "'=cmd|' /C calc'!A0" for c in cells)  # kept, and restorable


def test_repeats_are_tables_joined_by_the_pseudonym(filled, now):
    files = exported(filled, "csv", now)
    parents = {r["response_id"]: r for r in table(files)}
    children = table(files, "person.csv")
    assert len(children) == 24
    assert {parents[c["response_id"]]["job"] for c in children} == {"1"}
    assert Counter((c["person_number"], c["years"], c["nursery"]) for c in children) == {
        ("1", "2", "0"): 12, ("2", "9", str(int(Code.NOT_ASKED))): 12
    }  # fmt: skip


def test_asked_and_left_blank_is_no_answer_whether_or_not_filed_as_such(source, now):
    """The filing engine since py/2 keeps "" for such a question, earlier ones left it out."""
    blank = {"school", "help", "hours", "since", "wish", "person[1]/nursery"}
    for _ in range(12):
        file_response(source, {k: v for k, v in FULL.items() if k not in blank})
        file_response(source, FULL | dict.fromkeys(blank | {"person[3]/years"}, ""))
    files = exported(source, "csv", now)
    told = Counter(
        (r["hours"], r["since"], r["help_care"], r["pension"], r["school"]) for r in table(files)
    )
    empty, skipped = str(int(Code.BLANK)), str(int(Code.NOT_ASKED))
    assert told == {(empty, "（问到但没有填）", empty, skipped, empty): 24}
    children = Counter((c["years"], c["nursery"]) for c in table(files, "person.csv"))
    assert children == {("2", empty): 24, ("9", skipped): 24}


def test_long_csv_has_a_row_a_value(filled, now):
    wide, long = (table(exported(filled, form, now)) for form in ("csv", "csv_long"))
    assert len(long) == len(wide) * (len(wide[0]) - 1)
    assert Counter(r["value"] for r in long if r["variable"] == "job") == {"1": 12, "2": 12}


def test_what_is_too_large_to_hold_is_read_twice_with_the_same_result(filled, now, monkeypatch):
    def told():
        rows = table(exported(filled, "csv", now))
        return Counter(tuple(v for k, v in r.items() if k != "response_id") for r in rows)

    held = told()
    monkeypatch.setattr(exporting, "HELD", 0)
    assert told() == held
    assert sum(held.values()) == 24


def test_pseudonyms_differ_between_exports(filled, now):
    first, second = ({r["response_id"] for r in table(exported(filled, "csv", now))} for _ in "ab")
    assert len(first) == 24
    assert not first & second


def test_a_small_data_set_shows_no_identifying_fact(source, now):
    for _ in range(9):
        file_response(source, FULL)
    rows = table(exported(source, "csv", now))
    hidden = str(int(Code.HIDDEN))
    assert {(r["age_band"], r["school"], r["pension"]) for r in rows} == {(hidden,) * 3}
    assert {r["job"] for r in rows} == {"1"}


def test_a_rare_fact_is_hidden_together_with_what_tells_it(filled, now):
    """Three women over sixty among 27: their band, that they were asked of a pension, and what
    was asked because of an answer that only they could give."""
    old = {"born": "1950", "age": "76", "pension": "800", "past": "绣花", "proud": "1"}
    for _ in range(3):
        file_response(filled, FULL | old)
    rows = table(exported(filled, "csv", now))
    hidden = str(int(Code.HIDDEN))
    assert "3" not in {r["age_band"] for r in rows}
    shown = Counter((r["age_band"], r["school"], r["pension"] == hidden) for r in rows)
    assert min(shown.values()) >= 10
    rare = [r for r in rows if r["age_band"] == hidden]
    assert len(rare) >= 10
    assert {(r["pension"], r["proud"]) for r in rare} == {(hidden, hidden)}
    assert "1" not in {r["proud"] for r in rows}


def test_the_note_counts_what_was_removed(filled, now):
    export = exporting.ask(filled, "parquet", "核对导出", by="许宁", now=now)
    exporting.write(export, lambda percent, said: None)
    assert "审核通过的答卷 24 份，文件里 24 份" in export.note
    assert "导出人：许宁。目的：核对导出" in export.note
    assert "自愿扫码填答，不是随机抽取，不能代表本地全体妇女" in export.note
    assert "您的文化程度 隐去 0 份" in export.note
    files = exported(filled, "parquet", now)
    assert (
        files["说明.txt"].decode().lstrip("\ufeff").splitlines()[1]
        == "调研：2026年妇女群众需求入户调查"
    )
    told = pq.read_schema(io.BytesIO(files["responses.parquet"])).metadata["说明".encode()]
    assert "核对导出" in told.decode()


def test_the_codebook_tells_condition_and_hides_small_counts(filled, now):
    for _ in range(3):
        file_response(filled, FULL | {"job": "na"})
    files = exported(filled, "codebook", now)
    sheet = openpyxl.load_workbook(io.BytesIO(files["编码本.xlsx"]))["编码本"]
    lines = {row[1]: row for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert lines["hours"][7] == "job“您现在做什么”选了“@在家”"
    assert lines["pension"][7] == "age不小于60"
    assert lines["job"][8] == 27
    assert "不适用 不显示" in lines["job"][10]
    assert lines["job"][9] == "不显示"  # 24 of 27 would tell the three
    assert lines["agree"][8:11] == (27, 27, 0)


def test_nothing_approved_is_said_and_not_registered(source, now):
    with pytest.raises(exporting.CannotExport, match="还没有审核通过"):
        exporting.ask(source, "csv", "核对导出", by="许宁", now=now)
    assert not Export.objects.exists()


def test_the_act_is_in_the_journal_before_anything_is_read(filled, now):
    export = exporting.ask(filled, "csv", "核对导出", by="许宁", now=now)
    event = AuditEvent.objects.get(action="export")
    assert (event.actor, event.purpose, event.data_class) == ("许宁", "核对导出", "L3")
    assert event.detail["export"] == export.pk


def test_kept_files_are_ciphertext_and_end_with_their_key(filled, now):
    export = exporting.ask(filled, "csv", "核对导出", by="许宁", now=now)
    exporting.write(export, lambda percent, said: None)
    kept = shelf.path_of(export)
    assert b"response_id" not in kept.read_bytes()
    assert b"PK\x03\x04" not in kept.read_bytes()
    assert shelf.destroy_expired(now) == 0
    assert shelf.destroy_expired(export.expires_at) == 1
    assert not kept.exists()
    assert bytes(RecordKey.objects.get(key_id=export.key_id).wrapped) == b""


def test_a_cut_off_file_is_refused(filled, now, monkeypatch):
    monkeypatch.setattr(shelf, "PIECE", 400)
    export = exporting.ask(filled, "csv", "核对导出", by="许宁", now=now)
    exporting.write(export, lambda percent, said: None)
    kept = shelf.path_of(export)
    whole = kept.read_bytes()
    assert len(b"".join(shelf.read(export))) == export.size
    kept.write_bytes(whole[: 3 * 428])
    with pytest.raises(envelope.Unreadable):
        b"".join(shelf.read(export))


def test_anonymity_leaves_nobody_in_a_group_below_ten():
    """Referee: counting the shown patterns by hand, for 200 random tables."""
    from random import Random

    rng = Random(5)
    for _ in range(200):
        keys = [
            (rng.choice("abc"), rng.random() < 0.9, rng.choice("xyzw"))
            for _ in range(rng.randint(1, 400))
        ]
        counts = Counter(keys)
        verdict = anonymity.judge(counts)
        shown = Counter()
        for key, n in counts.items():
            gone = verdict.of(key)
            if gone is not None:
                shown[tuple("*" if k in gone else v for k, v in enumerate(key))] += n
        alone = len(keys) < 10 and set(shown) == {("*", "*", "*")}
        assert alone or min(shown.values()) >= 10
        assert verdict.left_out(counts) <= 0.3 * len(keys)
        assert not 0 < verdict.left_out(counts) < 10  # all records less those in the file


def test_a_handful_is_not_left_out_when_its_number_would_be_told():
    counts = Counter({("a", "x"): 200, ("b", "x"): 200, ("b", "y"): 4})
    verdict = anonymity.judge(counts)
    assert verdict.left_out(counts) == 0
    assert {verdict.shown(key) for key in counts} == {("a", "x"), ("b", anonymity.GONE)}
