"""Small workbooks written out in the tests that need them."""

import io
from functools import cache

import openpyxl

THREE_STORES = ["default", "vault", "keys"]


@cache  # the same bytes for the same tables: what is kept for them is kept here too
def workbook(survey: str, choices: str = "", settings: str = "") -> bytes:
    """Markdown-like tables (``| a | b |`` lines) -> bytes of an .xlsx workbook."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = book.create_sheet(name)
        for line in filter(str.strip, text.splitlines()):
            sheet.append([c.strip() or None for c in line.strip().strip("|").split("|")])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# ruff: noqa: E501  tables read better with one row a line
FIVE_QUESTIONS = """
| type | name | label | relevant | constraint | required | bind::nr:class | bind::nr:consent | bind::nr:vault | bind::nr:sealed |
| select_one yesno | agree | 您愿意参加吗 | | | yes | L3 | survey | | |
| integer | age | 您的年龄 | ${agree} = '1' | . >= 18 and . <= 110 | yes | L3 | | | |
| select_multiple groups | groups | 您家的情况 | ${agree} = '1' | | | L4 | | | |
| begin_group | private | 请您自己填写 | ${agree} = '1' | | | | | | yes |
| select_one yesno | afraid | 家里有让您害怕的事吗 | | | | L4 | | | |
| end_group | | | | | | | | | |
| select_one yesno | call_me | 希望妇联联系您吗 | ${agree} = '1' | | | L3 | contact | | |
| text | phone | 您的电话 | ${call_me} = '1' | | | L4 | | phone | |
"""
CHOICES = """
| list_name | name | label | nr_score | nr_missing | nr_group |
| yesno | 1 | 是 | 1 | | |
| yesno | 0 | 否 | 0 | | |
| yesno | 99 | 不想回答 | | refused | |
| groups | left | 留守 | | | left |
| groups | poor | 困难 | | | poor |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| five | 1 | 五题问卷 | nr="urn:needs-research:xform:1" |
"""

# An interview: what the system fills in, what only the interviewer sees, a scale, a sealed section.
VISIT = """
| type | name | label | guidance_hint | relevant | constraint | required | bind::nr:class | bind::nr:consent | bind::nr:sealed | bind::nr:axis | bind::nr:domain | bind::nr:system | bind::nr:show | bind::nr:role |
| hidden | sys_source | | | | | | L3 | | | | | source | | |
| hidden | sys_psu | | | | | | L3 | | | | | psu | | |
| hidden | sys_pi | | | | | | L3 | | | | | pi_psu | | |
| hidden | sys_drawn | | | | | | L3 | | | | | households_drawn | | |
| hidden | sys_who | | | | | | L3 | | | | | interviewer | | |
| hidden | sys_started | | | | | | L3 | | | | | started | | |
| hidden | sys_ended | | | | | | L3 | | | | | ended | | |
| begin_group | visit | 入户情况 | | | | | | | | | | | interviewer | |
| integer | women | 这一户有几位 | | | | yes | L3 | | | | | eligible_women | | |
| integer | order | 抽中第几位 | | | | yes | L3 | | | | | selected_order | | |
| select_one presence | present | 现在旁边有谁 | 只看不问 | | | yes | L3 | | | | | | | presence |
| end_group | | | | | | | | | | | | | | |
| begin_group | talk | 您的情况 | | | | | | | | | | | | |
| select_one yesno | agree | 您愿意参加吗 | 逐字念 | | | yes | L3 | survey | | | | | | |
| integer | age | 您的年龄 | | ${agree} = '1' | . >= 18 and . <= 110 | yes | L3 | | | | | | | |
| end_group | | | | | | | | | | | | | | |
| select_one need | n1 | 第1件事，需要帮助吗 | | ${agree} = '1' | | yes | L3 | | | need | 01 | | | |
| select_one need | n2 | 第2件事，需要帮助吗 | | ${agree} = '1' | | yes | L3 | | | need | 02 | | | |
| select_one need | n3 | 第3件事，需要帮助吗 | | ${agree} = '1' | | yes | L3 | | | need | 03 | | | |
| select_one need | n4 | 第4件事，需要帮助吗 | | ${agree} = '1' | | yes | L3 | | | need | 04 | | | |
| select_one need | n5 | 第5件事，需要帮助吗 | | ${agree} = '1' | | yes | L3 | | | need | 05 | | | |
| select_one need | n6 | 第6件事，需要帮助吗 | | ${agree} = '1' | | yes | L3 | | | need | 06 | | | |
| select_one need | n7 | 第7件事，需要帮助吗 | | ${agree} = '1' | | yes | L3 | | | need | 07 | | | |
| select_one need | n8 | 第8件事，需要帮助吗 | | ${agree} = '1' | | yes | L3 | | | need | 08 | | | |
| text | wish | 您的一句话 | | ${agree} = '1' | | | L4 | | | | | | | |
| begin_group | private | 请您自己填写 | | ${agree} = '1' | | | | | yes | | | | | |
| select_one yesno | afraid | 家里有让您害怕的事吗 | | | | | L4 | | | | | | | |
| select_one yesno | told | 和人说过吗 | | | | | L4 | | | | | | | |
| end_group | | | | | | | | | | | | | | |
| text | note | 访员备注 | | | | | L3 | | | | | | interviewer | |
"""
VISIT_CHOICES = """
| list_name | name | label | nr_score | nr_missing |
| yesno | 1 | 是 | 1 | |
| yesno | 0 | 否 | 0 | |
| yesno | 99 | 不想回答 | | refused |
| need | 0 | 不需要 | 0 | |
| need | 1 | 有一点 | 1 | |
| need | 2 | 比较需要 | 2 | |
| need | dk | 不知道 | | dont_know |
| presence | alone | 独自一人 | 0 | |
| presence | adult | 有其他成人 | 1 | |
"""
VISIT_SETTINGS = """
| form_id | version | form_title | namespaces |
| visit | 1 | 入户小卷 | nr="urn:needs-research:xform:1" |
"""
