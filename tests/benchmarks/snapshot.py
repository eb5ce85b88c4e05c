"""Speed of the analysis store, by hand: 60 questions, a million responses, in a store of its own.

    python -m tests.benchmarks.snapshot [--rows 1000000] [--private]

Builds a SQLite store in a temporary folder (not timed), then times the whole snapshot, 1,000 new
approvals, a weighted crosstab and all columns from Parquet. ``--private`` makes ten questions L4,
which adds a decryption to every row. Peak memory is that of the process so far.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from surveys import backstage

KINDS = ("select_one yesno",) * 30 + ("select_multiple many",) * 8 + ("integer",) * 12
KINDS += ("decimal",) * 6 + ("text",) * 4
CHOICES = "| list_name | name | label | nr_score |\n" + "".join(
    f"| {name} | {k} | 选项{k} | {k} |\n"
    for name, n in (("yesno", 4), ("many", 6))
    for k in range(n)
)
SETTINGS = """| form_id | version | form_title | namespaces |
| sixty | 1 | 六十题 | nr="urn:needs-research:xform:1" |"""
NEW, PAGE = 1_000, 5_000


def timed(what: str, run: Callable[[], Any]) -> Any:
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what:<38} {wall:8.3f} s wall {cpu:8.3f} s CPU {peak:6.0f} MB peak", flush=True)
    return result


def survey(private: bool) -> str:
    head = "| type | name | label | bind::nr:class |\n"
    lines = [
        f"| {kind} | q{k} | 第{k}题 | {'L4' if private and k % 6 == 0 else 'L3'} |\n"
        for k, kind in enumerate(KINDS)
    ]
    return head + "".join(lines)


def answers(rng: random.Random, private: bool) -> tuple[dict[str, str], dict[str, str]]:
    """(open, private) answers of one response; a tenth is left blank."""
    open_: dict[str, str] = {}
    closed: dict[str, str] = {}
    for k, kind in enumerate(KINDS):
        if kind.startswith("select_one"):
            value = str(rng.randrange(4))
        elif kind.startswith("select_multiple"):
            value = " ".join(str(c) for c in range(6) if rng.random() < 0.3)
        elif kind == "integer":
            value = str(rng.randrange(100))
        else:
            value = (
                f"{rng.random() * 1000:.2f}" if kind == "decimal" else rng.choice("好忙远难") * 6
            )
        blank = rng.random() < 0.1
        (closed if private and k % 6 == 0 else open_)[f"/data/q{k}"] = "" if blank else value
    return open_, closed


def bound(private: bool) -> Any:
    """The published form, bound to a campaign."""
    from datetime import date

    from django.utils import timezone

    from fieldwork.models import Campaign, CampaignQuestionnaire, Unit
    from surveys import services
    from surveys.models import Collection
    from tests.workbooks import workbook

    now = timezone.now()
    data = workbook(survey(private), CHOICES, SETTINGS)
    done = services.import_workbook(data, "sixty.xlsx", by="b", now=now)
    assert done.version, done.problems
    services.publish_version(done.version, by="b", now=now)
    days = {"opens_on": date(2026, 1, 1), "closes_on": date(2099, 1, 1)}
    collection = Collection.objects.create(
        version=done.version, code="b", channel="self_fill", area_code="509923000000", title="b",
        public_key="", key_id="", **days,
    )  # fmt: skip
    unit = Unit.objects.create(name="青禾县妇联", area_code="509923000000")
    campaign = Campaign.objects.create(
        title="b", unit=unit, area_code=unit.area_code, round="1", **days
    )
    return CampaignQuestionnaire.objects.create(
        campaign=campaign, version=done.version, source="volunteer", collection=collection
    )


def fill(source: Any, first: int, rows: int, private: bool) -> None:
    """Filed and approved responses; 2,000 different contents are dealt out again and again."""
    from django.utils import timezone

    from fieldwork.models import Review
    from surveys import envelope, filing
    from surveys.models import RecordKey, Response

    rng, now = random.Random(first), timezone.now()
    decided = now if first else now - timedelta(days=1)
    pool = [answers(rng, private) for _ in range(2_000)]
    for start in range(first, first + rows, PAGE):
        page = range(start, min(start + PAGE, first + rows))
        ids = [f"uuid:{k:032x}" for k in page]
        keys = [f"{k:032x}" for k in page] if private else ["-"] * len(page)
        picked = [rng.choice(pool) for _ in page]
        sealed = [b""] * len(page)
        if private:
            wrapped = RecordKey.objects.get(key_id=envelope.new_key(now.date())).wrapped
            RecordKey.objects.bulk_create(
                [RecordKey(key_id=k, wrapped=wrapped, wrap_key="m1", created_on=now.date())
                 for k in keys]
            )  # fmt: skip
            sealed = envelope.seal_many(
                [(k, json.dumps(p).encode(), filing.sensitive_aad(i))
                 for k, i, (_, p) in zip(keys, ids, picked, strict=True)]
            )  # fmt: skip
        Response.objects.bulk_create(
            [Response(instance_id=i, version=source.version, collection=source.collection,
                      channel="self_fill", area_code="509923000000", answers=open_, sensitive=body,
                      key_id=key, engine=filing.ENGINE, filed_on=now.date())
             for i, key, (open_, _), body in zip(ids, keys, picked, sealed, strict=True)]
        )  # fmt: skip
        Review.objects.bulk_create(
            [
                Review(instance_id=i, source=source, state="approved", decided_at=decided)
                for i in ids
            ]
        )


@backstage.entered()
def measure(rows: int, private: bool) -> None:
    import pyarrow.parquet as pq

    from analysis.core import engines  # noqa: F401 - a worker has it loaded before the first query
    from analysis.services import snapshot

    source = bound(private)
    fill(source, 0, rows, private)
    timed(f"whole snapshot of {rows:,}", lambda: snapshot.refresh(source))
    timed("nothing new", lambda: snapshot.refresh(source))
    fill(source, rows, NEW, private)
    taken = timed(f"{NEW:,} new approvals", lambda: snapshot.refresh(source))
    files = taken.files()
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {size:.1f} MB of Parquet")
    for _ in range(3):
        timed("weighted crosstab, two of 60 columns", lambda: crosstab(files))
    timed("all columns into Arrow", lambda: [pq.read_table(path) for path in files])


def crosstab(files: list[Path]) -> Any:
    """Sum of weights by two questions; the weight here is a number she gave."""
    from analysis.core.engines import parquet

    run, source = parquet(files)
    return run(
        'SELECT "/data/q1" AS a, "/data/q2" AS b, COUNT(*) AS n, '
        f'SUM(TRY_CAST("/data/q51" AS DOUBLE)) AS w FROM {source} GROUP BY ALL'
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--private", action="store_true")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"NEEDS_DATA": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        for alias in connections:
            call_command("migrate", database=alias, verbosity=0)
            with connections[alias].cursor() as cursor:
                cursor.execute("PRAGMA synchronous=OFF")
        measure(chosen.rows, chosen.private)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
