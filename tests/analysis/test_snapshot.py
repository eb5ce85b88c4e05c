"""The snapshot says what the documents say, keeps up with reviews, and forgets what was withdrawn.

Referee: `tabulate`, which judges every document again with the version's own logic.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.utils import timezone

from analysis import queries
from analysis.core import snapshot as core
from analysis.core.tabulate import Filed, tabulate
from analysis.demo import loop, reviewing, sending, visits
from analysis.demo.stage import prepare
from analysis.models import DataVersion
from analysis.services import freezing, snapshot, work
from fieldwork.models import Review
from surveys import jobs
from surveys.models import Job
from tests.workbooks import THREE_STORES

pytestmark = [pytest.mark.django_db(databases=THREE_STORES, transaction=True)]
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def same(found, wanted):
    """Every column, key and child table."""
    assert found.n == wanted.n
    for part in ("numbers", "missing", "texts", "keys"):
        ours, theirs = getattr(found, part), getattr(wanted, part)
        assert list(ours) == list(theirs)
        for name in theirs:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
    assert list(found.repeats) == list(wanted.repeats)
    for name in wanted.repeats:
        same(found.repeats[name], wanted.repeats[name])


def documents(source):
    """The columns as they were made before there was a snapshot."""
    return tabulate(source.version.definition, list(queries.approved(source)), now=NOW)


@pytest.fixture
def stage():
    """The demonstration's loop up to review, small."""
    stage = prepare(3, NOW, lambda text: None)
    visits.interview(stage, loop.households(60))
    sending.send(stage, sending.volunteers(stage, 40), "线上自填")
    reviewing.check(stage)
    return stage


@pytest.fixture
def source():
    """Answers of volunteers alone, sent and reviewed."""
    stage = prepare(3, NOW, lambda text: None)
    sending.send(stage, sending.volunteers(stage, 40), "线上自填")
    reviewing.check(stage)
    return next(s for s in stage.sources.values() if s.source == "volunteer")


class Documents(core.Kept):
    """What the freezing service reads, made from documents."""

    def columns(self, rows=None, keys=None):
        filed = list(queries.approved(self.facts["bound"]))
        picked = filed if rows is None else [filed[k] for k in rows]
        extra = [{n: v[k] for n, v in (keys or {}).items()} for k in range(len(picked))]
        joined = [Filed(f.answers, {**f.keys, **e}) for f, e in zip(picked, extra, strict=True)]
        return tabulate(self.layout.definition, joined, now=NOW)


def test_columns_and_figures_are_those_of_the_documents(stage, monkeypatch):
    for source in stage.sources.values():
        if source.source != "village":
            _, kept = snapshot.load(source)
            assert kept.n > 20
            same(kept.columns(), documents(source))

    first = freezing.freeze(stage.campaign, by="t", now=NOW).figures_json
    DataVersion.objects.all().delete()
    load = snapshot.load

    def from_documents(source):
        taken, kept = load(source)
        return taken, Documents(kept.layout, kept.tables, {"bound": source})

    monkeypatch.setattr(snapshot, "load", from_documents)
    assert freezing.freeze(stage.campaign, by="t", now=NOW).figures_json == first


def test_only_approved_responses_are_in_it(source, monkeypatch, settings, tmp_path):
    """However the rows are asked for: by their list, or by a range with others in between."""
    reviews = Review.objects.filter(source=source, state="approved").order_by("id")
    names = list(reviews.values_list("instance_id", flat=True))
    assert len(names) > 12
    held = names[1:-1]
    reviews.filter(instance_id__in=[n for k, n in enumerate(held) if k % 3]).update(state="pending")
    for sparse in (2, 10_000):
        monkeypatch.setattr(queries, "SPARSE", sparse)
        settings.SNAPSHOT_DIR = tmp_path / str(sparse)
        _, kept = snapshot.load(source)
        assert kept.n == 2 + len(held[::3])
        same(kept.columns(), documents(source))


def test_an_approval_for_another_of_the_same_moment_is_seen(source):
    """As many as before, and none decided later than what was read."""
    reviews = Review.objects.filter(source=source, state="approved").order_by("id")
    one, other = reviews[0], reviews[1]
    Review.objects.filter(pk=one.pk).update(state="pending")
    first, _ = snapshot.load(source)
    Review.objects.filter(pk=other.pk).update(state="pending")
    Review.objects.filter(pk=one.pk).update(state="approved")
    second, kept = snapshot.load(source)
    assert second.generation > first.generation
    same(kept.columns(), documents(source))


def test_one_request_to_freeze_makes_one_version_whoever_else_takes_it_up(stage, monkeypatch):
    """A worker that stood still goes on after another one did its work."""
    work.ask_freeze(stage.campaign, by="t", now=NOW)
    build, others = freezing.figures.build, []

    def slow(*args, **kwargs):
        if not others:
            others.append(None)
            others[0] = jobs.run_next(timezone.now() + timedelta(minutes=3))
        return build(*args, **kwargs)

    monkeypatch.setattr(freezing.figures, "build", slow)
    mine = jobs.run_next(timezone.now())
    made = DataVersion.objects.get()
    assert others[0].result == mine.result == {"version": made.pk}
    assert (made.number, Job.objects.get().attempts) == (1, 2)
