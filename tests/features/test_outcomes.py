"""What became of the title itself, as last known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from features_kit import FRIDAY, days, films, outcome, title
from marquee.data.intake import add_source
from marquee.data.workspace import Workspace
from marquee.features import FEATURES
from marquee.features.asking import at_release
from marquee.features.frame import feature_frame

OUTCOMES = FEATURES["outcomes"]


def told(as_of: date, *rows: dict[str, Any], **values: Any) -> dict[str, Any]:
    asked = pl.DataFrame({"title_id": [1], "as_of": [as_of]})
    [answer] = OUTCOMES(films(title(1, **values), outcomes=list(rows)), asked).to_dicts()
    return dict(answer)


def test_nothing_is_told_before_it_is_known() -> None:
    row = outcome(1, "revenue_usd", 5e6, FRIDAY + days(180))
    assert told(FRIDAY + days(180), row)["revenue_usd"] is None
    assert told(FRIDAY + days(181), row)["revenue_usd"] == 5e6


def test_the_value_known_last_counts_and_the_greatest_of_a_day() -> None:
    rows = [
        outcome(1, "vote_average", value, FRIDAY + days(day))
        for value, day in ((9.0, 1), (6.0, 5), (7.0, 5), (1.0, 50))
    ]
    rows += [outcome(1, "vote_average", 10.0, None), outcome(2, "vote_average", 10.0, FRIDAY)]
    assert told(FRIDAY + days(10), *rows)["vote_average"] == 7.0


def test_profit_and_return_need_both_sides() -> None:
    row = outcome(1, "revenue_usd", 5e6, FRIDAY)
    answer = told(FRIDAY + days(1), row, budget_usd=2e6)
    assert (answer["profit_usd"], answer["roi"]) == (3e6, 2.5)
    answer = told(FRIDAY + days(1), row)
    assert (answer["profit_usd"], answer["roi"]) == (None, None)
    answer = told(FRIDAY + days(1), budget_usd=2e6)
    assert (answer["profit_usd"], answer["roi"]) == (None, None)


@pytest.mark.real
@pytest.mark.slow
def test_sources_that_are_joined_fill_each_other_in_and_multiply_nothing(
    data_root: Path, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "home")
    add_source(workspace, data_root / "tmdb-5000")
    alone = workspace.tables()
    for name in ("imdb-genres", "imdb-5000"):
        add_source(workspace, data_root / name, allow_rejects=True)
    merged = workspace.tables()
    asked = at_release(merged, alone.titles["title_id"])
    assert asked.height == 4802
    frame = feature_frame(merged, asked)
    assert frame.height == 4802
    assert frame["title_id"].is_unique().all()

    before = feature_frame(alone, at_release(alone, alone.titles["title_id"]))
    assert frame["title_id"].equals(before["title_id"])
    rated = (frame["certificate"] != "Not Rated").sum()
    assert (before["certificate"] != "Not Rated").sum() == 0
    assert rated > 4200
    # What TMDB said stands; what it did not say is filled in.
    for column in ("budget_usd", "runtime_min", "release_year"):
        said = before[column].is_not_null()
        assert frame[column].filter(said).equals(before[column].filter(said))
        assert frame[column].null_count() <= before[column].null_count()
    assert frame["runtime_min"].null_count() < before["runtime_min"].null_count()
    later = asked.with_columns(as_of=pl.lit(date(2024, 1, 1)))
    now = feature_frame(merged, later, "post_release", themes=["outcomes"])
    assert now.height == 4802
    assert now["revenue_usd"].is_not_null().sum() == 3376
    assert now["domestic_gross_usd"].is_not_null().sum() > 3500
