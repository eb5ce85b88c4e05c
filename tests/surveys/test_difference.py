"""Two definitions compared in words: what changed, and whether answers stay comparable."""

import pytest

from surveys.core import difference
from surveys.core.changes import CAUTION, COMPARABLE, NOT_COMPARABLE, spans
from surveys.core.conditions import Words
from surveys.core.definition import Choice, Definition, Expression, Group, Question
from surveys.core.expressions import parse

YES_NO = (Choice("1", {"": "是"}, {"nr_score": "1"}), Choice("0", {"": "否"}))


def logic(text):
    return Expression(text, parse(text))


def form(*children):
    return Definition("f", "1", "卷", "data", tuple(children))


def question(name="a", label="您愿意参加吗", kind="select_one", **other):
    if kind.startswith("select") and "choices" not in other:
        other["choices"] = YES_NO
    return Question(f"/data/{name}", kind, {"": label}, **other)


def changes(old, new):
    found = difference.compare(form(*old), form(*new))
    return [(d.name, c.kind, c.what, c.old, c.new, c.verdict) for d in found for c in d.changes]


def one(old, new):
    """The only change between two forms of one question."""
    (change,) = changes([old], [new])
    return change[1:]


def test_equal_forms_have_no_difference():
    assert difference.compare(form(question()), form(question())) == []


def test_added_and_removed_questions_have_no_answers_on_the_other_side():
    found = changes([question("a"), question("b", "旧题")], [question("a"), question("c", "新题")])
    assert found == [
        ("c", "added", "单选", "", "新题", NOT_COMPARABLE),
        ("b", "removed", "单选", "旧题", "", NOT_COMPARABLE),
    ]


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("您愿意参加吗", "您愿意参加吗？", COMPARABLE),
        ("您愿意参加吗", "您愿 意参加吗", COMPARABLE),
        ("您愿意参加吗", "您不愿意参加吗", CAUTION),
        ("3 个", "5 个", CAUTION),
    ],
)
def test_a_new_wording_matters_unless_only_its_punctuation_changed(old, new, verdict):
    assert one(question(label=old), question(label=new)) == (
        "wording", "题目文字", old, new, verdict,
    )  # fmt: skip


def test_only_the_question_that_was_taken_elsewhere_has_moved():
    old = [question(n, n) for n in "abcde"]
    new = [old[0], old[3], old[1], old[2], old[4]]
    assert changes(old, new) == [("d", "moved", "顺序", "在“c”之后", "在“a”之后", CAUTION)]


def test_a_question_in_another_group_is_the_same_by_its_name():
    inside = Group("/data/g", (Question("/data/g/a", "text", {"": "问"}),), {"": "第一部分"})
    found = changes([Question("/data/a", "text", {"": "问"}), Group("/data/g")], [inside])
    moved = [c for c in found if c[1] == "moved"]
    assert moved == [("a", "moved", "所在部分", "最外层", "“第一部分”", CAUTION)]
    assert not [c for c in found if c[1] in ("added", "removed")]


def test_a_condition_follows_the_question_it_reads_when_that_moves():
    def reads(path):
        return question("b", kind="integer", relevant=logic(f"{path} = '1'"))

    part = Group("/data/g", (Question("/data/g/a", "text", {"": "问"}),))
    old = [Question("/data/a", "text", {"": "问"}), Group("/data/g"), reads("/data/a")]
    assert [c[1] for c in changes(old, [part, reads("/data/g/a")])] == ["moved"]


def options(*labels):
    return tuple(Choice(str(i), {"": label}) for i, label in labels)


@pytest.mark.parametrize(
    ("old", "new", "what", "said", "verdict"),
    [
        ([(1, "是")], [(1, "是"), (0, "否")], "新增选项", ("", "否"), CAUTION),
        ([(1, "是"), (0, "否")], [(1, "是")], "删除选项", ("否", ""), CAUTION),
        ([(1, "是")], [(1, "经常是")], "选项措辞", ("是", "经常是"), CAUTION),
        ([(1, "是")], [(1, "是。")], "选项措辞", ("是", "是。"), COMPARABLE),
        ([(1, "是"), (0, "否")], [(0, "否"), (1, "是")], "选项顺序", ("是、否", "否、是"), CAUTION),
    ],
)
def test_options(old, new, what, said, verdict):
    found = one(question(choices=options(*old)), question(choices=options(*new)))
    assert found == ("option", what, *said, verdict)


