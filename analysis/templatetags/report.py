"""How a sentence gets into a page.

Every process that shows a page loads this file: nothing heavy may be imported here.
"""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from analysis.core import wording

register = template.Library()
NUMERALS = "一二三四五六七八九十"
# No line may begin with the dash of an interval or hold only the end of a judgement; a light's
# shape needs a font that has it small.
_WHOLE = re.compile(r"\d[\d.]*%?—(?=\d)|第\d+—\d+位。?|(?:确定|可能)前.位?。|(?:较高|中等|较低)。")
_LIGHT = re.compile(r"[●▲◆■✓]")


@register.filter
def percent(value: float) -> str:
    return wording.percent(value)


@register.filter
def line(text: object) -> SafeString:
    """A sentence of a report, escaped; line feeds become breaks."""
    kept = _WHOLE.sub(r'<span class="whole">\g<0></span>', conditional_escape(str(text)))
    kept = _LIGHT.sub(r'<span class="light">\g<0></span>', kept)
    return mark_safe(kept.replace("\n", "<br>"))


@register.filter
def numeral(number: int) -> str:
    """1 -> 一, 12 -> 十二, 20 -> 二十"""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else NUMERALS[tens - 1] + "十")
    return head + (NUMERALS[ones - 1] if ones else "")
