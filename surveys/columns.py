"""The columns of a workbook in the author's words: what each is called and what may stand in it."""

from __future__ import annotations

from .core.edits import CLASS

_NR = "bind::nr:"
CAPTIONS = {
    "type": "题型",
    "name": "代码",
    "label": "题目文字",
    "hint": "提示",
    "guidance_hint": "给访员的提示",
    "required": "必答",
    "relevant": "什么时候问",
    "constraint": "允许的回答",
    "constraint_message": "超出范围时说",
    "calculation": "计算公式",
    "default": "默认值",
    "appearance": "显示方式",
    "choice_filter": "选项筛选",
    "repeat_count": "重复次数",
    "parameters": "参数",
    "readonly": "只读",
    "trigger": "触发题",
    "required_message": "没有回答时说",
    "media::image": "图片文件名",
    "media::audio": "录音文件名",
    "media::video": "视频文件名",
    CLASS: "数据级别",
    f"{_NR}axis": "需、急、盼",
    f"{_NR}domain": "领域编号（01 至 12）",
    f"{_NR}threshold": "从几分起算有",
    f"{_NR}role": "分析时的用处",
    f"{_NR}consent": "哪一项同意",
    f"{_NR}sealed": "密封这一组",
    f"{_NR}vault": "另库保存",
    f"{_NR}show": "谁可见",
    f"{_NR}lookup": "要查台账才能填",
    f"{_NR}rotate": "轮转几种次序",
    f"{_NR}system": "系统带入什么",
    f"{_NR}short": "表格里的短名",
    f"{_NR}places": "排前几位",
    "nr_score": "分值",
    "nr_missing": "算作",
    "nr_domain": "领域",
    "nr_group": "人群",
    "form_title": "问卷名称",
    "form_id": "表单标识",
    "version": "版本号",
    "default_language": "默认语言",
    "namespaces": "命名空间",
}
_YES = {"": "否", "yes": "是"}
CHOICES = {
    CLASS: {
        "": "没有定",
        "L1": "L1 公开",
        "L2": "L2 内部",
        "L3": "L3 一般个人信息",
        "L4": "L4 敏感个人信息",
        "L5": "L5 线索",
    },
    "required": {"": "可以不答", "yes": "必须回答"},
    "readonly": _YES,
    f"{_NR}sealed": _YES,
    f"{_NR}lookup": _YES,
    f"{_NR}axis": {
        "": "不是",
        "need": "需：需要多少",
        "urgency": "急：能等多久",
        "hope": "盼：希望妇联帮办",
        "first_urgent": "最急的一件",
        "first_hope": "最盼的一件",
    },
    f"{_NR}consent": {"": "不是", "survey": "参加", "sensitive": "敏感部分", "contact": "联系"},
    f"{_NR}vault": {
        "": "不另存",
        "name": "称呼",
        "phone": "电话",
        "time": "方便的时间",
        "message": "能否留言",
    },
    f"{_NR}show": {"": "都可见", "interviewer": "只给访员", "respondent": "只给本人"},
}
# what analysis and protection go by, for a question and for a group
_QUESTION = ("axis", "domain", "threshold", "role", "consent", "vault", "show", "lookup", "short")
QUESTION_MARKS = tuple(_NR + name for name in _QUESTION)
GROUP_MARKS = tuple(_NR + name for name in ("sealed", "show", "rotate"))
PLACES, SYSTEM = f"{_NR}places", f"{_NR}system"


def caption(header: str) -> str:
    """A column by its name here, its language behind."""
    if header in CAPTIONS:
        return CAPTIONS[header]
    base, _, rest = header.partition("::")
    if base == "media":
        form, _, rest = rest.partition("::")
        base = f"media::{form}"
    return f"{CAPTIONS[base]}（{rest}）" if base in CAPTIONS and rest else header


def option_caption(header: str) -> str:
    """A column of the choices sheet; its label is no question's."""
    base, _, language = header.partition("::")
    return f"文字（{language}）" if base == "label" and language else caption(header)
