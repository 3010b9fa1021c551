"""An export becomes ratings of one's own, and what does not match is named."""

from __future__ import annotations

import html
import io
import json
import zipfile

import polars as pl
import pytest
from httpx2 import Response

from app.web.conftest import Browser

pytestmark = pytest.mark.slow

HEAD = "Date,Name,Year,Letterboxd URI,Rating"


def bring(
    browser: Browser, body: bytes, name: str = "ratings.csv", kind: str = "letterboxd"
) -> Response:
    files = {"file": (name, body)}
    return browser.client.post(
        "/import", data={"token": browser.token(), "format": kind}, files=files
    )


def export(browser: Browser) -> tuple[bytes, dict[int, float]]:
    """Two films that are here, and one that is not."""
    films = [pick.title for pick in browser.engine.popular(40).picks if pick.title.kind == "film"]
    lines = [HEAD]
    for place, (film, stars) in enumerate(zip(films, (4.5, 2), strict=False)):
        lines.append(f'2024-01-0{place + 1},"{film.name}",{film.year},https://x/{place},{stars}')
    lines.append('2024-01-05,"Nowhere <b>to</b> Be Seen",1931,https://x/9,5')
    return "\n".join(lines).encode(), {films[0].title_id: 4.5, films[1].title_id: 2.0}


def test_ratings_of_titles_that_are_here_become_ones_own(browser: Browser) -> None:
    body, expected = export(browser)
    page = bring(browser, body)
    assert page.status_code == 200
    assert dict(browser.store.profile(browser.viewer).ratings) == expected
    assert "2 ratings are yours now" in page.text
    assert "Nowhere &lt;b&gt;to&lt;/b&gt; Be Seen (1931)" in page.text
    assert not set(expected) & set(browser.titles())


def test_bringing_it_again_says_nothing_twice(browser: Browser) -> None:
    body, expected = export(browser)
    bring(browser, body)
    page = bring(browser, body)
    assert "0 new" in page.text
    assert len(browser.store.history(browser.viewer)) == len(expected)


def test_a_whole_zip_is_taken(browser: Browser) -> None:
    body, expected = export(browser)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("letterboxd-me/ratings.csv", body)
    bring(browser, packed.getvalue(), "../../export.zip")
    assert dict(browser.store.profile(browser.viewer).ratings) == expected


@pytest.mark.parametrize("body", [b"\x00\xff\xfe", b"a,b\n1,2\n", b"PK\x03\x04broken"])
@pytest.mark.parametrize("kind", ["letterboxd", "imdb-export", "trakt", "movielens-export"])
def test_what_cannot_be_read_is_explained_without_our_paths(
    browser: Browser, body: bytes, kind: str
) -> None:
    page = bring(browser, body, "x.zip" if body.startswith(b"PK") else "x.csv", kind)
    assert page.status_code == 422
    assert 'class="problem"' in page.text
    assert "/tmp" not in page.text
    assert browser.store.viewers() == ()


def test_no_file_another_format_and_too_large_a_file_are_refused(browser: Browser) -> None:
    assert bring(browser, b"").status_code == 422
    assert bring(browser, b"x", kind="movielens-1m").status_code == 422
    assert bring(browser, b"x" * (11 * 2**20)).status_code == 413
    assert browser.store.viewers() == ()


def test_what_was_undone_comes_back_when_it_is_brought_again(browser: Browser) -> None:
    body, expected = export(browser)
    for turn in range(3):
        page = bring(browser, body)
        assert "2 ratings are yours now" in page.text
        assert "2 new" in page.text
        assert dict(browser.store.profile(browser.viewer).ratings) == expected, turn
        for entry in browser.store.history(browser.viewer):
            browser.post("/undo", {"undo": entry.event.event_id, "back": "/me"})
        assert browser.store.profile(browser.viewer).ratings == {}


