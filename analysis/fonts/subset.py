"""Make the carried font files from the Debian packages; run by hand, never at run time.

    python analysis/fonts/subset.py NOTO_DIR FANDOL_DIR UNIHAN_OTHER_MAPPINGS.txt OUT_DIR

NOTO_DIR holds the four .ttc files of fonts-noto-cjk, FANDOL_DIR the .otf files of
texlive-lang-chinese, the mapping file comes with unicode-data. Sources, versions and hashes of
input and output stand in README.md beside this file.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SIMPLIFIED_FACE = 2  # order of the faces in the .ttc: JP, KR, SC, TC, HK
NOTO = ("NotoSerifCJK-Regular", "NotoSerifCJK-Bold", "NotoSansCJK-Regular", "NotoSansCJK-Bold")
FANDOL = ("FandolFang-Regular", "FandolKai-Regular")
EM_BOX = (880, -120)
BASELINES = (-5, 765, -120, 0)  # BASE table of Fandol: icfb, icft, ideo, romn
# Latin, Greek, punctuation, arrows, mathematics, numbered signs, shapes, CJK signs, full width
RANGES = (
    (0x20, 0x17F), (0x391, 0x3C9), (0x2010, 0x2027), (0x2030, 0x203B), (0x2070, 0x209C),
    (0x2100, 0x214F), (0x2150, 0x218B), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2460, 0x24FF),
    (0x2500, 0x257F), (0x2580, 0x25FF), (0x2600, 0x2642), (0x3000, 0x303F), (0x3220, 0x3247),
    (0x3280, 0x33FF), (0xFF01, 0xFFEE),
)  # fmt: skip


def standard_characters(mappings: Path) -> set[int]:
    """The 8,105 characters of the 2013 standard table: Unihan property kTGH."""
    lines = mappings.read_text(encoding="utf-8").splitlines()
    return {int(line.split("\t")[0][2:], 16) for line in lines if "\tkTGH\t" in line}


def gb2312() -> set[int]:
    """Every character of the old national set, the signs of its first rows included."""
    codes = (bytes((a, b)) for a in range(0xA1, 0xF8) for b in range(0xA1, 0xFF))
    return {ord(c) for code in codes for c in code.decode("gb2312", "ignore")}


def wanted(mappings: Path) -> set[int]:
    signs = {code for first, last in RANGES for code in range(first, last + 1)}
    return standard_characters(mappings) | gb2312() | signs


def cut(source: Path, target: Path, codes: set[int]) -> None:
    options = subset.Options(
        layout_features=[], hinting=False, desubroutinize=True, name_IDs=["*"], font_number=2
    )
    font = TTFont(source, fontNumber=SIMPLIFIED_FACE, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    take_the_lines_of_fandol(font)
    font.save(target)


def take_the_lines_of_fandol(font: TTFont) -> None:
    """Same height and baselines, so that one borrowed character does not push its line down."""
    font["hhea"].ascent, font["hhea"].descent = EM_BOX
    for record in font["BASE"].table.HorizAxis.BaseScriptList.BaseScriptRecord:
        values = record.BaseScript.BaseValues.BaseCoord
        for value, coordinate in zip(values, BASELINES, strict=True):
            value.Coordinate = coordinate


def main(noto: str, fandol: str, mappings: str, out: str) -> None:
    codes = wanted(Path(mappings))
    for name in NOTO:
        cut(Path(noto) / f"{name}.ttc", Path(out) / f"{name.replace('CJK', 'CJKsc')}.otf", codes)
    for name in FANDOL:  # whole, only compressed
        font = TTFont(Path(fandol) / f"{name}.otf", recalcTimestamp=False)
        font.flavor = "woff2"
        font.save(Path(out) / f"{name}.woff2")


if __name__ == "__main__":
    main(*sys.argv[1:5])
