"""The marks of a scale are those the form names, decimals and falling ones too."""

import pytest

from surveys.core.definition import Question
from surveys.forms import QUESTION_FIELDS


@pytest.mark.parametrize(
    ("parameters", "marks"),
    [
        ({"start": "0", "end": "10", "step": "5"}, ["0", "5", "10"]),
        ({"start": "0.5", "end": "2", "step": "0.5"}, ["0.5", "1.0", "1.5", "2.0"]),
        ({"start": "3", "end": "1"}, ["3", "2", "1"]),
        ({"start": "0", "end": "4", "step": "3"}, ["0", "3"]),
    ],
)
def test_a_scale_offers_its_marks(parameters, marks):
    question = Question("/d/a", "range", parameters=parameters)
    field = QUESTION_FIELDS["range"](question, [], {"label": "几分"})
    assert [name for name, _ in field.choices] == marks
