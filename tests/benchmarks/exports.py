"""Time and memory of the exports, side by side with what the libraries alone need.

    python -m tests.benchmarks.exports [ROWS] [--rounds N] [--stream] [--postgresql]

By hand. Fills a scratch store with ROWS responses (20,000) of 60 columns, then in turns, the best
round of each counting, in CPU seconds (all of it runs in one thread, and a busy machine moves them
least):

- CSV: `csv_stream` against orjson and the csv module writing the same columns straight from the
  stored JSON documents (on PostgreSQL: from COPY). Goal: at most 2 times; first byte within 0.5 s.
- XLSX, SAV: the whole table written by our books, reading, judging and recoding included, against
  the library given the same rows from memory (for SAV by way of a data frame, as it demands).
  Goal: at most 1.3 times.
- --stream: only the CSV, with the largest resident memory. Goal for 1,000,000 rows: 300 MB.
"""

import argparse
import csv
import os
import random
import resource
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import orjson

from config import postgres

SELECTS, NUMBERS = 44, 10  # and six options of one multiple choice
CHOICES = """
| list_name | name | label | nr_missing |
| four | 1 | 很需要 | |
| four | 2 | 需要 | |
| four | 3 | 一般 | |
| four | 4 | 不需要 | |
| four | 9 | 不知道 | dont_know |
| help | a | 学手艺 | |
| help | b | 找活干 | |
| help | c | 带孩子 | |
| help | d | 看老人 | |
| help | e | 看病 | |
| help | f | 别的 | |
"""
SETTINGS = """
| form_id | version | form_title | namespaces |
| wide | 1 | 六十列 | nr="urn:needs-research:xform:1" |
"""


def where(k: int) -> str:
    """The group of the k-th choice: questions stand in groups, as in the reference forms."""
    return f"part_{1 + k % 6}"


def survey() -> str:
    lines = ["| type | name | label | relevant | bind::nr:class | bind::nr:role |"]
    lines += ["| integer | born | 哪年出生 | | L3 | birth_year |"]
    roles = {1: "education", 2: "marital", 3: "employment"}
    for group in range(6):
        lines.append(f"| begin_group | {where(group)} | 部分 | | | |")
        for k in range(1, SELECTS + 1):
            if k % 6 == group:
                lines.append(
                    f"| select_one four | choice_{k:02} | 第 {k} 题 | {asked(k)} | L3 "
                    f"| {roles.get(k, '')} |"
                )
        lines.append("| end_group | | | | | |")
    lines += [f"| integer | number_{k} | 第 {k} 个数 | | L3 | |" for k in range(1, NUMBERS)]
    lines += ["| select_multiple help | help | 需要什么 | | L3 | |"]
    return "\n".join(lines)


def asked(k: int) -> str:
    return "${choice_04} = '1'" if 5 <= k <= 12 else "${born} < 1966" if 13 <= k <= 15 else ""


def document(rng: random.Random) -> dict[str, str]:
    """One response as filing leaves it: unasked questions absent."""
    born, fourth = rng.randint(1940, 2007), rng.choice("1112223349")
    found = {"/data/born": str(born)}
    for k in range(1, SELECTS + 1):
        unasked = (5 <= k <= 12 and fourth != "1") or (13 <= k <= 15 and born >= 1966)
        if not unasked:
            found[f"/data/{where(k)}/choice_{k:02}"] = rng.choice("1112223349")
    found[f"/data/{where(4)}/choice_04"] = fourth
    found |= {f"/data/number_{k}": str(rng.randint(0, 300)) for k in range(1, NUMBERS)}
    return found | {"/data/help": " ".join(rng.sample("abcdef", rng.randint(1, 3)))}


def prepare(rows: int):
    """A campaign with that many approved volunteers; returns its export row."""
    from django.core.management import call_command
    from django.utils import timezone

    from analysis.services import exporting
    from fieldwork.models import Campaign, CampaignQuestionnaire, Review, Unit
    from surveys import services
    from surveys.models import Collection, Response
    from tests.workbooks import workbook

    for alias in ("default", "vault", "keys"):
        call_command("migrate", database=alias, verbosity=0)
    now, day = timezone.now(), date(2026, 11, 1)
    data = workbook(survey(), CHOICES, SETTINGS)
    done = services.import_workbook(data, "w.xlsx", by="b", now=now)
    version = services.publish_version(done.version, by="b", now=now)
    unit = Unit.objects.create(name="青禾县妇联", area_code="509923000000")
    campaign = Campaign.objects.create(
        title="基准", unit=unit, area_code=unit.area_code, round="2026", opens_on=day, closes_on=day
    )
    collection = Collection.objects.create(
        version=version, code="x", channel="self_fill", area_code=unit.area_code, title="t",
        opens_on=day, closes_on=day,
    )  # fmt: skip
    source = CampaignQuestionnaire.objects.create(
        campaign=campaign, version=version, source="volunteer", collection=collection
    )
    rng = random.Random(7)
    for start in range(0, rows, 5000):
        names = [secrets.token_hex(16) for _ in range(min(5000, rows - start))]
        Response.objects.bulk_create(
            Response(
                instance_id=name, version=version, collection=collection, channel="self_fill",
                area_code=unit.area_code, answers=document(rng), filed_on=day,
            )
            for name in names
        )  # fmt: skip
        Review.objects.bulk_create(
            Review(instance_id=name, source=source, state="approved") for name in names
        )
    return exporting.ask(source, "csv", "基准", by="b", now=now)


