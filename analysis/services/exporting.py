"""Exports of approved responses: prepared once, then streamed as CSV or written by a job.

Every file comes out of `core.export.rows.Rows`. Reads go page by page, so memory does not grow with
the number of responses and no read stays open while a page is written.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone

from analysis import queries
from analysis.core.export import codebook, note, planning, sinks
from analysis.core.export.records import Draft, Frame, Place, Row, same
from analysis.core.export.rows import Rows
from analysis.models import Export
from analysis.models.exports import KEPT
from analysis.services import shelf
from fieldwork.models import CampaignQuestionnaire
from surveys import audit, people, withdrawal
from surveys.models import Collection

Source = CampaignQuestionnaire.Source
Progress = Callable[[int, str], None]
SOURCES = {k: words for k, words in enumerate(Source.labels, 1)}
CHANNELS = {
    value: (k, str(words)) for k, (value, words) in enumerate(Collection.Channel.choices, 1)
}
# rows times columns that are read once and held, instead of being read twice
HELD, PAGE = 3_000_000, 1000
CSVS = frozenset({Export.Format.CSV, Export.Format.CSV_LONG})
NOT_DRAWN = "没有权数：不是概率样本，只描述填答的人。"


class CannotExport(ValueError):
    """Nothing can be exported; the text says why and what to do."""


@dataclass(frozen=True)
class Ready:
    """Rows whose identifying facts are judged, the note on them, and pages of what may leave."""

    rows: Rows
    note: list[str]
    pages: Iterator[list[Draft]]

    def leaving(self) -> Iterator[list[tuple[Row, tuple[tuple[str, Row], ...]]]]:
        """Pages of what may leave: each row with (table, row) of its repeats."""
        for page in self.pages:
            yield [found for found in map(self.rows.finish, page) if found is not None]


def ask(
    source: CampaignQuestionnaire, form: str, purpose: str, *, by: str, now: datetime,
    bom: bool = True, direct: bool = False,
) -> Export:  # fmt: skip
    """Register an export before anything is read: who, what, what for. CannotExport when empty."""
    if not queries.approved_count(source):
        raise CannotExport("这份问卷还没有审核通过的答卷，没有可以导出的数据。")
    export = Export.objects.create(
        source=source, format=form, purpose=purpose, asked_by=by, asked_at=now, bom=bom,
        direct=direct, expires_at=now + KEPT,
    )  # fmt: skip
    detail = {"export": export.pk, "format": export.format, "direct": direct}
    target = f"{source.campaign} {source.version}"
    audit.record(by, "export", target, at=now, data_class="L3", purpose=purpose, detail=detail)
    return export


def is_quick(source: CampaignQuestionnaire) -> bool:
    """Whether a page may send it at once: what it is weighed by is up to date, open and small."""
    if source.source != Source.PROBABILITY:
        return True
    from analysis.services import freezing, ground, snapshot  # numpy comes with them

    try:
        freezing.bound(source.campaign)
    except freezing.CannotFreeze:  # nothing will be weighed
        return True
    return ground.light(source, queries.approved_count(source)) and snapshot.is_current(source)


def prepare(export: Export) -> Ready:
    """Weights, and how many share their identifying facts.

    What is small is read once and held; of what is large the facts are read first, then the rest.
    Either way rows come in an order of their own, so that they do not tell who answered when.
    """
    rng, source = random.Random(secrets.token_bytes(16)), export.source
    places, said = _places(export)
    rows = _rows_of(export, places)
    drafts = (list(map(rows.draft, page)) for page in queries.open_records(source))
    if queries.approved_count(source) * len(rows.variables(rows.plan.main)) <= HELD:
        held = list(chain.from_iterable(drafts))
        rows.judge((draft.key, draft.weight) for draft in held)
        drafts = (held[at : at + PAGE] for at in range(0, len(_mixed(held, rng)), PAGE))
    else:
        rows.judge(
            (rows.key(found, context), rows.weight(context))
            for context, found in queries.open_facts(source, rows.reads)
        )
        drafts = (_mixed(page, rng) for page in drafts)
    return Ready(rows, note.lines(_asked(export, said), rows), drafts)


def _mixed(drafts: list[Draft], rng: random.Random) -> list[Draft]:
    rng.shuffle(drafts)
    return drafts


def _rows_of(export: Export, places: dict[str, Place]) -> Rows:
    source = export.source
    number = Source.values.index(source.source) + 1
    drawn = source.source == Source.PROBABILITY
    planned = planning.build(source.version.definition, source.campaign.opens_on.year)
    frame = Frame(number, SOURCES, CHANNELS, drawn, places)
    render = sinks.csv_cell if export.format in CSVS else same
    return Rows(planned, frame, export.asked_at, secrets.token_bytes(32), render)


def csv_stream(export: Export) -> Iterator[bytes]:
    """The wide CSV, its header at once; afterwards number of rows and note stand on the export."""
    blank = _rows_of(export, {})
    head = sinks.csv_line(v.name for v in blank.variables(blank.plan.main))
    yield head.encode("utf-8-sig" if export.bom else "utf-8")
    ready, n = prepare(export), 0
    for page in ready.leaving():
        n += len(page)
        yield "".join([sinks.csv_line(row) for row, _ in page]).encode()
    Export.objects.filter(pk=export.pk).update(rows=n, note="\n".join(ready.note))


def write(export: Export, progress: Progress) -> None:
    """Make the file and put it, sealed, on the shelf."""
    progress(2, "正在计算权数，检查识别信息")
    export.withdrawn = withdrawal.withdrawn_count(export.source.collection)
    ready = prepare(export)
    with shelf.workbench() as folder:
        tallies = fill(export, ready, folder, progress)
        progress(90, "正在写编码本和说明，打包加密")
        export.rows, export.note = tallies["responses"].n, "\n".join(ready.note)
        shelf.keep(export, _bundle(folder, export), timezone.localdate(export.asked_at))
    export.save(update_fields=["rows", "note", "size", "sha256"])


def fill(
    export: Export, ready: Ready, folder: Path, progress: Progress
) -> dict[str, codebook.Tally]:
    """All tables of the chosen format, and the codebook from the same rows."""
    rows, book = ready.rows, _book(export, ready, folder)
    variables = {t.name: rows.variables(t) for t in rows.plan.tables}
    tallies = {name: codebook.Tally(found) for name, found in variables.items()}
    adds = {t.name: book.table(t, variables[t.name]) for t in rows.plan.tables} if book else {}
    total, main = max(sum(rows.counts.values()), 1), rows.plan.main.name
    for page in ready.leaving():
        for row, children in page:
            for name, cells in ((main, row), *children):
                tallies[name].add(cells)
                if book:
                    adds[name](cells)
        done = tallies[main].n
        progress(min(5 + 84 * done // total, 89), f"已写 {done} 份，共 {total} 份")
    lines = codebook.entries(rows.plan, variables, tallies)
    _codebook(export, ready, lines, folder, book)
    if book:
        book.close()
    return tallies


def _book(export: Export, ready: Ready, folder: Path) -> sinks.Book | None:
    form = Export.Format(export.format)
    if form == Export.Format.CSV:
        return sinks.Csv(folder, export.bom)
    if form == Export.Format.CSV_LONG:
        return sinks.CsvLong(folder, export.bom)
    if form == Export.Format.CODEBOOK:
        return None
    if form == Export.Format.XLSX:
        return sinks.Xlsx(folder, ready.note)
    if form == Export.Format.SAV:
        return sinks.Sav(folder, ready.note)
    return sinks.Parquet(folder, ready.note)


def _codebook(
    export: Export, ready: Ready, lines: list[list[sinks.Cell]], folder: Path,
    book: sinks.Book | None,
) -> None:  # fmt: skip
    """Inside the workbook when there is one, else a workbook of its own; the PDF when asked for."""
    if isinstance(book, sinks.Xlsx):
        book.sheet("编码本", [codebook.HEAD, *lines])
        return
    own = folder / "codebook"
    own.mkdir()
    made = sinks.Xlsx(own, ready.note)
    made.sheet("编码本", [codebook.HEAD, *lines])
    made.close()
    (own / "data.xlsx").rename(folder / "编码本.xlsx")
    own.rmdir()
    if export.format == Export.Format.CODEBOOK:
        from analysis import printing

        (folder / "编码本.pdf").write_bytes(printing.codebook(export, ready.note, lines))


def _bundle(folder: Path, export: Export) -> Path:
    """One ZIP of everything written, the note beside it as text."""
    (folder / "说明.txt").write_text("\ufeff" + (export.note or ""), encoding="utf-8")
    files, path = sorted(p for p in folder.iterdir() if p.is_file()), folder / "export.zip"
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as bundle:
        for file in files:
            bundle.write(file, file.name)
            file.unlink()
    return path


def _places(export: Export) -> tuple[dict[str, Place], str]:
    """Weight and township by assignment, and what to say about them."""
    source = export.source
    if source.source != Source.PROBABILITY:
        return {}, NOT_DRAWN
    from analysis.services import freezing  # numpy and scipy come with it: only when needed

    try:
        found = freezing.weights(source.campaign, export.asked_at, opened=export.direct)
    except freezing.CannotFreeze as error:
        return {}, f"没有权数：{error}"
    names = freezing.township_names(source.campaign, {at for _, at in found.places.values()})
    places = {
        context: Place(weight, names[township])
        for context, (weight, township) in found.places.items()
    }
    return places, note.weighted(found.effect)


def _asked(export: Export, weights: str) -> note.Asked:
    source = export.source
    return note.Asked(
        campaign=source.campaign.title, questionnaire=str(source.version), source=source.source,
        source_words=source.get_source_display(), by=people.name(export.asked_by),
        purpose=export.purpose, made=_minute(export.asked_at),
        expires=_minute(export.expires_at), weights=weights,
    )  # fmt: skip


def _minute(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
