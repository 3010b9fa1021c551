"""What is kept of a training is what the training films had, and goes into JSON and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from forecast_kit import CERTIFICATES, GENRES, films
from marquee.errors import NotFittedError, ParameterError, SavedModelError
from marquee.forecast import FORECASTERS
from marquee.forecast.seen import Seen, seen
from marquee.forecast.trained import Trained, fit_line, trained


def ridge(n: int = 80, n_background: int = 7) -> Trained:
    features, revenue = films(n)
    return trained(
        FORECASTERS["ridge"]().fit(features, revenue),
        features,
        target="revenue",
        horizon="pre_release",
        version="v1",
        snapshot="s1",
        n_background=n_background,
    )


def test_the_training_is_kept_with_its_films_and_its_last_day() -> None:
    features, _ = films(80)
    told = ridge()
    assert told.title_ids.tolist() == sorted(features["title_id"].to_list())
    assert told.until == features["as_of"].max()
    assert told.columns == told.forecaster.columns_
    days = told.background["as_of"]
    assert (told.background.height, days.is_sorted()) == (7, True)
    assert (days[0], days[-1]) == (features["as_of"].min(), features["as_of"].max())
    assert ridge(12, 64).background.height == 12


def test_it_goes_through_json_unchanged() -> None:
    told = ridge()
    text = json.dumps(told.to_dict(), allow_nan=False)
    again = Trained.from_dict(json.loads(text), told.forecaster)
    assert_frame_equal(again.background, told.background)
    np.testing.assert_array_equal(again.title_ids, told.title_ids)
    kept = ("target", "horizon", "version", "snapshot", "until", "seen", "line")
    assert all(getattr(again, name) == getattr(told, name) for name in kept)
    first, second = (each.forecaster.predict(each.background) for each in (told, again))
    np.testing.assert_array_equal(first.quantiles, second.quantiles)


@pytest.mark.parametrize("broken", [{}, {"target": "x"}, {"seen": 3}])
def test_anything_else_is_refused(broken: dict[str, object]) -> None:
    told = ridge()
    values = {**told.to_dict(), **broken} if "seen" in broken else broken
    with pytest.raises(SavedModelError):
        Trained.from_dict(values, told.forecaster)
    with pytest.raises(SavedModelError):
        Seen.from_dict(broken)


def test_what_was_not_fitted_or_has_no_films_is_refused() -> None:
    features, revenue = films(40)
    names: dict[str, Any] = {"target": "revenue", "version": "v", "snapshot": "s"}
    model = FORECASTERS["ridge"]()
    with pytest.raises(NotFittedError):
        trained(model, features, horizon="pre_release", **names)
    with pytest.raises(ParameterError, match="feature rows"):
        trained(model.fit(features, revenue), features[:0], horizon="pre_release", **names)


def test_the_line_is_learned_on_the_scale_of_the_outcome() -> None:
    features, revenue = films(60)
    line = fit_line(features, revenue)
    assert (line.predict(features).median > 0).all()
    assert (fit_line(features, -revenue, scale="plain").predict(features).median < 0).any()


def row(**values: object) -> pl.DataFrame:
    features, _ = films(80)
    return features[:1].with_columns(
        pl.lit(value, dtype=features.schema[name]).alias(name) for name, value in values.items()
    )


def test_an_input_beyond_all_training_films_is_outside_and_says_what_they_had() -> None:
    features, _ = films(80)
    known = seen(features)
    low, high = features["runtime_min"].min(), features["runtime_min"].max()
    assert isinstance(low, float)
    assert isinstance(high, float)
    for value, how in ((low - 1, "below"), (high + 1, "above")):
        (found,) = (
            each for each in known.outside(row(runtime_min=value)) if each.column == "runtime_min"
        )
        assert found.how == how
        assert f"{low:.3g} to {high:.3g}" in found.seen
        assert "lies outside the training data" in str(found)
    inside = {each.column: each.how for each in known.outside(row(runtime_min=high))}
    assert inside.get("runtime_min") == "rare"
    assert "runtime_min" not in {each.column for each in known.outside(row(runtime_min=105.0))}


def test_new_words_are_outside_and_unknown_values_and_texts_are_not() -> None:
    features, _ = films(80)
    known = seen(features)
    found = [
        each
        for each in known.outside(row(certificate="Ж-99", genres=["Drama", "Zzz"], plot_text="new"))
        if each.how == "new"
    ]
    assert [(each.column, each.value) for each in found] == [
        ("certificate", "'Ж-99'"),
        ("genres", "'Zzz'"),
    ]
    assert all(name in found[1].seen for name in GENRES)
    assert known.words["certificate"] == tuple(sorted(CERTIFICATES))
    empty = row(certificate=None, genres=None, runtime_min=None, budget_usd=None)
    names = {each.column for each in known.outside(empty)}
    assert not names & {"certificate", "genres", "runtime_min", "budget_usd", "never_known"}


def test_money_is_told_in_dollars() -> None:
    found = {each.column: each for each in seen(films(80)[0]).outside(row(budget_usd=4e12))}
    assert str(found["budget_usd"]).startswith("budget_usd $4,000,000,000,000 lies outside")


def test_a_gap_lies_outside_only_where_no_training_film_had_it() -> None:
    features = films(80)[0].with_columns(
        pl.lit("R").alias("certificate"),
        pl.when(pl.int_range(pl.len()) > 0).then(90.0).alias("runtime_min"),
    )
    known = seen(features)
    asked = features[:1].with_columns(
        pl.lit(None, pl.String).alias("certificate"), pl.lit(None, pl.Float64).alias("runtime_min")
    )
    for each in (known, Seen.from_dict(known.to_dict())):
        found = {one.column: one for one in each.outside(asked)}
        assert found["certificate"].how == "gap"
        assert "unknown lies outside the training data" in str(found["certificate"])
        assert "runtime_min" not in found
    older = {name: value for name, value in known.to_dict().items() if name != "complete"}
    assert "certificate" not in {one.column for one in Seen.from_dict(older).outside(asked)}
