"""``marquee data update`` as it is typed: from a key to offers on a title's page."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app_kit import app_over
from marquee.app.server import ServerSettings
from marquee.data.workspace import Workspace
from marquee.service.engine import Engine
from runs_kit import copied
from tmdb_kit import KEY, TmdbServer, film, running, show, silent

from .conftest import Run

pytestmark = pytest.mark.slow

TODAY = date.today()  # noqa: TID251 - as the command does
CREDIT = "Where to watch: data by JustWatch, by way of TMDB."
NOTICE = "This product uses the TMDB API but is not endorsed or certified by TMDB."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TmdbServer]:
    """A server with five films of the last days and a show, which the environment names."""
    with running() as server:
        for number in range(1, 6):
            server.add("movie", film(number, (TODAY - timedelta(days=number)).isoformat()))
        server.add("tv", show(1, TODAY.isoformat()))
        monkeypatch.setenv("MARQUEE_TMDB_API", server.base)
        monkeypatch.setenv("MARQUEE_TMDB_KEY", KEY)
        yield server


def test_an_update_is_told(run: Run, server: TmdbServer, tmp_path: Path) -> None:
    done = run("--home", tmp_path, "data", "update", "--from", "tmdb", "--rate", 1000)
    assert done.code == 0
    assert "6 titles asked for" in done.out
    assert "6 offers of services" in done.out
    assert KEY not in done.out + done.err
    again = run("--home", tmp_path, "data", "update", "--from", "tmdb", "--rate", 1000, "--json")
    assert again.answer["n_asked"] == 0
    assert again.answer["added"]["tables"]["titles"] == 6


def test_options_are_remembered(run: Run, server: TmdbServer, tmp_path: Path) -> None:
    update = ("--home", tmp_path, "data", "update", "--from", "tmdb", "--rate", 1000, "--json")
    few = run(*update, "--kind", "show", "--region", "FR", "--since", TODAY).answer
    assert few["n_asked"] == 1
    assert run(*update).answer["n_asked"] == 0
    offers = Workspace(tmp_path).frame("availability")
    assert offers.select("service", "region").rows() == [("Phare", "FR")]


def test_a_key_may_lie_in_a_file(
    run: Run, server: TmdbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MARQUEE_TMDB_KEY")
    update = ("--home", tmp_path / "home", "data", "update", "--from", "tmdb", "--rate", 1000)
    done = run(*update)
    assert done.code == 1
    assert "MARQUEE_TMDB_KEY" in done.err
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert run(*update, "--key-file", tmp_path / "key").code == 0
    missing = run(*update, "--key-file", tmp_path / "nothing")
    assert missing.code == 1
    assert "nothing" in missing.err


def test_another_place_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("--home", tmp_path, "data", "update", "--from", "imdb")
    assert done.code == 1
    assert "nothing can be updated from 'imdb'; there is tmdb" in done.err


def test_an_update_that_is_killed_is_gone_on_with(
    run: Run, server: TmdbServer, tmp_path: Path
) -> None:
    server.fault_at["movie/4"] = silent
    update = ["--home", str(tmp_path), "data", "update", "--from", "tmdb", "--rate", "1000"]
    with subprocess.Popen([sys.executable, "-m", "marquee", *update]) as child:
        try:
            deadline = time.monotonic() + 60
            while "movie/4" not in server.asked:
                assert child.poll() is None, "the child ended by itself"
                assert time.monotonic() < deadline, "the child did not come so far"
                time.sleep(0.01)
        finally:
            child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    assert Workspace(tmp_path).snapshot is None
    server.fault_at.clear()
    before = [path for path in server.asked if path.startswith("movie/")]
    done = run(*update)
    assert "Going on with the update of" in done.err
    assert Workspace(tmp_path).counts()["titles"] == 6
    asked = [path for path in server.asked if path.startswith("movie/")]
    assert asked == [*before, "movie/4", "movie/5"]


def test_a_retraining_fetches_and_the_page_names_whom_to_thank(
    run: Run, server: TmdbServer, world_home: Path, tmp_path: Path
) -> None:
    home = copied(world_home, tmp_path / "home").home
    n_before = Workspace(home).counts()["titles"]
    done = run(
        "--home", home, "retrain", "-m", "popularity", "--from", "update:tmdb", "--json"
    ).answer
    assert done["stages"]["fetch update:tmdb"] == "6 titles of TMDB's, 6 of them new"
    assert Workspace(home).counts()["titles"] == n_before + 6
    assert run("--home", home, "fit", "-m", "popularity").code == 0
    engine = Engine(Workspace(home))
    [found] = [each.title for each in engine.search("Show 1", 1).found]
    page = engine.title(found.title_id)
    assert page.offers_credit == (CREDIT,)
    assert NOTICE in page.notes
    other = engine.title(int(engine.library.facts.items.ids[0]))
    assert not other.offers_credit
    with TestClient(
        app_over(engine, ServerSettings(pages=True)), base_url="http://127.0.0.1"
    ) as browser:
        text = browser.get(f"/title/{found.title_id}").text
        assert text.count(CREDIT) == 2, "beside the offers, and at the foot of the page"
        assert NOTICE in text
        assert "Lantern+" in text
