"""Chinese names of sheets, columns, question types and values, and the standard ones they mean.

The child process (`child.py`) writes them over before anybody reads the tables, so that an aliased
workbook converts like an English one. `template.py` prints its notes from the same names.
"""

from __future__ import annotations

from typing import Any

SHEETS = {"调查表": "survey", "选项": "choices", "设置": "settings"}
COLUMNS: dict[str, dict[str, str]] = {
    "survey": {
        "题型": "type",
        "选项表": "list_name",
        "变量名": "name",
        "题目": "label",
        "提示": "hint",
        "访员提示": "guidance_hint",
        "必答": "required",
        "必答提示": "required_message",
        "跳转条件": "relevant",
        "校验": "constraint",
        "校验提示": "constraint_message",
        "计算": "calculation",
        "外观": "appearance",
        "选项筛选": "choice_filter",
        "默认值": "default",
        "重复次数": "repeat_count",
        "参数": "parameters",
        "只读": "readonly",
        "触发": "trigger",
        "图片": "media::image",
        "录音": "media::audio",
        "数据级别": "bind::nr:class",
        "同意项": "bind::nr:consent",
        "密封": "bind::nr:sealed",
        "另库保存": "bind::nr:vault",
        "谁可见": "bind::nr:show",
        "要查台账": "bind::nr:lookup",
        "轴": "bind::nr:axis",
        "领域": "bind::nr:domain",
    },
    "choices": {
        "选项表": "list_name",
        "选项值": "name",
        "选项文字": "label",
        "图片": "media::image",
        "录音": "media::audio",
        "分值": "nr_score",
        "不作答类型": "nr_missing",
    },
    "settings": {
        "问卷名称": "form_title",
        "问卷编号": "form_id",
        "版本号": "version",
        "默认语言": "default_language",
    },
}
# what other tools call a column; pyxform takes them too
SYNONYMS = {
    "survey": {
        "relevance": "relevant",
        "calculate": "calculation",
        "read_only": "readonly",
        "read only": "readonly",
        "choice filter": "choice_filter",
        "constraint message": "constraint_message",
        "guidance hint": "guidance_hint",
        "repeat count": "repeat_count",
        "required message": "required_message",
    },
    "choices": {"list name": "list_name"},
}
TYPES = {
    "单选": "select_one",
    "多选": "select_multiple",
    "排序": "rank",
    "文字": "text",
    "整数": "integer",
    "小数": "decimal",
    "日期": "date",
    "时间": "time",
    "刻度": "range",
    "说明": "note",
    "知晓": "acknowledge",
    "计算": "calculate",
    "隐藏": "hidden",
    "照片": "image",
    "录音": "audio",
    "定位": "geopoint",
    "组开始": "begin_group",
    "组结束": "end_group",
    "重复开始": "begin_repeat",
    "重复结束": "end_repeat",
}
VALUES = {
    "required": {"是": "yes", "否": "no"},
    "readonly": {"是": "yes", "否": "no"},
    "bind::nr:sealed": {"是": "yes"},
    "bind::nr:lookup": {"是": "yes"},
    "bind::nr:show": {"访员": "interviewer", "本人": "respondent"},
    "bind::nr:axis": {"需": "need", "急": "urgency", "盼": "hope"},
    "bind::nr:consent": {"参与": "survey", "敏感": "sensitive", "联系": "contact"},
    "nr_missing": {"不知道": "dont_know", "不想回答": "refused", "不适用": "not_applicable"},
}


def table() -> dict[str, Any]:
    """All of it as one JSON-able value, for the child."""
    columns = {name: {**own, **SYNONYMS.get(name, {})} for name, own in COLUMNS.items()}
    return {"sheets": SHEETS, "columns": columns, "types": TYPES, "values": VALUES}
