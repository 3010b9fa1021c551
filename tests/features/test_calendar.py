"""When a title comes out, and who else does, as far as was known by then."""

from __future__ import annotations

import math
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features_kit import FRIDAY, days, films, title
from marquee.features import FEATURES
from marquee.features.asking import at_release
from marquee.features.holidays import holidays

CALENDAR = FEATURES["calendar"]
ROW = dict[str, object]


def told(released: date | None, **values: object) -> ROW:
    """What the theme says of a film that is asked about a year before and known long before."""
    row = title(1, release_date=released, **{"known_on": date(1900, 1, 1), **values})
    asked = pl.DataFrame({"title_id": [1], "as_of": [date(1910, 1, 1)]})
    [answer] = CALENDAR(films(row), asked).to_dicts()
    return dict(answer)


def test_a_planned_day_tells_year_month_season_and_weekday() -> None:
    row = told(date(2024, 2, 29))
    assert row["release_year"] == 2024
    assert row["release_month"] == 2
    assert row["release_month_name"] == "February"
    assert row["release_season"] == "winter"
    assert row["release_weekday"] == "Thursday"


@pytest.mark.parametrize(
    ("month", "season"),
    [(12, "winter"), (1, "winter"), (3, "spring"), (5, "spring"), (6, "summer"), (8, "summer"),
     (9, "fall"), (11, "fall")],
)  # fmt: skip
def test_seasons_are_whole_months(month: int, season: str) -> None:
    assert told(date(2010, month, 15))["release_season"] == season


def test_months_lie_on_a_circle() -> None:
    def place(month: int) -> tuple[float, float]:
        row = told(date(2010, month, 1))
        sine, cosine = row["release_month_sin"], row["release_month_cos"]
        assert isinstance(sine, float)
        assert isinstance(cosine, float)
        return sine, cosine

    steps = [math.dist(place(month), place(month % 12 + 1)) for month in range(1, 13)]
    assert steps == [pytest.approx(steps[0])] * 12
    assert math.dist(place(12), (0, 1)) < 1e-9


def test_a_year_without_a_day_tells_the_year_alone() -> None:
    row = told(None, year=1999)
    assert row.pop("release_year") == 1999
    assert {value for name, value in row.items() if name not in ("title_id", "as_of")} == {None}


@pytest.mark.parametrize(
    ("day", "holiday", "away"),
    [
        (date(2016, 7, 1), "Independence Day", 3),
        (date(2016, 7, 4), "Independence Day", 0),
        (date(2015, 11, 25), "Thanksgiving", 1),
        (date(1941, 11, 27), "Thanksgiving", 0),  # the last Thursday, and the fourth
        (date(1939, 11, 30), "Thanksgiving", 0),  # the last of five
        (date(2012, 11, 22), "Thanksgiving", 0),  # the fourth of five
        (date(2015, 12, 18), "Christmas", 7),
        (date(2015, 12, 29), "New Year", 3),
        (date(2024, 5, 24), "Memorial Day", 3),
        (date(1965, 5, 30), "Memorial Day", 0),
        (date(2024, 9, 6), "Labor Day", -4),
        (date(2018, 2, 16), "Presidents' Day", 3),
        (date(1960, 2, 22), "Presidents' Day", 0),
        (date(2010, 4, 2), "none", -46),
        (date(2010, 10, 8), "none", -32),
    ],
)
def test_the_nearest_holiday_is_named_within_a_week(day: date, holiday: str, away: int) -> None:
    row = told(day)
    assert row["near_holiday"] == holiday
    assert row["days_to_holiday"] == away


def test_every_year_has_seven_holidays_in_order() -> None:
    table = holidays()
    assert table["holiday_on"].is_sorted()
    assert table["holiday_on"].is_unique().all()
    counts = table.group_by(pl.col("holiday_on").dt.year()).len()
    assert counts["len"].unique().to_list() == [7]
    weekday = {"Thanksgiving": 4, "Labor Day": 1, "Memorial Day": 1, "Presidents' Day": 1}
    recent = table.filter(pl.col("holiday_on") >= date(1971, 1, 1))
    for name, expected in weekday.items():
        found = recent.filter(pl.col("holiday") == name)["holiday_on"].dt.weekday()
        assert found.unique().to_list() == [expected]


def crowd(*rows: ROW, as_of: date) -> tuple[object, ...]:
    asked = pl.DataFrame({"title_id": [1], "as_of": [as_of]})
    columns = ("crowding_month", "crowding_14_days", "crowding_14_days_usd")
    return CALENDAR(films(*rows), asked).select(columns).row(0)


def test_films_of_the_same_time_crowd_each_other_once_they_are_known() -> None:
    long_ago = FRIDAY - days(300)
    own = title(1, known_on=long_ago, budget_usd=5e6)
    near = title(2, release_date=FRIDAY + days(14), known_on=FRIDAY - days(50), budget_usd=7e6)
    may = title(3, release_date=FRIDAY - days(14), known_on=FRIDAY - days(40), budget_usd=1e6)
    far = title(4, release_date=FRIDAY + days(15), known_on=FRIDAY - days(40))
    show = title(5, kind="show", known_on=long_ago, budget_usd=9e9)
    rows = (own, near, may, far, show)
    assert crowd(*rows, as_of=long_ago) == (None, None, None)
    assert crowd(*rows, as_of=FRIDAY - days(50)) == (0, 0, 0)
    assert crowd(*rows, as_of=FRIDAY - days(49)) == (1, 1, 7e6)
    assert crowd(*rows, as_of=FRIDAY) == (2, 2, 8e6)


def test_a_show_is_crowded_by_every_film() -> None:
    rows = title(1, kind="show", budget_usd=3e6), title(2, budget_usd=4e6), title(3)
    assert crowd(*rows, as_of=FRIDAY + days(1)) == (2, 2, 4e6)


crowded = st.lists(
    st.tuples(
        st.integers(-40, 40),  # days from the title's release
        st.integers(-60, 20),  # days from the question to the known day
        st.sampled_from([None, 1e6, 1e6 + 0.3, 7e7]),
        st.sampled_from(["film", "film", "show"]),
    ),
    max_size=15,
)


@given(crowded, st.integers(1, 28))
@pytest.mark.slow
def test_crowding_agrees_with_counting_by_hand(
    drawn: list[tuple[int, int, float | None, str]], day: int
) -> None:
    released = date(2008, 2, day)
    as_of = released - days(10)
    own = title(1, release_date=released, known_on=as_of - days(1), budget_usd=3e6)
    others = [
        title(
            number,
            kind=kind,
            release_date=released + days(away),
            known_on=as_of + days(known),
            budget_usd=usd,
        )
        for number, (away, known, usd, kind) in enumerate(drawn, start=2)
    ]
    seen = [row for row in others if row["kind"] == "film" and row["known_on"] < as_of]
    near = [row for row in seen if abs((row["release_date"] - released).days) <= 14]
    month = [row for row in seen if row["release_date"].replace(day=1) == date(2008, 2, 1)]
    assert crowd(own, *others, as_of=as_of) == (
        len(month),
        len(near),
        sum(round(row["budget_usd"] or 0) for row in near),
    )


def test_a_thousand_films_of_one_day_are_counted() -> None:
    tables = films(*(title(number, budget_usd=1e6) for number in range(1000)))
    answers = CALENDAR(tables, at_release(tables))
    assert answers["crowding_month"].unique().to_list() == [999]
    assert answers["crowding_14_days_usd"].unique().to_list() == [999e6]
