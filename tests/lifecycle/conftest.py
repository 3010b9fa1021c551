"""Workspaces that are made once and copied by whoever writes to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from marquee.data.workspace import Workspace
from marquee.models import ALGORITHMS
from runs_kit import Shuffled, copied, make_run, make_world


@pytest.fixture(scope="session")
def runs_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with a run of a good model, one on shuffled labels, one of popularity alone."""
    home = tmp_path_factory.mktemp("runs")
    workspace = make_world(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ALGORITHMS, "shuffled", Shuffled)
        for name in ("ease-content", "shuffled", "popularity"):
            make_run(workspace, name, run_id=name)
    return home


@pytest.fixture
def world(runs_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Its copy, to be written to."""
    monkeypatch.setitem(ALGORITHMS, "shuffled", Shuffled)
    return copied(runs_home, tmp_path / "home")
