"""A track record that was measured is kept, and measured again only where it could differ."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from desk_kit import model, world
from marquee.evaluation.forecasting.track_record import TrackRecord
from marquee.forecast.pipelines import Ridge
from marquee.forecast.trained import Trained
from marquee.lifecycle import backtesting
from marquee.lifecycle.backtesting import FOLDER, kept_backtest, record_key
from marquee.lifecycle.readings import FILE, readings

DAY = date(2026, 3, 2)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def kept() -> Trained:
    return model("revenue", "ridge")


def test_what_was_measured_is_read_again_as_it_was(kept: Trained, tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []

    def ask() -> tuple[TrackRecord, int]:
        return kept_backtest(
            tmp_path, world(), kept, day=DAY, on_step=lambda *each: steps.append(each)
        )

    first, n = ask()
    assert n == 1
    assert [done for done, *_ in steps] == list(range(steps[0][1]))
    asked = len(steps)
    again, n = ask()
    assert len(steps) == asked, "it was measured again"
    assert n == 1, "what is looked at once more counts once"
    assert_frame_equal(again.films, first.films, check_exact=True)
    assert_frame_equal(again.years, first.years, check_exact=True)
    assert (again.target, again.scale, again.baseline) == (
        first.target,
        first.scale,
        first.baseline,
    )
    assert again.all_years == first.all_years
    [path] = (tmp_path / FOLDER).iterdir()
    path.write_text(path.read_text(encoding="utf-8")[:-100], encoding="utf-8")
    third, n = ask()
    assert (len(steps), n) == (2 * asked, 2), "a torn file is no record"
    assert_frame_equal(third.films, first.films)
    assert len(list(readings(tmp_path / FILE))) == 2


def test_another_model_other_data_and_other_code_have_records_of_their_own(
    kept: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = world()
    key = record_key(tables, kept)
    assert record_key(tables, dataclasses.replace(kept, version="7", snapshot="other")) == key
    harder = Ridge(l2=600.0)
    first = pl.col("title_id") == tables.outcomes["title_id"][0]
    grown = pl.col("value") * pl.when(first).then(2).otherwise(1)
    others = [
        record_key(tables, dataclasses.replace(kept, forecaster=harder)),
        record_key(tables, dataclasses.replace(kept, horizon="greenlight")),
        record_key(tables.replace(outcomes=tables.outcomes.with_columns(grown)), kept),
    ]
    monkeypatch.setattr(backtesting, "hash_of", lambda _names: "changed")
    others.append(record_key(tables, kept))
    assert len({key, *others}) == 5


def test_the_code_of_features_and_of_the_model_is_part_of_the_key() -> None:
    from marquee.lifecycle.code_version import closure

    names = set(closure([backtesting.__name__]))
    assert {"marquee.features.genres", "marquee.evaluation.forecasting.track_record"} <= names
