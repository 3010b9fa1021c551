"""What viewers did in their weeks, from ugly tables whose answer is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.lifecycle.monitoring.observing import (
    FEATURES,
    NO_SERVICE,
    WEEK,
    Observed,
    monday,
    observe,
)

BEGINS = date(2026, 3, 2)
SUNDAY_NIGHT = datetime(2026, 3, 8, 23, 59, 59, tzinfo=UTC)

TITLES = pl.DataFrame(
    [
        {"title_id": 1, "release_date": date(2016, 3, 4), "genres": ["Horror", "Drama"]},
        {"title_id": 2, "year": 2024, "genres": ["Drama"], "languages": ["fr", "en"]},
        {"title_id": 3, "genres": [], "runtime_min": 90},
        {"title_id": 4, "runtime_min": 240, "genres": ["Horror", "Horror", "War"]},
    ],
    schema_overrides={"release_date": pl.Date, "languages": pl.List(pl.String)},
).with_columns(kind=pl.lit("film"), name=pl.lit("x"), source=pl.lit("made"))


def ratings(*rows: tuple[int, int, float, datetime | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"viewer_id": v, "title_id": t, "rating": r, "rated_at": at, "source": "made"}
            for v, t, r, at in rows
        ],
        schema_overrides={"rated_at": pl.Datetime("us", "UTC"), "rating": pl.Float32},
    )


def told(observed: Observed, feature: str) -> list[dict[Any, float]]:
    """Shares of each viewer-week that are not 0, by label."""
    found = observed.features[feature]
    rows = found.rows.toarray()
    return [
        {label: float(share) for label, share in zip(found.labels, row, strict=True) if share}
        for row in rows
    ]


EXAMPLE = ratings(
    (7, 1, 4.0, SUNDAY_NIGHT),
    (7, 2, 2.0, SUNDAY_NIGHT),
    (7, 3, 2.0, SUNDAY_NIGHT - timedelta(days=6)),
    (5, 4, 5.0, SUNDAY_NIGHT),
    (7, 4, 1.0, SUNDAY_NIGHT + timedelta(seconds=1)),
    (9, 1, 3.0, None),
)


def example(**tables: pl.DataFrame) -> Observed:
    made = Tables(**{"titles": TITLES, "ratings": EXAMPLE} | tables)
    return observe(made, None, BEGINS, BEGINS + 2 * WEEK)


def test_a_row_is_a_viewer_in_a_week_from_monday_to_sunday() -> None:
    observed = example()
    assert observed.n_ratings == {BEGINS: 4, BEGINS + WEEK: 1}
    assert observed.rows(BEGINS, BEGINS + WEEK).tolist() == [0, 1]  # viewers 5 and 7
    assert observed.rows(BEGINS + WEEK, BEGINS + 2 * WEEK).tolist() == [2]
    assert observed.rows(BEGINS - 5 * WEEK, BEGINS).size == 0


def test_shares_are_those_of_each_viewers_own_week() -> None:
    observed = example()
    assert told(observed, "rating") == [
        {5.0: 1},
        {4.0: pytest.approx(1 / 3), 2.0: pytest.approx(2 / 3)},
        {1.0: 1},
    ]
    assert told(observed, "activity") == [{1: 1}, {3: 1}, {1: 1}]


def test_what_titles_lack_counts_nowhere() -> None:
    observed = example()
    # Title 3 has no genre, and 4 one of two twice; the halves of title 1 and the whole of 2.
    assert told(observed, "genre") == [
        {"Horror": 0.5, "War": 0.5},
        {"Horror": 0.25, "Drama": 0.75},
        {"Horror": 0.5, "War": 0.5},
    ]
    assert told(observed, "language") == [{}, {"fr": 1}, {}]
    assert told(observed, "runtime") == [{240: 1}, {90: 1}, {240: 1}]
    # Ten years and four days, and from the middle of 2024; titles 3 and 4 have no day and no year.
    assert told(observed, "title_age") == [{}, {10: 0.5, 1: 0.5}, {}]


def test_services_are_those_that_were_known_to_offer_it_then() -> None:
    assert "service" not in example().features
    offers = pl.DataFrame(
        [
            {"title_id": 1, "service": "One", "region": "US", "known_on": date(2026, 1, 1)},
            {"title_id": 1, "service": "One", "region": "FR", "known_on": date(2026, 2, 1)},
            {"title_id": 1, "service": "Two", "region": None, "known_on": None},
            {"title_id": 4, "service": "One", "region": "US", "known_on": date(2026, 3, 9)},
        ]
    ).with_columns(source=pl.lit("made"))
    thirds = {"One": pytest.approx(1 / 6), "Two": pytest.approx(1 / 6)}
    assert told(example(availability=offers), "service") == [
        {NO_SERVICE: 1},
        thirds | {NO_SERVICE: pytest.approx(2 / 3)},
        {"One": 1},
    ]


def test_verdicts_on_picks_are_a_feature_of_viewers_who_rated_nothing_too() -> None:
    judged = pl.DataFrame(
        {"viewer_id": [5, 8, 8], "value": [1.0, 0.0, 1.0], "judged_at": [SUNDAY_NIGHT] * 3}
    )
    made = Tables(titles=TITLES, ratings=EXAMPLE)
    observed = observe(made, judged, BEGINS, BEGINS + WEEK)
    assert told(observed, "satisfied") == [{1.0: 1}, {}, {0.0: 0.5, 1.0: 0.5}]
    assert told(observed, "rating")[2] == {}
    assert observed.n_ratings == {BEGINS: 4}


def test_of_nothing_nothing_is_observed() -> None:
    for frame in (EXAMPLE.clear(), EXAMPLE.filter(pl.col("rated_at").is_null())):
        observed = observe(Tables(titles=TITLES, ratings=frame), None, BEGINS, BEGINS + WEEK)
        assert not observed.weeks.size
        assert observed.features == {}
        assert observed.n_ratings == {}


def test_every_row_of_a_feature_sums_to_one_or_to_nothing() -> None:
    from marquee.data.world import build_world

    tables = build_world(n_titles=60, n_viewers=80, n_ratings=900, seed=2)
    observed = observe(tables, None, date(2020, 1, 6), date(2025, 12, 29))
    assert observed.features.keys() == FEATURES.keys() - {"satisfied"}
    assert (np.diff(observed.weeks) >= 0).all()
    for name, shares in observed.features.items():
        sums = np.asarray(shares.rows.sum(axis=1))
        assert (np.isclose(sums, 1) | (sums == 0)).all(), name
        assert list(shares.labels) == sorted(shares.labels)


def test_a_monday_is_its_own() -> None:
    assert monday(BEGINS) == BEGINS == monday(BEGINS + timedelta(days=6))
