"""Forecasts count once they were given before a release and the film's box office is known."""

from __future__ import annotations

import dataclasses
import math
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from marquee.data.schema import OUTCOMES, TITLES
from marquee.data.tables import Tables
from marquee.lifecycle.ledger import entries
from marquee.service.film_plan import FilmPlan
from marquee.service.forecast_records import FilmForecast, SimilarFilm, Spread
from marquee.service.track_record import Scored, TrackRecord, enter, naive, track_record

TODAY = date(2027, 12, 31)
FILMS = [
    (1, "Éclair", date(2026, 12, 18), 50e6),
    (2, "The Second", date(2027, 1, 8), 400e6),
    (3, "Twice", date(2027, 2, 5), 20e6),
    (4, "Twice", date(2027, 3, 5), 30e6),
    (5, "Not Known", date(2027, 4, 2), None),
    (6, "Too Fresh", date(2027, 11, 5), 10e6),
    (7, "Another", date(2027, 5, 7), 12e6),
]


@pytest.fixture(scope="module")
def tables() -> Tables:
    titles = pl.DataFrame(
        [
            {"title_id": n, "kind": "film", "name": name, "year": day.year, "release_date": day}
            | {"known_on": date(2026, 1, 1), "source": "test", "sources": ["test"]}
            for n, name, day, _ in FILMS
        ],
        schema_overrides=TITLES.dtypes,
    )
    outcomes = pl.DataFrame(
        [
            {"title_id": n, "measure": "revenue_usd", "value": value, "known_on": day}
            | {"source": "test"}
            for n, _, day, value in FILMS
            if value is not None
        ],
        schema_overrides=OUTCOMES.dtypes,
    )
    return Tables(titles=_whole(titles, TITLES.dtypes), outcomes=_whole(outcomes, OUTCOMES.dtypes))


def _whole(frame: pl.DataFrame, dtypes: dict[str, pl.DataType]) -> pl.DataFrame:
    absent = [pl.lit(None, dtype).alias(n) for n, dtype in dtypes.items() if n not in frame.columns]
    return frame.with_columns(absent).select(list(dtypes))


def said(film: str, title_id: int | None = None, scale: float = 1.0) -> FilmForecast:
    """A forecast of 40 million times the scale."""
    similar = (
        SimilarFilm(9, "Like it", 2020, 60e6, 20e6, 3.0, 0.1, ()),
        SimilarFilm(8, "Unlike it", 2021, 10e6, None, None, 0.4, ()),
        SimilarFilm(7, "So so", 2019, 30e6, 30e6, 1.0, 0.5, ()),
    )
    return FilmForecast(
        film=film,
        title_id=title_id,
        as_of=date(2026, 11, 1),
        horizon="announced",
        model="ForwardBlend",
        model_version="abc",
        snapshot="000001",
        revenue_usd=Spread(40e6 * scale, 30e6 * scale, 60e6 * scale, 10e6 * scale, 100e6 * scale),
        **dict.fromkeys(("profit_usd", "multiple", "likely_class", "chance_of_budget_back"), None),
        chance_of_double=None,
        classes=(),
        popularity=None,
        audience_score=None,
        similar=similar,
        explanation=None,
        warnings=(),
        notes=(),
    )


def plan(title: str, year: int | None = 2027) -> FilmPlan:
    return FilmPlan(title=title, budget_usd=10e6, year=year)


@pytest.fixture(scope="module")
def found(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> TrackRecord:
    path = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    before = "2026-11-30T10:00:00+00:00"
    enter(path, plan("Eclair", 2026), said("Eclair"), at=before)  # held
    enter(path, plan("Eclair", 2026), said("Eclair", scale=2), at="2026-12-01")  # counts instead
    enter(path, 2, said("The Second", title_id=2), at=before)  # outside both intervals
    enter(path, plan("Twice"), said("Twice"), at=before)  # which one?
    enter(path, plan("Not Known"), said("Not Known"), at=before)
    enter(path, plan("Too Fresh"), said("Too Fresh"), at=before)
    enter(path, plan("Another"), said("Another"), at="2027-05-07T00:00:00+00:00")  # its own day
    enter(path, plan("Never Made"), said("Never Made"), at=before)
    return track_record(entries(path), tables, today=TODAY)


def test_the_last_forecast_before_the_release_counts(found: TrackRecord) -> None:
    assert [(each.number, each.title_id) for each in found.scored] == [(2, 1), (3, 2)]
    assert found.scored[0].median_usd == 80e6
    assert found.n_superseded == 1


def test_every_entry_is_accounted_for(found: TrackRecord) -> None:
    assert found.n_given == 8
    assert found.n_after_release == 1
    assert found.n_waiting == 4
    told = found.n_superseded + found.n_after_release + found.n_waiting + len(found.scored)
    assert told == found.n_given


def test_intervals_and_errors_are_those_of_the_films(found: TrackRecord) -> None:
    eclair, second = found.scored
    assert (eclair.in_50, eclair.in_80) == (False, True)
    assert (second.in_50, second.in_80) == (False, False)
    half, most = found.held
    assert (half.nominal, half.share, half.n) == (0.5, 0.0, 2)
    assert (most.nominal, most.share) == (0.8, 0.5)
    assert half.low < 1e-9 < half.high
    assert most.low < 0.5 < most.high
    errors = [math.log(50 / 80), math.log(400 / 40)]
    assert found.log_rmse == pytest.approx(math.sqrt(sum(e * e for e in errors) / 2))


def test_comparables_alone_are_the_budget_times_the_median_multiple(found: TrackRecord) -> None:
    answer = said("x")
    assert naive(answer, 10e6) == 20e6
    assert naive(answer, None) == 30e6
    assert naive(dataclasses.replace(answer, similar=()), 10e6) is None
    naives = [math.log(50 / 20), math.log(400 / 30)]
    assert found.naive_log_rmse == pytest.approx(math.sqrt(sum(e * e for e in naives) / 2))
    assert found.log_rmse_beside_naive == found.log_rmse


def test_nothing_given_is_a_record_of_nothing(tables: Tables) -> None:
    empty = track_record([], tables, today=TODAY)
    assert empty.n_given == 0
    assert empty.held == ()
    assert empty.log_rmse is None


def test_a_film_is_not_scored_before_its_box_office_may_be_known(
    tables: Tables, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.jsonl"
    enter(path, plan("Eclair", 2026), said("Eclair"), at="2026-11-30")
    early = track_record(entries(path), tables, today=date(2027, 1, 15))
    assert early.scored == ()
    assert early.n_waiting == 1
    [later] = track_record(entries(path), tables, today=date(2027, 7, 1)).scored
    assert isinstance(later, Scored)
