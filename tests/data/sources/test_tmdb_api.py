"""What each quirk of TMDB's answers becomes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from film_lists_kit import tmdb_api, tmdb_line, write
from marquee.data.sources import Loaded, read_source
from marquee.data.tmdb.shapes import kept
from marquee.errors import SourceError
from tmdb_kit import film, offers


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    return read_source(tmp_api(tmp_path))[1]


def tmp_api(folder: Path) -> Path:
    return tmdb_api(folder / "tmdb")


def of(folder: Path, *lines: dict[str, Any]) -> Loaded:
    write(folder, {"titles.jsonl": "".join(json.dumps(line) + "\n" for line in lines)})
    return read_source(folder)[1]


def test_films_and_shows_of_one_number_are_two_titles(loaded: Loaded) -> None:
    titles = loaded.tables.titles
    found = titles.select("title_id", "kind", "name", "tmdb_id", "runtime_min", "seasons").rows()
    assert found == [
        (14, "film", "The Lighthouse Keeper", 7, None, None),
        (15, "show", "Überfahrt", 7, 45, 2),
        (16, "film", "Fog", 8, None, None),
    ]


def test_the_last_answer_counts_and_zero_is_unknown(loaded: Loaded) -> None:
    [row] = loaded.tables.titles.filter(pl.col("title_id") == 14).to_dicts()
    assert row["budget_usd"] == 4_000_000
    assert row["certificate"] == "PG"
    assert row["collection"] == "Lighthouses"
    assert row["imdb_id"] == "tt0099200"
    assert row["languages"] == ["fr"]
    outcomes = loaded.tables.outcomes.select("title_id", "measure", "value", "known_on").rows()
    assert outcomes == [
        (14, "vote_average", 7.5, date(2026, 11, 2)),
        (14, "vote_count", 12.0, date(2026, 11, 2)),
    ]


def test_a_title_is_known_from_its_release_or_the_day_of_the_answer(loaded: Loaded) -> None:
    known = dict(loaded.tables.titles.select("title_id", "known_on").iter_rows())
    assert known == {14: date(2026, 3, 1), 15: date(2026, 11, 2), 16: date(2026, 10, 1)}


def test_offers_are_told_once_and_those_of_a_title_that_is_gone_not_at_all(loaded: Loaded) -> None:
    found = loaded.tables.availability.select("title_id", "service", "region", "known_on").rows()
    assert found == [
        (14, "Lantern+", "US", date(2026, 11, 2)),
        (14, "Foghorn", "GB", date(2026, 11, 2)),
    ]


def test_a_nameless_title_is_rejected_with_its_line(loaded: Loaded) -> None:
    [reject] = loaded.rejects.filter(~pl.col("row_kept")).to_dicts()
    assert (reject["line"], reject["column"]) == (6, "title")
    assert loaded.n_records == 4


def test_lines_that_are_no_answers_are_rejected(tmp_path: Path) -> None:
    good = tmdb_line("film", 1, {"id": 1, "title": "A line\u2028apart"})
    bad: list[dict[str, Any]] = [
        {**good, "id": "1"},
        {**good, "id": True},
        {**good, "kind": "person"},
        {**good, "on": "yesterday"},
        {**good, "body": [1]},
        {**good, "body": None},
    ]
    loaded = of(tmp_path, good, *bad)
    assert loaded.tables.titles["name"].to_list() == ["A line\u2028apart"]
    assert loaded.rejects["line"].to_list() == [2, 3, 4, 5, 6, 7]
    with pytest.raises(SourceError, match=r"titles\.jsonl holds no answer"):
        of(tmp_path, {"kind": "film", "id": 1, "on": ""})


def test_of_an_answer_only_the_regions_asked_for_are_kept() -> None:
    answer = film(1, "2026-01-01") | {
        "watch/providers": {
            "results": {
                "US": offers("Lantern+", "Lantern+"),
                "GB": {"free": [{"provider_name": "Foghorn"}], "ads": [{"provider_name": " "}]},
                "FR": offers("Phare"),
                "DE": {"rent": [{"provider_name": "Shop"}]},
            }
        }
    }
    body = kept(answer, ("US", "GB", "DE"))
    assert body["offers"] == {"US": ["Lantern+"], "GB": ["Foghorn"]}
    assert body["certificates"] == {"US": "PG"}
    assert "adult" not in body


@pytest.mark.parametrize("odd", [None, 7, "text", [], [None], {"results": 3}, {"US": []}])
@pytest.mark.parametrize(
    "name",
    ["credits", "keywords", "watch/providers", "release_dates", "genres", "belongs_to_collection",
     "external_ids", "content_ratings"],
)  # fmt: skip
def test_no_odd_part_of_an_answer_stops_it(tmp_path: Path, name: str, odd: object) -> None:
    body = kept(film(1, "2026-01-01") | {name: odd}, ("US",))
    loaded = of(tmp_path, tmdb_line("film", 1, body), tmdb_line("show", 1, body | {"name": "S"}))
    assert loaded.tables.titles["name"].to_list() == ["Film 1", "S"]
