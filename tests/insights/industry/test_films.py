"""The films of a data set with what became of them."""

from __future__ import annotations

import gc
import weakref
from datetime import date

import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.cpi import BASE_YEAR, CPI
from marquee.insights.industry.films import attention, films, gross, need, of_tables

KNOWN = date(1999, 1, 1)


def tables(measure: str = "revenue_usd") -> Tables:
    """A first film, its sequel, a film of nulls, a film of unit errors, and a show."""
    titles = pl.DataFrame(
        {
            "title_id": [5, 3, 9, 7, 1],
            "kind": ["film", "film", "film", "film", "show"],
            "name": ["Łódź", "Łódź 2", "Nothing", "Wrong", "Serial"],
            "release_date": [date(1999, 6, 30), date(2001, 1, 1), None, date(1999, 2, 1), None],
            "year": [1999, 2001, None, 1999, 2000],
            "known_on": [KNOWN, date(2000, 1, 1), KNOWN, KNOWN, KNOWN],
            "genres": [["Sci-Fi", " Drama", "Sci-Fi"], ["(no genres listed)"], None, [], ["Drama"]],
            "languages": [["xx", "English"], ["cn"], None, ["tlh"], None],
            "countries": [["USA"], ["uk", "France"], None, [""], None],
            "certificate": ["Rated R", "unrated", None, "15", None],
            "runtime_min": [100, None, None, 90, 30],
            "budget_usd": [1e6, 2e7, None, 27.0, 5e6],
            "source": ["t"] * 5,
        }
    )
    outcomes = pl.DataFrame(
        {
            "title_id": [5, 3, 7, 1, 5, 3],
            "measure": [measure] * 4 + ["popularity"] * 2,
            "value": [3e6, 1e7, 12.0, 9e9, 0.0, 2.5],
            "known_on": [date(2010, 1, 1)] * 6,
            "source": ["t"] * 6,
        }
    )
    return Tables(titles=titles, outcomes=outcomes)


def test_films_have_one_row_each_with_what_is_known() -> None:
    found = films(tables())
    assert found["title_id"].to_list() == [3, 5, 7, 9]
    assert found["month"].to_list() == ["January", "June", "February", None]
    assert found["genres"].to_list() == [[], ["Science Fiction", "Drama"], None, None]
    assert found["language"].to_list() == ["Chinese", "English", "tlh", None]
    assert found["country"].to_list() == ["United Kingdom", "United States", None, None]
    assert found["certificate"].to_list() == [None, "R", "15", None]
    assert found["series"].to_list()[:2] == ["later parts", "first parts"]
    assert found["is_sequel"].to_list() == [True, False, False, False]
    assert found["budget_class"].to_list() == ["medium", "micro", None, None]


def test_money_below_what_a_film_costs_is_unknown_and_the_rest_is_in_real_dollars() -> None:
    found = films(tables())
    assert found["budget_usd"].to_list() == [2e7, 1e6, None, None]
    assert found["multiple"].to_list() == [0.5, 3.0, None, None]
    real = 2e6 * CPI[BASE_YEAR] / CPI[1999]
    assert found["profit_real_usd"][1] == pytest.approx(real)
    assert found["popularity"].to_list() == [2.5, None, None, None]


def test_a_home_market_has_no_return() -> None:
    home = tables("domestic_gross_usd")
    found = films(home)
    assert gross(home) == "domestic_gross_usd"
    assert found["revenue_usd"].count() == 2
    assert found["multiple"].count() == found["profit_real_usd"].count() == 0


def test_popularity_is_counted_from_ratings_where_nothing_else_tells_it() -> None:
    rated = pl.DataFrame(
        {"viewer_id": [1, 2, 1], "title_id": [5, 5, 3], "rating": [3.0, 4.0, 5.0], "source": "t"}
    )
    both = tables().replace(outcomes=Tables().outcomes, ratings=rated)
    assert attention(both) == "ratings"
    assert films(both)["popularity"].to_list() == [1.0, 2.0, None, None]
    assert attention(tables().replace(ratings=rated)) == "popularity"


def test_what_the_data_do_not_tell_is_named() -> None:
    found = films(tables())
    assert need(found, "genres")["title_id"].to_list() == [5]
    with pytest.raises(UnanswerableError, match="what audiences thought"):
        need(found, "score")
    with pytest.raises(UnanswerableError, match="no film of which the data tell"):
        need(found, "popularity", "runtime_min")
    with pytest.raises(UnanswerableError, match="do not tell"):
        need(films(Tables()), "year")


def test_what_is_made_of_tables_is_remembered_as_long_as_they_live() -> None:
    calls: list[Tables] = []

    @of_tables
    def made(given: Tables) -> int:
        calls.append(given)
        return given.titles.height

    own, other = tables(), tables()
    assert [made(own), made(own), made(other)] == [5, 5, 5]
    assert len(calls) == 2
    calls.clear()
    gone = weakref.ref(own)
    del own
    gc.collect()
    assert gone() is None
