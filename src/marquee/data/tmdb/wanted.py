"""What to ask TMDB for, and where the last update stopped: one small file beside the answers."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from marquee.data.tmdb.shapes import KINDS
from marquee.data.workspace import replace_text
from marquee.errors import ParameterError, WorkspaceError

STATE = "state.json"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an update asks for.

    Raises
    ------
    ParameterError
        If a value lies outside what is allowed.
    """

    kinds: tuple[str, ...] = ("film", "show")
    regions: tuple[str, ...] = ("US",)
    """ISO 3166-1 codes of where to watch; certificates are those of the first that has one."""
    language: str = "en-US"
    min_votes: int = 5
    """New titles with fewer votes are left to a later update."""
    most: int = 5000
    """Titles that one update asks for; what is left over is the next one's."""
    stale_days: int = 30
    """Age after which a title is asked for anew: offers of services change without a notice."""

    def __post_init__(self) -> None:
        if not self.kinds or set(self.kinds) - set(KINDS):
            raise ParameterError(f"kinds must be among {', '.join(KINDS)}, got {self.kinds}")
        for region in self.regions:
            if not re.fullmatch("[A-Z]{2}", region):
                raise ParameterError(f"a region is a code such as US or GB, got {region!r}")
        if not self.regions:
            raise ParameterError("regions must name at least one, such as US")
        if not re.fullmatch("[a-z]{2}(-[A-Z]{2})?", self.language):
            raise ParameterError(f"a language is a code such as en-US, got {self.language!r}")
        for name, least in (("min_votes", 0), ("most", 1), ("stale_days", 1)):
            if getattr(self, name) < least:
                raise ParameterError(f"{name} must be at least {least}, got {getattr(self, name)}")

    @property
    def terms(self) -> str:
        """What an answer depends on: other terms make another answer."""
        return f"{self.language} {','.join(self.regions)}"


@dataclass(kw_only=True)
class Job:
    """An update under way."""

    id: str
    """The moment at which it began, ISO 8601, and how many were begun before."""
    since: str
    """Day from which on releases are new."""
    changed_since: str
    """Day from which on changes are asked for."""
    until: str
    wanted: Wanted
    listed: dict[str, list[int]] = field(default_factory=dict)
    """Numbers in each list that was read, by the name of the list."""
    doubtful: list[str] = field(default_factory=list)
    """Lists that did not hold still, and may lack something."""
    queue: list[tuple[str, int]] | None = None
    """What to ask for, in order, once all lists are read."""
    later: list[tuple[str, int]] = field(default_factory=list)
    """What is left to the next update."""
    n_new: int = 0
    n_changed: int = 0


@dataclass(kw_only=True)
class State:
    """Where updates of a workspace stand."""

    wanted: Wanted = field(default_factory=Wanted)
    until: str | None = None
    """Day of the last update that was finished."""
    waiting: list[tuple[str, int]] = field(default_factory=list)
    """New and changed titles that the last one left over."""
    n_begun: int = 0
    """Updates that were begun so far."""
    job: Job | None = None


def read_state(folder: Path) -> State:
    """Where updates stand; at the start where there was none.

    Raises
    ------
    WorkspaceError
        If the file is damaged.
    """
    path = folder / STATE
    if not path.exists():
        return State()
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        job = given.pop("job")
        given |= {"wanted": _wanted(given["wanted"]), "waiting": _titles(given["waiting"])}
        if job is not None:
            queue = job["queue"]
            job |= {
                "wanted": _wanted(job["wanted"]),
                "queue": None if queue is None else _titles(queue),
                "later": _titles(job["later"]),
            }
            for name in ("since", "changed_since", "until"):
                date.fromisoformat(job[name])
        return State(**given, job=None if job is None else Job(**job))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise WorkspaceError(
            f"{path} is damaged ({error!r}); remove it, and the next update begins anew with what "
            "was answered already"
        ) from error


def write_state(folder: Path, state: State) -> None:
    """Replaces the state in one atomic step."""
    replace_text(folder / STATE, json.dumps(dataclasses.asdict(state), ensure_ascii=False) + "\n")


def _wanted(given: dict[str, Any]) -> Wanted:
    return Wanted(**given | {name: tuple(given[name]) for name in ("kinds", "regions")})


def _titles(given: list[list[Any]]) -> list[tuple[str, int]]:
    return [(str(kind), int(number)) for kind, number in given]
