"""Sentences for authors: what is refused, and what a careful author would mend."""

AUTHORING = {
    "appearance_unsupported": (
        "本系统不支持外观“{name}”，它会改变答案的内容、来源或旁人能否看见，请删除。"
    ),
    "audio_quality_unsupported": "本系统不支持设置录音质量（quality），请删除这个参数。",
    "auto_delete_unsupported": "本系统不支持 auto_delete，请从 settings 删除这一列。",
    "auto_send_unsupported": "本系统不支持 auto_send，请从 settings 删除这一列。",
    "background_geopoint_unsupported": (
        "本系统不在后台记录位置。确需定位时请用 geopoint，由她自己确认。"
    ),
    "calculation_missing": "题型是 calculate 的一行要写 calculation，请补上公式。",
    "choice_column_invalid": "choices 工作表的列名不能为空或含空格，请改名: {text}",
    "choice_with_space": "多选题的选项值不能含空格，请改成不含空格的 name。",
    "client_editable_unsupported": (
        "本系统不支持交卷后在设备上改答卷（client_editable），请删除这一列。"
    ),
    "column_misspelt": "列名“{name}”不认识，是不是想写“{right}”？请改正，或换一个不相近的列名。",
    "column_twice": "列名“{name}”出现了两次，请删除或改名其中一列。",
    "control_twice": "同一个答案位置有两个题目，只能显示一个，请删除多余的。",
    "element_unsupported": "本系统不支持表单元素“{name}”，请删除。",
    "event_unsupported": "本系统不支持事件“{name}”触发的赋值，请删除。",
    "external_choices_unsupported": (
        "本系统不支持 select_one_external，请改用 select_one 和选项筛选（choice_filter）。"
    ),
    "form_id_invalid": "表单标识（form_id）要有，并且不超过 {limit} 个字符，现在是“{text}”。",
    "form_title_invalid": "问卷名称超过 {limit} 个字，请改短。",
    "instance_id_omitted": (
        "表单没有 instanceID，收到的答卷无法编号。请保留它（不要设 omit_instanceID）。"
    ),
    "instance_name_unsupported": (
        "本系统不给答卷起名（instance_name），以免姓名外露，请删除这一列。"
    ),
    "list_file_invalid": "选项文件名应以 .csv 结尾: {text}",
    "name_duplicate_here": "题目名称“{name}”在同一组里重复，请改成不同的名称。",
    "name_reserved": "题目名称“{name}”是保留字，请换一个名称。",
    "or_other_without_choices": "or_other 要有选项表，请补上选项。",
    "parameters_invalid": "参数（parameters）写法有误，请对照模板改正: {text}",
    "preload_unsupported": "本系统不收集“{name}”（设备号、电话号、账号等），请删除这一行。",
    "range_invalid": "刻度题（range）的参数有误，请检查 start、end、step: {text}",
    "reference_ambiguous": "公式引用的题目“{name}”有好几个，请改成不同的名称。",
    "reference_malformed": "引用应写成 ${{题目名称}}，请改正。",
    "sms_unsupported": "本系统不支持短信提交（prefix、delimiter），请删除这一列。",
    "submission_url_unsupported": "答卷只能交到本系统，请删除 submission_url。",
    "type_missing": "这一行没有题型，请填写 type。",
    "version_invalid": "版本号不超过 {limit} 个字符，现在是“{text}”，请改短。",
}
