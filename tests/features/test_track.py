from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from marquee.data.tables import Tables
from marquee.features.cpi import BASE_YEAR, CPI
from marquee.features.past import history, past_films
from marquee.features.people import billed, people_history
from marquee.features.track import (
    HALF_LIFE_YEARS,
    PRIOR_FILMS,
    STATISTICS,
    records,
)
from record_kit import (
    DAY,
    asked,
    credit,
    film,
    late_and_early,
    shuffled,
    tables,
    took,
    ugly,
)

OPENED = date(2000, 5, 5)
NEXT = date(2003, 1, 1)


def director_records(given: Tables, questions: pl.DataFrame) -> pl.DataFrame:
    films = past_films(given)
    members = billed(given, questions, "director")
    return records(films, people_history(given, films, "director"), members)


# ── An independent derivation: one film at a time, in plain Python ───────────────────────────────


@dataclass
class Known:
    released: date
    title_id: int
    known_on: date
    x: float
    ret: float | None
    usd: float


def all_films(given: Tables) -> list[Known]:
    figures: dict[int, list[tuple[date, float]]] = defaultdict(list)
    for out in given.outcomes.iter_rows(named=True):
        if out["measure"] == "revenue_usd" and out["known_on"] is not None:
            figures[out["title_id"]].append((out["known_on"], -out["value"]))
    found = []
    for row in given.titles.iter_rows(named=True):
        title_id, released = row["title_id"], row["release_date"]
        if not figures[title_id] or row["known_on"] is None or released is None:
            continue
        money_known_on, value = min(figures[title_id])
        value = -value
        if value < 1000:
            continue
        budget = row["budget_usd"]
        ret = None
        if budget is not None and budget >= 1000:
            ret = min(max(math.log(value / budget), math.log(0.05)), math.log(20))
        usd = value * CPI[BASE_YEAR] / CPI[released.year]
        known_on = max(row["known_on"], money_known_on)
        found.append(Known(released, title_id, known_on, math.log(usd), ret, usd))
    return found


def who(row: dict[str, str | None]) -> str:
    return row["person_id"] or "name:" + str(row["person"]).lower().strip()


def slow_record(
    films: list[Known], credits_: list[dict[str, Any]], title_id: int, as_of: date, person: str
) -> dict[str, object]:
    everything = [
        one
        for one in films
        if one.title_id != title_id and one.known_on < as_of and (as_of - one.released).days >= 180
    ]
    theirs = {
        row["title_id"]
        for row in credits_
        if row["role"] == "director"
        and who(row) == person
        and row["known_on"] is not None
        and row["known_on"] < as_of
    }
    own = sorted(
        (one for one in everything if one.title_id in theirs),
        key=lambda one: (one.released, one.title_id),
    )
    returns = [one.ret for one in everything if one.ret is not None]
    prior = sum(one.x for one in everything) / len(everything) if everything else None
    prior_return = sum(returns) / len(returns) if returns else None
    weights = [0.5 ** ((as_of - one.released).days / 365.25 / HALF_LIFE_YEARS) for one in own]
    own_returns = [one.ret for one in own if one.ret is not None]

    def shrunken(total: float, weight: float, prior: float | None) -> float | None:
        return None if prior is None else (total + PRIOR_FILMS * prior) / (weight + PRIOR_FILMS)

    return {
        "count": float(len(own)),
        "mean": shrunken(sum(one.x for one in own), len(own), prior),
        "max": max((one.x for one in own), default=None),
        "last": own[-1].x if own else None,
        "recent": shrunken(
            sum(w * one.x for w, one in zip(weights, own, strict=True)), sum(weights), prior
        ),
        "return": shrunken(sum(own_returns), len(own_returns), prior_return),
        "debut": not own,
        "gap": (as_of - own[-1].released).days / 365.25 if own else None,
        "total_usd": sum(one.usd for one in own),
    }


@pytest.mark.parametrize("seed", range(4))
def test_every_statistic_agrees_with_a_loop_over_the_films(seed: int) -> None:
    given = ugly(seed=seed)
    found = director_records(given, late_and_early(given))
    assert found.height > 150
    assert found["count"].to_numpy().max() >= 4
    films, credits_ = all_films(given), given.credits.rows(named=True)
    for row in found.iter_rows(named=True):
        expected = slow_record(films, credits_, row["title_id"], row["as_of"], row["group"])
        assert {name: row[name] for name in STATISTICS} == pytest.approx(expected), row