def our_csv(export, path: Path) -> tuple[float, float]:
    """(seconds to the first byte by the clock, CPU seconds to the end)."""
    from analysis.services import exporting

    export.format = "csv"
    start, begun, first = time.process_time(), time.perf_counter(), 0.0
    with path.open("wb") as out:
        for part in exporting.csv_stream(export):
            first = first or time.perf_counter() - begun
            out.write(part)
    return first, time.process_time() - start


def plain_csv(names: list[str], path: Path) -> float:
    """The same columns straight from the stored documents: no recoding, nothing judged."""
    start = time.process_time()
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for instance_id, channel, text in stored():
            get = orjson.loads(text).get
            row = [instance_id, channel, 2]
            row += [get(name, "") for name in names]
            writer.writerow(row)
    return time.process_time() - start


def stored() -> Iterator[tuple[str, str, str | bytes]]:
    """Every response as cheaply as the store gives it."""
    from django.conf import settings
    from django.db import connection

    columns = "SELECT instance_id, channel, answers FROM surveys_response"
    if connection.vendor == "sqlite":
        yield from sqlite3.connect(settings.DATABASES["default"]["NAME"]).execute(columns)
        return
    connection.ensure_connection()
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY ({columns}) TO STDOUT") as rows,
    ):
        yield from rows.rows()


def our_book(export, form: str, folder: Path) -> float:
    """Everything from the store to the closed file of one format."""
    from analysis.services import exporting

    export.format = form
    start = time.process_time()
    ready = exporting.prepare(export)
    exporting.fill(export, ready, folder, lambda percent, said: None)
    return time.process_time() - start


def cells_of(export):
    """The finished rows in memory, for the libraries alone."""
    from analysis.services import exporting

    ready = exporting.prepare(export)
    return ready.rows, [row for page in ready.leaving() for row, _ in page]


def plain_xlsx(rows, folder: Path) -> float:
    import xlsxwriter

    start = time.process_time()
    book = xlsxwriter.Workbook(str(folder / "plain.xlsx"), {"constant_memory": True})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        for k, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(at, k, cell)
            else:
                sheet.write_number(at, k, cell)
    book.close()
    return time.process_time() - start


def plain_sav(rows, variables, folder: Path) -> float:
    import pandas as pd
    import pyreadstat

    start = time.process_time()
    frame = pd.DataFrame(rows, columns=[v.name for v in variables])
    coded = [v for v in variables if v.numeric]
    labels = {v.name: {float(c): w for c, w in v.labels.items()} for v in coded if v.labels}
    pyreadstat.write_sav(frame, str(folder / "plain.sav"), variable_value_labels=labels)
    return time.process_time() - start


def report(name: str, ours: float, floor: float, goal: float) -> None:
    print(
        f"{name:5} ours {ours:6.2f} s, floor {floor:6.2f} s, ratio {ours / floor:.2f} (goal {goal})"
    )


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("rows", nargs="?", type=int, default=20_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--stream", action="store_true")
    asked.add_argument("--postgresql", action="store_true")
    told = asked.parse_args()
    server = postgres.running() if told.postgresql else nullcontext({})
    with tempfile.TemporaryDirectory() as folder, server as urls:
        os.environ |= {**urls, "NEEDS_DATA": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        import django

        django.setup()
        export = prepare(told.rows)
        out = Path(folder)
        if told.stream:
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            begun = time.perf_counter()
            first, _ = our_csv(export, out / "ours.csv")
            whole = time.perf_counter() - begun
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            size = (out / "ours.csv").stat().st_size / 1e6
            print(f"{told.rows:,} rows, {size:.0f} MB: first byte {first:.3f} s, {whole:.1f} s, "
                  f"largest memory {most} MB ({grown} MB before)")  # fmt: skip
            return
        compare(export, out, told.rounds)


def compare(export, out: Path, rounds: int) -> None:
    rows, cells = cells_of(export)
    variables = rows.variables(rows.plan.main)
    names = [v.question.path for v in variables if v.question]
    sides: dict[str, list[tuple[float, float]]] = {"CSV": [], "XLSX": [], "SAV": []}
    firsts = []
    for number in range(rounds):
        first, whole = our_csv(export, out / "ours.csv")
        firsts.append(first)
        sides["CSV"].append((whole, plain_csv(names, out / "plain.csv")))
        for name, plain in (
            ("XLSX", lambda: plain_xlsx(cells, out)),
            ("SAV", lambda: plain_sav(cells, variables, out)),
        ):
            folder = out / f"{name}{number}"
            folder.mkdir()
            sides[name].append((our_book(export, name.lower(), folder), plain()))
    print(f"{len(cells):,} rows of {len(variables)} columns, first byte {max(firsts):.3f} s (0.5)")
    sizes = [(out / f"{n}.csv").stat().st_size / 1e6 for n in ("ours", "plain")]
    print(f"bytes: ours {sizes[0]:.1f} MB, floor {sizes[1]:.1f} MB")
    for name, pairs in sides.items():
        ours, floor = (min(side) for side in zip(*pairs, strict=True))
        report(name, ours, floor, 2 if name == "CSV" else 1.3)


if __name__ == "__main__":
    sys.exit(main())