@pytest.mark.parametrize(
    ("old", "new", "said", "verdict"),
    [
        ([(1, "是"), (0, "否")], [(1, "是"), (2, "否")], [("否：0", "否：2")], CAUTION),
        ([(1, "是"), (2, "否")], [(2, "是"), (3, "否")],
         [("是：1", "是：2"), ("否：2", "否：3")], NOT_COMPARABLE),
        ([(1, "是"), (0, "否")], [(0, "是"), (1, "否")],
         [("是：1", "是：0"), ("否：0", "否：1")], NOT_COMPARABLE),
    ],
)  # fmt: skip
def test_the_same_option_under_another_code_is_told_as_that(old, new, said, verdict):
    found = changes([question(choices=options(*old))], [question(choices=options(*new))])
    assert found == [("a", "option", "选项代码改了", *pair, verdict) for pair in said]


def test_options_that_say_the_same_are_told_apart_by_their_code():
    twins = options((1, "是"), (2, "是"))
    assert changes([question(choices=twins)], [question(choices=twins[:1])]) == [
        ("a", "option", "删除选项", "是", "", CAUTION)
    ]


def test_questions_that_share_a_changed_list_are_told_in_one_line():
    old = form(question("a"), question("b"), question("c", "另一题"))
    lists = [options((1, "是"), (0, "不是")), options((1, "是"))]
    new = form(question("a", choices=lists[0]), question("b", choices=lists[0]),
               question("c", "另一题", choices=lists[1]))  # fmt: skip
    found = difference.together(difference.compare(old, new))
    assert [(d.name, d.also) for d in found] == [("a", ("b",)), ("c", ())]


def test_another_score_makes_the_same_answer_mean_something_else():
    rescored = (Choice("1", {"": "是"}, {"nr_score": "2"}), YES_NO[1])
    assert one(question(), question(choices=rescored)) == (
        "option", "选项分值", "是：1", "是：2", NOT_COMPARABLE,
    )  # fmt: skip


def test_logic_is_told_in_the_words_of_the_questions():
    base = question("a")
    found = changes(
        [base, question("b", "几岁", "integer", relevant=logic("/data/a = '1'"))],
        [base, question("b", "几岁", "integer", relevant=logic("/data/a != '0'"))],
    )
    assert found == [
        ("b", "logic", "出现条件", "“您愿意参加吗”选“是”", "“您愿意参加吗”没有选“否”", CAUTION)
    ]


def test_blanks_in_an_expression_are_no_change():
    old = question("b", kind="integer", constraint=logic(". >= 18"))
    assert changes([old], [question("b", kind="integer", constraint=logic(".>=18"))]) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"required": logic("true()")}, ("logic", "必答", "不必答", "必答", CAUTION)),
        ({"default": "0"}, {}, ("logic", "默认值", "0", "无", CAUTION)),
        ({"properties": {"class": "L3"}}, {"properties": {"class": "L4"}},
         ("class", "数据级别", "L3", "L4", COMPARABLE)),
        ({"properties": {"domain": "01"}}, {"properties": {"domain": "02"}},
         ("marks", "nr:domain", "01", "02", NOT_COMPARABLE)),
        ({}, {"appearance": "minimal"}, ("look", "版式", "无", "minimal", COMPARABLE)),
    ],
)  # fmt: skip
def test_other_changes(old, new, expected):
    assert one(question(**old), question(**new)) == expected


def test_another_formula_is_not_comparable():
    old, new = (
        Question("/data/x", "calculate", calculate=logic(text)) for text in ("1 + 1", "1 + 2")
    )
    assert one(old, new) == ("logic", "计算公式", "1加1", "1加2", NOT_COMPARABLE)


def test_the_condition_of_a_group_changes_who_answers_inside():
    def part(text):
        child = Question("/data/g/b", "text", {"": "想学什么"})
        return Group("/data/g", (child,), {"": "技能"}, relevant=logic(text))

    found = difference.compare(
        form(question("a"), part("/data/a = '1'")), form(question("a"), part("/data/a = '0'"))
    )
    assert [(d.name, d.verdict) for d in found] == [("g", CAUTION), ("b", CAUTION)]
    assert found[1].changes[0].what == "所在部分的出现条件"