# ── What counts, to the day ──────────────────────────────────────────────────────────────────────


def one_before(known_on: date | None) -> Tables:
    titles = [film(1, OPENED), film(2, NEXT, known_on=OPENED)]
    return tables(titles, [credit(1, "Bo"), credit(2, "Bo")], [took(1, 1e6, known_on)])


def n_counted(given: Tables, as_of: date, title_id: int = 2) -> float:
    found = director_records(given, asked((title_id, as_of)))
    return float(found["count"].item())


def test_a_film_counts_from_180_days_after_its_release_on() -> None:
    given = one_before(known_on=OPENED)
    assert n_counted(given, OPENED + 179 * DAY) == 0
    assert n_counted(given, OPENED + 180 * DAY) == 1


def test_a_film_counts_from_the_day_after_its_box_office_became_known() -> None:
    given = one_before(known_on=OPENED + 180 * DAY)
    assert n_counted(given, OPENED + 180 * DAY) == 0
    assert n_counted(given, OPENED + 181 * DAY) == 1
    assert n_counted(one_before(known_on=None), NEXT) == 0


def test_a_film_counts_from_the_day_after_its_title_became_known() -> None:
    late = OPENED + 500 * DAY
    given = one_before(known_on=OPENED + 180 * DAY)
    given = given.replace(
        titles=given.titles.with_columns(
            pl.when(pl.col("title_id") == 1).then(late).otherwise("known_on").alias("known_on")
        )
    )
    assert n_counted(given, late) == 0
    assert n_counted(given, late + DAY) == 1


def test_a_film_counts_from_the_day_after_the_credit_became_known() -> None:
    given = one_before(known_on=OPENED + 180 * DAY)
    late = OPENED + 700 * DAY
    given = given.replace(
        credits=given.credits.with_columns(
            pl.when(pl.col("title_id") == 1).then(late).otherwise("known_on").alias("known_on")
        )
    )
    assert n_counted(given, late) == 0
    assert n_counted(given, late + DAY) == 1


@pytest.mark.parametrize("usd", [0.0, 7.0, 999.0])
def test_money_too_small_to_be_dollars_counts_as_unknown(usd: float) -> None:
    given = one_before(known_on=OPENED + 180 * DAY)
    outcomes = given.outcomes.with_columns(pl.lit(usd).alias("value"))
    assert n_counted(given.replace(outcomes=outcomes), NEXT) == 0


def test_the_film_itself_is_never_in_its_record() -> None:
    long_after = NEXT + 4000 * DAY
    titles = [film(1, OPENED), film(2, NEXT)]
    people = [credit(1, "Bo"), credit(2, "Bo")]
    first = took(1, 1e6, OPENED + 180 * DAY)
    answers = [
        director_records(
            tables(titles, people, [first, *own]), asked((2, NEXT + DAY), (2, long_after))
        )
        for own in ([], [took(2, 5e8, NEXT + 180 * DAY)], [took(2, 2e3, NEXT + DAY)])
    ]
    assert answers[0]["count"].to_list() == [1, 1]
    assert_frame_equal(answers[0], answers[1], check_exact=True)
    assert_frame_equal(answers[0], answers[2], check_exact=True)


def test_of_films_released_on_one_day_the_higher_number_is_the_latest() -> None:
    titles = [film(5, OPENED), film(3, OPENED), film(4, OPENED), film(9, NEXT, known_on=OPENED)]
    people = [credit(row["title_id"], "Bo") for row in titles]
    money = [
        took(3, 3e6, OPENED),
        took(5, 5e6, OPENED + 100 * DAY),
        took(4, 4e6, OPENED + 90 * DAY),
    ]
    found = director_records(tables(titles, people, money), asked((9, NEXT)))
    assert math.exp(found["last"].item()) == pytest.approx(5e6 * CPI[BASE_YEAR] / CPI[2000])


