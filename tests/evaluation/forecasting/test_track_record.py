"""Records of forecasts: each year by the films before it, and nothing hidden about the misses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forecasting_kit import Straight, made_up
from marquee.errors import ParameterError
from marquee.evaluation.forecasting.splits import film_splits
from marquee.evaluation.forecasting.track_record import track_record
from marquee.forecast.distribution import Forecast


class Sure(Straight):
    """Says the same, in intervals of no width."""

    def _predict(self, features: object) -> Forecast:
        told = super()._predict(features)  # type: ignore[arg-type]
        return Forecast(
            told.levels, np.repeat(told.median[:, None], len(told.levels), axis=1), True
        )


def test_each_film_is_told_by_the_films_of_earlier_years_alone() -> None:
    films = made_up("revenue")
    told = track_record(films, film_splits("rolling:2006-2009", films), Straight())
    assert told.years["year"].to_list() == [2006, 2007, 2008, 2009]
    row = told.films.row(-1, named=True)
    before = np.flatnonzero(films.years < row["released"].year)
    again = Straight().fit(films.features[before], films.outcome[before])
    at = films.title_ids.tolist().index(row["title_id"])
    said = again.predict(films.features[[at]])
    assert row["median"] == pytest.approx(said.median[0])
    assert row["low_80"] == pytest.approx(said.at([0.1])[0, 0])
    assert row["outcome"] == films.outcome[at]
    assert row["error"] == pytest.approx(math.log(said.median[0] / films.outcome[at]))
    assert told.films["title_id"].n_unique() == told.films.height == told.all_years["n"]


def test_shares_are_counted_and_lie_in_their_intervals_and_the_worst_stand_first() -> None:
    films = made_up("revenue", 120, seed=4)
    told = track_record(films, film_splits("rolling:2008-2009", films), Straight())
    for row in told.years.to_dicts():
        own = [each for each in told.films.to_dicts() if each["released"].year == row["year"]]
        held = sum(each["low_80"] <= each["outcome"] <= each["high_80"] for each in own)
        assert row["held_80"] == held / len(own)
        assert 0 <= row["held_80_low"] <= row["held_80"] <= row["held_80_high"] <= 1
        assert row["error"] == pytest.approx(np.mean([abs(each["error"]) for each in own]))
    errors = [abs(each) for each in told.worst(5)["error"]]
    assert errors == sorted((abs(each) for each in told.films["error"]), reverse=True)[:5]
    assert told.all_years["error"] < told.all_years["baseline_error"]


def test_intervals_of_no_width_hold_nothing() -> None:
    films = made_up("revenue", 120)
    told = track_record(films, film_splits("time:2006", films), Sure())
    assert told.all_years["held_80"] == told.all_years["held_50"] == 0
    assert told.all_years["held_80_high"] > 0


def test_what_is_not_learned_has_no_record_of_its_own() -> None:
    films = made_up("profit")
    with pytest.raises(ParameterError, match="follows from revenue"):
        track_record(films, film_splits("time:2006", films), Straight())
    with pytest.raises(ParameterError, match="at least one"):
        track_record(made_up("revenue"), [], Straight())
