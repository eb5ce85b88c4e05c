"""The carried fonts are the ones the manifest names, and cover what Chinese names need."""

import hashlib
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

FONTS = Path(__file__).resolve().parents[2] / "analysis" / "fonts"
ROW = re.compile(r"^\| (\S+\.(?:otf|woff2)) \|.*\| ([0-9a-f]{64}) \|$", re.M)
MANIFEST = dict(ROW.findall((FONTS / "README.md").read_text(encoding="utf-8").split("## Where")[0]))


def test_manifest_names_every_font_file():
    assert set(MANIFEST) == {
        path.name for path in FONTS.iterdir() if path.suffix in {".otf", ".woff2"}
    }


@pytest.mark.parametrize("name", sorted(MANIFEST))
def test_font_file_is_the_one_in_the_manifest(name):
    data = (FONTS / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == MANIFEST[name]
    assert len(data) < 5 * 1024 * 1024


@pytest.mark.parametrize("name", sorted(n for n in MANIFEST if n.startswith("Noto")))
def test_noto_covers_rare_name_characters_and_the_signs_of_charts(name):
    covered = TTFont(FONTS / name).getBestCmap()
    text = "玥祎喆婳瑄玘翀珺昕怡甯彧䶮一丁青禾县〔〕—…“”《》①■◆▲●○◇△□±≥≤×％‰℃①"
    assert [c for c in text if ord(c) not in covered] == []


def test_licence_texts_stand_beside_the_fonts():
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text(encoding="utf-8")
    fandol = (FONTS / "FANDOL-COPYING.txt").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in fandol
    assert "As a special exception, if you create a document which uses this font" in fandol
