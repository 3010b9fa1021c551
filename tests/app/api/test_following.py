"""A promotion is picked up by a server that runs, and nobody who asks meanwhile is refused."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from marquee.app.listening import Listening, listen
from marquee.app.live import Follower, Live
from marquee.app.server import ServerSettings, create_app
from marquee.data.feedback import FeedbackStore
from marquee.data.workspace import Workspace
from marquee.lifecycle.gates import Verdict
from marquee.lifecycle.promotion import promote, rollback
from marquee.lifecycle.serving import state
from marquee.lifecycle.training import train
from marquee.models import ALGORITHMS
from marquee.service.engine import Engine
from runs_kit import AT, copied

YES = [Verdict(gate="all", passed=True, reason="taken for granted")]


@pytest.fixture(scope="module")
def two_runs(api_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world with two runs, one of which answers; not to be written to."""
    workspace = copied(api_home, tmp_path_factory.mktemp("two"))
    for name in ("ease", "popularity"):
        train(workspace, ALGORITHMS[name], name, created_at=AT, run_id=name)
    promote(workspace, "ease", at=AT, verdicts=YES)
    return workspace.home


@pytest.fixture
def workspace(two_runs: Path, tmp_path: Path) -> Workspace:
    return copied(two_runs, tmp_path / "home")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeedbackStore]:
    made = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.db'}")
    made.migrate()
    yield made
    made.close()


@contextmanager
def served(workspace: Workspace, store: FeedbackStore) -> Iterator[tuple[str, Live]]:
    """The address of a server that follows the workspace, and what answers there."""
    live = Live(Engine(workspace, feedback=store))
    follower = Follower(workspace, live, lambda: Engine(workspace, feedback=store), seconds=0.02)
    settings = ServerSettings(requests_per_second=None, secret=b"a secret of the tests, 32 bytes.")
    with listen(Listening("127.0.0.1", 0, n_keys=0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(live, settings), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        with follower.following():
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", live
        server.should_exit = True
        thread.join()


class Load:
    """Asks all that a viewer and a platform ask, until it is told to stop."""

    def __init__(self, address: str, viewer: int, like: int) -> None:
        self.address, self.viewer, self.like = address, viewer, like
        self.wrong: list[str] = []
        self.models: list[str] = []
        self.n = 0
        self.stop = threading.Event()

    def __call__(self) -> None:
        api = f"{self.address}/api/v1"
        with httpx.Client(timeout=60) as client:
            while not self.stop.is_set():
                first = self.get(client, f"{api}/viewers/{self.viewer}/recommendations?n=5")
                if first is not None:
                    picks = first.json()
                    self.models.append(picks["model"])
                    # The next page comes from whatever answers by then.
                    onwards = f"?n=5&cursor={picks['next']}"
                    self.get(client, f"{api}/viewers/{self.viewer}/recommendations{onwards}")
                    shown = {key: picks[key] for key in ("model", "snapshot", "answer_id")}
                    titles = [pick["title"]["title_id"] for pick in picks["picks"]]
                    said = client.post(
                        f"{api}/viewers/{self.viewer}/impressions",
                        json={**shown, "title_ids": titles},
                    )
                    self.check(said)
                self.get(client, f"{api}/titles/{self.like}")
                self.get(client, f"{api}/models")
                self.get(client, f"{self.address}/?", accept="text/html")

    def get(
        self, client: httpx.Client, url: str, accept: str = "application/json"
    ) -> httpx.Response | None:
        try:
            return self.check(client.get(url, headers={"Accept": accept}))
        except httpx.HTTPError as error:
            self.wrong.append(f"{url}: {error!r}")
            return None

    def check(self, answer: httpx.Response) -> httpx.Response | None:
        self.n += 1
        if answer.status_code < 300:
            return answer
        self.wrong.append(f"{answer.request.url}: {answer.status_code} {answer.text[:200]}")
        return None


@pytest.mark.slow
@pytest.mark.fault
def test_no_request_fails_across_promotions(workspace: Workspace, store: FeedbackStore) -> None:
    with served(workspace, store) as (address, live):
        library = live.engine.library
        viewers = library.known_viewers[:2].tolist()
        like = int(library.facts.items.ids[0])
        loads = [Load(address, viewer, like) for viewer in viewers]
        threads = [threading.Thread(target=load, daemon=True) for load in loads]
        for thread in threads:
            thread.start()

        def until(model: str) -> None:
            deadline = time.monotonic() + 40
            while time.monotonic() < deadline:
                if all(load.models and load.models[-1] == model for load in loads):
                    return
                time.sleep(0.01)
            raise AssertionError(f"{model} never answered; {[load.wrong[:3] for load in loads]}")

        until("ease")
        for model in ("popularity", "ease"):
            if model == "popularity":
                promote(workspace, "popularity", at=AT, verdicts=YES)
            else:
                rollback(workspace, at=AT)
            until(model)
        for load in loads:
            load.stop.set()
        for thread in threads:
            thread.join()
        text = httpx.get(f"{address}/api/v1/metrics").text
        assert 'marquee_serving{model="ease"' in text
    assert [load.wrong for load in loads] == [[], []]
    assert sum(load.n for load in loads) > 30


def test_a_request_under_way_keeps_the_engine_that_it_began_with(workspace: Workspace) -> None:
    old, new = Engine(workspace), Engine(workspace, "popularity")
    live = Live(old)
    with live.one_request():
        live.replace(new)
        assert live.engine is old
        with live.one_request():
            assert live.engine is new
        assert live.engine is old
    assert live.engine is new


def test_the_old_engine_leaves_the_memory(workspace: Workspace, store: FeedbackStore) -> None:
    live = Live(Engine(workspace, feedback=store))
    follower = Follower(workspace, live, lambda: Engine(workspace, feedback=store))
    live.engine.warm_up()
    gone = weakref.ref(live.engine.library)
    promote(workspace, "popularity", at=AT, verdicts=YES)
    gc.disable()
    try:
        assert follower.look()
        assert gone() is None, "only the collector of garbage, which passes over it, could find it"
    finally:
        gc.enable()
        gc.unfreeze()
    assert not follower.look()


def test_a_model_that_cannot_be_opened_leaves_the_old_one(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    live = Live(Engine(workspace))
    old = live.engine
    n_opened = 0

    def opened() -> Engine:
        nonlocal n_opened
        n_opened += 1
        return Engine(workspace)

    follower = Follower(workspace, live, opened)
    [array] = (workspace.home / "runs" / "popularity" / "model").glob("*/share_.npy")
    content = array.read_bytes()
    array.write_bytes(content[:-1] + b"x")
    promote(workspace, "popularity", at=AT, verdicts=YES)
    assert not follower.look()
    assert not follower.look()
    assert live.engine is old
    assert n_opened == 1, "it is not read again and again"
    assert caplog.text.count("share_.npy is damaged") == 1
    array.write_bytes(content)
    promote(workspace, "ease", at=AT, verdicts=YES)
    assert not follower.look(), "what answers is what did"
    promote(workspace, "popularity", at=AT, verdicts=YES)
    follower._failed = None  # as after a minute
    assert follower.look()
    assert live.engine.library.model_name == "popularity"


def test_what_answers_is_another_when_a_name_is_fitted_again(workspace: Workspace) -> None:
    from marquee.lifecycle.fitting import fit_workspace

    seen = [state(workspace)]
    for at in ("2026-01-01", "2026-01-02"):
        fit_workspace(workspace, ALGORITHMS["popularity"](), "popularity", created_at=at)
        seen.append(state(workspace))
    assert len(set(seen)) == 3
