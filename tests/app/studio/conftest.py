"""A small world with forecasters, and the studio's pages over it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from marquee.app.settings import Settings
from marquee.app.studio import opened
from marquee.data.workspace import Workspace
from marquee.lifecycle.forecast_fitting import fit_forecasts

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def studio_home(world_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world with a quick forecaster of each target; not to be written to."""
    home = tmp_path_factory.mktemp("studio") / "home"
    shutil.copytree(world_home, home)
    fit_forecasts(Workspace(home), model="ridge", measured=False)
    return home


@pytest.fixture
def home(studio_home: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it that a test may write to, and where the studio runs."""
    copied = tmp_path / "home"
    shutil.copytree(studio_home, copied)
    opened.use(opened.Place(settings=Settings(home=copied, data=None)))
    opened.secret.cache_clear()
    yield copied
    opened.forget()


@pytest.fixture
def open_page(home: Path) -> OpenPage:
    """Draws a page, with the inputs that its address tells."""
    return draw


def draw(name: str, query: Mapping[str, str | list[str]] | None = None) -> AppTest:
    """The page of that module, drawn once."""
    page = AppTest.from_string(
        f"from marquee.app.studio.views import {name}\n{name}.PAGE.show()", default_timeout=120
    )
    for key, value in (query or {}).items():
        page.query_params[key] = value
    return page.run()