def test_what_was_said_later_counts_and_is_told(browser: Browser) -> None:
    body, expected = export(browser)
    first, second = expected
    bring(browser, body)
    browser.say(f"rate:0.5:{first}:title:0")
    page = bring(browser, body).text
    assert "1 rating is yours now" in page
    assert "Of 1 title you said something else later" in page
    assert dict(browser.store.profile(browser.viewer).ratings) == {first: 0.5, second: 2.0}


def named_twice(browser: Browser) -> tuple[str, str, int, int]:
    """Local and original name, year and number of a film that has both."""
    films = browser.engine.library.titles.filter(
        (pl.col("kind") == "film") & (pl.col("original_name") != pl.col("name"))
    )
    row = films.row(0, named=True)
    return row["name"], row["original_name"], row["year"], row["title_id"]


@pytest.mark.parametrize("days", [("2024-01-01", "2024-02-01"), ("2024-02-01", "2024-01-01")])
def test_of_two_records_of_one_title_the_later_counts(
    browser: Browser, days: tuple[str, str]
) -> None:
    name, original, year, title_id = named_twice(browser)
    rows = [
        HEAD,
        f'{days[0]},"{name}",{year},https://x/1,2',
        f'{days[1]},"{original}",{year},https://x/2,4.5',
    ]
    page = bring(browser, "\n".join(rows).encode()).text
    later = (original, 4.5) if days[0] < days[1] else (name, 2.0)
    assert dict(browser.store.profile(browser.viewer).ratings) == {title_id: later[1]}
    assert "1 rating is yours now" in page
    assert f"the same title as {later[0]}, said of later" in html.unescape(page)
    assert "several titles have this name" not in page


def test_two_records_of_one_name_and_year_are_two_titles_and_none_is_guessed(
    browser: Browser,
) -> None:
    name, _, year, _ = named_twice(browser)
    rows = [HEAD, *(f'2024-01-0{n},"{name}",{year},https://x/{n},{n}' for n in (1, 2))]
    page = bring(browser, "\n".join(rows).encode()).text
    assert browser.store.viewers() == ()
    assert page.count("the export has several titles of this name and year") == 2


def test_what_could_not_be_read_is_named_by_line_and_reason(browser: Browser) -> None:
    body, _ = export(browser)
    bad = [f'2024-01-06,"Film {n}",2001,https://x/b{n},{n + 20}' for n in range(23)]
    page = html.unescape(bring(browser, "\n".join([body.decode(), *bad]).encode(), "mine.csv").text)
    assert "23 could not be read" in page
    assert "mine.csv, line 5: not between 0.5 and 5 stars: '20'" in page
    assert page.count("mine.csv, line") == 20
    assert "… and 3 more." in page


def test_an_error_names_the_file_as_it_was_sent(browser: Browser) -> None:
    page = html.unescape(bring(browser, b"a,b\n1,2\n", "my films.csv").text)
    assert "my films.csv" in page
    assert "ratings.csv has" not in page


def test_lists_that_are_not_taken_over_are_named(browser: Browser) -> None:
    body, _ = export(browser)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("me/ratings.csv", body)
        archive.writestr("me/old-watchlist.csv", "Date,Name,Year,Letterboxd URI\n")
    page = bring(browser, packed.getvalue(), "all.zip").text
    assert "what old-watchlist.csv hold was not taken over" in page
    assert "taken over" not in bring(browser, body).text


