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
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone

from analysis import queries
from analysis.core.export import codebook, note, plan, sinks
from analysis.core.export.rows import Frame, Place, Record, Rows
from analysis.models import Export
from analysis.models.exports import KEPT
from analysis.services import shelf
from fieldwork.models import CampaignQuestionnaire
from surveys import audit
from surveys.models import Collection

Source = CampaignQuestionnaire.Source
Progress = Callable[[int, str], None]
SOURCES = {k: words for k, words in enumerate(Source.labels, 1)}
CHANNELS = {
    value: (k, str(words)) for k, (value, words) in enumerate(Collection.Channel.choices, 1)
}
NOT_DRAWN = "没有权数：不是概率样本，只描述填答的人。"


class CannotExport(ValueError):
    """Nothing can be exported; the text says why and what to do."""


@dataclass(frozen=True)
class Ready:
    """Rows whose identifying facts are judged, the seed of their order, and the note on them."""

    rows: Rows
    note: list[str]
    rng: random.Random


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


def prepare(export: Export) -> Ready:
    """First reading: weights, and how many share their identifying facts."""
    rng = random.Random(secrets.token_bytes(16))
    places, said = _places(export.source, export.asked_at, rng)
    rows = _rows_of(export, places)
    rows.count(queries.open_facts(export.source, rows.reads))
    return Ready(rows, note.lines(_asked(export, said), rows), rng)


def _rows_of(export: Export, places: dict[str, Place]) -> Rows:
    source = export.source
    number = Source.values.index(source.source) + 1
    drawn = source.source == Source.PROBABILITY
    planned = plan.build(source.version.definition, source.campaign.opens_on.year)
    frame = Frame(number, SOURCES, CHANNELS, drawn, places)
    return Rows(planned, frame, export.asked_at, secrets.token_bytes(32))


def csv_stream(export: Export) -> Iterator[bytes]:
    """The wide CSV, its header at once; afterwards number of rows and note stand on the export."""
    blank = _rows_of(export, {})
    head = sinks.csv_header(blank.variables(blank.plan.main))
    yield head.encode("utf-8-sig" if export.bom else "utf-8")
    ready, parts, n = prepare(export), list[str](), 0
    add = sinks.csv_rows(parts.append, ready.rows.variables(ready.rows.plan.main))
    for page in _pages(export, ready):
        for record in page:
            row = ready.rows.main(record)
            if row is not None:
                add(row)
                n += 1
        yield "".join(parts).encode()
        parts.clear()
    Export.objects.filter(pk=export.pk).update(rows=n, note="\n".join(ready.note))


def write(export: Export, progress: Progress) -> None:
    """Make the file and put it, sealed, on the shelf."""
    progress(2, "正在计算权数，检查识别信息")
    ready = prepare(export)
    with shelf.workbench() as folder:
        tallies = _fill(export, ready, folder, progress)
        progress(90, "正在写编码本和说明，打包加密")
        export.rows, export.note = tallies["responses"].n, "\n".join(ready.note)
        shelf.keep(export, _bundle(folder, export), timezone.localdate(export.asked_at))
    export.save()


def _fill(
    export: Export, ready: Ready, folder: Path, progress: Progress
) -> dict[str, codebook.Tally]:
    """All tables of the chosen format, and the codebook from the same rows."""
    rows, book = ready.rows, _book(export, ready, folder)
    variables = {t.name: rows.variables(t) for t in rows.plan.tables}
    names = {name: [v.name for v in found] for name, found in variables.items()}
    tallies = {name: codebook.Tally() for name in variables}
    adds = {t.name: book.table(t, variables[t.name]) for t in rows.plan.tables} if book else {}
    total, seen = max(sum(rows.counts.values()), 1), 0
    for page in _pages(export, ready):
        for record in page:
            for name, row in _rows(rows, record):
                tallies[name].add(names[name], row)
                if book:
                    adds[name](row)
        seen += len(page)
        progress(min(5 + 84 * seen // total, 89), f"已写 {seen} 份，共 {total} 份")
    lines = codebook.entries(rows.plan, variables, tallies)
    _codebook(export, ready, lines, folder, book)
    if book:
        book.close()
    return tallies


def _rows(rows: Rows, record: Record) -> Iterator[tuple[str, list[sinks.Cell]]]:
    row = rows.main(record)
    if row is not None:
        yield rows.plan.main.name, row
        for table in rows.plan.tables[1:]:
            for child in rows.children(table, record):
                yield table.name, child


def _pages(export: Export, ready: Ready) -> Iterator[list[Record]]:
    """Pages in an order of their own, so that rows do not tell who answered when."""
    for page in queries.open_records(export.source):
        ready.rng.shuffle(page)
        yield page


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


def _places(
    source: CampaignQuestionnaire, now: datetime, rng: random.Random
) -> tuple[dict[str, Place], str]:
    """Weight and design codes by assignment, and what to say about them."""
    if source.source != Source.PROBABILITY:
        return {}, NOT_DRAWN
    from analysis.services import freezing  # numpy and scipy come with it: only when needed

    try:
        found = freezing.weights(source.campaign, now)
    except freezing.CannotFreeze as error:
        return {}, f"没有权数：{error}"
    strata = {township for _, township, _ in found.values()}
    villages = {village for _, _, village in found.values()}
    names = freezing.township_names(source.campaign, strata)
    stratum, psu = _renumbered(strata, rng), _renumbered(villages, rng)
    places = {
        context: Place(round(weight, 6), stratum[township], psu[village], names[township])
        for context, (weight, township, village) in found.items()
    }
    return (
        places,
        "设计权数经无应答调整和边际校准，与此刻冻结的数据版相同；推断必须加权并按层、村计算误差。",
    )


def _renumbered(codes: set[str], rng: random.Random) -> dict[str, int]:
    """Numbers in an order that tells nothing."""
    mixed = sorted(codes)
    rng.shuffle(mixed)
    return {code: k for k, code in enumerate(mixed, 1)}


def _asked(export: Export, weights: str) -> note.Asked:
    source = export.source
    return note.Asked(
        campaign=source.campaign.title, questionnaire=str(source.version), source=source.source,
        source_words=source.get_source_display(), by=export.asked_by, purpose=export.purpose,
        made=_minute(export.asked_at), expires=_minute(export.expires_at), weights=weights,
    )  # fmt: skip


def _minute(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
