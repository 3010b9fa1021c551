"""Experiments on viewers: which models answer whom, and since when.

::

    HOME/experiments/RUNNING      name of the one that runs; not there where none does
    HOME/experiments/NAME.json    arms, shares, salt, what is counted, when it began and ended

At most one runs. It is written before it is put in force by one atomic rename, and marked as
stopped before ``RUNNING`` goes, so that a kill leaves an experiment that runs or one that does not.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from marquee.data.workspace import Workspace, replace_text, sync
from marquee.errors import ParameterError, SavedModelError, WorkspaceError
from marquee.evaluation.online.assignment import checked_shares
from marquee.lifecycle import serving

RUNNING = "RUNNING"
KINDS = ("split", "interleave", "explore")


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to choose."""

    name: str
    model: str
    """A run, or a name under which a model was fitted."""
    share: float
    """Of the viewers; each list of an interleaved experiment is of both arms."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What is tried on whom."""

    name: str
    kind: str
    """split: a viewer is answered by one arm; interleave: each list is of both; explore: there is
    one arm, and the first titles of some lists are shuffled."""
    arms: tuple[Arm, ...]
    """The first is what the others are compared with."""
    days: float
    """How long after the first list a viewer's choices count; each viewer counts once."""
    alpha: float
    """Chance at most to find an effect where there is none."""
    began: str
    ended: str | None = None
    explore: float = 0.0
    """Chance with which a list is shuffled; 0 for the other kinds."""
    top: int = 0
    """Titles of a list that are shuffled among themselves."""

    @property
    def labels(self) -> frozenset[str]:
        """What may be said of a title that was shown: an arm, or its place before the shuffle."""
        if self.kind == "explore":
            return frozenset(map(str, range(1, self.top + 1)))
        return frozenset(arm.name for arm in self.arms)

    @property
    def salt(self) -> str:
        """What the hash of viewers is salted with: another experiment deals anew."""
        return f"{self.name} {self.began}"

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares of the arms, in order."""
        return tuple(arm.share for arm in self.arms)


def start(
    workspace: Workspace,
    name: str,
    models: Sequence[str],
    *,
    at: str,
    kind: str = "split",
    shares: Sequence[float] | None = None,
    days: float = 1.0,
    alpha: float = 0.05,
    explore: float = 0.1,
    top: int = 5,
) -> Experiment:
    """The experiment, in force from now on: what answers, and each of the models, on a share each.

    ``shares`` are those of what answers and of the models, in order; equal ones by default. The
    arms are called ``control``, and ``treatment`` or ``treatment-1`` and so on. To explore takes no
    models: with the chance ``explore`` the ``top`` first titles of a list are shuffled.

    Raises
    ------
    ParameterError
        If the name was used, a model is tried twice, or a number lies outside what is allowed.
    WorkspaceError
        If an experiment runs already, no model answers, or there is none of a name.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise ParameterError(
            f"a name of an experiment is of up to 64 of a-z, 0-9, '.', '_' and '-', got {name!r}"
        )
    if kind not in KINDS:
        raise ParameterError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if not days > 0 or not 0 < alpha < 1:
        raise ParameterError(f"days must be above 0 and alpha a chance, got {days} and {alpha}")
    key = serving.serving_key(workspace)
    if key is None:
        raise WorkspaceError(f"{workspace.home} holds no model; run `marquee fit`")
    tried = [key.removeprefix(serving.OF_RUN), *models]
    if kind == "explore":
        if models or shares is not None:
            raise ParameterError("to explore is to shuffle what answers; name no models or shares")
        if not 0 < explore <= 1 or not 2 <= top <= 50:
            raise ParameterError(
                f"explore must be a chance above 0 and top from 2 to 50, got {explore} and {top}"
            )
    elif not models or len(set(tried)) < len(tried):
        raise ParameterError(f"an experiment is of different models, got {', '.join(tried)}")
    if kind == "interleave" and len(tried) != 2:
        raise ParameterError(f"two models can be interleaved, got {', '.join(tried)}")
    parts = [1 / len(tried)] * len(tried) if shares is None else [*shares]
    if kind != "explore" and len(checked_shares(parts)) != len(tried):
        raise ParameterError(f"{len(tried)} arms need as many shares, got {parts}")
    running = find_running(workspace)
    if running is not None:
        raise WorkspaceError(f"experiment {running.name} runs; stop it first")
    if _path(workspace, name).exists():
        raise ParameterError(f"there was an experiment {name!r} already; choose another name")
    called = ["control", *(_treatment(place, len(models)) for place in range(len(models)))]
    arms = (
        Arm(name=arm, model=model, share=share)
        for arm, model, share in zip(called, tried, parts, strict=True)
    )
    made = Experiment(
        name=name,
        kind=kind,
        arms=tuple(arms),
        days=days,
        alpha=alpha,
        began=at,
        explore=explore if kind == "explore" else 0.0,
        top=top if kind == "explore" else 0,
    )
    _write(workspace, made)
    replace_text(_folder(workspace) / RUNNING, name)
    return made


def stop(workspace: Workspace, *, at: str) -> Experiment:
    """The experiment that ran; what answered before it answers everybody again.

    Raises
    ------
    WorkspaceError
        If none runs.
    """
    running = find_running(workspace)
    if running is None:
        raise WorkspaceError("no experiment runs")
    ended = dataclasses.replace(running, ended=at)
    _write(workspace, ended)
    (_folder(workspace) / RUNNING).unlink(missing_ok=True)
    sync(_folder(workspace))
    return ended


def find_running(workspace: Workspace) -> Experiment | None:
    """The experiment that runs; None where none does."""
    try:
        name = (_folder(workspace) / RUNNING).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    found = read(workspace, name)
    return found if found.ended is None else None  # killed between the mark and the pointer


def read(workspace: Workspace, name: str) -> Experiment:
    """The experiment of that name.

    Raises
    ------
    WorkspaceError
        If there is none.
    SavedModelError
        If its file is damaged.
    """
    path = _path(workspace, name)
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return Experiment(**given | {"arms": tuple(Arm(**arm) for arm in given["arms"])})
    except FileNotFoundError as error:
        there = ", ".join(sorted(each.stem for each in path.parent.glob("*.json"))) or "none"
        raise WorkspaceError(f"there is no experiment {name!r}; there are {there}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise SavedModelError(f"{path} is damaged ({error!r}); restore it") from error


def experiments(workspace: Workspace) -> list[Experiment]:
    """All experiments, the oldest first."""
    found = [read(workspace, path.stem) for path in _folder(workspace).glob("*.json")]
    return sorted(found, key=lambda each: (each.began, each.name))


def state(workspace: Workspace) -> str:
    """Text that is another one whenever another model answers, or another experiment runs."""
    found = serving.state(workspace)
    running = find_running(workspace)
    return found if running is None else f"{found} {running.salt}"


def _treatment(place: int, n: int) -> str:
    return "treatment" if n == 1 else f"treatment-{place + 1}"


def _write(workspace: Workspace, made: Experiment) -> None:
    _folder(workspace).mkdir(parents=True, exist_ok=True)
    text = json.dumps(dataclasses.asdict(made), indent=1, ensure_ascii=False)
    replace_text(_path(workspace, made.name), text + "\n")


def _path(workspace: Workspace, name: str) -> Path:
    return _folder(workspace) / f"{name}.json"


def _folder(workspace: Workspace) -> Path:
    return workspace.home / "experiments"
