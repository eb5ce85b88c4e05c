"""Numbers from query strings and cells: what is none is none, never an error."""

import pytest

from surveys import typed


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("012", 12), ("１２", 12), ("999999999", 999999999)]
)
def test_whole_numbers_are_read(text, number):
    assert typed.whole(text) == number


@pytest.mark.parametrize("text", ["", "²", "-1", "1.5", " 1", "1\n", "9" * 10, "9" * 5000, "壹"])
def test_everything_else_is_no_number(text):
    assert typed.whole(text) is None
