"""The two-coder workflow: open a task, read apart, compare, decide what differs, finish.

A reading counts under the newest codebook only. Until both have read everything nobody sees what
either found; afterwards readings are told apart as 甲 and 乙, never by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from analysis.models import Adjudication, Code, Codebook, Coding, CodingTask, MaskedAnswer
from fieldwork.models import CampaignQuestionnaire
from surveys import audit
from surveys.core.definition import Question

Row = dict[str, Any]
NOTHING = "none"  # what a coder ticks where no code applies
STATES = {
    "masking": "正在遮盖", "empty": "没有作答", "codebook": "待写编码本", "coding": "编码中",
    "deciding": "待裁定", "ready": "待完成", "done": "已完成",
}  # fmt: skip


class CodingRefused(ValueError):
    """A step that may not be taken; the text says why and what to do first."""


def open_task(
    source: CampaignQuestionnaire, question: Question, *, label: str, coders: tuple[User, User],
    size: int, overlap: int, seed: int, by: str, now: datetime,
) -> CodingTask:  # fmt: skip
    """A task, once per question and source; masking follows in a job."""
    if coders[0] == coders[1]:
        raise CodingRefused("两位编码员不能是同一个人。")
    if CodingTask.objects.filter(source=source, question=question.path).exists():
        raise CodingRefused("这道题已经在编码，请从列表进入。")
    return CodingTask.objects.create(
        source=source, question=question.path, label=label[:300], first=coders[0],
        second=coders[1], size=size, overlap=overlap, seed=seed,
        opened_by=by, opened_at=now,
    )  # fmt: skip


def replace_coder(task: CodingTask, seat: str, person: User, *, by: str, now: datetime) -> None:
    """Somebody else on one seat, ``first`` or ``second``: she reads everything of it herself."""
    other = task.second if seat == "first" else task.first
    if task.finished_at or compared(task):
        raise CodingRefused("两位都已编完，结果已经对照，不能再换人。")
    if person in (task.first, task.second):
        raise CodingRefused(f"{_person(person)}已经是编码员，请另选一位。")
    with transaction.atomic():
        left = Coding.objects.filter(answer__task=task).exclude(coder=other)
        left.update(coder=person, codebook=None, codes=[], doubt="")
        setattr(task, seat, person)
        task.save(update_fields=[seat])
        detail = {"seat": seat, "person": person.get_username()}
        audit.record(by, "replace_coder", str(task.pk), at=now, data_class="L3", detail=detail)


def _person(user: User) -> str:
    return user.first_name or user.get_username()


def codebook(task: CodingTask) -> Codebook | None:
    return task.codebooks.first()


def write_codebook(
    task: CodingTask, rows: Sequence[Mapping[str, Any]], *, by: str, now: datetime
) -> Codebook:
    """A new version, or the newest one where nothing is different: readings need not be redone.

    ``key`` of a row is that of the code it goes on from, or empty; ``example`` is the position of
    an answer, or None.
    """
    if task.finished_at:
        raise CodingRefused("这道题已经完成，编码本不能再改。")
    if len({row["name"] for row in rows}) < len(rows) or not rows:
        raise CodingRefused("编码本至少要有一个编码，名称不能重复。")
    keys = {code.key for book in task.codebooks.all() for code in book.codes.all()}
    answers = {a.position: a for a in task.answers.filter(
        position__in=[row["example"] for row in rows if row["example"]])}  # fmt: skip
    unknown = [n for row in rows if (n := row["example"]) and n not in answers]
    if unknown:
        raise CodingRefused(f"没有第 {unknown[0]} 条作答，请核对例子填的序号。")
    newest = codebook(task)
    if newest is not None and _same(newest, rows):
        return newest
    with transaction.atomic():
        book = Codebook.objects.create(
            task=task, number=task.codebooks.count() + 1, made_by=by, made_at=now
        )
        used: set[str] = set()
        for position, row in enumerate(rows):
            goes_on = row["key"] in keys and row["key"] not in used
            key = row["key"] if goes_on else f"c{len(keys) + 1}"
            keys.add(key)
            used.add(key)
            Code.objects.create(
                codebook=book, key=key, name=row["name"], definition=row["definition"],
                includes=row["includes"], excludes=row["excludes"], position=position,
                example=answers.get(row["example"]),
            )  # fmt: skip
    return book


def _same(book: Codebook, rows: Sequence[Mapping[str, Any]]) -> bool:
    codes = book.codes.select_related("example")
    return [code_row(code) for code in codes] == [dict(row) for row in rows]


def code_row(code: Code) -> Row:
    """A code as a row of `write_codebook`."""
    return {
        "key": code.key, "name": code.name, "definition": code.definition,
        "includes": code.includes, "excludes": code.excludes,
        "example": code.example.position if code.example else None,
    }  # fmt: skip


# -- reading apart -----------------------------------------------------------------------------


def is_coder(task: CodingTask, user: User) -> bool:
    return user.pk in (task.first_id, task.second_id)


def to_read(task: CodingTask, coder: User) -> QuerySet[Coding]:
    """What this coder still has to read, in order."""
    mine = Coding.objects.filter(answer__task=task, coder=coder).select_related("answer")
    return mine.exclude(codebook=codebook(task), codebook__isnull=False).order_by(
        "answer__position"
    )


def reading_at(task: CodingTask, coder: User, position: int) -> Coding | None:
    rows = Coding.objects.filter(answer__task=task, coder=coder).select_related("answer")
    return rows.filter(answer__position=position).first()


def record(reading: Coding, book: Codebook, codes: Sequence[str], doubt: str) -> None:
    """Keep what a coder found by this version of the codebook, as long as nothing is compared."""
    if _through(book):
        raise CodingRefused("两位编码员都已编完，结果已经对照；有不同意见请在裁定中说明。")
    reading.codebook, reading.codes, reading.doubt = book, _known(book, codes), doubt
    reading.save(update_fields=["codebook", "codes", "doubt"])


def _through(book: Codebook) -> bool:
    """Whether every reading of the task was made by this version."""
    rows = Coding.objects.filter(answer__task=book.task_id)
    return not rows.exclude(codebook=book, codebook__isnull=False).exists()


def _known(book: Codebook, codes: Sequence[str]) -> list[str]:
    """The codes in the order of the book; NOTHING stands for none."""
    return [code.key for code in book.codes.all() if code.key in codes]


@dataclass(frozen=True)
class Progress:
    """How far a task is: readings wanted and made; answers that need a decision, and decided."""

    state: str
    wanted: int
    made: int
    differing: int
    decided: int

    @property
    def words(self) -> str:
        return STATES[self.state]


def progress(task: CodingTask) -> Progress:
    book = codebook(task)
    rows = Coding.objects.filter(answer__task=task)
    counts = rows.aggregate(
        wanted=Count("pk"), made=Count("pk", filter=Q(codebook=book, codebook__isnull=False))
    )
    through = counts["wanted"] == counts["made"] > 0
    differing = [one for one in comparisons(task) if one.differs] if through else []
    decided = sum(one.decision is not None for one in differing)
    state = _state(task, book, counts["wanted"], through, len(differing) - decided)
    return Progress(state, counts["wanted"], counts["made"], len(differing), decided)


def _state(
    task: CodingTask, book: Codebook | None, wanted: int, through: bool, waiting: int
) -> str:
    if task.finished_at:
        return "done"
    if task.prepared_at is None:
        return "masking"
    if not wanted:
        return "empty"
    if book is None:
        return "codebook"
    if not through:
        return "coding"
    return "deciding" if waiting else "ready"


def compared(task: CodingTask) -> bool:
    """Whether both are through, so that their readings may be laid side by side."""
    book = codebook(task)
    return book is not None and task.answers.exists() and _through(book)


# -- deciding ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """One answer, its readings (the first coder's first), and the decision that counts, if any."""

    answer: MaskedAnswer  # without its text
    readings: tuple[Coding, ...]
    decision: Adjudication | None

    @property
    def differs(self) -> bool:
        sets = {frozenset(reading.codes) for reading in self.readings}
        return len(sets) > 1 or any(reading.doubt for reading in self.readings)


def comparisons(task: CodingTask) -> list[Compared]:
    """All answers of a task, in order. Decisions under an older codebook do not count."""
    book = codebook(task)
    rows = task.answers.defer("body").select_related("adjudication").prefetch_related("codings")
    return [
        Compared(
            answer,
            tuple(sorted(answer.codings.all(), key=lambda c: c.coder_id != task.first_id)),
            _decision(answer, book),
        )
        for answer in rows
    ]


def _decision(answer: MaskedAnswer, book: Codebook | None) -> Adjudication | None:
    made = getattr(answer, "adjudication", None)
    return made if made is not None and book is not None and made.codebook_id == book.pk else None


def waiting(task: CodingTask) -> list[Compared]:
    """Answers that differ or were doubted and are not decided, in order."""
    return [one for one in comparisons(task) if one.differs and one.decision is None]


def decide(
    answer: MaskedAnswer, codes: Sequence[str], way: str, reason: str, *, by: User, now: datetime
) -> None:
    task, book = answer.task, codebook(answer.task)
    if book is None or not compared(task):
        raise CodingRefused("两位编码员都编完以后才能裁定。")
    if task.finished_at:
        raise CodingRefused("这道题已经完成，不能再改。")
    if way == Adjudication.Way.THIRD and by in (task.first, task.second):
        raise CodingRefused("第三人裁定要由两位编码员以外的人作出；两人商量好的请选“两人商定”。")
    Adjudication.objects.update_or_create(
        answer=answer,
        defaults={
            "codebook": book, "codes": _known(book, codes), "way": way, "reason": reason,
            "by": by, "on": timezone.localdate(now),
        },
    )  # fmt: skip


def finish(task: CodingTask, *, by: str, now: datetime) -> None:
    """From now on the codes enter every data version that is frozen."""
    if progress(task).state != "ready":
        raise CodingRefused("还有没编完或没裁定的作答，不能完成。")
    with transaction.atomic():
        task.finished_by, task.finished_at = by, now
        task.save(update_fields=["finished_by", "finished_at"])
        audit.record(by, "finish_coding", str(task.pk), at=now, data_class="L3")


def final(task: CodingTask) -> dict[str, frozenset[str]]:
    """Instance id -> codes that count, of every answer that is settled."""
    found = {}
    for one in comparisons(task):
        if one.decision is not None:
            found[one.answer.instance_id] = frozenset(one.decision.codes)
        elif one.readings and not one.differs:
            found[one.answer.instance_id] = frozenset(one.readings[0].codes)
    return found