def test_who_has_no_earlier_film_gets_the_mean_of_what_was_known_then_and_a_flag() -> None:
    titles = [film(1, OPENED), film(2, NEXT), film(3, NEXT), film(4, NEXT + 400 * DAY)]
    people = [credit(1, "Bo"), credit(2, "Cy"), credit(4, "Dee")]
    money = [took(1, 1e6, OPENED + 180 * DAY), took(3, 9e8, NEXT + 180 * DAY)]
    given = tables(titles, people, money)
    found = director_records(given, asked((2, NEXT + DAY), (1, OPENED + DAY)))
    newcomer, very_first = found.sort("title_id", descending=True).rows(named=True)
    assert newcomer["debut"] is True
    # Only the first film was known: a mean over all years would hold the hit of the same week.
    assert math.exp(newcomer["mean"]) == pytest.approx(1e6 * CPI[BASE_YEAR] / CPI[2000])
    assert newcomer["recent"] == newcomer["mean"]
    assert newcomer["max"] is newcomer["last"] is newcomer["gap"] is None
    assert newcomer["total_usd"] == 0
    assert very_first["mean"] is None


def test_a_return_beyond_twenty_times_the_budget_counts_as_twenty() -> None:
    titles = [film(1, OPENED, budget_usd=1e4), film(2, NEXT, known_on=OPENED)]
    given = tables(titles, [credit(1, "Bo"), credit(2, "Bo")], [took(1, 1e8, OPENED + 180 * DAY)])
    found = director_records(given, asked((2, NEXT)))
    assert found["return"].item() == pytest.approx(math.log(20))


# ── Exactness ────────────────────────────────────────────────────────────────────────────────────


def test_the_order_of_rows_changes_no_bit() -> None:
    given = ugly(120, seed=5)
    questions = late_and_early(given)
    expected = director_records(given, questions)
    for seed in range(5):
        found = director_records(shuffled(given, seed), questions.sample(fraction=1, seed=seed))
        order = ["title_id", "as_of", "group"]
        assert_frame_equal(found.sort(order), expected.sort(order), check_exact=True)


def test_sums_over_films_of_one_day_do_not_depend_on_the_order_of_rows() -> None:
    n = 40
    titles = [film(number, OPENED, budget_usd=1e6 + 7.0 * number) for number in range(1, n)]
    money = [took(number, 1e6 / number, OPENED + 180 * DAY) for number in range(1, n)]
    people = [credit(number, "Bo") for number in range(1, n + 1)]
    given = tables([*titles, film(n, NEXT, known_on=OPENED)], people, money)
    expected = director_records(given, asked((n, NEXT)))
    for seed in range(9):
        found = director_records(shuffled(given, seed), asked((n, NEXT)))
        assert_frame_equal(found, expected, check_exact=True)


def test_the_past_alone_gives_the_same_to_the_last_bit() -> None:
    given = ugly(60, seed=6)
    questions = late_and_early(given, lags=(1, 200))
    expected = director_records(given, questions)
    for day in questions["as_of"].unique().sort().to_list():
        of_day = pl.col("as_of") == day
        found = director_records(given.before(day), questions.filter(of_day))
        assert_frame_equal(found, expected.filter(of_day), check_exact=True)


def test_no_films_and_no_questions_give_empty_records() -> None:
    nothing = tables([film(1, OPENED)])
    assert director_records(nothing, asked((1, NEXT))).is_empty()
    given = one_before(known_on=OPENED)
    assert director_records(given, asked()).is_empty()
    unknown = director_records(given.replace(outcomes=given.outcomes.clear()), asked((2, NEXT)))
    assert unknown["count"].to_list() == [0]
    assert unknown["mean"].to_list() == [None]


def test_a_group_may_be_anything_that_titles_share() -> None:
    titles = [film(1, OPENED), film(2, OPENED + 365 * DAY), film(3, NEXT)]
    money = [took(1, 1e6, OPENED + 180 * DAY), took(2, 3e6, OPENED + 545 * DAY)]
    films = past_films(tables(titles, (), money))
    groups = pl.DataFrame({"group": ["saga"] * 3, "title_id": [1, 2, 3], "known_on": [OPENED] * 3})
    members = groups.filter(pl.col("title_id") == 3).with_columns(pl.lit(NEXT).alias("as_of"))
    found = records(films, history(films, groups), members)
    assert found["count"].item() == 2
    assert found["gap"].item() == pytest.approx((NEXT - OPENED - timedelta(days=365)).days / 365.25)
    assert np.isfinite(found["recent"].item())
