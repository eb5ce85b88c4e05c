"""The template workbook: Chinese columns with their notes, and a small questionnaire as example.

It imports as it is, so an author starts from something that works.
"""

from __future__ import annotations

import io

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from .aliases import COLUMNS, SHEETS, TYPES

NOTES: dict[str, dict[str, str]] = {
    "调查表": {
        "题型": "一行一题。可填：" + "、".join(TYPES) + "。也可填英文，如 select_one。",
        "选项表": "单选、多选、排序题用哪张选项表，写“选项”工作表里的名称。",
        "变量名": "题目的代号，用字母开头，只含字母、数字、下划线，全卷不重复。",
        "题目": (
            "念给她听的话，不超过 40 个字，一题只问一件事。"
            "要别的语言，就加一列“题目::语言 (代码)”，如“题目::Vahcuengh (za)”。"
        ),
        "提示": "题目下面的小字说明。",
        "访员提示": "只给访员看的说明。",
        "必答": "填“是”表示不答不能往下走。敏感题不要必答。",
        "跳转条件": (
            "满足条件才问这一题。引用别的题写 ${变量名}，如 ${agree} = '1'；"
            "多选题写 selected(${trouble}, 'money')。"
        ),
        "校验": "答案要满足的条件，本题写作一个点，如 . >= 18 and . <= 110。",
        "校验提示": "答案不满足校验时显示的话。",
        "计算": "题型是“计算”时的公式，如 ${kids} + ${elders}。",
        "数据级别": (
            "L1 公开、L2 内部、L3 一般个人信息、L4 敏感个人信息、L5 最高。收集个人信息的题必须填。"
        ),
        "同意项": "这一题是哪一项同意：参与、敏感、联系。",
        "密封": "最外层的组填“是”，里面的回答密封保存。涉及人身安全的题放在这样的组里。",
        "谁可见": "填“访员”的题不给她看。",
    },
    "选项": {
        "选项表": "选项表的名称，同一张表的选项写同一个名称。",
        "选项值": "存下来的代号，同一张表里不重复，不含空格。",
        "选项文字": "显示给她的文字。",
        "分值": "要算平均数的选项填数字，“不知道”“不想回答”留空。",
        "不作答类型": "填 不知道、不想回答、不适用 之一，这样的选项不算进百分比的有效回答。",
    },
    "设置": {
        "问卷名称": "显示在问卷最上面的名称，用中性的名称。",
        "问卷编号": "问卷的代号，同一份问卷各个版本不变，用英文字母。",
        "版本号": "每次修改都要换一个新的版本号，如 2026-11-1。",
    },
}
EXAMPLES: dict[str, tuple[str, ...]] = {
    "调查表": (
        "单选|yesno|agree|您愿意参加这次匿名调查吗？|||是|||||L3|参与||",
        "组开始||about|您的情况||||${agree} = '1'|||||||",
        "整数||age|您今年多大年纪？|填周岁||是||. >= 18 and . <= 110|请填 18 到 110。||L3|||",
        "多选|troubles|trouble|您家有哪些难处？|可以选几项|||||||L3|||",
        "文字||wish|您最盼望办成什么事？||||count-selected(${trouble}) >= 1||||L3|||",
        "整数||kids|家里有几个孩子？||||||||L3|||",
        "整数||elders|家里有几位老人？||||||||L3|||",
        "计算||care|||||||| ${kids} + ${elders}|L3|||",
        "组结束||||||||||||||",
        "组开始||private|请您自己填写||||${agree} = '1'|||||| 是|",
        "单选|fair|safe|您在家里觉得安全吗？||||||||L4|||",
        "组结束||||||||||||||",
        "文字||remark|访员备注||||||||L3|||访员",
    ),
    "选项": (
        "yesno|1|是|1|",
        "yesno|0|否|0|",
        "troubles|money|钱不够用||",
        "troubles|care|没人照看老人孩子||",
        "troubles|none|没有||",
        "troubles|dk|不知道||不知道",
        "fair|1|安全|1|",
        "fair|0|不安全|0|",
        "fair|99|不想回答||不想回答",
    ),
    "设置": ("需求小调查（示例）|example|1",),
}
_HEAD = PatternFill("solid", fgColor="F1E4EA")
_WIDTHS = {"题目": 34, "跳转条件": 26, "校验": 26, "选项文字": 26, "问卷名称": 30}


def template() -> bytes:
    """The workbook as bytes of an .xlsx file."""
    book = Workbook()
    book.remove(book.active)
    for name, notes in NOTES.items():
        sheet = book.create_sheet(name)
        sheet.append(list(notes))
        for line in EXAMPLES[name]:
            sheet.append([cell.strip() or None for cell in line.split("|")])
        _dress(sheet, notes)
    _explain(book.create_sheet("说明"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _dress(sheet: Worksheet, notes: dict[str, str]) -> None:
    for index, (header, note) in enumerate(notes.items(), start=1):
        cell = sheet.cell(1, index)
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.comment = Comment(note, "模板", width=320, height=120)
        sheet.column_dimensions[get_column_letter(index)].width = _WIDTHS.get(header, 14)
    sheet.freeze_panes = "A2"


def _explain(sheet: Worksheet) -> None:
    """Every column again on a sheet of its own, for those who do not see comments."""
    sheet.append(["工作表", "列名", "怎么填", "英文列名"])
    for name, notes in NOTES.items():
        english = COLUMNS[SHEETS[name]]
        for header, note in notes.items():
            sheet.append([name, header, note, english[header]])
    for column, width in zip("ABCD", (10, 14, 80, 22), strict=True):
        sheet.column_dimensions[column].width = width
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.row == 1:
                cell.font, cell.fill = Font(bold=True), _HEAD
    sheet.freeze_panes = "A2"
