from __future__ import annotations

import math
from datetime import date

import pytest

from marquee.features.genre_returns import PRIOR_FILMS, THEME
from record_kit import DAY, asked, film, tables, took

OPENED = date(2000, 5, 5)
COUNTS = date(2000, 11, 2)
"""The day after the 180th day."""


def answer(as_of: date) -> dict[str, object]:
    """About a sci-fi drama, after a science fiction film that returned eight times its budget and
    a drama that returned half; a western of unknown budget took in much."""
    titles = [
        film(1, OPENED, genres=["Science Fiction"], budget_usd=1e6),
        film(2, OPENED, genres=["Drama", "War"], budget_usd=1e6),
        film(3, OPENED, genres=["Western"]),
        film(9, OPENED, genres=["Sci-Fi", "Drama"], budget_usd=1e6),
    ]
    money = [took(number, usd, OPENED + 180 * DAY) for number, usd in ((1, 8e6), (2, 5e5))]
    money += [took(3, 1e9, OPENED), took(9, 1e9, OPENED)]
    return THEME(tables(titles, (), money), asked((9, as_of))).row(0, named=True)


def test_a_genre_is_told_by_the_films_of_the_last_three_years_shrunken_to_all_films() -> None:
    x = {"science": math.log(8), "drama": math.log(0.5)}
    prior = sum(x.values()) / 2
    shrunken = [(one + PRIOR_FILMS * prior) / (1 + PRIOR_FILMS) for one in x.values()]
    for as_of in (COUNTS, date(2003, 11, 1)):
        found = answer(as_of)
        assert found["genre_recent_films"] == 1
        assert found["genre_return"] == pytest.approx(sum(shrunken) / 2)
        assert found["genre_return_best"] == pytest.approx(max(shrunken))


@pytest.mark.parametrize("as_of", [COUNTS - DAY, date(2003, 11, 2)])
def test_before_and_after_those_years_nothing_is_known(as_of: date) -> None:
    found = answer(as_of)
    assert found["genre_recent_films"] == 0
    assert found["genre_return"] is None
