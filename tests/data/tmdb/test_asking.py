"""One question to TMDB's API is answered whole, or refused in a sentence that tells no key."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import httpx
import pytest

from marquee.data.tmdb import asking
from marquee.data.tmdb.asking import Asker
from marquee.data.tmdb.keyed import Keyed
from marquee.errors import DownloadError, GivenUpError, ParameterError
from tmdb_kit import (
    KEY,
    TOKEN,
    Clock,
    Fault,
    TmdbServer,
    cut,
    drips,
    film,
    running,
    sends,
    silent,
    status,
    too_many,
    truncated,
)

Make = Callable[..., Asker]


@pytest.fixture(scope="module")
def shared() -> Iterator[TmdbServer]:
    with running() as server:
        server.add("movie", film(7, "2026-11-01"))
        yield server


@pytest.fixture
def server(shared: TmdbServer) -> Iterator[TmdbServer]:
    shared.requests.clear()
    shared.faults.clear()
    yield shared
    shared.faults.clear()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(server: TmdbServer, clock: Clock) -> Iterator[Make]:
    clients: list[httpx.Client] = []

    def make(key: str = KEY, timeout_s: float = 5.0, per_second: float = 1e6) -> Asker:
        clients.append(httpx.Client(transport=Keyed(key), timeout=timeout_s))
        return Asker(
            clients[-1], sleep=clock.sleep, clock=clock, base=server.base, per_second=per_second
        )

    yield make
    for client in clients:
        client.close()


def waits(clock: Clock) -> list[float]:
    """What was waited between tries, the pace left out."""
    return [seconds for seconds in clock.slept if seconds >= 0.5]


def test_a_title_comes_as_it_is(make: Make) -> None:
    assert make().ask("movie/7", "id") == film(7, "2026-11-01")


def test_a_title_that_is_not_there_is_none(make: Make) -> None:
    assert make().ask("movie/8", "id") is None


@pytest.mark.parametrize("key", [KEY, TOKEN, f"  {KEY}\n"])
def test_a_key_travels_as_its_kind_asks(make: Make, server: TmdbServer, key: str) -> None:
    assert make(key).ask("movie/7") is not None
    [(_, query)] = server.requests
    assert ("api_key" in query) == (key != TOKEN)


@pytest.mark.parametrize(
    "fault",
    [
        too_many(None),
        status(500),
        status(502),
        cut,
        truncated,
        sends([1]),
        sends({"success": False}),
        sends({"id": None}),
    ],
)
def test_what_may_pass_is_asked_again_after_longer_and_longer_waits(
    make: Make, server: TmdbServer, clock: Clock, fault: Fault
) -> None:
    server.faults = [fault, fault, fault]
    assert make().ask("movie/7", "id") == film(7, "2026-11-01")
    assert waits(clock) == [1, 2, 4]


def test_the_server_says_how_long_to_wait(make: Make, server: TmdbServer, clock: Clock) -> None:
    server.faults = [too_many(11)]
    assert make().ask("movie/7") is not None
    assert waits(clock) == [11]


def test_a_server_that_wants_an_hour_is_an_error(make: Make, server: TmdbServer) -> None:
    server.faults = [too_many(3600)]
    with pytest.raises(DownloadError, match="wait 3600 s"):
        make().ask("movie/7")
    assert len(server.requests) == 1


def test_silence_ends_with_the_timeout(make: Make, server: TmdbServer) -> None:
    server.faults = [silent]
    assert make(timeout_s=0.5).ask("movie/7") is not None


def test_an_answer_that_drips_is_given_up(
    make: Make, server: TmdbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LONGEST_S", 0.3)
    server.faults = [drips]
    assert make().ask("movie/7") is not None
    assert len(server.requests) == 2


def test_after_five_tries_it_is_an_error_that_names_the_path(
    make: Make, server: TmdbServer, clock: Clock
) -> None:
    server.faults = [status(500)] * 5
    with pytest.raises(GivenUpError, match=r"movie/7 did not come through in 5 tries.*500"):
        make().ask("movie/7")
    assert waits(clock) == [1, 2, 4, 8]


@pytest.mark.parametrize("code", [301, 400, 422])
def test_a_refusal_is_not_asked_again(make: Make, server: TmdbServer, code: int) -> None:
    server.faults = [status(code)]
    with pytest.raises(DownloadError, match=f"is refused \\({code}\\)"):
        make().ask("movie/7")
    assert len(server.requests) == 1


def test_the_pace_is_kept(make: Make, clock: Clock) -> None:
    asker = make(per_second=0.1)
    began = clock()
    for _ in range(5):
        asker.ask("movie/7")
    # However slow the server is, five requests begin within no less than four gaps.
    assert clock() - began >= 40
    assert 20 <= sum(clock.slept) <= 40


@pytest.mark.parametrize("key", [KEY, TOKEN])
def test_no_log_and_no_error_tells_the_key(
    make: Make, server: TmdbServer, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    told = []
    with caplog.at_level(logging.DEBUG):
        make(key).ask("movie/7")
        for fault in (too_many(3600), status(403), status(422), sends([1])):
            server.faults = [fault] * 5
            with pytest.raises(DownloadError) as caught:
                make(key).ask("movie/7")
            told += [str(caught.value), repr(caught.value.__cause__)]
        gone = Asker(
            httpx.Client(transport=Keyed(key)),
            sleep=lambda _: None,
            clock=Clock(),
            base="http://127.0.0.1:9",
            per_second=1e6,
        )
        with pytest.raises(GivenUpError) as unreachable:
            gone.ask("movie/7")
    told += [str(unreachable.value), caplog.text]
    assert "movie/7" in caplog.text
    assert not any(key in text for text in told)


@pytest.mark.parametrize("key", ["", "short", "two words of a key", "né" * 8, "a\r\nHost: b" * 3])
def test_what_is_no_key_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(ParameterError, match="neither an API key") as caught:
        Keyed(key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("http://api.themoviedb.org/3", "unencrypted"),
        ("http://127.0.0.1.evil.example/3", "unencrypted"),
        ("ftp://127.0.0.1/3", "must be https"),
        ("themoviedb", "must be https"),
    ],
)
def test_the_key_never_travels_unencrypted(base: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        Asker(
            httpx.Client(transport=Keyed(KEY)),
            sleep=lambda _: None,
            clock=Clock(),
            base=base,
            per_second=1,
        )
