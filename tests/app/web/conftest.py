"""A small world, and viewers' pages over it with a feedback database of their own."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app_kit import app_over
from marquee.app.server import ServerSettings
from marquee.app.web.session import COOKIE, form_token, unseal
from marquee.data.feedback import FeedbackStore
from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import ALGORITHMS, RECIPES
from marquee.service.engine import Engine

SECRET = b"a secret of the tests, 32 bytes."


@dataclass
class Browser:
    """A browser without scripts: it keeps cookies, follows redirects, and fills in forms."""

    client: TestClient
    engine: Engine

    def get(self, path: str, **options: object) -> Response:
        return self.client.get(path, **options)  # type: ignore[arg-type] # passed through

    def token(self) -> str:
        self.get("/household")
        session = unseal(self.client.cookies[COOKIE], SECRET)
        assert session
        return form_token(session, SECRET)

    def post(
        self,
        path: str,
        data: dict[str, object] | None = None,
        *,
        script: bool = False,
        **options: object,
    ) -> Response:
        headers = {"HX-Request": "true"} if script else {}
        form = {"token": self.token()} | (data or {})
        return self.client.post(path, data=form, headers=headers, **options)  # type: ignore[arg-type] # passed through

    def say(self, said: str, back: str = "/", *, script: bool = False) -> Response:
        return self.post("/say", {"say": said, "back": back}, script=script)

    def says(self, verb: str, page: str | None = None) -> list[str]:
        """What buttons of that verb say on a page, in order."""
        text = self.get("/").text if page is None else page
        return re.findall(rf'name="say" value="({verb}:[^"]*)"', text)

    def titles(self, page: str | None = None) -> list[int]:
        """Titles of the cards on a page, in order."""
        text = self.get("/").text if page is None else page
        return [int(number) for number in re.findall(r'<li class="card[^"]*" id="c(\d+)"', text)]

    @property
    def store(self) -> FeedbackStore:
        assert self.engine.feedback is not None
        return self.engine.feedback

    @property
    def viewer(self) -> int:
        return self.store.viewers()[-1].viewer_id


@pytest.fixture(scope="session")
def web_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a model that lists and one that predicts; not to be written to."""
    home = tmp_path_factory.mktemp("web")
    add_world(Workspace(home), n_titles=200, n_viewers=300, n_ratings=9_000, seed=3)
    predictor = ("bias", ALGORITHMS["bias"]())
    fit_workspace(Workspace(home), RECIPES["ease-content"](), "ease-content", predictor=predictor)
    return home


@pytest.fixture(scope="session")
def bare_engine(web_home: Path) -> Engine:
    """An engine that keeps no feedback."""
    return Engine(Workspace(web_home))


Open = Callable[[Engine], Browser]


@pytest.fixture
def open_browser() -> Iterator[Open]:
    """Opens browsers on engines."""
    with ExitStack() as opened:

        def browser(engine: Engine) -> Browser:
            app = app_over(engine, ServerSettings(secret=SECRET))
            client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
            # Entered, it keeps one event loop; otherwise each request starts a thread and another.
            return Browser(opened.enter_context(client), engine)

        yield browser


@pytest.fixture
def engine(bare_engine: Engine, tmp_path: Path) -> Iterator[Engine]:
    """An engine with an empty feedback database."""
    store = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    store.migrate()
    made = copy.copy(bare_engine)
    made.feedback = store
    yield made
    store.close()


@pytest.fixture
def browser(engine: Engine, open_browser: Open) -> Browser:
    """A browser that was never here, on an engine with an empty feedback database."""
    return open_browser(engine)
