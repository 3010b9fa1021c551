"""The Python client over a real server: the same records, and refusals as errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn

from marquee.app.api.keys import KeyFile
from marquee.app.client import ApiError, MarqueeClient
from marquee.app.listening import Listening, listen
from marquee.app.server import ServerSettings, create_app
from marquee.data.feedback import Event
from marquee.service.engine import Engine
from marquee.service.filters import Filters
from marquee.service.taste import AS_SCORED, Taste

from .conftest import NOW


@contextmanager
def serving(engine: Engine, settings: ServerSettings) -> Iterator[str]:
    """The address at which the engine is served until the block ends."""
    place = Listening("127.0.0.1", 0, n_keys=0)
    with listen(place) as listener:
        config = uvicorn.Config(create_app(engine, settings), log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield place.url(listener)
        server.should_exit = True
        thread.join()


@pytest.fixture
def marquee(engine: Engine) -> Iterator[MarqueeClient]:
    settings = ServerSettings(pages=False, requests_per_second=None)
    with serving(engine, settings) as url, MarqueeClient(url) as client:
        yield client


def test_records_are_those_of_the_engine(marquee: MarqueeClient, engine: Engine) -> None:
    filters = Filters(kind="film", decade=2010, genres=("Drama", "Crime"), exclude=())
    taste = Taste(adventurous=0.5, per_director=1)
    picks = marquee.recommendations(5, 4, filters, taste)
    expected = engine.recommend(viewer_id=5, k=4, filters=filters, taste=taste)
    assert picks.picks == expected.picks
    assert picks.n_qualifying == expected.n_qualifying
    following = marquee.recommendations(5, 4, filters, taste, cursor=picks.next)
    whole = engine.recommend(viewer_id=5, k=8, filters=filters, taste=taste)
    assert picks.picks + following.picks == whole.picks
    uncapped = replace(AS_SCORED, adventurous=0.5)
    bare = marquee.recommendations(5, 40, filters, uncapped).picks
    assert bare == engine.recommend(viewer_id=5, k=40, filters=filters, taste=uncapped).picks
    assert bare != engine.recommend(viewer_id=5, k=40, filters=filters, taste=taste).picks
    anonymous = marquee.recommend({3: 4.5}, ["#9"], 4, filters, taste)
    assert (
        anonymous.picks
        == engine.recommend(ratings={3: 4.5}, like=["#9"], k=4, filters=filters, taste=taste).picks
    )
    assert marquee.title(3) == engine.title(3)
    assert marquee.similar(3, 5) == engine.similar("#3", 5)
    assert marquee.popular(5, filters) == engine.popular(5, filters)
    assert marquee.popular(5, days=30) == engine.popular(5, days=30) != engine.popular(5)
    today = datetime.now(UTC).date()  # noqa: TID251  # the application's own clock
    assert marquee.latest(5, viewer_id=5) == engine.latest(5, viewer_id=5, today=today)
    assert marquee.predictions(5, [3, 9]) == engine.predict(5, [3, 9])
    assert marquee.explanation(5, 3, 2) == engine.explain(5, 3, 2)
    assert marquee.rank([9, 3], 5).picks == engine.rank([9, 3], viewer_id=5).picks
    listed = [title for page in marquee.titles(limit=90) for title in page.titles]
    assert len(listed) == 200
    assert 3 in [found.title.title_id for found in marquee.search(str(listed[2].name)).found]
    assert marquee.models().models[0].name == "ease-content"


def test_a_viewer_comes_says_something_and_goes(marquee: MarqueeClient) -> None:
    ann = marquee.add_viewer(name="Ann").viewer_id
    assert marquee.change_viewer(ann, region="DE").settings.region == "DE"
    at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    events = [
        Event(ann, "rate", at, title_id=3, value=4.5, event_id="a"),
        Event(ann, "hide", at, title_id=4, reason="genre"),
    ]
    assert [receipt.new for receipt in marquee.say(events)] == [True, True]
    assert [receipt.new for receipt in marquee.say(events[:1])] == [False]
    assert marquee.viewer(ann).hidden == (4,)
    assert [said.at for said in marquee.history(ann, 1).events] == [at]
    assert marquee.undo(ann, "a").changed
    picks = marquee.recommendations(ann, 3)
    assert marquee.shown(ann, picks).new
    assert marquee.satisfaction().overall.n_answers == 1
    assert marquee.export(ann)["settings"]["name"] == "Ann"
    assert marquee.erase(ann).deleted["viewers"] == 1
    with pytest.raises(ApiError, match="erased"):
        marquee.viewer(ann)


def test_a_refusal_is_an_error_with_what_was_told(marquee: MarqueeClient) -> None:
    with pytest.raises(ApiError, match="404 there is no viewer 987654") as refusal:
        marquee.recommendations(987_654)
    assert refusal.value.problem is not None
    assert refusal.value.problem.type == "urn:marquee:unknown-id"
    with pytest.raises(ApiError) as refusal:
        marquee.rank([3, 987_654])
    assert refusal.value.problem is not None
    assert [fault.where for fault in refusal.value.problem.errors] == ["body.title_ids.1"]


def test_keys_and_waiting_times_are_passed_on(engine: Engine, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    token = keys.add("app", "read", NOW)
    settings = ServerSettings(
        pages=False, keys=keys, keys_required=True, requests_per_second=0.01, burst=2
    )
    with serving(engine, settings) as url:
        with MarqueeClient(url) as stranger, pytest.raises(ApiError, match="401"):
            stranger.popular()
        with MarqueeClient(url, token) as friend:
            assert friend.ready().status == "ready"
            assert len(friend.popular(3).picks) == 3
            with pytest.raises(ApiError, match="403"):
                friend.erase(5)
            with pytest.raises(ApiError, match="429") as late:
                friend.popular()
            assert late.value.retry_after is not None
            assert 0 < late.value.retry_after <= 100


def test_a_server_that_is_not_there_or_no_server_of_ours_is_told() -> None:
    with MarqueeClient("http://127.0.0.1:9", timeout_s=2) as client:
        with pytest.raises(ApiError, match="does not answer") as failure:
            client.popular()
        assert failure.value.problem is None
    other = httpx.MockTransport(lambda _request: httpx.Response(404, text="nginx"))
    with (
        httpx.Client(transport=other) as http,
        pytest.raises(ApiError, match="is it a Marquee server"),
    ):
        MarqueeClient("http://films.example/", http=http).popular()
