from __future__ import annotations

from datetime import date

import pytest

from marquee.data.tables import Tables
from marquee.features.studios import THEME, named_first
from record_kit import DAY, asked, film, tables, took

OPENED = date(2000, 5, 5)
NEXT = date(2003, 1, 1)


def of_companies(last: list[str | None], *before: list[str]) -> Tables:
    """Film 9 of NEXT by those companies, after films that opened a week apart."""
    days = [OPENED + 7 * place * DAY for place in range(len(before))]
    titles = [
        film(number, day, companies=names)
        for number, (day, names) in enumerate(zip(days, before, strict=True), start=1)
    ]
    money = [took(row["title_id"], 1e6, row["release_date"]) for row in titles]
    return tables([*titles, film(9, NEXT, known_on=OPENED, companies=last)], (), money)


def answer(given: Tables, as_of: date = NEXT) -> dict[str, object]:
    return THEME(given, asked((9, as_of))).row(0, named=True)


def test_a_company_is_known_by_its_name_whatever_the_case() -> None:
    found = answer(of_companies(["Société Γ"], ["SOCIÉTÉ γ "], ["Societe G"]))
    assert found["company_count"] == 1


def test_the_first_three_companies_count_and_history_is_every_film_that_names_them() -> None:
    given = of_companies(["A", "a", "B", "C", "D"], ["X", "Y", "Z", "A"], ["D"], ["D"])
    found = answer(given)
    assert found["company_count"] == pytest.approx(1 / 3)
    assert found["company_newcomers"] == pytest.approx(2 / 3)


def test_the_largest_company_is_the_one_with_the_most_films_the_first_named_of_equals() -> None:
    found = answer(of_companies(["A", "B", "C"], ["B"], ["B"], ["C"], ["C"], ["A"]))
    assert found["studio_count"] == 2
    assert found["studio_gap_years"] == pytest.approx((NEXT - OPENED).days / 365.25 - 7 / 365.25)
    newcomers = answer(of_companies(["A", "B"], ["C"]))
    assert newcomers["studio_debut"] is True


def test_recent_films_are_those_of_three_years_whatever_they_took_in() -> None:
    given = of_companies(["A"], ["A"], ["A"], ["B"])
    given = given.replace(outcomes=given.outcomes.clear())
    assert answer(given)["company_recent_films"] == 2
    assert answer(given, as_of=OPENED + DAY)["company_recent_films"] == 1
    # The week between the two releases passes at the other end as well.
    assert answer(given, as_of=date(2003, 5, 5))["company_recent_films"] == 2
    assert answer(given, as_of=date(2003, 5, 7))["company_recent_films"] == 1
    assert answer(given, as_of=date(2003, 5, 14))["company_recent_films"] == 0


def test_without_companies_nothing_is_said() -> None:
    for nobody in ([], [None]):
        found = answer(of_companies(list(nobody), ["A"]))
        assert {found[column.name] for column in THEME.columns} == {None}


def test_entries_keep_their_places() -> None:
    titles = of_companies(["B", None, "A", "b "]).titles
    assert named_first(titles, "companies").select("group", "place").rows() == [("b", 0), ("a", 1)]
