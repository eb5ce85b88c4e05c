"""Two people code what the simulated women wrote, and a second one approves a few quotes."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from analysis.core import quoting
from analysis.core.export.plan import first
from analysis.demo.stage import Stage
from analysis.models import Codebook, CodingTask, MaskedAnswer
from analysis.services import coding, masked, open_text, quotes

QUESTION, READ, QUOTES = "h6", 150, 3
# name, definition, includes, excludes, and by which words the demonstration's coders know it
_CODES = (
    ("基础设施", "路、灯、水等村里的设施", "修路、路灯、自来水", "办活动的场所",
     "路灯|路修|装路"),
    ("就业培训", "学手艺、找活干、增加收入", "培训、零工、手工活", "孩子的学习",
     "培训|手艺|家政|零工|手工"),
    ("孩子照看与教育", "孩子放学、假期的照看和教育", "托管、辅导、家庭教育", "给大人的培训",
     "孩子放学|暑假|留守儿童|儿童之家|家庭教育"),
    ("养老照护", "老人吃饭、照料、护理", "食堂、送餐、上门护理", "看病报销",
     "老年食堂|护理|日间照料|送餐"),
    ("看病与检查", "看病、体检、筛查、报销", "两癌筛查、卫生室", "失能老人的护理",
     "看病|两癌|体检|医保"),
    ("活动与说话", "文体活动、有人听说话", "妇女之家活动", "政策讲解", "热闹|心里话"),
)  # fmt: skip


def play(stage: Stage) -> CodingTask:
    """Mask, write a codebook, read apart, decide what differs, finish, approve a few quotes."""
    source, now = stage.sources["probability"], stage.now - timedelta(days=48)
    definition = source.version.definition
    question = next(q for q in quoting.open_questions(definition) if q.name == QUESTION)
    coders = stage.people.users["yanjiu"], stage.people.users["bianma"]
    task = coding.open_task(
        source, question, label=first(question.label), coders=coders, size=READ, overlap=0,
        by="yanjiu", now=now, seed=stage.seed,
    )  # fmt: skip
    open_text.prepare(task, now=now)
    answers = list(task.answers.all())
    said = masked.read(answers)
    book = _write_codebook(task, {a.position: said[a.pk] for a in answers}, now)
    with transaction.atomic():
        for number, coder in enumerate(coders):
            _read(book, coder, said, random.Random(f"{stage.seed}-coder-{number}"))
    _decide(stage, task, said)
    coding.finish(task, by="yanjiu", now=now)
    _quote(stage, task, said)
    return task


def _write_codebook(task: CodingTask, said: dict[int, str], now: datetime) -> Codebook:
    rows = []
    for name, definition, includes, excludes, pattern in _CODES:
        example = next((p for p, text in said.items() if re.search(pattern, text)), None)
        rows.append({"key": "", "name": name, "definition": definition, "includes": includes,
                     "excludes": excludes, "example": example})  # fmt: skip
    return coding.write_codebook(task, rows, by="yanjiu", now=now)


def _meant(text: str) -> list[str]:
    return [f"c{k}" for k, code in enumerate(_CODES, 1) if re.search(code[-1], text)]


def _read(book: Codebook, coder: User, said: dict[int, str], rng: random.Random) -> None:
    """A careful coder: now and then she overlooks something or does not know."""
    for reading in coding.to_read(book.task, coder):
        codes = _meant(said[reading.answer_id])
        if codes and rng.random() < 0.06:
            codes = codes[1:]
        doubt = "discuss" if rng.random() < 0.01 else ""
        coding.record(reading, book, codes, doubt)


def _decide(stage: Stage, task: CodingTask, said: dict[int, str]) -> None:
    for one in coding.waiting(task):
        coding.decide(
            one.answer, _meant(said[one.answer.pk]), "consensus", "对照编码本的定义商定",
            by=stage.people.users["bianma"], now=task.opened_at,
        )  # fmt: skip


def _quote(stage: Stage, task: CodingTask, said: dict[int, str]) -> None:
    """One approved quote of each of the first codes, of answers with nothing masked in them."""
    people, taken, found = stage.people.users, set[str](), coding.final(task)
    for answer in MaskedAnswer.objects.filter(task=task):
        codes = [c for c in found[answer.instance_id] if c not in taken]
        if not codes or "〔" in said[answer.pk] or len(taken) == QUOTES:
            continue
        try:
            quote = quotes.propose(
                answer, min(codes), said[answer.pk], by=people["bianma"], now=task.opened_at
            )
        except quotes.QuoteRefused:
            continue
        quotes.decide(quote, True, "", by=people["yanjiu"], now=task.opened_at)
        taken.add(min(codes))
