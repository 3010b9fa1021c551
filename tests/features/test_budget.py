"""What a title costs, beside the films of its time."""

from __future__ import annotations

from datetime import date
from statistics import median

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features_kit import FRIDAY, days, films, title
from marquee.features import FEATURES, budget, cpi
from marquee.features.asking import at_release

BUDGET = FEATURES["budget"]


def on(day: date, title_id: int = 1) -> pl.DataFrame:
    return pl.DataFrame({"title_id": [title_id], "as_of": [day]})


def test_prices_are_told_for_every_year_from_1913_to_2025() -> None:
    assert list(cpi.CPI) == list(range(1913, 2026))
    # Values that anybody can look up, of years at the ends and in between.
    told = {1913: 9.9, 1933: 13.0, 1983: 99.6, 2000: 172.2, 2020: 258.811, 2025: 321.943}
    assert {year: cpi.CPI[year] for year in told} == told
    # The greatest moves of a year: deflation in 1921, and inflation in 1917 and 1918.
    moves = [cpi.CPI[year] / cpi.CPI[year - 1] for year in range(1914, 2026)]
    assert min(moves) == cpi.CPI[1921] / cpi.CPI[1920]
    assert max(moves) < 1.19


def test_real_dollars_are_dollars_of_the_base_year() -> None:
    frame = pl.DataFrame({"usd": [100.0, 100.0, None, 100.0], "year": [2024, 1983, 1983, None]})
    real = frame.select(cpi.real_usd(pl.col("usd"), pl.col("year"))).to_series().to_list()
    assert real == [100.0, pytest.approx(100 * 313.689 / 99.6), None, None]


def test_years_outside_the_table_count_as_its_ends() -> None:
    years = pl.DataFrame({"year": [1890, 1913, 2025, 2050]})
    real = years.select(cpi.real_usd(pl.lit(1.0), pl.col("year"))).to_series()
    assert real[0] == real[1]
    assert real[2] == real[3]


def test_money_of_a_planned_film_is_money_of_the_day_asked_about() -> None:
    planned = films(title(1, release_date=date(2023, 5, 1), known_on=FRIDAY, budget_usd=1e6))
    [real] = BUDGET(planned, on(date(2005, 1, 1)))["budget_real_usd"]
    assert real == pytest.approx(1e6 * cpi.CPI[2024] / cpi.CPI[2005])


@pytest.mark.parametrize(
    ("usd", "name"),
    [(1.0, "micro"), (1.99e6, "micro"), (2e6, "low"), (15e6, "medium"), (119e6, "high"),
     (120e6, "blockbuster"), (9e8, "blockbuster")],
)  # fmt: skip
def test_budgets_fall_into_classes(usd: float, name: str) -> None:
    day = date(cpi.BASE_YEAR, 5, 1)
    row = title(1, release_date=day, budget_usd=usd)
    assert BUDGET(films(row), on(day + days(1)))["budget_class"].to_list() == [name]


def test_an_unknown_budget_is_no_class_and_no_zero() -> None:
    tables = films(title(1, budget_usd=0.0), title(2, budget_usd=5e6))
    [row] = BUDGET(tables, at_release(tables, [1])).to_dicts()
    assert row.pop("budget_known") is False
    assert {value for name, value in row.items() if name.startswith("budget")} == {None}


def test_a_budget_is_ranked_among_the_films_of_the_year_before() -> None:
    year = date(2024, 6, 7)
    others = {2: (1e6, 10), 3: (2e6, 365), 4: (2e6, 366), 5: (9e6, 20), 6: (5e6, 30), 7: (1e6, 0)}
    rows = [title(1, release_date=year, budget_usd=5e6)]
    rows += [
        title(number, release_date=year - days(age - 1), budget_usd=usd)
        for number, (usd, age) in others.items()
    ]
    rows.append(title(8, release_date=year + days(1), known_on=year - days(90), budget_usd=1e6))
    [answer] = BUDGET(films(*rows), on(year + days(1))).to_dicts()
    # Below it stands 2 (3 came out in 2023, whose dollars are worth more, and is below it too); 5
    # stands above, 6 beside it; 4 is too old, and 7 and 8 are not out yet.
    assert answer["budget_rank"] == (1 + 1 + 0.5 + 0) / 4
    older = 2e6 * cpi.CPI[2024] / cpi.CPI[2023]
    assert answer["budget_to_median"] == pytest.approx(5e6 / median([1e6, older, older, 9e6, 5e6]))


film_rows = st.lists(
    st.tuples(
        st.integers(0, 1000),  # days before the question
        st.integers(-40, 40),  # days from the release to the known day
        st.sampled_from([None, 1e6, 2e6, 2e6, 7e7]),
        st.sampled_from(["film", "film", "show"]),
    ),
    max_size=12,
)


@given(film_rows, st.sampled_from([1e6, 2e6, 5e6]))
@pytest.mark.slow
def test_rank_and_ratio_agree_with_counting_by_hand(
    drawn: list[tuple[int, int, float | None, str]], usd: float
) -> None:
    day = date(2024, 12, 30)
    own = title(1, release_date=day - days(1), budget_usd=usd)
    rows = [
        title(
            number,
            kind=kind,
            release_date=day - days(age),
            known_on=day - days(age) + days(known),
            budget_usd=other,
        )
        for number, (age, known, other, kind) in enumerate(drawn, start=2)
    ]
    [answer] = BUDGET(films(own, *rows), on(day)).to_dicts()

    def real(money: float, released: date) -> float:
        return money * cpi.CPI[2024] / cpi.CPI[released.year]

    told = [
        (real(row["budget_usd"], row["release_date"]), (day - row["release_date"]).days)
        for row in rows
        if row["budget_usd"] and row["kind"] == "film"
        if row["release_date"] < day and row["known_on"] < day
    ]
    mine = real(usd, own["release_date"])
    year = [(other < mine) + (other == mine) / 2 for other, age in told if age <= 365]
    both = [other for other, age in told if age <= 730]
    assert answer["budget_rank"] == (pytest.approx(sum(year) / len(year)) if year else None)
    assert answer["budget_to_median"] == (pytest.approx(mine / median(both)) if both else None)


def test_many_questions_are_answered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        title(number, release_date=FRIDAY + days(number), budget_usd=1e6 * (1 + number % 5))
        for number in range(40)
    ]
    tables = films(*rows)
    whole = BUDGET(tables, at_release(tables))
    monkeypatch.setattr(budget, "_CHUNK", 7)
    assert BUDGET(tables, at_release(tables)).equals(whole)
    assert whole["budget_rank"].null_count() == 1
