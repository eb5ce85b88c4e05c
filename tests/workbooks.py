"""Small workbooks written out in the tests that need them."""

import io

import openpyxl

THREE_STORES = ["default", "vault", "keys"]


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
