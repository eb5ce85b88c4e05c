"""Prove the intervals: repeated samples of the demonstration county against its truth."""

from django.core.management.base import BaseCommand

from analysis.demo.county import county
from analysis.demo.coverage import study
from analysis.demo.truth import CODES, SHARES, truth


class Command(BaseCommand):
    help = "置信区间覆盖率研究 (演示县)"

    def add_arguments(self, parser):
        parser.add_argument("--replications", type=int, default=200)
        parser.add_argument("--seed", type=int, default=20261123)

    def handle(self, *args, replications: int, seed: int, **options):
        place = county()
        done = study(place, truth(place), replications=replications, seed=seed)
        self.stdout.write(f"mean n {done.n:.0f}, replications {replications}")
        self.stdout.write("domain  truth   N_k hits  J_k hits  bias N_k  volunteers' bias")
        for k, code in enumerate(CODES):
            self.stdout.write(
                f"{code}      {SHARES[k]:.3f}   {done.need_hits[k]:4d}      {done.joint_hits[k]:4d}"
                f"      {done.need_bias[k]:+.4f}   {done.volunteer_bias[k]:+.4f}"
            )
        self.stdout.write(f"pooled N_k {done.pooled:.2%}, J_k {done.pooled_joint:.2%}")
