"""Chance that every engine draws alike: a seeded generator, and the order of `randomize`.

`Chance` is sfc32, small enough to be written twice. `shuffled` is what the XForms specification
prescribes for ``randomize(nodes, seed)`` (Park-Miller), so a given seed gives JavaRosa's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
_WORD = 0xFFFFFFFF
_MODULUS, _MULTIPLIER = 2_147_483_647, 16_807


class Chance:
    """Random 32-bit words from a seed of up to 96 bits."""

    def __init__(self, seed: int) -> None:
        self.a, self.b, self.c = (seed >> shift & _WORD for shift in (0, 32, 64))
        self.counter = 1
        for _ in range(12):  # the first words still show the seed
            self.word()

    def word(self) -> int:
        found = (self.a + self.b + self.counter) & _WORD
        self.counter = (self.counter + 1) & _WORD
        self.a = self.b ^ (self.b >> 9)
        self.b = (self.c + (self.c << 3)) & _WORD
        self.c = (((self.c << 21) | (self.c >> 11)) + found) & _WORD
        return found

    def random(self) -> float:
        """In [0, 1)."""
        return self.word() / 4_294_967_296

    def letters(self, length: int) -> str:
        return "".join("abcdefghijklmnopqrstuvwxyz0123456789"[self.word() % 36]
                       for _ in range(length))  # fmt: skip

    def uuid(self) -> str:
        digits = "".join(f"{self.word():08x}" for _ in range(4))
        variant = "89ab"[int(digits[16], 16) % 4]
        return "-".join((digits[:8], digits[8:12], "4" + digits[13:16],
                         variant + digits[17:20], digits[20:]))  # fmt: skip


def shuffled(items: Sequence[Item], seed: int) -> list[Item]:
    """The items in the order of this seed."""
    found: list[Item] = []
    state = seed % _MODULUS
    if state <= 0:
        state += _MODULUS - 1
    for index, item in enumerate(items):
        state = state * _MULTIPLIER % _MODULUS
        other = int((state - 1) / (_MODULUS - 1) * (index + 1))
        found.append(item)
        found[index], found[other] = found[other], item
    return found
