"""Problem -> Chinese sentence: what is wrong, and how to mend it. The only place for the words."""

from __future__ import annotations

from surveys.authoring_words import AUTHORING
from surveys.core.problems import Problem

_SENTENCES = {
    "ages_differ": "三个年龄段的妇女合计 {total} 人，与“妇女数”{women} 人不相等。",
    "area_code_invalid": "“{code}”不是村（社区）的 12 位区划代码，请按文本格式填写。",
    "area_outside": "“{code}”不在本次调研的区域内。",
    "attachment_unknown": "附件不在允许的种类里，请只发送问卷自带的附件。",
    "background_audio_unsupported": "本系统不支持后台录音，请删除这一项。",
    "choice_duplicate": "选项表“{list}”里“{name}”与第 {row} 行重复，请改成不同的 name。",
    "choice_nameless": "选项表“{list}”的这一行没有 name，请补上。",
    "class_unknown": "数据级别只能是 L1 到 L5，现在是“{text}”。",
    "collection_closed": "这次调查已经结束，答卷已保存，等待工作人员核对。",
    "column_case": "列名“{name}”应写成“{right}”（小写）。",
    "columns_missing": "缺少这些列：{names}。请用模板的列名。",
    "content_differs": "同一编号已有内容不同的答卷，两份都已保存，请联系督导员核对。",
    "conversion_failed": "工作簿不能转换成问卷，请按英文提示修改：{text}",
    "conversion_limit": "工作簿太大或太复杂，转换超过了时间或内存限制，请拆分后再导入。",
    "count_invalid": "“{name}”应为大于 0 的整数，现在是“{text}”。",
    "count_not_whole": "“{name}”应为 0 或更大的整数，现在是“{text}”。",
    "cycle": "这些公式互相等待对方的结果，无法计算：{ring}。请改掉其中一个。",
    "date_as_text": "“{date}”在这里只是文字，不能比先后。请写成 date('{date}')。",
    "encryption_unsupported": "本系统不支持 ODK 加密表单，请删除 base64RsaPublicKey。",
    "entities_unsupported": "本系统不支持 entities，请删除 entities 工作表。",
    "evidence_damaged": "这个文件已损坏或不完整，打不开，请重新扫描或拍照后再上传。",
    "evidence_too_large": "证明材料超过 {limit} MB，请压缩后再上传。",
    "evidence_too_many_pixels": "图片超过 {limit} 百万像素，请缩小后再上传。",
    "evidence_type": "证明材料只收 PDF、JPG、PNG（按内容识别，改扩展名无效），请转换后再上传。",
    "expression_syntax": "公式没写完或写错（第 {at} 个字符附近），请查括号、引号和运算符：{text}",
    "function_not_offline": "函数“{name}”在平板上不能运行，请在服务器端的问卷里使用。",
    "file_unreadable": "读不到这个文件，请检查路径。",
    "form_without_instance": "文件里没有问卷内容（缺少 instance），请重新导出。",
    "group_not_begun": "这里结束的 {kind} 没有对应的 begin，请补上或删除这一行。",
    "group_not_ended": "这里开始的 {kind} 没有结束，请在组的末尾加一行 end_{kind}。",
    "instance_id_missing": "答卷没有编号（instanceID），不能接收，请更新采集程序。",
    "label_missing": "这一题没有题目文字，请填写 label。",
    "last_saved_unsupported": "本系统不支持 last-saved（上一份答卷的值），请删除该公式。",
    "list_missing": "选项表“{list}”不存在，请在 choices 工作表中补上，或改正名称。",
    "name_duplicate": "题目名称“{name}”与第 {row} 行重复，请改成不同的名称。",
    "name_invalid": "题目名称“{name}”不能使用，请用字母开头，只含字母、数字、下划线。",
    "name_missing": "这一行没有题目名称，请填写 name。",
    "nested_repeat": "重复组里不能再套重复组，请拆开。",
    "reference_unknown": "公式引用的题目“{name}”不存在，请改正名称。",
    "regex_invalid": "正则表达式“{name}”写法有误，不能使用，请改正。",
    "sealed_malformed": "密封附件已损坏，请重新发送。",
    "sealed_not_top_level": "密封部分必须是最外层的组，请把它移到最外层。",
    "sealed_reference": "密封部分（{section}）里的题目不能在外面引用：{ref}",
    "sealed_too_large": "密封附件太大，不能接收。",
    "sheet_too_large": "内容伸到了这一格，最多 {rows} 行 {columns} 列。请整行整列删除表外的内容。",
    "survey_sheet_missing": "缺少 survey 工作表或其中没有题目，请使用模板工作簿。",
    "table_empty": "表里没有数据行。",
    "table_encoding": "文字编码无法识别，请另存为“CSV UTF-8”或 .xlsx。",
    "table_old_format": "这是旧版 .xls 文件，请另存为 .xlsx。",
    "table_too_large": "表太大，最多 {rows} 行，请拆分。",
    "type_changed": "这个题在版本 {version} 里是“{old}”，现在是“{new}”：两种回答不能放在同一列。"
    "请把新题改用另一个题目名称。",
    "type_unknown": "没有“{name}”这种题型，请对照模板改正 type。",
    "type_unsupported": "本系统不支持“{name}”这种题型，请换一种。",
    "unknown_function": "公式里的函数“{name}”不存在或不支持，请改正。",
    "urban_invalid": "“城乡”请填“城镇”或“乡村”，现在是“{text}”。",
    "version_exists": "版本号“{version}”已经存在，请在 settings 工作表改成新的版本号。",
    "version_unknown": "问卷的这个版本没有发布过，答卷已保存，等待工作人员核对。",
    "village_name_missing": "请填写村（社区）名称，不超过 100 个字。",
    "village_twice": "区划代码 {code} 与第 {row} 行重复。",
    "workbook_bomb": "文件解压后超过 {limit} MB 或压缩比异常，不能打开，请重新另存。",
    "workbook_damaged": "工作簿已损坏，打不开，请在 Excel 或 WPS 中重新另存为 .xlsx。",
    "workbook_macro": "工作簿带有宏，不能导入，请另存为不带宏的 .xlsx。",
    "workbook_not_a_workbook": "这不是 Excel 工作簿（内容与扩展名不符），请另存为 .xlsx 再导入。",
    "wrong_arguments": "函数“{name}”的参数个数不对：{text}",
    "xml_doctype": "文件含有 DOCTYPE 声明，为安全起见不能接收。",
    "xml_malformed": "XML 格式有误，请重新导出。",
    "xml_not_utf8": "文件不是 UTF-8 编码，请转换后再试。",
    "xml_too_deep": "文件嵌套太深或属性太多，不能接收。",
    "xml_too_large": "文件太大，不能接收。",
    "xml_too_many_nodes": "文件内容太多，不能接收。",
}
_ALL = {**_SENTENCES, **AUTHORING}


def sentence(problem: Problem) -> str:
    """The sentence of a problem; an unknown code is shown as it is rather than hidden."""
    template = _ALL.get(problem.code, "不能处理：{code}")
    return template.format_map({"code": problem.code, **problem.params})


def line(problem: Problem) -> str:
    """``sheet!cell  code  sentence``"""
    return f"{problem.where}  {problem.code}  {sentence(problem)}"
