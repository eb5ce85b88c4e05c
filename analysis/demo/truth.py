"""What every woman of the county would answer, fixed before anybody is drawn.

Need, urgency and wish in 12 domains. The number of women in need is set exactly per domain, with
two blocks of three domains that are exactly tied, so that estimates and ranks can be judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.demo.county import GROUPS, County

Ints = NDArray[np.int8]
CODES = tuple(f"{n:02}" for n in range(1, 13))
# target shares of women in need; equal figures are exact ties
SHARES = (0.39, 0.14, 0.31, 0.31, 0.31, 0.43, 0.35, 0.17, 0.17, 0.17, 0.23, 0.28)
# other counties in which ranks are judged: all apart, blocks of ties, all equal
PLANTED = {
    "spread": tuple(round(0.08 + 0.035 * k, 3) for k in range(12)),
    "blocks": (0.15,) * 4 + (0.30,) * 4 + (0.45,) * 4,
    "equal": (0.30,) * 12,
}
_URGENT = (0.52, 0.36, 0.33, 0.58, 0.38, 0.66, 0.49, 0.44, 0.30, 0.47, 0.60, 0.18)
_WISHED = (0.64, 0.48, 0.72, 0.66, 0.62, 0.58, 0.52, 0.55, 0.42, 0.74, 0.61, 0.57)
# how much more the special groups need, on the latent scale; the rarer ones no more than others
_GROUP = np.zeros((len(GROUPS), 12))
_GROUP[0, [3, 4, 7]] = 0.9, 0.6, 0.5
_GROUP[1, [5, 6, 10]] = 0.8, 0.9, 0.9
_GROUP[2, [0, 3, 9]] = 0.8, 0.9, 0.8
_GROUP[3, [0, 10, 6]] = 0.7, 1.4, 0.4
_AGE = np.array([
    [.4, .3, .5, .9, .6, -.6, -.3, .2, .1, .1, -.3, .1],
    [.2, .1, .2, .1, .3, .1, .2, .0, .1, .1, .0, .0],
    [-.8, -.5, -.9, -.7, -.9, .7, .3, -.1, -.2, -.2, .4, .1],
])  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """need (W, 12) 0..3, urgency (W, 12) 1..5, wish (W, 12) 0/1."""

    need: Ints
    urgency: Ints
    wish: Ints

    @property
    def in_need(self) -> NDArray[np.bool_]:
        return self.need >= 2

    @property
    def joint(self) -> NDArray[np.bool_]:
        return self.in_need & (self.urgency >= 4) & (self.wish == 1)

    def shares(self) -> dict[str, NDArray[np.float64]]:
        """Finite-population truth of the four axes, each (12,)."""
        urgent = self.in_need & (self.urgency >= 4)
        wished = self.in_need & (self.wish == 1)
        return {
            "need": self.in_need.mean(axis=0), "urgency": urgent.mean(axis=0),
            "hope": wished.mean(axis=0), "joint": self.joint.mean(axis=0),
        }  # fmt: skip


def truth(place: County, seed: int = 1, shares: Sequence[float] = SHARES) -> Truth:
    rng = np.random.default_rng([seed, 2])
    women, domains = len(place.age), len(CODES)
    village = rng.normal(0, 0.35, (len(place.village_code), domains))
    person = rng.normal(0, 0.5, (women, 1))
    latent = (
        village[place.woman_village] + person + _AGE[place.age] + place.groups @ _GROUP
        + rng.normal(0, 1, (women, domains))
    )  # fmt: skip
    need = np.zeros((women, domains), dtype=np.int8)
    for k, share in enumerate(shares):
        order = np.argsort(-latent[:, k], kind="stable")
        wanted = round(share * women)
        need[order[: wanted * 2 // 5], k] = 3
        need[order[wanted * 2 // 5 : wanted], k] = 2
        need[order[wanted : wanted + women // 5], k] = 1
    urgent = rng.random((women, domains)) < np.array(_URGENT) + 0.08 * (need == 3)
    level = np.where(urgent, rng.integers(4, 6, need.shape), rng.integers(1, 4, need.shape))
    wish = rng.random((women, domains)) < np.array(_WISHED)
    return Truth(need, level.astype(np.int8), wish.astype(np.int8))
