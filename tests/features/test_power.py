from __future__ import annotations

import math
from datetime import date

import pytest

from marquee.features.cpi import BASE_YEAR, CPI
from marquee.features.power import THEME
from record_kit import DAY, asked, credit, film, tables, took

OPENED = date(2000, 5, 5)
NEXT = date(2003, 1, 1)


def test_power_is_the_summed_box_office_of_earlier_films_and_never_the_own() -> None:
    titles = [film(1, OPENED), film(2, OPENED), film(9, NEXT, known_on=OPENED)]
    stars = [
        credit(number, name, "actor", position=place)
        for number, names in ((1, "AB"), (2, "AD"), (9, "ABCD"))
        for place, name in enumerate(names)
    ]
    directors = [credit(1, "Z"), credit(9, "Y"), credit(9, "Z")]
    money = [took(1, 1e6, OPENED), took(2, 2e6, OPENED), took(9, 1e9, OPENED)]
    given = tables(titles, stars + directors, money)
    found = THEME(given, asked((9, NEXT + 999 * DAY))).row(0, named=True)
    million = 1e6 * CPI[BASE_YEAR] / CPI[2000]
    # A brought three million, B one, C none; D, billed fourth, two.
    assert math.expm1(found["star_power_3_log"]) == pytest.approx(4 * million)
    assert math.expm1(found["star_power_5_log"]) == pytest.approx(6 * million)
    assert found["director_power_log"] == 0  # Y, the first-named, has no earlier film
    before = THEME(given, asked((9, OPENED + 180 * DAY))).row(0, named=True)
    assert before["star_power_3_log"] == found["star_power_3_log"]
    too_early = THEME(given, asked((9, OPENED + 179 * DAY))).row(0, named=True)
    assert too_early["star_power_3_log"] == 0