def test_a_changed_wording_shows_which_letters_changed():
    found = spans("您愿意参加吗", "您不愿意参加呢")
    assert found == [
        ("same", "您"), ("new", "不"), ("same", "愿意参加"), ("old", "吗"), ("new", "呢"),
    ]  # fmt: skip


def test_the_verdict_of_a_question_is_the_worst_of_its_changes():
    old = question(label="愿意吗")
    new = question(label="愿意吗？", kind="select_multiple")
    (found,) = difference.compare(form(old), form(new))
    assert found.kinds == {"type", "wording"}
    assert found.verdict == NOT_COMPARABLE


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ("integer", "text", True),
        ("select_one", "select_multiple", True),
        ("integer", "decimal", True),
        ("calculate", "hidden", False),  # nobody answers either
        ("note", "text", False),  # a note has no answers
        ("text", "text", False),
    ],
)
def test_which_types_may_follow_each_other_under_one_path(old, new, refused):
    found = difference.type_changes(form(question(kind=old)), form(question(kind=new)))
    assert [c.path for c in found] == (["/data/a"] if refused else [])


WORDS = Words(
    form(
        question("a", "婚姻"),
        question("n", "几个孩子", "integer"),
        question("scale", "需要吗",
                 choices=options((0, "不需要"), (2, "比较需要"), (3, "非常需要"))),
        Question("/data/age", "calculate", calculate=logic("2026 - /data/n")),
        Question("/data/both", "calculate", calculate=logic(
            "concat(if(/data/a = '1', 'x ', ''), if(/data/b = '1', 'y ', ''))")),
        question("b", "学历"),
        Question("/data/free", "calculate",
                 calculate=logic("if(/data/n != '' and /data/a = '1', 1, 0)")),
        Question("/data/adult", "calculate",
                 calculate=logic("if(/data/n != '' and /data/age >= 18, 1, 0)")),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("/data/a = '1' and /data/n > 2", "“婚姻”选“是”，并且“几个孩子”大于 2"),
        ("/data/a = '1' and (/data/n > 2 or /data/n = 0)",
         "“婚姻”选“是”，并且（“几个孩子”大于 2，或者“几个孩子”等于 0）"),
        ("not(selected(/data/a, '1'))", "“婚姻”没有选“是”"),
        ("not(/data/a = '1' and /data/n > 2)", "“婚姻”没有选“是”，或者并非（“几个孩子”大于 2）"),
        ("selected('1 0', /data/a)", "“婚姻”选了“是”、“否”之一"),
        ("not(selected('1 0', /data/a))", "“婚姻”没有选“是”，也没有选“否”"),
        ("/data/scale >= 2", "“需要吗”选“比较需要”、“非常需要”之一"),
        ("2 <= /data/scale", "“需要吗”选“比较需要”、“非常需要”之一"),
        ("/data/a = ''", "“婚姻”没有回答"),
        ("/data/adult = 1", "（2026减“几个孩子”）不小于 18"),
        ("/data/adult = 0", "并非（（2026减“几个孩子”）不小于 18）"),
        ("/data/free = 1", "“几个孩子”已回答，并且“婚姻”选“是”"),
        ("count-selected(/data/a) >= 2", "“婚姻”选中的项数不小于 2"),
        ("count-selected(/data/both) >= 1", "“婚姻”、“学历”里选“是”的题数不小于 1"),
        ("pulldata('x', 'y', 'z', /data/a) = 'q'", "pulldata('x', 'y', 'z', ${a})等于“q”"),
        ("/data/n = 3 or /data/adult = 1",
         "“几个孩子”等于 3，或者（2026减“几个孩子”）不小于 18"),
        ("/data/n = 3 or /data/free = 1",
         "“几个孩子”等于 3，或者（“几个孩子”已回答，并且“婚姻”选“是”）"),
        (". >= 18", "这个回答不小于 18"),
    ],
)  # fmt: skip
def test_conditions_in_words(expression, said):
    assert WORDS.say(logic(expression), "/data/here") == said
