"""Pictures and recordings brought in the editor: kept, named in their cell, undone, saved along."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml.html import fromstring

from surveys import manuscript_life, manuscripts
from surveys.core import choice_lists
from surveys.models import Manuscript, ManuscriptMedia, MediaFile
from tests.surveys.test_editor import author, book, cell, manuscript, press, row  # noqa: F401
from tests.surveys.test_media import (
    MP3,
    brought,
    files,
    picture,
    zipped,
)
from tests.workbooks import SETTINGS, THREE_STORES, workbook

pytestmark = [pytest.mark.django_db(databases=THREE_STORES), pytest.mark.db]
IMAGE, AUDIO = "file:media::image", "file:media::audio"


def send(client, manuscript, at, chosen, act="save", **inputs):  # noqa: F811
    manuscript.refresh_from_db()
    parts = {name: SimpleUploadedFile(*file) for name, file in chosen.items()}
    sent = {"at": row(manuscript, at), "revision": manuscript.revision, "act": act}
    url = f"/questionnaires/editor/{manuscript.pk}/"
    return client.post(url, sent | inputs | parts, follow=True)


def shown(page):
    root = fromstring(page.content)
    return root.xpath("//img[@class='thumb']/@src") + root.xpath("//audio/@src")


def test_a_file_is_kept_named_in_its_cell_and_shown(author, manuscript):  # noqa: F811
    chosen = {IMAGE: ("村里 的.照片.PNG", picture("PNG")), AUDIO: ("ask.mp3", MP3)}
    page = send(author, manuscript, "age", chosen, "attach:0:media::image")
    assert page.redirect_chain[0][0].endswith("#f-media--image")
    assert cell(manuscript, "age", "media::image") == "村里_的.照片.png"
    assert cell(manuscript, "age", "media::audio") == "ask.mp3"
    types = []
    for address in shown(page):
        served = author.get(address)
        types.append(served["Content-Type"])
        assert served["Cache-Control"] == "no-store"
        assert b"home" not in served.content  # the recording's tags
    assert types == ["image/png", "audio/mpeg"]
    stranger = Client()
    stranger.force_login(User.objects.create_user("li", password="x"))
    assert stranger.get(shown(page)[0]).status_code == 404
    frame = author.get(f"{page.request['PATH_INFO']}preview/?at={row(manuscript, 'age')}")
    assert b'<img class="picture"' in frame.content
    assert "听一听：您的年龄".encode() in frame.content


def test_another_content_gets_another_name_and_undo_leads_back(author, manuscript):  # noqa: F811
    for size in ((4, 3), (5, 3), (4, 3)):
        send(author, manuscript, "age", {IMAGE: ("a.png", picture("PNG", size))})
        size_of = {(4, 3): "a.png", (5, 3): "a_2.png"}[size]
        assert cell(manuscript, "age", "media::image") == size_of
    assert ManuscriptMedia.objects.count() == MediaFile.objects.count() == 2
    press(author, manuscript, "undo")
    assert cell(manuscript, "age", "media::image") == "a_2.png"
    send(author, manuscript, "age", {}, "detach:0:media::image")
    assert cell(manuscript, "age", "media::image") == ""
    press(author, manuscript, "undo")
    page = author.get(f"/questionnaires/editor/{manuscript.pk}/?at={row(manuscript, 'age')}")
    assert len(shown(page)) == 1


@pytest.mark.parametrize(
    ("field", "name", "data", "said"),
    [(IMAGE, "a.jpg", b"%PDF-1.4", "“a.jpg”不是可用的图片：图片要 JPG、PNG、WebP"),
     (IMAGE, "a.jpg", MP3, "“a.jpg”是录音，却写在图片一列"),
     (AUDIO, "a.mp3", MP3 * 4000, "“a.mp3”超过 5 MB，请压缩后再上传"),
     (AUDIO, "a.mp3", b"ID3\x04" + bytes(40), "“a.mp3”已损坏或不完整"),
     ("file:media::video", "a.mp4", picture("PNG"), "“a.mp4”是图片"),
     ("option:file", "a.png", picture("PNG"), "“a.png”没有保存：请先选它是哪一个选项的")],
)  # fmt: skip
def test_a_bad_file_is_told_and_what_was_typed_is_kept(
    author, manuscript, field, name, data, said  # noqa: F811
):  # fmt: skip
    page = send(author, manuscript, "age", {field: (name, data)}, **{"cell:hint": "周岁"})
    assert said in page.content.decode()
    assert cell(manuscript, "age", "hint") == "周岁"
    assert not MediaFile.objects.exists()


def option_inputs(manuscript, listed, **further):  # noqa: F811
    found = choice_lists.options(book(manuscript), listed)
    sent = {f"option:{part}": [getattr(o, part) for o in found]
            for part in ("row", "name", "label", "missing")}  # fmt: skip
    for header in ("media::image", "media::audio"):
        sent[f"option:column:{header}"] = [o.more.get(header, "") for o in found]
    return sent | further, [o.row for o in found]


def recorded(manuscript):  # noqa: F811
    found = choice_lists.options(book(manuscript), "groups")
    return [option.more.get("media::audio", "") for option in found]


def test_an_option_gets_its_recording_and_loses_it(author, manuscript):  # noqa: F811
    sent, rows = option_inputs(manuscript, "groups")
    sent |= {"option:file-row": rows[1], "option:file-column": "media::audio", "pane": "options"}
    page = send(author, manuscript, "groups", {"option:file": ("b.mp3", MP3)}, **sent)
    named = [
        o.more.get("media::audio", "") for o in choice_lists.options(book(manuscript), "groups")
    ]
    assert named == ["", "b.mp3"]
    assert author.get(shown(page)[0])["Content-Type"] == "audio/mpeg"
    sent, _ = option_inputs(manuscript, "groups", pane="options")
    send(author, manuscript, "groups", {}, "detach:2:media::audio", **sent)
    named = [
        o.more.get("media::audio", "") for o in choice_lists.options(book(manuscript), "groups")
    ]
    assert named == ["", ""]


def test_too_late_the_file_is_kept_and_its_name_sent_again(author, manuscript):  # noqa: F811
    at, url = row(manuscript, "age"), f"/questionnaires/editor/{manuscript.pk}/"
    press(author, manuscript, "save", "age", cell__hint="周岁")
    late = {"at": at, "revision": 1, "act": "save"}
    page = author.post(url, late | {IMAGE: SimpleUploadedFile("a.png", picture("PNG"))})
    assert page.status_code == 409
    again = fromstring(page.content).xpath("//input[@name='cell:media::image']/@value")
    assert again == ["a.png"]
    assert ManuscriptMedia.objects.get().name == "a.png"


def test_the_version_saved_from_it_carries_what_it_names(author, manuscript, now):  # noqa: F811
    send(author, manuscript, "age", {IMAGE: ("a.png", picture("PNG"))})
    send(author, manuscript, "phone", {IMAGE: ("b.png", picture("PNG", (9, 9)))})
    press(author, manuscript, "undo")
    manuscript.refresh_from_db()
    copy = manuscript_life.duplicate(manuscript, by="li", now=now)
    for number, one in (("2", manuscript), ("3", copy)):
        done = manuscripts.save_as_version(one, one.revision, number, by="wang", now=now)
        assert done.version, done.problems
        assert [r.name for r in done.version.media.all()] == ["a.png"]


TWO_LANGUAGES = """
| type | name | label::中文 (zh) | label::English (en) |
| text | likes | 您爱吃什么 | What do you like |
"""


def test_languages_have_recordings_of_their_own(author, now):  # noqa: F811
    data = workbook(TWO_LANGUAGES, "", SETTINGS)
    made = manuscript_life.start_from_file(data, "f.xlsx", by="wang", now=now)
    page = author.get(f"/questionnaires/editor/{made.pk}/?at=2")
    english = "file:media::audio::English (en)"
    assert fromstring(page.content).xpath("//input[@type='file']/@name") == [
        "file:media::image::中文 (zh)", "file:media::audio::中文 (zh)", english,
    ]  # fmt: skip
    send(author, made, "likes", {english: ("en.mp3", MP3)})
    made.refresh_from_db()
    definition = manuscripts.definition(manuscripts.current(made))
    assert definition.by_path("/data/likes").media == {"audio": {"English (en)": "en.mp3"}}


def test_a_parcel_opens_with_its_files(author, now):  # noqa: F811
    upload = SimpleUploadedFile("全部.zip", zipped(files() | {"别的.txt": b"x"}))
    author.post("/questionnaires/editor/new/", {"upload": "1", "workbook": upload})
    made = Manuscript.objects.get()
    assert set(made.media.values_list("name", flat=True)) == set(files()) - {"问卷.xlsx"}
    done = manuscripts.save_as_version(made, 1, "7", by="wang", now=now)
    assert done.version, done.problems
    assert done.version.media.count() == 5
    again = brought({"全部.zip": zipped(files())}, now).version
    assert dict(again.media.values_list("name", "file")) == dict(
        done.version.media.values_list("name", "file")
    )
    bad = SimpleUploadedFile("坏.zip", zipped(files() | {"plate.jpg": b"x"}))
    page = author.post("/questionnaires/editor/new/", {"upload": "1", "workbook": bad})
    assert "“plate.jpg”不是可用的图片" in page.content.decode()
    assert Manuscript.objects.count() == 1
