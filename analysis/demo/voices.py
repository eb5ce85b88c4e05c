"""What the simulated women write in open questions.

Invented throughout. Some say who they are, as real women do, so that masking has something to do.
"""

from __future__ import annotations

import random

_THEMES = {
    "路灯修一修": (
        "把村里的路灯修好", "路灯坏了半年，晚上不敢出门", "门口的路修一修，下雨全是泥", "装路灯",
    ),
    "多办几次培训": (
        "多办技能培训，学一门手艺", "想学家政、月嫂，有证好找活", "办直播带货的培训班",
        "在家门口能找到零工，不耽误带孩子", "有手工活拿回家做就好了",
    ),
    "孩子放学有人管": (
        "孩子放学没人管，办个托管班", "暑假给孩子找个去处，有人辅导作业",
        "留守儿童没人管，多关心他们", "儿童之家常开门，周末也开", "家庭教育指导多讲讲，孩子不听话",
    ),
    "老人有地方吃饭": (
        "办个老年食堂，老人有地方吃饭", "婆婆瘫在床上，希望有人上门护理",
        "老人白天没人照看，办日间照料", "给一个人住的老人送餐",
    ),
    "看病近一点": (
        "看病太远，村卫生室要有药", "多做几次两癌筛查", "每年给妇女体检一次", "医保报销多一点",
    ),
    "": (
        "妇女之家多搞活动，大家热闹热闹", "有个说心里话的地方", "低保怎么办，讲清楚",
        "没什么想说的", "", "",
    ),
}  # fmt: skip
_WHO = (
    "我叫{name}，{said}", "{said}。电话{phone}", "{said}，我住{place}", "{said}，找{name}就行",
    "{said}，微信{wechat}",
)  # fmt: skip
_NAMES = ("许春梅", "何桂英", "尤小凤", "施玉兰", "吕翠霞", "秦秀珍")


def say(theme: str, rng: random.Random) -> str:
    """One answer on a theme; one in eight tells who she is."""
    said = rng.choice(_THEMES[theme])
    if said and rng.random() < 0.25:
        said = f"{said}，{rng.choice(_THEMES[rng.choice(list(_THEMES)[:5])])}"
    if not said or rng.random() > 0.125:
        return said
    return rng.choice(_WHO).format(
        said=said, name=rng.choice(_NAMES), phone=f"139{rng.randrange(10**8):08}",
        place=f"{rng.choice('东西南北上下')}{rng.choice('岭河湾塘坪桥')}村{rng.choice('一二三四')}组",
        wechat=f"qinghe{rng.randrange(1000, 9999)}",
    )[:100]  # fmt: skip
