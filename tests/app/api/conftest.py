"""A small world, and the application over it with a feedback database of its own."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app_kit import app_over
from marquee.app.server import ServerSettings
from marquee.data.feedback import FeedbackStore
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import ALGORITHMS, RECIPES
from marquee.service.engine import Engine

Api = Callable[..., TestClient]
NOW = datetime(2026, 1, 2, tzinfo=UTC)
QUIET = {"pages": False, "requests_per_second": None, "secret": b"a secret of the tests, 32 bytes."}
"""What tests start from: no viewers' pages, no limit of the rate, one secret for all."""


@pytest.fixture(scope="session")
def api_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a model that lists and one that predicts; not to be written to."""
    home = tmp_path_factory.mktemp("api")
    add_world(Workspace(home), n_titles=200, n_viewers=300, n_ratings=9_000, seed=3)
    predictor = ("bias", ALGORITHMS["bias"]())
    model = RECIPES["ease-content"]()
    fit_workspace(Workspace(home), model, "ease-content", predictor=predictor)
    return home


@pytest.fixture(scope="session")
def open_engine(
    api_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Engine]]:
    """Makes engines over the one library, each with an empty feedback database."""
    folder = tmp_path_factory.mktemp("feedback")
    first = Engine(Workspace(api_home))
    stores: list[FeedbackStore] = []
    number = itertools.count()

    def engine() -> Engine:
        store = FeedbackStore(f"sqlite:///{folder / str(next(number))}.db")
        store.migrate()
        stores.append(store)
        made = copy.copy(first)
        made.feedback = store
        return made

    yield engine
    for store in stores:
        store.close()


@pytest.fixture
def engine(open_engine: Callable[[], Engine]) -> Engine:
    """An engine to which nobody has said anything."""
    return open_engine()


@pytest.fixture
def api(engine: Engine) -> Iterator[Api]:
    """Opens the application over the engine with the settings given; errors are answers."""
    with ExitStack() as clients:

        def opened(**settings: object) -> TestClient:
            app = app_over(engine, ServerSettings(**QUIET | settings))  # type: ignore[arg-type]  # any
            client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
            # Entered, it keeps one event loop; otherwise each request starts a thread and another.
            return clients.enter_context(client)

        yield opened


@pytest.fixture
def client(api: Api) -> TestClient:
    """The application without keys, as it is served to this machine."""
    return api()
