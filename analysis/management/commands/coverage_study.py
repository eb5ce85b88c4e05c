"""Prove the intervals and the ranks: repeated samples of the demonstration county.

Prints the tables of ``docs/coverage.md``.
"""

from django.core.management.base import BaseCommand

from analysis.demo import interval_study, rank_study
from analysis.demo.county import county
from analysis.demo.truth import CODES, PLANTED, truth

HEADS = {
    "logit": "log-odds (published)", "beta": "Korn-Graubard", "replacement": "with replacement",
}  # fmt: skip


class Command(BaseCommand):
    help = "置信区间与名次区间的覆盖率研究（演示县）"

    def add_arguments(self, parser):
        parser.add_argument("--replications", type=int, default=200)
        parser.add_argument("--seed", type=int, default=20261123)
        parser.add_argument("--ranks", action="store_true", help="只做名次区间")
        parser.add_argument("--intervals", action="store_true", help="只做置信区间")

    def handle(self, *args, replications: int, seed: int, ranks: bool, intervals: bool, **options):
        place = county()
        if not ranks:
            done = interval_study.study(place, truth(place), replications=replications, seed=seed)
            self._needs(done)
            self._pooled(done)
        if not intervals:
            worlds = {name: truth(place, shares=shares) for name, shares in PLANTED.items()}
            self._ranks(rank_study.study(place, worlds, replications=replications, seed=seed))

    def _needs(self, done: interval_study.Study) -> None:
        self.stdout.write(f"mean n {done.n:.0f}, {done.replications} samples\n")
        self._row("domain", "truth", "N_k hits", "J_k hits", "bias of N_k", "volunteers, plain",
                  "volunteers, calibrated")  # fmt: skip
        self._row(*["---"] * 7)
        need, joint = done.each("need"), done.each("joint")
        for k, code in enumerate(CODES):
            self._row(
                code, f"{done.true['county', 'need'][k]:.3f}", need[k], joint[k],
                *[f"{done.bias[name][k]:+.4f}" for name in ("need", "volunteers", "calibrated")],
            )  # fmt: skip

    def _pooled(self, done: interval_study.Study) -> None:
        self.stdout.write("")
        self._row("intervals", "how many", *HEADS.values())
        self._row(*["---"] * 5)
        for area, axis, what, only in self._selections(done):
            rates = [done.rate((area, axis, method), only) for method in HEADS]
            cells = [f"{r.value:.2%} ± {r.error:.2%}" for r in rates]
            self._row(f"{area}, {axis}{what}", rates[0].of, *cells)

    def _selections(self, done: interval_study.Study):
        few = done.df < 10
        for axis in interval_study.AXES:
            yield "county", axis, "", None
            yield "township", axis, "", None
            yield "township", axis, ", df < 10", few
        yield "county", "joint", ", share < 3 %", done.rare("county", "joint")
        yield "township", "joint", ", share < 3 %", done.rare("township", "joint")

    def _ranks(self, found: dict[tuple[str, str], rank_study.Held]) -> None:
        self.stdout.write("")
        self._row("truth", "rank sets: all held", "mean width", "naive bootstrap: all held",
                  "mean width")  # fmt: skip
        self._row(*["---"] * 5)
        for name in PLANTED:
            sets, naive = found[name, "published"], found[name, "bootstrap"]
            self._row(name, *[cell for one in (sets, naive) for cell in (
                f"{int(one.joint.sum())} of {len(one.joint)} (± {one.error:.2%})",
                f"{one.width:.1f}",
            )])  # fmt: skip

    def _row(self, *cells: object) -> None:
        self.stdout.write("| " + " | ".join(str(cell) for cell in cells) + " |")
