"""An update from TMDB ends in the same tables whatever happens to it on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marquee.data.intake import add_world
from marquee.data.tables import Tables
from marquee.data.tmdb import listing
from marquee.data.tmdb.answers import Answers, Held
from marquee.data.tmdb.asking import Asker
from marquee.data.tmdb.keyed import Keyed
from marquee.data.tmdb.listing import listed, listed_by_day, spans
from marquee.data.tmdb.updating import Updated, update
from marquee.data.tmdb.wanted import Wanted, read_state
from marquee.data.workspace import Workspace
from marquee.errors import DownloadError, MarqueeError, ParameterError, WorkspaceError
from tmdb_kit import (
    KEY,
    PAGE,
    Clock,
    TmdbServer,
    cut,
    film,
    offers,
    running,
    sends,
    show,
    status,
    too_many,
    truncated,
)

TODAY = datetime(2026, 11, 30, 12, tzinfo=UTC)
WANTED = Wanted(regions=("US", "GB"))


class Killed(BaseException):
    """The process is gone."""


class Updater:
    """Updates a workspace from a server, with everything a test wants to turn."""

    def __init__(self, server: TmdbServer, client: httpx.Client, home: Path) -> None:
        self.server, self.client = server, client
        self.workspace = Workspace(home)
        self.folder = self.workspace.raw / "tmdb"
        self.at = TODAY
        self.clock = Clock()

    def asker(self) -> Asker:
        return Asker(
            self.client,
            sleep=self.clock.sleep,
            clock=self.clock,
            base=self.server.base,
            per_second=1e6,
        )

    def __call__(self, wanted: Wanted | None = WANTED, **more: Any) -> Updated:
        return update(self.workspace, self.asker(), wanted, now=lambda: self.at, **more)

    def titles(self) -> pl.DataFrame:
        return self.workspace.frame("titles")

    def services(self) -> list[tuple[Any, ...]]:
        offered = self.workspace.frame("availability").join(self.titles(), on="title_id")
        return sorted(offered.select("name", "region", "service").iter_rows())


@pytest.fixture(scope="module")
def shared() -> Iterator[TmdbServer]:
    with running() as server:
        yield server


@pytest.fixture
def server(shared: TmdbServer) -> TmdbServer:
    """A server with seven films and a show of November, and an old film of few votes."""
    shared.titles = {"movie": {}, "tv": {}}
    shared.changes = {"movie": {}, "tv": {}}
    shared.faults, shared.fault_at, shared.requests = [], {}, []
    shared.before_page = lambda _path, _page: None
    shared.add("movie", *(film(n, f"2026-11-{n:02d}") for n in range(1, 8)))
    shared.add("movie", film(50, "2026-11-20", vote_count=1), film(60, "2001-05-05"))
    shared.add("tv", show(1, "2026-11-11"))
    return shared


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(transport=Keyed(KEY), timeout=5) as client:
        yield client


@pytest.fixture
def bring(server: TmdbServer, client: httpx.Client, tmp_path: Path) -> Updater:
    return Updater(server, client, tmp_path / "home")


def assert_same(one: Tables, other: Tables) -> None:
    for (name, left), (_, right) in zip(one, other, strict=True):
        assert_frame_equal(left, right), name


def test_new_films_and_shows_come_with_people_certificates_and_offers(bring: Updater) -> None:
    done = bring()
    assert (done.n_new, done.n_asked, done.n_gone, done.n_failed) == (8, 8, 0, 0)
    titles = bring.titles()
    assert sorted(titles["name"]) == [*(f"Film {n}" for n in range(1, 8)), "Show 1"]
    assert dict(titles.select("kind", "certificate").iter_rows()) == {"film": "PG", "show": "TV-14"}
    people = bring.workspace.frame("credits")
    assert set(people.select("person", "role").iter_rows()) == {
        ("Ada Quill", "actor"),
        ("Max Fenn", "director"),
    }
    # No region but those asked for, and no shop.
    assert set(bring.services()) == {(name, "US", "Lantern+") for name in titles["name"]}


def test_the_attribution_lies_with_the_data(bring: Updater) -> None:
    bring()
    text = (bring.folder / "ATTRIBUTION.txt").read_text(encoding="utf-8")
    assert "not endorsed or certified by TMDB" in text
    assert "JustWatch" in text


def test_nothing_on_disk_holds_the_key(bring: Updater) -> None:
    bring()
    files = [path for path in bring.workspace.home.rglob("*") if path.is_file()]
    assert files
    assert not any(KEY.encode() in path.read_bytes() for path in files)


@pytest.mark.slow
def test_the_next_update_asks_only_for_what_is_new_or_changed(
    bring: Updater, server: TmdbServer
) -> None:
    bring()
    bring.at += timedelta(days=3)
    server.add("movie", film(8, "2026-12-01"))
    server.add("movie", film(2, "2026-11-02", title="Film two", **{"watch/providers": {}}))
    server.changes["movie"]["2026-12-01"] = [2, 99]
    server.requests.clear()
    done = bring()
    asked = [path for path in server.asked if not path.endswith(("changes", "movie", "tv"))]
    assert asked == ["movie/8", "movie/2"]
    assert (done.n_new, done.n_changed) == (1, 1)
    assert "Film two" in bring.titles()["name"]
    assert not any(name == "Film two" for name, *_ in bring.services())
    assert bring.titles().height == 9


@pytest.mark.slow
def test_offers_are_asked_for_anew_when_they_are_old(bring: Updater, server: TmdbServer) -> None:
    bring()
    server.add(
        "tv", show(1, "2026-11-11", **{"watch/providers": {"results": {"GB": offers("Foghorn")}}})
    )
    bring.at += timedelta(days=29)
    assert bring().n_asked == 0
    bring.at += timedelta(days=1)
    assert bring().n_asked == 8
    assert ("Show 1", "GB", "Foghorn") in bring.services()


@pytest.mark.slow
def test_other_regions_ask_for_everything_anew(bring: Updater) -> None:
    bring()
    assert bring(Wanted(regions=("FR",))).n_asked == 8
    assert {region for _, region, _ in bring.services()} == {"FR"}
    assert bring(None).n_asked == 0, "what was asked for is remembered"


def test_titles_of_the_workspace_get_their_offers_too(bring: Updater, server: TmdbServer) -> None:
    titles = pl.DataFrame(
        {
            "title_id": [7],
            "kind": ["film"],
            "name": ["Film 60"],
            "year": [2001],
            "tmdb_id": [60],
            "source": ["own"],
            "sources": [["own"]],
        },
        schema_overrides={"year": pl.Int32},
    )
    bring.workspace.write(Tables(titles=titles))
    bring()
    assert ("Film 60", "US", "Lantern+") in bring.services()
    assert bring.titles().filter(pl.col("tmdb_id") == 60)["title_id"].to_list() == [7]


def test_a_title_that_vanishes_between_list_and_question_is_passed_over(
    bring: Updater, server: TmdbServer
) -> None:
    def vanish(path: str, page: int) -> None:
        if path == "discover/tv":
            server.titles["movie"].pop(3, None)

    server.before_page = vanish
    done = bring()
    assert (done.n_asked, done.n_gone) == (8, 1)
    assert "Film 3" not in bring.titles()["name"]


def test_a_title_that_vanishes_later_stays_without_offers(
    bring: Updater, server: TmdbServer
) -> None:
    bring()
    bring.at += timedelta(days=2)
    del server.titles["movie"][3]
    server.changes["movie"]["2026-12-01"] = [3]
    assert bring().n_gone == 1
    assert "Film 3" in bring.titles()["name"]
    assert "Film 3" not in {name for name, *_ in bring.services()}


@pytest.mark.slow
def test_a_title_that_always_fails_is_left_to_the_next_update(
    bring: Updater, server: TmdbServer
) -> None:
    server.add("movie", film(4, "2026-09-15"))  # further back than the next update looks
    server.fault_at["movie/4"] = truncated
    done = bring()
    assert (done.n_failed, bring.titles().height) == (1, 7)
    server.fault_at.clear()
    bring.at += timedelta(days=1)
    bring()
    assert "Film 4" in bring.titles()["name"]


@pytest.mark.slow
def test_a_server_that_fails_for_all_stops_the_update(bring: Updater, server: TmdbServer) -> None:
    for number in range(1, 8):
        server.fault_at[f"movie/{number}"] = status(503)
    with pytest.raises(DownloadError, match="503"):
        bring()
    server.fault_at.clear()
    assert bring().resumed
    assert bring.titles().height == 8


def test_a_refused_key_stops_at_once(bring: Updater, server: TmdbServer) -> None:
    with httpx.Client(transport=Keyed("f" * 32)) as other:
        bring.client = other
        with pytest.raises(DownloadError, match="refuses the key"):
            bring()
    assert len(server.requests) == 1


@pytest.mark.slow
def test_what_is_over_the_most_is_left_to_the_next_updates(
    bring: Updater, server: TmdbServer
) -> None:
    server.titles["movie"] = {n: film(n, f"2026-09-{n + 2:02d}") for n in range(1, 8)}
    few = Wanted(most=3)
    assert (bring(few).n_left, bring.titles().height) == (5, 3)
    bring.at += timedelta(days=1)
    bring(few)
    assert bring(few).n_left == 0
    assert bring.titles().height == 8


def test_missing_fields_cost_the_field_and_a_missing_title_the_record(
    bring: Updater, server: TmdbServer
) -> None:
    server.titles["movie"] = {
        1: {"id": 1, "title": "Bare", "release_date": "2026-11-01", "vote_count": 9},
        2: film(2, "2026-11-02", title=None, original_title=None),
        3: film(
            3,
            "2026-11-03",
            credits=None,
            keywords="sea",
            genres=[None, 7, {"name": None}],
            runtime="long",
            **{"watch/providers": {"results": {"US": {"flatrate": [{}, None]}}}},
        ),
    }
    done = bring()
    assert done.added is not None
    assert done.added.n_rejected == 1
    titles = {row["name"]: row for row in bring.titles().iter_rows(named=True)}
    assert sorted(titles) == ["Bare", "Film 3", "Show 1"]
    assert titles["Film 3"]["runtime_min"] is None
    assert not titles["Film 3"]["genres"]


def test_misbehavior_on_the_way_changes_nothing(
    bring: Updater, server: TmdbServer, client: httpx.Client, tmp_path: Path
) -> None:
    quiet = Updater(server, client, tmp_path / "quiet")
    quiet()
    faults = [too_many(3), status(500), None, cut, truncated, sends({"page": 1}), None]
    server.faults = [faults[n % len(faults)] for n in range(42)]
    bring()
    assert not server.faults
    assert_same(bring.workspace.tables(), quiet.workspace.tables())


@pytest.mark.slow
def test_killed_at_any_request_the_next_update_ends_in_the_same_tables(
    server: TmdbServer, client: httpx.Client, tmp_path: Path
) -> None:
    server.titles["movie"] = {n: film(n, f"2026-11-{n:02d}") for n in range(1, 5)}
    quiet = Updater(server, client, tmp_path / "quiet")
    quiet()
    n_requests = len(server.requests)
    for kill_at in range(1, n_requests):
        bring = Updater(server, client, tmp_path / f"killed-{kill_at}")
        server.requests.clear()

        def sleep(_seconds: float, kill_at: int = kill_at) -> None:
            if len(server.requests) == kill_at:
                raise Killed

        bring.clock.sleep = sleep  # type: ignore[method-assign, assignment]
        with pytest.raises(Killed):
            paced(bring)
        bring.clock = Clock()
        assert bring().resumed
        assert_same(bring.workspace.tables(), quiet.workspace.tables())
        assert len(server.requests) <= n_requests + -(-4 // PAGE), "nearly nothing is asked twice"


def paced(bring: Updater) -> None:
    """An update that sleeps after every request."""
    asker = Asker(
        bring.client,
        sleep=bring.clock.sleep,
        clock=lambda: 0.0,
        base=bring.server.base,
        per_second=1,
    )
    update(bring.workspace, asker, WANTED, now=lambda: bring.at)
    bring.clock.sleep(0)


def test_killed_while_the_tables_are_joined_the_next_update_joins_them(
    bring: Updater, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: object, **_more: object) -> None:
        raise Killed

    monkeypatch.setattr("marquee.data.tmdb.updating.add_source", die)
    with pytest.raises(Killed):
        bring()
    monkeypatch.undo()
    n_before = len(bring.server.requests)
    assert bring().resumed
    assert len(bring.server.requests) == n_before
    assert bring.titles().height == 8


def test_a_torn_line_is_taken_off_and_its_title_asked_for_again(bring: Updater) -> None:
    server = bring.server
    server.fault_at["tv/1"] = status(404)
    with pytest.raises(Killed):
        killed_after(bring, 10)
    path = bring.folder / "titles.jsonl"
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    server.fault_at.clear()
    bring()
    assert bring.titles().height == 8
    assert not bring.workspace.frame("rejects").height


def killed_after(bring: Updater, n_requests: int) -> None:
    def sleep(_seconds: float) -> None:
        if len(bring.server.requests) >= n_requests:
            raise Killed

    bring.clock.sleep = sleep  # type: ignore[method-assign, assignment]
    try:
        paced(bring)
    finally:
        bring.clock = Clock()


def test_a_damaged_state_says_what_to_do(bring: Updater) -> None:
    bring()
    (bring.folder / "state.json").write_text('{"job": 3}')
    with pytest.raises(WorkspaceError, match="remove it"):
        bring()


def test_restart_begins_anew(bring: Updater) -> None:
    with pytest.raises(Killed):
        killed_after(bring, 9)
    bring.at += timedelta(days=1)
    done = bring(restart=True)
    assert not done.resumed
    assert done.until == bring.at.date()
    assert bring.titles().height == 8


def test_nothing_new_is_no_error(bring: Updater, server: TmdbServer) -> None:
    server.titles = {"movie": {}, "tv": {}}
    assert bring().added is None
    assert bring.workspace.snapshot is None


def test_it_joins_a_world_that_is_there(bring: Updater) -> None:
    add_world(bring.workspace, n_titles=40, n_viewers=5, n_ratings=20, seed=1)
    bring()
    assert bring.titles().height == 48


def test_a_day_in_the_future_is_refused(bring: Updater) -> None:
    with pytest.raises(ParameterError, match="future"):
        bring(since=(TODAY + timedelta(days=1)).date())


@pytest.mark.parametrize(
    "bad",
    [
        {"kinds": ("episode",)},
        {"kinds": ()},
        {"regions": ("us",)},
        {"regions": ()},
        {"language": "english"},
        {"most": 0},
        {"stale_days": 0},
        {"min_votes": -1},
    ],
)
def test_what_cannot_be_asked_for_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        Wanted(**bad)


# Lists


Read = Callable[..., Any]


def test_a_title_that_slips_to_the_page_before_is_found_by_reading_again(
    bring: Updater, server: TmdbServer
) -> None:
    """One taken out in front, between two pages, moves all others up by one."""
    server.changes["movie"]["2026-11-30"] = [*range(1, 10)]

    def shift(path: str, page: int) -> None:
        if page == 2:
            server.changes["movie"]["2026-11-30"] = [*range(2, 10)]

    server.before_page = shift
    found = listed(bring.asker(), "movie/changes", start_date="2026-11-30", end_date="2026-11-30")
    assert set(range(2, 10)) <= set(found.ids)
    assert found.whole


def test_titles_that_come_twice_count_once(bring: Updater, server: TmdbServer) -> None:
    server.changes["movie"]["2026-11-30"] = [4, 4, 4, 5, 5, 6, 6]
    found = listed(bring.asker(), "movie/changes", start_date="2026-11-30", end_date="2026-11-30")
    assert (found.ids, found.whole) == ((4, 5, 6), True)


def test_a_list_that_never_holds_still_is_doubtful(bring: Updater, server: TmdbServer) -> None:
    today = server.changes["movie"]["2026-11-30"] = [*range(1, 8)]

    def grow(path: str, page: int) -> None:
        today.insert(0, 100 + len(today))

    server.before_page = grow
    found = listed(bring.asker(), "movie/changes", start_date="2026-11-30", end_date="2026-11-30")
    assert not found.whole


def test_more_pages_than_are_served_are_read_by_halves_of_the_days(
    bring: Updater, server: TmdbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_PAGES", 2)
    days = ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-05")
    server.changes["movie"] = {day: [10 * at, 10 * at + 1] for at, day in enumerate(days, 1)}
    first, last = TODAY.date().replace(day=1), TODAY.date().replace(day=7)
    names = ("start_date", "end_date")
    found = listed_by_day(bring.asker(), "movie/changes", first, last, names)
    assert found.ids == (10, 11, 20, 21, 30, 31, 40, 41)
    assert found.whole


def test_spans_cover_every_day_once() -> None:
    first = TODAY.date()
    for n_days in (1, 14, 15, 31, 100):
        last = first + timedelta(days=n_days - 1)
        covered = [
            begin + timedelta(days=day)
            for begin, end in spans(first, last, 14)
            for day in range((end - begin).days + 1)
        ]
        assert covered == [first + timedelta(days=day) for day in range(n_days)]
        assert all((end - begin).days < 14 for begin, end in spans(first, last, 14))


# Answers


def test_lines_that_were_replaced_are_dropped_in_time(tmp_path: Path) -> None:
    with Answers(tmp_path) as answers:
        for day in range(1, 130):
            held = Held(f"2026-01-{day % 28 + 1:02d}", str(day), "en-US US")
            answers.add(("film", 1), held, {"id": 1, "title": f"Draft {day}"})
        answers.add(("film", 2), held, {"id": 2, "title": "Gone"})
        answers.add(("film", 2), held, None)
        answers.tidy()
        answers.add(("film", 3), held, {"id": 3, "title": "After"})
    lines = [json.loads(line) for line in (tmp_path / "titles.jsonl").read_text().splitlines()]
    assert [(line["id"], line.get("gone", False)) for line in lines] == [
        (1, False),
        (2, False),
        (2, True),
        (3, False),
    ]
    with Answers(tmp_path) as again:
        assert set(again.held) == {("film", 1), ("film", 2), ("film", 3)}
        assert again.gone == {("film", 2)}


def test_two_updates_at_once_take_turns(bring: Updater) -> None:
    def meanwhile(path: str, page: int) -> None:
        other = Updater(bring.server, bring.client, bring.workspace.home)
        try:
            other()
        except MarqueeError as error:
            refused.append(str(error))

    refused: list[str] = []
    bring.server.before_page = meanwhile
    bring(Wanted(kinds=("show",)))
    assert all("another process updates" in text for text in refused)
    assert refused
    assert read_state(bring.folder).job is None
