"""Pictures and recordings: from the files chosen at import to the page she reads and hears."""

import io
import re
import wave
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from PIL import Image, ImageFile

from surveys import gateway, messages, recordings, services
from surveys.core import difference
from surveys.core.problems import Refused
from surveys.models import AuditEvent, Collection, MediaFile, Version, VersionMedia
from surveys.showing import hashes
from tests.fieldwork.conftest import county, person  # noqa: F401  the cast's makers
from tests.surveys.test_wizard import Woman
from tests.workbooks import SETTINGS, THREE_STORES, workbook

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]

SURVEY = """
| type | name | label | media::image | media::audio |
| note | told | 请看图 | told.webp | |
| select_one food | likes | 您爱吃什么 | plate.jpg | ask.mp3 |
"""
LISTS = """
| list_name | name | label | media::image | media::audio |
| food | a | 苹果 | apple.png | |
| food | b | 梨 | | pear.wav |
"""
GPS = 0x8825


def picture(kind, size=(40, 30), **options):
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, kind, **options)
    return out.getvalue()


def photograph(size=(2400, 1800)):
    """As a phone takes it: large, turned, with the place it was taken at."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(GPS)[2] = (30.0, 15.0, 1.0)
    return picture("JPEG", size, exif=exif)


def wav(comment=b"village 990101"):
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, 8000, 80, "NONE", ""))
        sound.writeframes(bytes(160))
    listed = b"LIST" + (4 + len(comment)).to_bytes(4, "little") + b"INFO" + comment
    return out.getvalue() + listed


FRAME = bytes.fromhex("fffb9000") + bytes(413)
TAG = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + b"PLACE=home"
MP3 = TAG + FRAME * 4 + b"TAG" + b"home".ljust(125, b"\0")


def files():
    return {
        "问卷.xlsx": workbook(SURVEY, LISTS, SETTINGS),
        "plate.jpg": photograph(),
        "apple.png": picture("PNG"),
        "told.webp": picture("WEBP"),
        "ask.mp3": MP3,
        "pear.wav": wav(),
    }


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name if name.endswith("x") else f"form-media/{name}", data)
    return out.getvalue()


def said(done):
    return [messages.line(p) for p in done.problems if p.code.startswith(("media", "file", "form"))]


def brought(parts, now):
    return services.import_files(parts, by="test", now=now)


@pytest.fixture
def version(now):
    done = brought(files(), now)
    assert done.version, done.problems
    return done.version


def opened(version, now, channel="self_fill"):
    services.publish_version(version, by="test", now=now)
    return Collection.objects.create(
        version=version, code="c" * 20, channel=channel, area_code="990101000000", title="调研",
        opens_on="2026-11-01", closes_on="2099-12-31", public_key="", key_id="",
    )  # fmt: skip


def test_chosen_together_or_packed_all_of_it_is_kept(version, now):
    assert {row.name for row in version.media.all()} == set(files()) - {"问卷.xlsx"}
    again = SETTINGS.replace("| 1 |", "| 2 |")
    parts = files() | {"问卷.xlsx": workbook(SURVEY, LISTS, again)}
    packed = brought({"全部.zip": zipped(parts)}, now)
    assert packed.version, packed.problems
    assert packed.version.workbook_name == "问卷.xlsx"
    assert packed.version.media.count() == 5
    assert MediaFile.objects.count() == 5  # the same bytes are kept once
    event = AuditEvent.objects.filter(action="import_questionnaire").first()
    assert set(event.detail["media"]) == {row.name for row in version.media.all()}


def test_a_folder_goes_in_by_the_command(tmp_path, capsys):
    (tmp_path / "media").mkdir()
    for name, data in files().items():
        folder = tmp_path if name.endswith("xlsx") else tmp_path / "media"
        (folder / name).write_bytes(data)
    call_command("import_questionnaire", str(tmp_path), publish=True)
    assert Version.objects.get().media.count() == 5
    assert "已导入" in capsys.readouterr().out


def test_the_page_shows_and_plays_what_the_form_names(version, now, settings):
    settings.ROOT_URLCONF = "config.urls_respondent"
    woman = Woman().begin(opened(version, now))
    page = woman.page.content.decode()
    hashes = dict(version.media.values_list("name", "file__sha256"))
    assert f'<img class="picture" src="/m/{hashes["told.webp"]}/" alt="请看图">' in page
    assert f'<img class="picture" src="/m/{hashes["plate.jpg"]}/" alt="您爱吃什么">' in page
    assert f'preload="none" src="/m/{hashes["ask.mp3"]}/" aria-label="听一听：您爱吃什么"' in page
    options = re.findall(r'<div class="option">(.*?)</div>', page, re.DOTALL)
    assert [hashes["apple.png"] in o for o in options] == [True, False]
    assert [hashes["pear.wav"] in o for o in options] == [False, True]
    assert "<script" not in page
    assert len(page) < 12_000


@pytest.mark.parametrize(
    ("name", "type"),
    [("plate.jpg", "image/jpeg"), ("apple.png", "image/png"), ("told.webp", "image/webp"),
     ("ask.mp3", "audio/mpeg"), ("pear.wav", "audio/wav")],
)  # fmt: skip
def test_a_file_is_served_long_lived_and_without_tags(version, now, settings, name, type):
    settings.ROOT_URLCONF = "config.urls_respondent"
    row = version.media.get(name=name)
    url = f"/m/{row.file.sha256}/"
    assert Client().get(url).status_code == 404  # nothing is open yet
    opened(version, now)
    served = Client().get(url, headers={"accept-encoding": "gzip"})
    assert (served.status_code, served["Content-Type"]) == (200, type)
    assert served["Cache-Control"] == "private, max-age=2592000, immutable"
    data = served.content
    assert b"home" not in data
    assert b"village" not in data
    if type.startswith("image"):
        with Image.open(io.BytesIO(data)) as shown:
            assert not shown.getexif()
            assert max(shown.size) <= 1080


def test_a_photograph_keeps_its_upright_side(version):
    data = bytes(version.media.get(name="plate.jpg").file.data)
    with Image.open(io.BytesIO(data)) as shown:
        assert shown.size == (810, 1080)  # turned, and as large as a page can use


@pytest.mark.parametrize(
    ("wanted", "status", "said", "length"),
    [("bytes=0-1", 206, "bytes 0-1/1668", 2), ("bytes=1660-", 206, "bytes 1660-1667/1668", 8),
     ("bytes=-10", 206, "bytes 1658-1667/1668", 10), ("bytes=9999-", 416, "bytes */1668", 0),
     ("bytes=0-1,5-6", 200, None, 1668)],
)  # fmt: skip
def test_an_iphone_gets_the_part_it_asks_for(version, now, settings, wanted, status, said, length):
    settings.ROOT_URLCONF = "config.urls_respondent"
    opened(version, now)
    url = f"/m/{version.media.get(name='ask.mp3').file.sha256}/"
    part = Client().get(url, headers={"range": wanted})
    assert (part.status_code, part.get("Content-Range")) == (status, said)
    assert len(part.content) == length
    if status == 206:
        assert part.content in FRAME * 4


FAULTS = {
    "missing": ("apple.png", None, "choices!D2  media_missing  没有找到图片“apple.png”"),
    "no picture": ("plate.jpg", b"%PDF-1.4", "survey!D3  media_type  “plate.jpg”不是可用的图片"),
    "a drawing": ("plate.jpg", b"<svg/>", "survey!D3  media_type"),
    "cut": ("apple.png", picture("PNG")[:60], "choices!D2  media_damaged  “apple.png”已损坏"),
    "sound in the picture's column": (
        "told.webp", MP3, "survey!D2  media_other_form  “told.webp”是录音"
    ),
    "no sound": ("ask.mp3", b"ID3\x04" + bytes(40), "survey!E3  media_damaged"),
    "half a wave": ("pear.wav", wav()[:30], "choices!E3  media_damaged"),
    "too large": ("ask.mp3", MP3 * 4000, "survey!E3  media_too_large  “ask.mp3”超过 5 MB"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_file_is_named_by_the_cell_that_names_it(fault, now, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
    name, data, expected = FAULTS[fault]
    parts = files()
    if data is None:
        parts.pop(name)
    else:
        parts[name] = data
    done = brought(parts, now)
    assert done.version is None
    assert any(expected in line for line in said(done)), said(done)
    assert not VersionMedia.objects.exists()


def test_a_file_in_both_columns_is_told_where_it_is_wrong(now):
    both = SURVEY.replace("plate.jpg | ask.mp3", "ask.mp3 | ask.mp3")
    done = brought(files() | {"问卷.xlsx": workbook(both, LISTS, SETTINGS)}, now)
    assert "survey!D3  media_other_form  “ask.mp3”是录音，却写在图片一列" in said(done)[-1]


def test_what_is_not_named_is_told_and_not_kept(now):
    done = brought({**files(), "Other.PNG": picture("PNG")}, now)
    assert said(done) == ["Other.PNG!  media_unused  问卷里没有用到“Other.PNG”，没有保存。"]
    assert done.version.media.count() == 5


def test_a_mended_workbook_alone_takes_the_files_over(version, now):
    mended = workbook(SURVEY, LISTS, SETTINGS.replace("| 1 |", "| 2 |"))
    new = MP3.replace(FRAME, FRAME[:-1] + b"\1")
    done = brought({"问卷.xlsx": mended, "ASK.mp3": new}, now)
    names = "told.webp、plate.jpg、apple.png、pear.wav"
    taken = f"-  media_taken_over  没有上传的 4 个文件沿用版本 1 的：{names}。"
    assert said(done) == [taken]
    before, after = (dict(v.media.values_list("name", "file")) for v in (version, done.version))
    assert {name for name in before if before[name] != after[name]} == {"ask.mp3"}


def test_the_form_itself_goes_out_as_it_was_written(version):
    assert b"jr://images/plate.jpg" in bytes(version.xform)


def test_a_foreign_xform_brings_its_media_folder(version, now):
    foreign = bytes(version.xform).replace(b'version="1"', b'version="9"')
    parts = {name: data for name, data in files().items() if not name.endswith("xlsx")}
    done = brought({"f.zip": zipped({**parts, "form.xml": foreign})}, now)
    assert done.version, done.problems
    assert (done.version.has_workbook, done.version.media.count()) == (False, 5)


def test_two_questionnaires_or_none_are_refused(now):
    one = files()
    two = one | {"另一份.xlsx": workbook(SURVEY, LISTS, SETTINGS.replace("five", "six"))}
    assert "forms_several" in said(brought(two, now))[0]
    one.pop("问卷.xlsx")
    assert "form_not_found" in said(brought(one, now))[0]


def test_film_is_refused_by_name(now):
    survey = SURVEY.replace("media::audio", "media::video")
    done = brought(files() | {"问卷.xlsx": workbook(survey, LISTS, SETTINGS)}, now)
    assert done.version is None
    expected = "survey!E3  media_form_unsupported  本系统不支持题目里的“video”（ask.mp3）"
    assert any(line.startswith(expected) for line in said(done))


SEALED = """
| type | name | label | media::image | bind::nr:sealed |
| begin_group | private | 请您自己填 | | yes |
| select_one food | afraid | 您爱吃什么 | inside.png | |
| end_group | | | | |
| text | more | 还有吗 | both.png | |
| note | last | 谢谢 | | |
"""
SEALED_LISTS = """
| list_name | name | label | media::image |
| food | a | 苹果 | both.png |
"""


def test_what_is_seen_in_the_sealed_section_leaves_no_copy(now, settings):
    settings.ROOT_URLCONF = "config.urls_respondent"

    parts = {
        "问卷.xlsx": workbook(SEALED, SEALED_LISTS, SETTINGS),
        "inside.png": picture("PNG"), "both.png": picture("PNG", (20, 20)),
    }  # fmt: skip
    done = brought(parts, now)
    assert done.version, done.problems
    opened(done.version, now)
    caching = {
        row.name: Client().get(f"/m/{row.file.sha256}/")["Cache-Control"]
        for row in done.version.media.all()
    }
    assert caching["inside.png"] == "no-store"
    assert "immutable" in caching["both.png"]


def test_files_of_a_version_never_change(version):
    row = version.media.first()
    with pytest.raises(ValidationError):
        row.save()
    with pytest.raises(ValidationError):
        row.file.save()


def test_a_recording_of_a_phone_loses_its_place():
    def box(name, content):
        return (8 + len(content)).to_bytes(4) + name + content

    sound = box(b"hdlr", bytes(8) + b"soun") + box(b"stsd", b"mp4a")
    tags = box(b"udta", b"\xa9xyz+30.1234")
    moov = box(b"moov", box(b"trak", sound + tags) + tags)
    data = box(b"ftyp", b"M4A ") + moov + box(b"mdat", b"sound")
    clean = gateway.check_media(data, "a.m4a")
    assert (clean.type, len(clean.data)) == ("audio/mp4", len(data))
    assert b"xyz" not in clean.data
    assert clean.data.endswith(b"sound")
    for other in (data.replace(b"soun", b"vide", 1), data.replace(b"mp4a", b"samr", 1)):
        with pytest.raises(Refused, match="media_type"):
            gateway.check_media(other, "a.m4a")
    with pytest.raises(Refused, match="media_damaged"):
        gateway.check_media(data[:-8], "a.m4a")
    assert recordings.kind_of(b"plain text") == ""


def test_a_new_recording_under_the_old_name_is_told(version, now):
    mended = SETTINGS.replace("| 1 |", "| 2 |")
    lists = LISTS.replace("| a | 苹果 | apple.png | |", "| a | 苹果 | | apple.mp3 |")
    parts = {
        "问卷.xlsx": workbook(SURVEY.replace("told.webp", "新图.webp"), lists, mended),
        "ask.mp3": MP3.replace(FRAME, FRAME[:-1] + b"\1"), "apple.mp3": MP3,
        "新图.webp": files()["told.webp"],
    }  # fmt: skip
    newer = brought(parts, now).version
    found = difference.compare(
        version.definition, newer.definition, (hashes(version), hashes(newer))
    )
    changes = [(d.name, c.what, c.kind, c.verdict) for d in found for c in d.changes]
    assert changes == [
        ("likes", "录音已更换", "media", "需注意"),
        ("likes", "选项“苹果”的图片已去掉", "media", "需注意"),
        ("likes", "选项“苹果”的录音已增加", "media", "需注意"),
    ]


def test_staff_see_drafts_by_right_only(version, client, person, county):  # noqa: F811
    url = f"/questionnaires/media/{version.media.first().file.sha256}/"
    assert client.get(url).status_code == 302
    client.force_login(person("访员", "interviewer", county))
    assert client.get(url).status_code == 404
    client.force_login(person("督导", "supervisor", county))
    assert client.get(url).status_code == 200
    page = client.get(f"/questionnaires/{version.pk}/").content.decode()
    assert "apple.png、ask.mp3、pear.wav、plate.jpg、told.webp" in page
    frame = client.get(f"/questionnaires/{version.pk}/preview/").context["frame"]
    assert frame.count('<img class="picture" src="/questionnaires/media/') == 3


def test_the_parcel_is_what_an_import_takes(version, client, person, county, now):  # noqa: F811
    url = f"/questionnaires/{version.pk}/parcel/"
    client.force_login(person("领导", "leader", county))
    assert client.get(url).status_code == 404
    client.force_login(person("督导", "supervisor", county))
    sent = client.get(url)
    assert sent["Content-Disposition"] == 'attachment; filename="five-1.zip"'
    before = dict(version.media.values_list("name", "file"))
    version.media.all().delete()
    version.delete()
    again = brought({"five-1.zip": sent.content}, now).version
    assert dict(again.media.values_list("name", "file")) == before


def test_the_import_page_takes_several_files(client, person, county):  # noqa: F811
    client.force_login(person("作者", "designer", county))
    chosen = [SimpleUploadedFile(name, data) for name, data in files().items()]
    page = client.post("/questionnaires/import/", {"workbook": chosen[:-1]})
    assert page.status_code == 422
    assert "没有找到录音“pear.wav”" in page.content.decode()
    chosen = [SimpleUploadedFile(name, data) for name, data in files().items()]
    client.post("/questionnaires/import/", {"workbook": chosen})
    assert Version.objects.get().media.count() == 5
