"""Which saved model answers, and the log of how it came to.

::

    HOME/models/CURRENT       NAME, fitted by `marquee fit`, or runs/ID, a run that was promoted
    HOME/models/PREDICTOR     NAME of the predictor of a fitted model; a run has its own
    HOME/models/log.jsonl     one line per decision, the oldest first; nothing is ever taken out

``CURRENT`` is replaced in one atomic rename and says all of what answers. A decision is in the log
before it comes into force, so that a kill between leaves one line too many and never one too few.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marquee.data.workspace import Workspace, replace_text, sync
from marquee.errors import SavedModelError, WorkspaceError
from marquee.lifecycle.runs import MODEL, PREDICTOR, read_run, run_folder
from marquee.lifecycle.versions import in_force

OF_RUN = "runs/"
LOG = "log.jsonl"


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A saved model that answers, or may."""

    name: str
    """Name of the model, as it was asked for when it was fitted."""
    folder: Path
    """Of the saved model."""
    predictor: Path | None
    """Folder of the model that predicts ratings for one that does not, where there is one."""
    run: str | None
    """The run that it is of; None for one that `marquee fit` made."""

    @property
    def key(self) -> str:
        """What the pointer says where it is in force."""
        return self.name if self.run is None else OF_RUN + self.run


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A line of the log."""

    at: str | None
    action: str
    """``fit``, ``promote``, ``rollback``, or ``refuse`` for a promotion that did not pass."""
    to: str
    """What it was about, as the pointer names it."""
    version: str | None
    """SHA-256 of the manifest of that model."""
    before: str | None
    """What answered until then, as the pointer named it."""
    version_before: str | None
    forced: bool = False
    reason: str = ""
    """Why, in the words of whoever decided."""
    failed: list[str] = field(default_factory=list)
    """The gates that did not pass, each with its reason."""


def serving(workspace: Workspace) -> Serving:
    """What answers where nobody asks for another model.

    Raises
    ------
    WorkspaceError
        If the workspace has no model.
    """
    key = _pointer(workspace)
    if key is None:
        raise WorkspaceError(f"{workspace.home} holds no model; run `marquee fit`")
    return named(workspace, key)


def serving_key(workspace: Workspace) -> str | None:
    """What the pointer says; None where the workspace has no model."""
    return _pointer(workspace)


def named(workspace: Workspace, key: str) -> Serving:
    """The model that a pointer names: of a run, or fitted under a name."""
    if key.startswith(OF_RUN):
        run = read_run(workspace, key.removeprefix(OF_RUN))
        folder = run_folder(workspace, run.id)
        predictor = folder / PREDICTOR if run.predictor is not None else None
        return Serving(name=run.model, folder=folder / MODEL, predictor=predictor, run=run.id)
    pointer = workspace.models / "PREDICTOR"
    beside = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else None
    return Serving(
        name=key,
        folder=workspace.models / key,
        predictor=None if beside is None else workspace.models / beside,
        run=None,
    )


def state(workspace: Workspace) -> str:
    """Text that is another one whenever another model answers, a name that was fitted again too."""
    key = _pointer(workspace)
    if key is None:
        return ""
    found = named(workspace, key)
    places = [found.folder, *([found.predictor] if found.predictor else [])]
    return " ".join([key, *(_version(place) or "" for place in places)])


def decide(workspace: Workspace, decision: Decision) -> None:
    """Enters the decision in the log, and then puts it in force unless it is a refusal."""
    log = workspace.models / LOG
    log.parent.mkdir(parents=True, exist_ok=True)
    torn = log.exists() and not log.read_bytes().endswith(b"\n")
    line = json.dumps(dataclasses.asdict(decision), ensure_ascii=False)
    with log.open("a", encoding="utf-8") as stream:
        stream.write(("\n" if torn else "") + line + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    sync(log.parent)
    if decision.action != "refuse":
        replace_text(workspace.models / "CURRENT", decision.to)


def decision(
    workspace: Workspace, action: str, to: str, *, at: str | None, **more: Any
) -> Decision:
    """The decision about what a pointer names, with what answers until now."""
    before = _pointer(workspace)
    return Decision(
        at=at,
        action=action,
        to=to,
        version=_version(named(workspace, to).folder),
        before=before,
        version_before=None if before is None else _version_of(workspace, before),
        **more,
    )


def decisions(workspace: Workspace) -> Iterator[Decision]:
    """The log, the oldest first; lines that are none are passed over."""
    log = workspace.models / LOG
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            yield Decision(**json.loads(line))
        except (ValueError, TypeError):
            continue


def _pointer(workspace: Workspace) -> str | None:
    pointer = workspace.models / "CURRENT"
    try:
        return pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def _version_of(workspace: Workspace, key: str) -> str | None:
    try:
        return _version(named(workspace, key).folder)
    except (SavedModelError, ValueError):
        return None


def _version(folder: Path) -> str | None:
    try:
        return in_force(folder)[1]
    except SavedModelError:
        return None
