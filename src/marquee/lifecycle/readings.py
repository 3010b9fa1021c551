"""A record of how often the outcomes of test films were looked at.

Every look at a test part lets the next choice of a model learn from it, so that figures get better
without any forecast getting better. The record makes the number of looks part of the figure.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from marquee.evaluation.forecasting.frames import OF_MONEY, Target

FILE = "forecast-readings.jsonl"
"""Name of the record in a workspace: one JSON object per line."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One evaluation that looked at outcomes of films that were held out."""

    day: str
    """When, as YYYY-MM-DD."""
    data_fingerprint: str
    target: str
    split: str
    split_fingerprint: str
    first_asked: str
    """Day of release of the first film asked about."""
    last_asked: str
    models: tuple[str, ...]


def record_reading(log: Path, reading: Reading) -> int:
    """Appends the reading; how often these test films have been read by now, this one included."""
    log.parent.mkdir(parents=True, exist_ok=True)
    torn = log.exists() and not log.read_bytes().endswith(b"\n")
    line = json.dumps(dataclasses.asdict(reading), ensure_ascii=False)
    with log.open("a", encoding="utf-8") as file:
        file.write(("\n" if torn else "") + line + "\n")
    return n_readings(log, reading)


def n_readings(log: Path, like: Reading) -> int:
    """How many readings looked at outcomes that this one looks at.

    Those of the same data whose days of release overlap, and whose target is the same or as much a
    matter of money.
    """
    return sum(_overlap(each, like) for each in readings(log))


def readings(log: Path) -> Iterator[Reading]:
    """The readings in the record; lines that are none are passed over."""
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            values = json.loads(line)
            yield Reading(**values | {"models": tuple(values["models"])})
        except (ValueError, TypeError, KeyError):
            continue


def _overlap(one: Reading, other: Reading) -> bool:
    return (
        one.data_fingerprint == other.data_fingerprint
        and _family(one.target) == _family(other.target)
        and one.first_asked <= other.last_asked
        and other.first_asked <= one.last_asked
    )


def _family(target: str) -> str:
    money: tuple[Target, ...] = OF_MONEY
    return "money" if target in money else target
