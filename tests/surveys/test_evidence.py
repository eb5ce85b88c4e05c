"""Evidence files: known by content, pictures drawn anew without what a camera adds."""

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from surveys import gateway, messages
from surveys.core.problems import Refused

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def picture(kind="JPEG", size=(60, 40), **extra):
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, kind, **extra)
    return out.getvalue()


def blank():
    """Few bytes, 25,005,000 pixels."""
    out = io.BytesIO()
    Image.new("1", (5001, 5000)).save(out, "PNG")
    return out.getvalue()


def test_a_picture_loses_place_and_device_but_stands_upright():
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[1] = "N"
    sent = picture(exif=exif, comment=b"SECRET-NOTE")
    assert b"SECRET-CAMERA" in sent
    kept = gateway.check_evidence(sent, "现场.jpg")
    shown = Image.open(io.BytesIO(kept.data))
    assert b"SECRET" not in kept.data
    assert len(shown.getexif()) == 0
    assert shown.size == (40, 60)


def test_a_png_loses_its_texts():
    info = PngInfo()
    info.add_text("Author", "SECRET-NAME")
    kept = gateway.check_evidence(picture("PNG", pnginfo=info), "a.png")
    assert b"SECRET" not in kept.data
    assert Image.open(io.BytesIO(kept.data)).format == "PNG"


def test_the_name_gets_the_ending_of_the_content_and_no_path():
    assert gateway.check_evidence(PDF, "../秘密/签到册.jpg").name == "..秘密签到册.pdf"
    assert gateway.check_evidence(picture(), "a\r\nb").name == "ab.jpg"
    assert gateway.check_evidence(PDF, ".pdf").name == "材料.pdf"
    assert len(gateway.check_evidence(PDF, "长" * 300 + ".pdf").name) <= 120


def test_a_pdf_is_kept_byte_for_byte():
    assert gateway.check_evidence(PDF, "a.pdf").data == PDF


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><script>1</script>", "evidence_type"),
        (b"GIF89a" + b"0" * 40, "evidence_type"),
        (b"PK\x03\x04" + b"0" * 40, "evidence_type"),
        (b"", "evidence_type"),
        (b"%PDF-1.7 cut off", "evidence_damaged"),
        (picture()[:300], "evidence_damaged"),
        (PDF + b"0" * gateway.EVIDENCE_BYTES, "evidence_too_large"),
        (blank(), "evidence_too_many_pixels"),
    ],
    ids=["html", "gif", "zip", "nothing", "cut pdf", "cut jpeg", "large", "pixels"],
)
def test_anything_else_is_refused_with_a_sentence(data, code):
    with pytest.raises(Refused) as refused:
        gateway.check_evidence(data, "a.pdf")
    assert refused.value.problems[0].code == code
    assert "请" in messages.sentence(refused.value.problems[0])
