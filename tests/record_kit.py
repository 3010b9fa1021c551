"""Small tables about films, people and box office, for tests of track records."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from marquee.data.tables import Tables

DAY = timedelta(days=1)


def film(title_id: int, released: date | None, **more: Any) -> dict[str, Any]:
    """A row of titles; known from its release unless told otherwise."""
    row = {"title_id": title_id, "kind": "film", "name": f"Film {title_id}", "source": "test"}
    return {**row, "release_date": released, "known_on": released, **more}


def credit(title_id: int, person: str, role: str = "director", **more: Any) -> dict[str, Any]:
    """A row of credits; without person_id unless told otherwise, known from long ago."""
    row = {"title_id": title_id, "person": person, "role": role, "source": "test"}
    return {**row, "known_on": date(1900, 1, 1), **more}


def took(title_id: int, usd: float, known_on: date | None, **more: Any) -> dict[str, Any]:
    """A row of outcomes: what the film took in."""
    row = {"title_id": title_id, "measure": "revenue_usd", "value": usd, "source": "test"}
    return {**row, "known_on": known_on, **more}


def tables(
    titles: Iterable[Mapping[str, Any]],
    credits_: Iterable[Mapping[str, Any]] = (),
    outcomes: Iterable[Mapping[str, Any]] = (),
) -> Tables:
    """Tables of those rows."""
    frames = {"titles": list(titles), "credits": list(credits_), "outcomes": list(outcomes)}
    return Tables(
        **{
            name: pl.DataFrame(rows, infer_schema_length=None)
            for name, rows in frames.items()
            if rows
        }
    )


def asked(*questions: tuple[int, date]) -> pl.DataFrame:
    """A frame of questions."""
    return pl.DataFrame(questions, schema={"title_id": pl.Int64, "as_of": pl.Date}, orient="row")


def shuffled(given: Tables, seed: int) -> Tables:
    """The same tables with their rows in another order."""
    return given.replace(
        **{
            name: frame.sample(fraction=1, shuffle=True, seed=seed)
            for name, frame in given
            if frame.height
        }
    )


PEOPLE = ("Ada Łoś", "ada łoś ", "Bo", "李安", "Cy", "Dee", "Eve", "Fox", "Gil")
ROLES = ("actor", "director", "writer", "producer")
COMPANIES = ("Alpha", "ALPHA ", "Beta", "Société Γ", "Delta", "Epsilon")
GENRES = ("Drama", "War", "Comedy", "Music")


def ugly(n_films: int = 60, seed: int = 0) -> Tables:
    """Tables with every trouble that track records must bear.

    Few release days shared by many films, missing days, money that is missing, implausible, told
    twice or known late, people without ids, named twice, in two roles, credited late or never.
    """
    rng = random.Random(seed)
    start = date(1999, 6, 1)
    days = [start + timedelta(days=90 * rng.randrange(24)) for _ in range(n_films)]
    titles, credits_, outcomes = [], [], []
    for title_id, day in enumerate(days, start=1):
        late = timedelta(days=rng.choice([0, 0, 0, 1, 30, 400]))
        known = rng.choice([day + late, day - timedelta(days=200), day, day])
        titles.append(
            film(
                title_id,
                None if rng.random() < 0.05 else day,
                known_on=None if rng.random() < 0.04 else known,
                budget_usd=rng.choice([None, 7.0, 1e6 * rng.randrange(1, 90), 3e7, 3e7]),
                companies=rng.choice(
                    [None, [], rng.sample(COMPANIES, 2), rng.sample(COMPANIES, 5)]
                ),
                genres=rng.choice([None, rng.sample(GENRES, 2), rng.sample(GENRES, 1)]),
            )
        )
        for _ in range(rng.randrange(12)):
            name = rng.choice(PEOPLE)
            person_id = None if name.strip().lower() == "ada łoś" or rng.random() < 0.1 else name
            credits_.append(
                credit(
                    title_id,
                    name,
                    rng.choice(ROLES),
                    person_id=person_id and f"test:{person_id}",
                    position=rng.choice([None, 0, 1, 2, 3]),
                    known_on=rng.choice(
                        [None, known, known, known + timedelta(days=rng.choice([1, 300]))]
                    ),
                )
            )
        for _ in range(rng.choice([0, 1, 1, 1, 2])):
            usd = rng.choice([0.0, 12.0, 5e7, 1e6 * rng.randrange(1, 400)])
            day_known = day + timedelta(days=rng.choice([0, 100, 179, 180, 180, 181, 600]))
            outcomes.append(took(title_id, usd, rng.choice([day_known, day_known, None])))
        outcomes.append({**took(title_id, 5.0, day), "measure": "vote_average"})
    return tables(titles, credits_, outcomes)


def late_and_early(given: Tables, lags: Sequence[int] = (1, 2, 180, 181, 4000)) -> pl.DataFrame:
    """Questions about every dated film, on several days after its release."""
    dated = given.titles.drop_nulls("release_date").select("title_id", "release_date").rows()
    return asked(*((title, day + timedelta(days=lag)) for title, day in dated for lag in lags))
