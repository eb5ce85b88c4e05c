"""Languages as authors write them."""

import pytest

from surveys.core import languages


@pytest.mark.parametrize(
    ("named", "tag", "own", "direction"),
    [
        ("", "zh-CN", "中文", "ltr"),
        ("default", "zh-CN", "default", "ltr"),
        ("中文 (zh)", "zh-CN", "中文", "ltr"),
        ("zh-Hant", "zh-Hant", "zh-Hant", "ltr"),
        ("English (en)", "en", "English", "ltr"),
        ("bo", "bo", "བོད་ཡིག", "ltr"),
        ("ئۇيغۇرچە (ug)", "ug", "ئۇيغۇرچە", "rtl"),
    ],
)
def test_tag_name_and_direction(named, tag, own, direction):
    assert languages.tag(named) == tag
    assert languages.own_name(named) == own
    assert languages.direction(named) == direction
