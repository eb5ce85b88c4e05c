"""Sentences for authors: what is refused, and what a careful author would mend."""

AUTHORING = {
    "appearance_unsupported": (
        "本系统不支持外观“{name}”，它会改变答案的内容、来源或旁人能否看见，请删除。"
    ),
    "audio_missing": "这一题没有“{language}”的录音，而别的题有，请补录（共 {count} 处）。",
    "audio_quality_unsupported": "本系统不支持设置录音质量（quality），请删除这个参数。",
    "auto_delete_unsupported": "本系统不支持 auto_delete，请从 settings 删除这一列。",
    "auto_send_unsupported": "本系统不支持 auto_send，请从 settings 删除这一列。",
    "background_geopoint_unsupported": (
        "本系统不在后台记录位置。确需定位时请用 geopoint，由她自己确认。"
    ),
    "calculation_missing": "题型是 calculate 的一行要写 calculation，请补上公式。",
    "choice_column_invalid": "choices 工作表的列名不能为空或含空格，请改名：{text}",
    "choice_unknown": "条件里“{name}”的值“{value}”不在它的选项里，请改成已有的选项值。",
    "choice_with_space": "多选题的选项值不能含空格，请改成不含空格的 name。",
    "choices_unpictured": "这些选项没有“{language}”的图片，会用别的语言的：{names}。图上有字请补。",
    "choices_unrecorded": "题目有“{language}”的录音，这些选项没有：{names}，请补录。",
    "choices_untranslated": "选项缺少“{language}”的文字：{names}，请补上译文。",
    "class_missing": "这一题没有数据级别，请填写 bind::nr:class（L1 到 L5）。",
    "client_editable_unsupported": (
        "本系统不支持交卷后在设备上改答卷（client_editable），请删除这一列。"
    ),
    "column_misspelt": "列名“{name}”不认识，是不是想写“{right}”？请改正，或换一个不相近的列名。",
    "column_twice": "列名“{name}”出现了两次，请删除或改名其中一列。",
    "control_twice": "同一个答案位置有两个题目，只能显示一个，请删除多余的。",
    "dead_end": "没有任何答案能通过这条校验，填到这里就走不下去了，请改校验：{text}",
    "dead_end_choices": "这一题必答，但选项表“{list}”是空的，请补上选项。",
    "dead_end_readonly": "这一题必答却又只读，也没有默认值，谁都答不了，请去掉其中一个。",
    "element_unsupported": "本系统不支持表单元素“{name}”，请删除。",
    "engine_differs": "“{name}”在 ODK Collect 和网页引擎里结果不同，请换一种写法。",
    "event_unsupported": "本系统不支持事件“{name}”触发的赋值，请删除。",
    "external_choices_unsupported": (
        "本系统不支持 select_one_external，请改用 select_one 和选项筛选（choice_filter）。"
    ),
    "external_list": (
        "外部选项表“{list}”（{file}）没有随问卷提供，请把内容放进与文件同名的工作表，"
        "或写进 choices 工作表。"
    ),
    "file_twice": "有两个都叫“{file}”而内容不同的文件，请改名或去掉一个。",
    "files_too_large": "这些文件合起来超过 {limit} MB，请压缩图片和录音后再上传。",
    "form_not_found": "这些文件里没有问卷，请把工作簿（.xlsx、.xls）或 XForm（.xml）一起选中。",
    "forms_several": "一次导入一份问卷，这里有好几份：{names}。请只选一份。",
    "form_id_invalid": "表单标识（form_id）要有，并且不超过 {limit} 个字符，现在是“{text}”。",
    "form_title_invalid": "问卷名称超过 {limit} 个字，请改短。",
    "image_missing": "这里没有“{language}”的图片，会用别的语言的（共 {count} 处）。图上有字请补。",
    "instance_id_omitted": (
        "表单没有 instanceID，收到的答卷无法编号。请保留它（不要设 omit_instanceID）。"
    ),
    "instance_name_unsupported": (
        "本系统不给答卷起名（instance_name），以免姓名外露，请删除这一列。"
    ),
    "list_column_invalid": "选项文件的列名“{name}”不能使用，请用字母开头，只含字母、数字、下划线。",
    "list_file_invalid": "选项文件名应以 .csv 结尾：{text}",
    "looks_ahead": "跳转条件用到了后面才问的题“{name}”，走到这里时还没有答案，请调整题目顺序。",
    "media_damaged": "“{file}”已损坏或不完整，打不开，请重新导出后再上传。",
    "media_form_unsupported": (
        "本系统不支持题目里的“{name}”（{file}），请改用图片（media::image）或录音（media::audio）。"
    ),
    "media_heavy": "“{file}”有 {size} KB，村里网速慢，请尽量压到 {limit} KB 以内。",
    "media_missing": (
        "没有找到{form}“{file}”。请把它和问卷一起选中（或一起打成 .zip）再导入，或改正文件名。"
    ),
    "media_nowhere": "“{file}”没有保存：请先选它是哪一个选项的，再上传。",
    "media_other_form": "“{file}”是{real}，却写在{form}一列，请移到{real}一列或换文件。",
    "media_taken_over": "没有上传的 {count} 个文件沿用版本 {versions} 的：{names}。",
    "media_too_large": "“{file}”超过 {limit} MB，请压缩后再上传。",
    "media_too_many_pixels": "“{file}”超过 {limit} 百万像素，请缩小后再上传。",
    "media_type": (
        "“{file}”不是可用的{form}：图片要 JPG、PNG、WebP，录音要 MP3、M4A、OGG、WAV"
        "（按内容识别，改扩展名无效），请转换后再上传。"
    ),
    "media_unused": "问卷里没有用到“{file}”，没有保存。",
    "name_duplicate_here": "题目名称“{name}”在同一组里重复，请改成不同的名称。",
    "name_reserved": "题目名称“{name}”是保留字，请换一个名称。",
    "no_way_out": (
        "需求题、敏感题要让人可以不答，"
        "请在选项表“{list}”里加上“不知道”或“不想回答”（填 nr_missing）。"
    ),
    "not_on_phones": "手机自填页面没有“{name}”这种题，请只在平板调查里使用，并且不要设为必答。",
    "or_other_without_choices": "or_other 要有选项表，请补上选项。",
    "parameters_invalid": "参数（parameters）写法有误，请对照模板改正：{text}",
    "personal_without_class": (
        "这一题收集个人信息，请把数据级别填为 L4，并考虑另库保存（bind::nr:vault）。"
    ),
    "position_in_brackets": "方括号里写序号（如 [2]）各种引擎结果不同，请改用 indexed-repeat()。",
    "preload_elsewhere": "“{name}”由采集程序自动填写，手机自填页面不填，请不要在条件里使用。",
    "preload_unsupported": "本系统不收集“{name}”（设备号、电话号、账号等），请删除这一行。",
    "pulldata_may_miss": "在“{name}”里查不到时这里是空的，请用 coalesce(…, '缺省值') 给出缺省。",
    "pulldata_here_only": "pulldata() 在本系统的页面和平板上可用，在 ODK Collect 上不可用。",
    "questionnaire_long": "估计要 {minutes} 分钟，超过 {limit} 分钟，请删减题目或分成几次。",
    "range_invalid": "刻度题（range）的参数有误，请检查 start、end、step: {text}",
    "reference_ambiguous": "公式引用的题目“{name}”有好几个，请改成不同的名称。",
    "reference_malformed": "引用应写成 ${{题目名称}}，请改正。",
    "regex_unanchored": "正则表达式“{name}”请写成 ^…$，否则各种引擎判断不同。",
    "repeat_read_outside": (
        "这里把重复组里的“{name}”当作一个值，重复两次就会出错，请用 sum()、"
        "count() 或 indexed-repeat()。"
    ),
    "sensitive_outside_sealed": (
        "这一题涉及人身安全，应放进密封部分（最外层的组，bind::nr:sealed 填 yes），由她自己填。"
    ),
    "sms_unsupported": "本系统不支持短信提交（prefix、delimiter），请删除这一列。",
    "submission_url_unsupported": "答卷只能交到本系统，请删除 submission_url。",
    "translation_missing": "缺少“{language}”的文字，请补上译文（共 {count} 处）。",
    "type_missing": "这一行没有题型，请填写 type。",
    "unreachable": "谁都走不到这里，条件互相矛盾或永远不成立：{text}",
    "version_invalid": "版本号不超过 {limit} 个字符，现在是“{text}”，请改短。",
    "wording_double": "一题里问了两件事（{text}），请拆成两题。",
    "wording_long": "题目有 {length} 个字，超过 {limit} 个字，请改短，或把说明放进提示。",
    "wording_rare": "有不常用的字“{text}”，请换成大家都认识的说法。",
    "xform_not_editable": (
        "XForm（.xml）没有工作簿，不能在网页上编辑。请用“导入问卷”，或找到它的 .xlsx。"
    ),
}
