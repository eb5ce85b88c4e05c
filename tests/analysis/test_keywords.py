"""Words of answers: cut with the federation's words, told only of ten persons, without chance."""

import numpy as np
import pytest

from analysis.core import keywords, segmentation

LIGHT, CARE = ["路灯", "修路"], ["托管", "孩子"]


def answers(*groups):
    """Word lists, each as often as said."""
    return [words for words, count in groups for _ in range(count)]


def test_the_federations_words_stay_whole_and_empty_words_go():
    said = "希望妇女之家多办几次两癌筛查，留守儿童有人管，〔姓名〕在〔村社〕"
    found = segmentation.words(said)
    assert {"妇女之家", "两癌筛查", "留守儿童"} <= set(found)
    assert not {"希望", "几次", "姓名", "村社"} & set(found)


def test_words_of_fewer_than_ten_persons_are_never_told():
    names, used = keywords.matrix(answers((LIGHT, 12), (CARE, 9), (["老人"], 10)))
    assert names == ["修路", "老人", "路灯"]
    assert used.sum(axis=0).tolist() == [12, 10, 12]


def test_a_word_that_all_but_a_few_used_is_not_told_either():
    names, _ = keywords.matrix(answers((["孩子"], 95), (["老人"], 5)))
    assert names == []
    assert keywords.matrix(answers((["孩子"], 100)))[0] == ["孩子"]


def test_a_person_counts_once_however_often_she_says_it():
    _, used = keywords.matrix(answers((["路灯", "路灯", "路灯"], 12), (CARE, 12)))
    assert used.sum(axis=0).tolist() == [12, 12, 12]


def test_keywords_carry_answers_that_say_them():
    said = answers((LIGHT, 12), (CARE, 20))
    names, used = keywords.matrix(said)
    found = keywords.keywords(names, used)
    assert {k.word: k.persons for k in found} == {"路灯": 12, "修路": 12, "托管": 20, "孩子": 20}
    assert all(k.word in said[place] for k in found for place in k.examples)
    assert keywords.keywords([], np.zeros((3, 0), dtype=bool)) == []


def first(n):
    """The first n of 300 in one group, the others in another."""
    return np.where(np.arange(300) < n, "a", "b").astype(object)


def test_keyness_finds_what_one_group_says_more_with_dunnings_ratio():
    """Referee: G² = 2 Σ O ln(O/E) of the table 40/60 against 15/185."""
    said = answers((["老人"], 40), (["路灯"], 60), (["老人"], 15), (["路灯"], 185))
    names, used = keywords.matrix(said)
    found = keywords.keyness(names, used, first(100), "a")
    assert [k.word for k in found] == ["老人"]
    observed = np.array([[40, 60], [15, 185]])
    expected = observed.sum(1, keepdims=True) * observed.sum(0) / 300
    by_hand = 2 * (observed * np.log(observed / expected)).sum()
    assert abs(found[0].ratio - by_hand) < 1e-9
    assert (found[0].inside, found[0].outside) == (40, 15)


def test_keyness_tells_no_cell_below_ten():
    said = answers((["老人"], 40), (["路灯"], 60), (["老人"], 9), (["路灯"], 191))
    names, used = keywords.matrix(said)
    assert keywords.keyness(names, used, first(100), "a") == []
    assert keywords.keyness(names, used, first(5), "a") == []


def test_keyness_of_two_groups_and_of_all_does_not_tell_the_third():
    """Three of the old say 托管: 63 of all less 30 and 30 of the others would tell it."""
    said, labels = [], []
    for label, n, users in (("18-34", 60, 30), ("35-59", 60, 30), ("60+", 200, 3)):
        said += answers((["托管"], users), (["活动"], n - users))
        labels += [label] * n
    names, used = keywords.matrix(said)
    groups = np.array(labels, dtype=object)
    young = ("18-34", "35-59")
    assert [keywords.keyness(names, used, groups, label) for label in young] == [[], []]
    used[np.flatnonzero(groups == "60+")[:12]] = [[word == "托管" for word in names]] * 12
    told = [keywords.keyness(names, used, groups, label) for label in young]
    assert [[key.word for key in keys] for keys in told] == [["托管"], ["托管"]]


@pytest.mark.parametrize(("users", "told"), [(0, True), (2, False), (4, False)])
def test_few_of_unknown_age_may_only_be_without_the_word(users, told):
    said = answers((["托管"], 40), (["活动"], 60), (["托管"], 15), (["活动"], 185),
                   (["托管"], users), (["活动"], 4 - users))  # fmt: skip
    labels = np.array(["a"] * 100 + ["b"] * 200 + [""] * 4, dtype=object)
    names, used = keywords.matrix(said)
    assert bool(keywords.keyness(names, used, labels, "a")) == told


def test_themes_part_what_is_never_said_together_and_do_not_depend_on_chance():
    said = answers((LIGHT, 40), (CARE, 60))
    names, used = keywords.matrix(said)
    found = keywords.themes(names, used)
    assert [(set(t.words), t.persons) for t in found] == [(set(CARE), 60), (set(LIGHT), 40)]
    assert found == keywords.themes(names, used)
    assert all(said[place] == CARE for place in found[0].examples)
    assert keywords.themes([], np.zeros((5, 0), dtype=bool)) == []
