"""What a check finds, and the word that a leaking result carries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LEAKING = "LEAKING"
"""The word of a result with a leak, in text and in JSON."""
CLEAN = "no leak found"


@dataclass(frozen=True, kw_only=True)
class Leak:
    """One way in which a model may have been told what it is asked, or a note that it was not."""

    check: str
    """Name of the check in :data:`CHECKS`."""
    words: str
    """A sentence with what was found, how much of it, and the way out."""
    n: int
    """How many rows, viewers, titles or columns it is about."""
    where: str = ""
    """Split, column or table."""
    note: bool = False
    """Whether it is only to be known, and makes no result leak."""

    def __str__(self) -> str:
        return f"{self.words} [{self.check}]"


CHECKS: dict[str, str] = {
    "test-in-training": "pairs of viewer and title in the test part and in what is learned from",
    "repeated-rows": "test rows that stand in the training part under another id",
    "known-later": "rows or columns to learn from that were known only after the test begins",
    "sees-the-future": "columns whose values change when later facts are taken away",
    "target-in-disguise": "single columns that predict the outcome nearly perfectly",
    "test-moment": "predictions that use the moment of the test rating",
    "later-ratings": "predictions that change with the times of later ratings under clock past",
    "ids-tell-time": "ids that follow time, in a model that reads them as numbers",
}
"""Every check by name, and what it looks for."""


def verdict(leaks: Iterable[Leak]) -> str:
    """:data:`LEAKING` if one of them is more than a note, else :data:`CLEAN`."""
    return LEAKING if any(not leak.note for leak in leaks) else CLEAN
