"""Masking: what in a free answer tells who somebody is, replaced before anybody reads it.

Numbers, accounts, plates, dates, addresses, villages and names of persons become placeholders such
as 〔姓名〕. Rules err on the side of masking: a harmless word lost costs a coder little, a name
kept costs a woman much. They do not find everything (`docs/masking.md` says what they find), so
masked text is still kept sealed and read by few. Same text, same result. They look at the folded
text (`writing`); what is left comes back as she wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from analysis.core import beforehand, names, writing

NAME, PHONE, IDENTITY, CARD, ACCOUNT, PLATE, DATE, ADDRESS, PLACE, MAIL = (
    "〔姓名〕", "〔电话〕", "〔证件号〕", "〔卡号〕", "〔账号〕", "〔车牌〕", "〔日期〕",
    "〔地址〕", "〔村社〕", "〔网址〕",
)  # fmt: skip
PLACEHOLDERS = (NAME, PHONE, IDENTITY, CARD, ACCOUNT, PLATE, DATE, ADDRESS, PLACE, MAIL)

_HAN = "\u4e00-\u9fff"
_NUMERAL = "0-9〇零一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_DIGIT = (
    rf"(?:[{_NUMERAL}拐洞勾]|(?<![什怎这那多])么)"  # also as soldiers and radio operators say them
)
_COUNT = "0-9〇零一二三四五六七八九十百"
_SPLIT = r"(?:[^\w%％‰℃$¥￥]|_){0,3}"

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+|(https?://|www\.)[^\s，。；、]+", re.ASCII | re.I)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s*[A-Za-z]\s*[·•.]?\s*"
    r"(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{4,6}(?![A-Za-z0-9])"
)
_CALLED = r"(?:号码|号|id|是|为|叫|[:：]|\s|ID|加我)*"
_MEDIA = (
    r"微信|薇信|威信|[vV]信|[wW][xX]|[vV][xX]|weixin|QQ|qq|Qq|扣扣|企鹅|抖音|快手|支付宝|淘宝|"
    r"小红书"
)
_ACCOUNT = re.compile(rf"((?:{_MEDIA})(?:群)?{_CALLED})([A-Za-z0-9][\w\-]{{3,24}})", re.ASCII)
_SPOKEN = re.compile(rf"((?:{_MEDIA}){_CALLED})((?:{_DIGIT}{_SPLIT}){{4,}}{_DIGIT})")
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_])(?=[\w\-]*[A-Za-z])(?=[\w\-]*[\d_\-])[A-Za-z0-9_\-]{6,}", re.ASCII
)
_RUN = re.compile(rf"{_DIGIT}(?:{_SPLIT}{_DIGIT}){{6,}}(?:{_SPLIT}[Xx](?![A-Za-z]))?")
_IDENTITY = re.compile(
    rf"(?<![A-Za-z0-9_]){_DIGIT}(?:{_SPLIT}{_DIGIT}){{16}}{_SPLIT}[Xx](?![A-Za-z0-9])"
)
_RANGE = re.compile(r"(\d{2,5})\s?[-~～—至/]{1,2}\s?(\d{2,5})")  # 2000-3000, no telephone
_YEARS = re.compile(r"(?:19|20)\d\d(?:[-~～—至/、，,]\s?(?:19|20)\d\d)+")
_UNIT = re.compile(r"\s*多?(?:元|块|万|千|百|年|人|户|名|斤|亩|米|里|公里|平|度|天|字)")
_SHORT = re.compile(
    rf"((?:电话|手机|座机|短号|分机|尾号|号码|联系方式|[后末][三四五六3-6]位(?:数字?)?)"
    rf"(?:号码|号|是|为|[:：]|\s)*)({_DIGIT}(?:{_SPLIT}{_DIGIT}){{2,}})"
)
_DATE = re.compile(
    rf"[{_NUMERAL}]{{2,4}}\s*年\s*(?:[{_COUNT}]{{1,3}}|正|冬|腊|闰[{_COUNT}])\s*月"
    rf"(?:份)?(?:\s*(?:初|廿|卅)?[{_COUNT}]{{0,3}}\s*[日号]?)?"
    rf"|(?:[{_COUNT}]{{1,3}}|正|冬|腊)月\s*(?:(?:初|廿|卅)[{_COUNT}]{{1,2}}|[{_COUNT}]{{1,3}}\s*[日号])"
    r"|(?:19|20)\d\d\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{1,2}|(?<!\d)(?:19|20)\d{6}(?!\d)"
    rf"|[{_NUMERAL}]{{2,4}}\s*年\s*(?:出生|生人|生的|生(?![活病产育意])|属[鼠牛虎兔龙蛇马羊猴鸡狗猪])"
)
_DOOR = re.compile(
    rf"[{_HAN}]{{1,6}}(?:大道|大街|胡同|路|街|巷|弄)[东西南北中]?(?:段)?\s*"
    rf"[{_COUNT}]+\s*(?:弄(?![得好坏完清走])(?:\s*[{_COUNT}]+\s*号)?|巷?\s*(?:[{_COUNT}]*\s*号))(?:院|楼)?"
    rf"(?:\s*[{_COUNT}A-Za-z\-]+\s*(?:栋|幢|座|号楼|楼|单元|层|室|户|号))*"
    rf"|门牌(?:号|是|为|[:：])*\s*[{_COUNT}\-]+\s*号?"
    rf"|(?:[{_COUNT}A-Za-z]+\s*(?:栋|幢|号楼|单元|号院)\s*)(?:[{_COUNT}A-Za-z\-]+\s*(?:栋|幢|座|楼|单元|层|室|户|号)?)*"
    rf"|[{_COUNT}]{{3,4}}\s*室"
)
_GROUP = beforehand.GROUP
_LONE_GROUP = re.compile(
    rf"(?:(?<=[住在是])|(?<=我们)|(?<=俺们)|(?<=村))第?[{_COUNT}]+\s*(?:村民小组|小组|组|生产队|队)"
    rf"|第?[{_COUNT}]+\s*(?:村民小组|生产队)"
)
# characters that end a look back for the beginning of a village's name
_NOT_IN_PLACE = (
    "的了着过我你您她他它咱俺们这那哪本全每各某几个进到在住是有和与跟从对把给让就都也回去来"
    "驻入离嫁出返该同往向由等及或请被为叫"
)
_NO_PLACE = re.compile(
    r".*(?:农村|乡村|山村|城中村|空心村|行政村|自然村|贫困村|示范村|文明村|重点村|邻村|外村|隔壁村|"
    r"偏远村|周边村|附近村|其他村|多数村|有些村|回村|下村|进村|帮扶村|脱贫村|整村|村村|一村|两村|三村|"
    r"建设社区|居家社区|智慧社区|农村社区|街道社区|老旧小区|安置小区|搬迁小区|住宅小区|封闭小区|城区小区|新建小区|"
    r"希望社区|希望村|社区社区|希望小区)$"
)
_VILLAGE = re.compile(
    rf"(?:(?![{_NOT_IN_PLACE}])[{_HAN}]){{1,4}}?(?:行政村|自然村|新村|村|社区|小区|居委会|花园|家园|公寓|嘉园|名苑)"
    rf"(?![{_HAN}]?[级规民镇居妇])(?!委|里人都)(?!{_GROUP}?化){_GROUP}?"
)
_FAMILY_PLACE = re.compile(
    rf"[{_HAN}](?:家|氏)(?:庄|屯|寨|湾|沟|坪|塘|坝|坳|垭|岭|店|铺|集|营|堡|窑|洼|坡|桥|河|台|院|峪|圩|岗|畈|冲|埠){_GROUP}?"
)
_HAMLET = re.compile(
    rf"(?<=[住在到自是从])((?![{_NOT_IN_PLACE}])[{_HAN}]){{1,3}}(?:庄|屯|寨|湾|沟|坪|坳|营|堡|峪|畈|冲|埠)(?:子)?{_GROUP}?"
)


def mask(text: str, *, places: Iterable[str] = (), people: Iterable[str] = ()) -> str:
    """The text with placeholders; ``places`` and ``people`` are names known beforehand.

    places: villages and communities of the area, with or without their 村 or 社区.
    """
    folded = writing.fold(text)
    masked = folded.text
    for pattern in beforehand.places(tuple(places)):
        masked = pattern.sub(rf"\g<before>{PLACE}", masked)
    for pattern in beforehand.people(tuple(people)):
        masked = pattern.sub(NAME, masked)
    for rule, told in _RULES:
        masked = rule.sub(told, masked)
    masked = names.replace(masked, NAME)
    return _as_written(folded, masked)


def _as_written(folded: writing.Folded, masked: str) -> str:
    """What is left, in the characters she used."""
    parts = re.split(r"(〔[^〕]+〕)", masked)
    parts[::2] = folded.unfold(parts[::2])
    return re.sub(r"(〔[^〕]+〕)(?:\s*\1)+", r"\1", "".join(parts))


def _number(found: re.Match[str]) -> str:
    """Told by how many digits stand together, whatever is between them."""
    if _DATE.fullmatch(found[0]):
        return DATE
    if _is_amount(found):
        return found[0]
    digits = len(re.findall(rf"{_DIGIT}|[Xx]", found[0]))
    if digits in (15, 18):
        return IDENTITY
    return CARD if digits in (16, 17) or digits > 18 else PHONE


def _is_amount(found: re.Match[str]) -> bool:
    """Sums from one to another, or years: what is counted stands behind."""
    if not _UNIT.match(found.string, found.end()):
        return False
    return bool(_RANGE.fullmatch(found[0]) or _YEARS.fullmatch(found[0]))


def _account(found: re.Match[str]) -> str:
    return found[1] + ACCOUNT


def _phone(found: re.Match[str]) -> str:
    return found[1] + PHONE


def _place(found: re.Match[str]) -> str:
    bare = re.sub(rf"{_GROUP}$", "", found[0])
    return found[0] if _NO_PLACE.match(bare) else PLACE


_RULES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (_MAIL, MAIL), (_IDENTITY, IDENTITY), (_SPOKEN, _account), (_ACCOUNT, _account),
    (_PLATE, PLATE), (_TOKEN, ACCOUNT), (_RUN, _number), (_SHORT, _phone), (_DATE, DATE),
    (_DOOR, ADDRESS), (_VILLAGE, _place), (_FAMILY_PLACE, PLACE), (_HAMLET, PLACE),
    (_LONE_GROUP, PLACE),
]  # fmt: skip
