"""What a week's reading holds, and how it is kept.

::

    HOME/monitoring/2026-11-23.json     the reading of the week that begins on that Monday

A reading is written once, whole or not at all, by one rename, and holds all that the next one needs
of the past: killed anywhere, the next call reads the week that is missing. No reading names a
viewer.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from marquee.data.workspace import Workspace, replace_text
from marquee.errors import WorkspaceError

FORMAT = 1
FOLDER = "monitoring"


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A feature of the week beside the weeks before; None where nothing can be told."""

    feature: str
    n_viewers: int
    """Viewers of the week with a value."""
    distance: float | None
    """Kolmogorov-Smirnov of numbers, total variation of names: 0 alike, 1 nothing in common."""
    psi: float | None
    psi_by_chance: float | None
    """What the stability index stays within in 95 of 100 draws of as many viewers."""
    p: float | None
    """Chance of such a distance where this week's viewers are drawn from all."""
    p_holm: float | None
    """The same for all features of the week together."""
    ratio: float | None
    """Distance in times of what it usually is where viewers are drawn from all."""
    surprise: float | None
    """Chance of such a ratio in a week like those before."""
    level: float
    """What has come together, in parts of the limit: from 1 on it is an alarm."""
    alarm: bool
    moved: str
    """What changed most, in words."""


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """The serving model on ratings that it has not learned from."""

    metric: str
    value: float
    low: float
    high: float
    n_viewers: int
    promised: list[float] | None
    """The interval of its run; None where it was not measured."""
    alarm: bool


@dataclass(frozen=True, kw_only=True)
class Lists:
    """What was shown in the week, and how content viewers were with it."""

    n_lists: int
    coverage: float | None
    """Share of the catalog in any of them."""
    head_share: float | None
    """Share of the places that the most popular tenth of the titles took."""
    overlap: float | None
    """Share of a list that another one holds too, on average."""
    n_picks: int
    """Picks judged good or bad."""
    n_good: int
    n_thumbs: int
    n_thumbs_up: int


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How long a server took to answer, since it started."""

    route: str
    n: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A week, read once it was over."""

    format: int = FORMAT
    week: str
    """Its Monday; the week ends before the next one, in UTC."""
    snapshot: str | None
    """Of the tables that were read."""
    model: str | None
    """What answered when it was read, as the pointer names it."""
    n_ratings: int
    n_viewers: int
    n_weeks_before: int
    """Weeks with ratings that it was compared with."""
    n_viewers_before: int
    """Viewers of these, one for each of their weeks."""
    drift: list[Drift] = field(default_factory=list)
    accuracy: list[Accuracy] = field(default_factory=list)
    lists: Lists | None = None
    latency: list[Latency] = field(default_factory=list)
    silent: bool = False
    """Whether nothing arrived although many viewers had come in the weeks before."""
    notes: list[str] = field(default_factory=list)

    @property
    def alarms(self) -> list[str]:
        """Each alarm as a sentence."""
        drifted = [
            f"{each.feature} is not what it was: {each.moved}" for each in self.drift if each.alarm
        ]
        worse = [
            f"{each.metric} is {each.value:.4f} ({each.low:.4f} to {each.high:.4f}), worse than "
            f"the {_interval(each.promised)} that was promised"
            for each in self.accuracy
            if each.alarm
        ]
        silent = ["no rating arrived"] if self.silent else []
        return silent + drifted + worse

    def to_json(self) -> str:
        """The record as indented JSON."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"


def keep(workspace: Workspace, reading: Reading) -> Path:
    """Writes the reading whole; its file."""
    folder = workspace.home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{reading.week}.json"
    replace_text(path, reading.to_json())
    return path


def readings(workspace: Workspace, n: int | None = None) -> list[Reading]:
    """The readings that were kept, the oldest first; the newest ``n`` of them.

    Raises
    ------
    WorkspaceError
        If one of them is damaged.
    """
    folder = workspace.home / FOLDER
    paths = sorted(path for path in folder.glob("*.json") if _is_day(path.stem))
    return [_read(path) for path in paths[-(n or len(paths)) :]]


def _read(path: Path) -> Reading:
    try:
        given = json.loads(path.read_bytes())
        if given["format"] != FORMAT:
            raise ValueError(f"format {given['format']!r}")
        lists = given["lists"]
        return Reading(
            **given
            | {
                "drift": [Drift(**each) for each in given["drift"]],
                "accuracy": [Accuracy(**each) for each in given["accuracy"]],
                "lists": None if lists is None else Lists(**lists),
                "latency": [Latency(**each) for each in given["latency"]],
            }
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise WorkspaceError(
            f"{path} is no reading of format {FORMAT} ({error!r}); remove it, and `marquee "
            "monitor` reads that week again"
        ) from error


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _interval(promised: list[Any] | None) -> str:
    low, high = promised or (float("nan"), float("nan"))
    return f"{low:.4f} to {high:.4f}"