def test_what_an_archive_holds_as_watched_and_to_watch_is_taken_over(browser: Browser) -> None:
    films = [p.title for p in browser.engine.popular(60).picks if p.title.kind == "film"][:4]
    head = "Date,Name,Year,Letterboxd URI"
    rows = [
        f'2024-01-0{n},"{film.name}",{film.year},https://x/{n}' for n, film in enumerate(films, 1)
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("me/ratings.csv", f"{head},Rating\n{rows[0]},4\n")
        nowhere = "2024-01-09,Nowhere at All Ãé,1901,https://x/9"
        watched = "\n".join([head, rows[0], rows[1], rows[1], nowhere])
        archive.writestr("me/watched.csv", watched)
        archive.writestr("me/watchlist.csv", "\n".join([head, rows[2], rows[3], nowhere]))
    page = html.unescape(bring(browser, packed.getvalue(), "all.zip").text)
    assert "1 rating is yours now" in page
    assert "1 title without a rating is marked as seen" in page
    assert "2 titles are on your watchlist" in page
    assert "1 left out" in page
    assert "taken over" not in page
    again = html.unescape(bring(browser, packed.getvalue(), "all.zip").text)
    assert "2 titles are on your watchlist" in again
    store = browser.engine.feedback
    assert store is not None
    [viewer] = store.viewers()
    said = store.profile(viewer.viewer_id)
    assert (len(said.ratings), len(said.seen), len(said.watchlist)) == (1, 1, 2)


LIST_HEAD = "Date,Name,Year,Letterboxd URI"


def archive_of(**tables: str) -> bytes:
    """A zip archive of those tables, named without their suffix."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"me/{name}.csv", text)
    return packed.getvalue()


def film_rows(browser: Browser, n: int) -> list[str]:
    """Records of a list for n films that are here."""
    films = [p.title for p in browser.engine.popular(60).picks if p.title.kind == "film"][:n]
    return [
        f'2024-01-0{day},"{film.name}",{film.year},https://x/{day}'
        for day, film in enumerate(films, 1)
    ]


def test_an_empty_watchlist_is_nothing_to_speak_of(browser: Browser) -> None:
    body, expected = export(browser)
    page = bring(
        browser,
        archive_of(ratings=body.decode(), watched=LIST_HEAD, watchlist=f"{LIST_HEAD}\n\n"),
        "all.zip",
    )
    assert page.status_code == 200
    assert "2 ratings are yours now" in page.text
    assert "Not all was read" not in page.text
    assert dict(browser.store.profile(browser.viewer).ratings) == expected


@pytest.mark.parametrize("broken", ["", "a,b\n1,2\n"])
def test_a_list_that_cannot_be_read_is_named_beside_what_was_taken_over(
    browser: Browser, broken: str
) -> None:
    body, _ = export(browser)
    packed = archive_of(
        ratings=body.decode(), watched=broken, watchlist=f"{LIST_HEAD}\n{film_rows(browser, 1)[0]}"
    )
    page = bring(browser, packed, "all.zip")
    assert page.status_code == 200
    assert "2 ratings are yours now" in page.text
    assert "1 title is on your watchlist" in page.text
    assert "Not all was read: " in page.text
    assert "watched.csv" in page.text
    assert "/tmp" not in page.text


@pytest.mark.parametrize("with_ratings", [True, False])
def test_lists_are_taken_over_where_nothing_was_rated(browser: Browser, with_ratings: bool) -> None:
    rows = film_rows(browser, 3)
    tables = {"watched": f"{LIST_HEAD}\n{rows[0]}", "watchlist": "\n".join([LIST_HEAD, *rows[1:]])}
    if with_ratings:
        tables["ratings"] = HEAD
    page = bring(browser, archive_of(**tables), "all.zip")
    assert page.status_code == 200
    assert "Your lists are here now" in page.text
    said = browser.store.profile(browser.viewer)
    assert (len(said.ratings), len(said.seen), len(said.watchlist)) == (0, 1, 2)


@pytest.mark.parametrize(
    ("name", "kind"), [("watched.csv", "seen"), ("watchlist.csv", "watchlist")]
)
def test_a_list_is_taken_over_without_its_archive(browser: Browser, name: str, kind: str) -> None:
    page = bring(browser, "\n".join([LIST_HEAD, *film_rows(browser, 2)]).encode(), name)
    assert page.status_code == 200
    assert "Not all was read" not in page.text
    assert len(getattr(browser.store.profile(browser.viewer), kind)) == 2


def test_a_list_alone_without_a_record_is_refused(browser: Browser) -> None:
    page = bring(browser, LIST_HEAD.encode(), "watchlist.csv")
    assert page.status_code == 422
    assert "watchlist.csv holds no record" in page.text
    assert browser.store.viewers() == ()


def test_what_was_taken_off_a_list_later_stays_off_it_and_is_told(browser: Browser) -> None:
    rows = film_rows(browser, 2)
    packed = archive_of(watched=f"{LIST_HEAD}\n{rows[0]}", watchlist=f"{LIST_HEAD}\n{rows[1]}")
    bring(browser, packed, "all.zip")
    said = browser.store.profile(browser.viewer)
    browser.say(f"unseen::{next(iter(said.seen))}:title:0")
    browser.say(f"unwatchlist::{next(iter(said.watchlist))}:title:0")
    page = bring(browser, packed, "all.zip").text
    assert "marked as seen" not in page
    assert "on your watchlist" not in page
    assert "Of 2 titles you said something else later" in page
    said = browser.store.profile(browser.viewer)
    assert not said.seen
    assert not said.watchlist


def test_a_title_that_several_lists_name_is_left_out_once(browser: Browser) -> None:
    rows = [f'2024-01-01,"Nowhere {n}",1901,https://x/{n}' for n in range(230)]
    packed = archive_of(
        ratings="\n".join([HEAD, *(f"{row},3" for row in rows)]),
        watched="\n".join([LIST_HEAD, *rows]),
    )
    page = bring(browser, packed, "all.zip").text
    assert "230 left out" in page
    assert "… and 30 more." in page


def test_a_viewing_without_a_rating_is_marked_as_seen(browser: Browser) -> None:
    film = next(p.title for p in browser.engine.popular(40).picks if p.title.kind == "film")
    rows = [
        "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date",
        f'2024-01-02,"{film.name}",{film.year},https://x/1,,,,2024-01-01',
    ]
    page = bring(browser, "\n".join(rows).encode(), "diary.csv").text
    assert browser.store.profile(browser.viewer).seen == {film.title_id}
    assert "1 title without a rating is marked as seen" in page


IMDB_LIST = (
    "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,"
    "Runtime (mins),Year,Genres,Num Votes,Release Date,Directors,Your Rating,Date Rated"
)


def imdb_row(place: int, name: str, year: object, stars: object = "") -> str:
    """A line of a list as IMDb writes it."""
    when = "2024-02-01" if stars else ""
    return (
        f'{place},tt99{place:07},2024-01-01,2024-01-02,,"{name}","{name}",https://x/,Movie,7.1,,'
        f'{year},"Drama, War",1234,,,{stars},{when}'
    )


def films_here(browser: Browser, n: int) -> list[tuple[int, str, int | None]]:
    """Number, name and year of n films that are here."""
    films = [p.title for p in browser.engine.popular(60).picks if p.title.kind == "film"][:n]
    return [(film.title_id, film.name, film.year) for film in films]


@pytest.mark.parametrize("sent", ["watchlist.csv", "WATCHLIST (1).csv"])
def test_a_watchlist_of_imdb_is_taken_over_without_the_ratings(browser: Browser, sent: str) -> None:
    one, two, three = films_here(browser, 3)
    rows = [
        imdb_row(1, *one[1:]),
        imdb_row(2, *two[1:], 9),
        imdb_row(3, *three[1:]),
        imdb_row(4, "Nowhere at All", 1901),
    ]
    page = bring(browser, "\n".join([IMDB_LIST, *rows]).encode(), sent, "imdb-export").text
    said = browser.store.profile(browser.viewer)
    assert said.watchlist == {one[0], two[0], three[0]}
    assert said.ratings == {two[0]: 4.5}
    assert "1 new rating, out of 4 records" in page
    assert "3 titles are on your watchlist" in page
    assert "1 left out" in page
    assert "could not be read" not in page


def test_a_list_of_imdb_that_says_not_what_it_is_makes_no_profile(browser: Browser) -> None:
    [(_, name, year)] = films_here(browser, 1)
    head, row = IMDB_LIST.removesuffix(",Your Rating,Date Rated"), imdb_row(1, name, year)
    body = f"{head}\n{row.removesuffix(',,')}".encode()
    page = bring(browser, body, "0f3a-best.csv", "imdb-export")
    assert page.status_code == 422
    assert "0f3a-best.csv is a list without ratings; call it watchlist.csv" in page.text
    assert browser.store.viewers() == ()
    assert bring(browser, body, "watchlist.csv", "imdb-export").status_code == 200
    assert len(browser.store.profile(browser.viewer).watchlist) == 1


def test_what_matches_nothing_makes_no_profile(browser: Browser) -> None:
    body = f"{IMDB_LIST}\n{imdb_row(1, 'Nowhere at All', 1901)}".encode()
    for sent in ("ratings.csv", "watchlist.csv"):
        page = bring(browser, body, sent, "imdb-export").text
        assert "0 ratings are yours now" in page
        assert browser.store.viewers() == ()


def trakt_archive(**tables: object) -> bytes:
    """A zip archive of those tables, with ``_`` for the hyphens of their names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, rows in tables.items():
            archive.writestr(f"me/{name.replace('_', '-')}.json", json.dumps(rows))
    return packed.getvalue()


def play(film: tuple[int, str, int | None], **more: object) -> dict[str, object]:
    number, name, year = film
    title = {"title": name, "year": year, "ids": {"trakt": number, "slug": f"s-{number}"}}
    return {**more, "type": "movie", "movie": title}


def test_what_trakt_holds_as_watched_and_to_watch_is_taken_over(browser: Browser) -> None:
    films = films_here(browser, 5)
    at = "2024-01-01T10:11:12.000Z"
    packed = trakt_archive(
        ratings_movies=[play(films[0], rated_at=at, rating=8)],
        watched_history_1=[play(film, watched_at=at, id=n) for n, film in enumerate(films[:2])],
        watched_history_2=[play(films[1], watched_at=at, id=7)],
        watched_movies=[play(films[1], plays=2, last_watched_at=at)],
        watched_playback=[],
        lists_watchlist_1=[play(films[2], listed_at=at)],
        lists_watchlist_2=[play(films[3], listed_at=at)],
        lists_list_9_my_watchlist_of_2019=[play(films[4], listed_at=at)],
    )
    for turn in range(2):
        page = bring(browser, packed, "trakt.zip", "trakt").text
        said = browser.store.profile(browser.viewer)
        assert said.ratings == {films[0][0]: 4.0}
        assert said.seen == {films[1][0]}
        assert said.watchlist == {films[2][0], films[3][0]}
        assert f"{1 - turn} new rating" in page
        assert "out of 7 records" in page
        assert "1 title without a rating is marked as seen" in page
        assert "2 titles are on your watchlist" in page
        assert "what lists-list-9-my-watchlist-of-2019.json hold was not taken over" in page


def test_lists_of_trakt_are_taken_over_where_nothing_was_rated(browser: Browser) -> None:
    [film, other] = films_here(browser, 2)
    at = "2024-01-01T10:11:12.000Z"
    packed = trakt_archive(
        ratings_movies=[], ratings_shows=[], watched_history_1=[play(film, watched_at=at)]
    )
    page = bring(browser, packed, "trakt.zip", "trakt").text
    assert "Your lists are here now" in page
    assert "Not all was read" not in page
    alone = json.dumps([play(other, listed_at=at)]).encode()
    page = bring(browser, alone, "lists-watchlist.json", "trakt").text
    said = browser.store.profile(browser.viewer)
    assert [*said.seen, *said.watchlist] == [film[0], other[0]]


def test_an_export_of_trakt_without_a_record_is_refused(browser: Browser) -> None:
    page = bring(browser, trakt_archive(ratings_movies=[]), "trakt.zip", "trakt")
    assert page.status_code == 422
    assert "trakt.zip holds no record of Trakt" in page.text
    assert browser.store.viewers() == ()
