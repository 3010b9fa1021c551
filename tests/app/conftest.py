"""The command line run in this process, and a small world to run it on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from marquee.app.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``marquee`` with the arguments given."""

    def command(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["marquee", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return command


@pytest.fixture(scope="session")
def world_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a small world and the default model; not to be written to."""
    from marquee.data.intake import add_world
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.fitting import fit_workspace
    from marquee.models import RECIPES

    home = tmp_path_factory.mktemp("world")
    workspace = Workspace(home)
    add_world(workspace, n_titles=200, n_viewers=300, n_ratings=9_000, seed=3)
    fit_workspace(workspace, RECIPES["ease-content"](), "ease-content")
    return home
