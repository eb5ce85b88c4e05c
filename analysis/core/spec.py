"""What a table of the workbench is asked to be. Light: pages and forms read it without NumPy."""

from __future__ import annotations

from dataclasses import asdict, dataclass

AREA = "@township"  # the variable that every sample has


@dataclass(frozen=True)
class Spec:
    """Keys of variables and options (`variables.Variable`), "" where nothing is asked.

    by: what the columns are; where and option: one condition on the women counted; area: code of a
    township.
    """

    question: str
    by: str = ""
    where: str = ""
    option: str = ""
    area: str = ""

    def data(self) -> dict[str, str]:
        return asdict(self)
